//! What votes have done, since an amendment was written, to the ground that each of its changes stands on: what
//! its proposer has to know to write it anew (A15).

use super::apply::Standing;
use super::change::{Act, Change, rule_text};

/// Something that happened to what a change starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// The clause, the rule or the name stands in other words now.
    Reworded,
    /// The clause is not in the document any more.
    Gone,
    /// The clause after or in which it would put its own is not in the document any more.
    PlaceGone,
    /// Clauses with these names came into the one that it removes, and nobody voted on losing them.
    Grown(Vec<String>),
    /// What it asks for stands already.
    Fulfilled,
}

impl Standing {
    /// The words that stand now for what a change concerns: of a clause, of the rule as the text of a change, of
    /// the name. Nothing for a clause that is not there.
    pub fn words_now(&self, change: &Change) -> Option<String> {
        match change.act {
            Act::Rule => Some(rule_text(self.rule)),
            Act::Name => Some(self.community.1.clone()),
            _ => self.clauses.iter().find(|clause| clause.id == change.clause).map(|clause| clause.text.clone()),
        }
    }

    /// Everything that happened to what `change` starts from, one of `all` the changes of an amendment; nothing
    /// when it stands as it stood.
    pub fn since(&self, change: &Change, all: &[Change]) -> Vec<Since> {
        let mut since = Vec::new();
        match (change.act, self.words_now(change)) {
            (Act::Add(_), _) => {}
            (Act::Remove, None) => since.push(Since::Fulfilled),
            (_, None) => since.push(Since::Gone),
            (Act::Reword | Act::Rule | Act::Name, Some(now)) if now != change.old_text && now == change.new_text => {
                since.push(Since::Fulfilled);
            }
            (_, Some(now)) if now != change.old_text => since.push(Since::Reworded),
            _ => {}
        }
        if let Some(anchor) = change.act.place().and_then(|place| place.anchor()) {
            let comes_too = all.iter().any(|other| other.clause == anchor && matches!(other.act, Act::Add(_)));
            if !comes_too && !self.clauses.iter().any(|clause| clause.id == anchor) {
                since.push(Since::PlaceGone);
            }
        }
        if change.act == Act::Remove {
            let grown = self.inside_unnamed(change, all);
            since.extend((!grown.is_empty()).then_some(Since::Grown(grown)));
        }
        since
    }

    /// The clauses in one that goes away of which the amendment says neither that they go too nor where else.
    fn inside_unnamed(&self, change: &Change, all: &[Change]) -> Vec<String> {
        let is_named = |id| all.iter().any(|c| c.clause == id && matches!(c.act, Act::Remove | Act::Move(_)));
        let inside = self.clauses.iter().filter(|clause| clause.parent == Some(change.clause));
        inside.filter(|clause| !is_named(clause.id)).map(|clause| clause.name()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::amendment::{Edit, Place, changes_of};
    use crate::domain::document::import;
    use crate::domain::document::tests::numbered;
    use crate::domain::tally::{Rule, VoteBase};
    use crate::ids::{ActorId, ClauseId, DocumentId};
    use uuid::Uuid;

    fn clause(number: u128) -> ClauseId {
        ClauseId::from_uuid(Uuid::from_u128(number))
    }

    /// 1 Aims (1.1 Win, 1.2 Help), 2 Means, with the ids 1 to 4.
    fn standing() -> Standing {
        Standing {
            document: DocumentId::from_uuid(Uuid::nil()),
            rule: Rule::default(),
            clauses: numbered(import("1. Aims\n  1. Win\n  2. Help\n2. Means\n").unwrap()),
            community: (ActorId::from_uuid(Uuid::from_u128(50)), "Commons".to_owned()),
            is_founding: true,
            members: 1_000,
        }
    }

    fn changes(edits: &[Edit]) -> Vec<Change> {
        changes_of(edits, &standing(), || clause(99)).unwrap()
    }

    /// What stands once these edits were carried.
    fn after(edits: &[Edit]) -> Standing {
        let changes = changes_of(edits, &standing(), || clause(77)).unwrap();
        let rule = crate::domain::amendment::new_rule(&changes).unwrap_or_default();
        let name = crate::domain::amendment::new_name(&changes).unwrap_or("Commons").to_owned();
        let clauses = standing().with(&changes).unwrap();
        Standing { rule, clauses, community: (standing().community.0, name), ..standing() }
    }

    #[test]
    fn of_every_act_it_is_told_what_happened_to_the_ground_it_stands_on() {
        let roll = Rule { base: VoteBase::Roll, quorum: 3, ..Rule::default() };
        let other = Rule { quorum: 9, ..Rule::default() };
        let remove = |id| Edit::Remove { clause: clause(id) };
        let to = |place| Edit::Move { clause: clause(2), place, text: None };
        let add = |place| Edit::Add { place, text: "New".to_owned() };
        let behind = Place::After(clause(4));
        for (mine, theirs, since) in [
            (Edit::reword(clause(2), "Lose"), Edit::reword(clause(3), "Care"), vec![]),
            (Edit::reword(clause(2), "Lose"), Edit::reword(clause(2), "Draw"), vec![Since::Reworded]),
            (Edit::reword(clause(2), "Lose"), Edit::reword(clause(2), "Lose"), vec![Since::Fulfilled]),
            (Edit::reword(clause(2), "Lose"), remove(2), vec![Since::Gone]),
            (to(behind), Edit::reword(clause(2), "Draw"), vec![Since::Reworded]),
            (to(behind), remove(4), vec![Since::PlaceGone]),
            (to(behind), remove(2), vec![Since::Gone]),
            (add(behind), remove(4), vec![Since::PlaceGone]),
            (add(behind), Edit::reword(clause(4), "Ways"), vec![]),
            (remove(2), remove(2), vec![Since::Fulfilled]),
            (remove(2), Edit::reword(clause(2), "Draw"), vec![Since::Reworded]),
            (remove(1), add(Place::FirstIn(Some(clause(1)))), vec![Since::Grown(vec!["1.1".to_owned()])]),
            (Edit::Rule(roll), Edit::Rule(other), vec![Since::Reworded]),
            (Edit::Rule(roll), Edit::Rule(roll), vec![Since::Fulfilled]),
            (Edit::Name("Other".to_owned()), Edit::Name("Third".to_owned()), vec![Since::Reworded]),
            (Edit::Name("Other".to_owned()), remove(2), vec![]),
        ] {
            let (changes, now) = (changes(std::slice::from_ref(&mine)), after(std::slice::from_ref(&theirs)));

            assert_eq!(now.since(&changes[0], &changes), since, "{mine:?} after {theirs:?}");
            let is_alone = changes.len() == 1;
            assert!(!is_alone || now.fits(&changes) == since.is_empty(), "{mine:?} after {theirs:?}");
        }
    }

    #[test]
    fn a_clause_may_follow_another_that_comes_with_it() {
        let two = |text: &str| Edit::Add { place: Place::After(clause(4)), text: text.to_owned() };
        let mut next = 90;
        let changes = changes_of(&[two("One"), two("Two")], &standing(), || {
            next += 1;
            clause(next)
        });

        let changes = changes.unwrap();

        assert!(changes.iter().all(|change| standing().since(change, &changes).is_empty()));
    }
}
