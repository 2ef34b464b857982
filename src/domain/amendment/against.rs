//! What an amendment as it was typed makes of what stands: one change after another, each with its number
//! (rule A2).

use super::apply::{Standing, apply, check_sound};
use super::change::{Act, Change, Place, Subject, rule_text};
use super::form::{Edit, NewAmendment, edits, refuse, up_to};
use crate::domain::document::{Clause, clause_text};
use crate::domain::refusal::Refusal;
use crate::domain::tally::Rule;
use crate::domain::text;
use crate::ids::ClauseId;

/// What these edits would change, while the rest of the form is still being written. Nothing can be kept of
/// it, so that the ids of new clauses may be any.
///
/// # Errors
/// Names `changes` and what has to change about them.
pub fn changes_of(typed: &[Edit], standing: &Standing, next: impl FnMut() -> ClauseId) -> Result<Vec<Change>, Refusal> {
    let nothing = String::new;
    let new = NewAmendment {
        document: standing.document,
        title: nothing(),
        summary: nothing(),
        values_fit: nothing(),
        edits: edits(typed)?,
        is_draft: false,
    };
    new.against(standing, next)
}

impl NewAmendment {
    /// The changes that this makes to what stands. New clauses get their ids here and keep them.
    ///
    /// # Errors
    /// Names `changes` and the clause that is not there, has no words, or would stay as it is.
    pub(crate) fn against(
        &self,
        standing: &Standing,
        mut next: impl FnMut() -> ClauseId,
    ) -> Result<Vec<Change>, Refusal> {
        let mut changes: Vec<Change> = Vec::with_capacity(self.edits.len());
        for edit in &self.edits {
            let change = match edit {
                Edit::Add { place, text } => self.addition(*place, text, &changes, next())?,
                Edit::Rule(rule) => rule_change(standing, *rule)?,
                Edit::Name(name) => name_change(standing, name)?,
                of_clause => self.of_clause(of_clause, standing)?,
            };
            changes.push(change);
        }
        remove_what_is_inside(&mut changes, &standing.clauses);
        if !self.is_draft {
            number_and_check(&mut changes, standing)?;
        }
        Ok(changes)
    }

    /// Words as they are kept; a draft may have none yet.
    fn words(&self, name: &str, typed: &str) -> Result<String, Refusal> {
        if self.is_draft {
            return up_to("changes", &text::clean_line(typed), crate::domain::document::CLAUSE_MAX);
        }
        if text::clean_line(typed).is_empty() {
            return refuse(format!("{name} has no words. Please write some, or choose that it goes away."));
        }
        clause_text("changes", typed)
    }

    fn addition(&self, place: Place, typed: &str, before: &[Change], id: ClauseId) -> Result<Change, Refusal> {
        // Clauses that are added in one place follow one another as they were written.
        let earlier = before.iter().rev().find(|change| change.act == Act::Add(place)).map(|change| change.clause);
        let first = earlier.map(|earlier| last_of_row(before, earlier));
        let place = first.map_or(place, Place::After);
        let new_text = self.words("The new clause", typed)?;
        Ok(Change { clause: id, number: String::new(), old_text: String::new(), new_text, act: Act::Add(place) })
    }

    fn of_clause(&self, edit: &Edit, standing: &Standing) -> Result<Change, Refusal> {
        let found = standing.clauses.iter().find(|clause| Some(clause.id) == edit.clause());
        let Some(clause) = found else {
            return refuse("One of these clauses is not in the document as it stands.".to_owned());
        };
        let name = format!("Clause {}", clause.name());
        let (act, new_text) = match edit {
            Edit::Move { place, text, .. } => self.to_place(clause, (*place, text.as_deref()), standing)?,
            Edit::Remove { .. } => (Act::Remove, String::new()),
            Edit::Reword { text, .. } => {
                let words = self.words(&name, text)?;
                if words == clause.text && !self.is_draft {
                    return refuse(format!("{name} stays as it is. Please change its words or leave it out."));
                }
                (Act::Reword, words)
            }
            Edit::Add { .. } | Edit::Rule(_) | Edit::Name(_) => (Act::Reword, clause.text.clone()),
        };
        let (number, old_text) = (clause.number.clone(), clause.text.clone());
        Ok(Change { clause: clause.id, number, old_text, new_text, act })
    }

    /// A clause goes elsewhere, perhaps with new words. With its place as it is, it has new words only.
    fn to_place(
        &self,
        clause: &Clause,
        (place, typed): (Place, Option<&str>),
        standing: &Standing,
    ) -> Result<(Act, String), Refusal> {
        let name = format!("Clause {}", clause.name());
        check_place(clause, place, standing, &name)?;
        let typed = typed.filter(|typed| !typed.trim().is_empty());
        let words = typed.map_or_else(|| Ok(clause.text.clone()), |typed| self.words(&name, typed))?;
        if self.is_draft || !self.stays(clause, place, &standing.clauses) {
            return Ok((Act::Move(place), words));
        }
        if words == clause.text {
            return refuse(format!("{name} stands there already. Please choose another place for it."));
        }
        Ok((Act::Reword, words))
    }

    /// Whether a place is where the clause is. After one that goes elsewhere itself, it is another place.
    fn stays(&self, clause: &Clause, place: Place, clauses: &[Clause]) -> bool {
        let follows =
            matches!(place, Place::After(before) if self.edits.iter().any(|edit| edit.clause() == Some(before)));
        place == place_of(clause, clauses) && !follows
    }
}

/// Where a clause stands.
fn place_of(clause: &Clause, clauses: &[Clause]) -> Place {
    let siblings = clauses.iter().filter(|other| other.parent == clause.parent);
    let before = siblings.take_while(|other| other.id != clause.id).last();
    before.map_or(Place::FirstIn(clause.parent), |before| Place::After(before.id))
}

/// The last of the clauses that are added one after another from `first` on.
fn last_of_row(changes: &[Change], first: ClauseId) -> ClauseId {
    let mut last = first;
    while let Some(next) = changes.iter().find(|change| change.act == Act::Add(Place::After(last))) {
        last = next.clause;
    }
    last
}

fn check_place(clause: &Clause, place: Place, standing: &Standing, name: &str) -> Result<(), Refusal> {
    let mut above = place.anchor();
    while let Some(id) = above {
        if id == clause.id {
            return refuse(format!("{name} cannot go into or after itself. Please choose another place."));
        }
        above = standing.clauses.iter().find(|other| other.id == id).and_then(|other| other.parent);
    }
    Ok(())
}

fn rule_change(standing: &Standing, rule: Rule) -> Result<Change, Refusal> {
    if rule == standing.rule {
        return refuse("The rule of voting stays as it is. Please change it or leave it out.");
    }
    // A quorum that cannot be reached would be a way to forbid all amendments.
    if rule.quorum > standing.members {
        let members = standing.members;
        return refuse(format!("Please ask for at most {members} ballots: the community has {members} members today."));
    }
    Ok(Change {
        clause: Subject::rule(standing.document),
        number: String::new(),
        old_text: rule_text(standing.rule),
        new_text: rule_text(rule),
        act: Act::Rule,
    })
}

fn name_change(standing: &Standing, typed: &str) -> Result<Change, Refusal> {
    if !standing.is_founding {
        return refuse(
            "The name of the community is changed by an amendment of a document that it was founded on. Please propose \
             it there.",
        );
    }
    let new_text = text::line("changes", typed, 80)?;
    let (community, name) = &standing.community;
    if new_text == *name {
        return refuse("The name of the community stays as it is. Please change it or leave it out.");
    }
    let clause = Subject::name(*community);
    Ok(Change { clause, number: String::new(), old_text: name.clone(), new_text, act: Act::Name })
}

/// Whoever removes a clause removes what is in it, named one by one, so that everybody sees it and
/// nothing goes away that came into it meanwhile.
fn remove_what_is_inside(changes: &mut Vec<Change>, clauses: &[Clause]) {
    let is_in = |changes: &[Change], id: ClauseId| changes.iter().any(|change| change.clause == id);
    let is_removed = |changes: &[Change], id: ClauseId| changes.iter().any(|c| c.clause == id && c.act == Act::Remove);
    for clause in clauses {
        let goes_too = clause.parent.is_some_and(|parent| is_removed(changes, parent)) && !is_in(changes, clause.id);
        if goes_too {
            let (number, old_text) = (clause.number.clone(), clause.text.clone());
            changes.push(Change { clause: clause.id, number, old_text, new_text: String::new(), act: Act::Remove });
        }
    }
}

/// Gives every change its number, and makes sure that a sound document comes of it.
fn number_and_check(changes: &mut [Change], standing: &Standing) -> Result<(), Refusal> {
    let Ok(clauses) = apply(changes, standing.clauses.clone()) else {
        return refuse(
            "These changes do not fit together: a place that you chose is not there, or something stays in a clause \
             that goes away. Please choose other places.",
        );
    };
    check_sound(&clauses)?;
    standing.number(changes, &clauses);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::amendment::AmendmentForm;
    use crate::domain::document::import;
    use crate::domain::document::tests::numbered;
    use crate::domain::tally::VoteBase;
    use crate::ids::{ActorId, DocumentId};
    use uuid::Uuid;

    fn clause(number: u128) -> ClauseId {
        ClauseId::from_uuid(Uuid::from_u128(number))
    }

    fn form(edits: Vec<Edit>) -> AmendmentForm {
        AmendmentForm {
            title: " Rotate  the desk ".to_owned(),
            summary: "word ".repeat(60),
            values_fit: "It fits 4.1.2.".to_owned(),
            edits,
        }
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

    fn refused(edits: Vec<Edit>) -> String {
        let new = NewAmendment::parse(standing().document, &form(edits));
        let refusal = new.and_then(|new| new.against(&standing(), || clause(99))).unwrap_err();
        assert_eq!(refusal.fields.iter().map(|f| f.field).collect::<Vec<_>>(), ["changes"]);
        refusal.sentence
    }

    #[test]
    fn a_whole_form_is_read() {
        let new = NewAmendment::parse(standing().document, &form(vec![Edit::reword(clause(2), "New\nwords")])).unwrap();

        let changes = new.against(&standing(), || clause(99)).unwrap();

        assert_eq!(new.title, "Rotate the desk");
        assert_eq!((changes[0].new_text.as_str(), changes[0].number.as_str()), ("New words", "1.1"));
    }

    #[test]
    fn changes_that_cannot_be_are_refused_with_the_clause_and_what_to_do() {
        let after = |number| Place::After(clause(number));
        let (one, two) = (clause(1), clause(2));
        for (edits, says) in [
            (vec![Edit::reword(two, " \u{200b}")], "Clause 1.1 has no words. Please write some"),
            (vec![Edit::reword(two, "Win")], "Clause 1.1 stays as it is"),
            (vec![Edit::reword(two, "x".repeat(10_001))], "shorten"),
            (vec![Edit::reword(two, "a"), Edit::Remove { clause: two }], "each clause only once"),
            (vec![Edit::reword(clause(77), "a")], "not in the document"),
            (vec![Edit::Add { place: after(2), text: String::new() }], "The new clause has no words"),
            (vec![Edit::Add { place: after(77), text: "a".to_owned() }], "do not fit together"),
            (vec![Edit::Move { clause: one, place: after(2), text: None }], "into or after itself"),
            (vec![Edit::Move { clause: clause(3), place: after(2), text: None }], "Clause 1.2 stands there already"),
            (
                vec![Edit::Move { clause: two, place: Place::FirstIn(Some(one)), text: Some("Win".to_owned()) }],
                "Clause 1.1 stands there already",
            ),
            (
                vec![Edit::Move { clause: one, place: Place::FirstIn(None), text: None }],
                "Clause 1 stands there already",
            ),
            (vec![Edit::Remove { clause: one }, Edit::Remove { clause: clause(4) }], "at least one numbered clause"),
            (vec![Edit::Rule(standing().rule)], "stays as it is"),
            (vec![Edit::Name("Commons".to_owned())], "stays as it is"),
            (vec![Edit::Name(String::new())], "fill this in"),
            (vec![Edit::Rule(Rule { quorum: 1_001, ..Rule::default() })], "at most 1000 ballots"),
            (
                vec![Edit::Rule(Rule { base: VoteBase::Roll, quorum: u32::MAX, ..Rule::default() })],
                "at most 1000 ballots",
            ),
            ((0..51).map(|_| Edit::Add { place: after(2), text: "a".to_owned() }).collect(), "at most 50"),
        ] {
            let sentence = refused(edits);
            assert!(sentence.contains(says), "{says}: {sentence}");
        }
    }

    #[test]
    fn new_words_for_a_clause_that_stays_are_no_move_and_one_that_follows_another_is() {
        let act = |edits: Vec<Edit>| {
            let new = NewAmendment::parse(standing().document, &form(edits)).unwrap();
            new.against(&standing(), || clause(99)).unwrap().last().unwrap().act
        };
        let (two, three, after) = (clause(2), clause(3), Place::After(clause(2)));
        let stays = Edit::Move { clause: three, place: after, text: Some("Help each other".to_owned()) };
        let goes = Edit::Move { clause: two, place: Place::After(clause(4)), text: None };

        assert_eq!(act(vec![stays]), Act::Reword);
        assert_eq!(act(vec![goes, Edit::Move { clause: three, place: after, text: None }]), Act::Move(after));
    }

    #[test]
    fn a_draft_may_be_half_written() {
        let blank =
            AmendmentForm { title: String::new(), summary: String::new(), values_fit: String::new(), edits: vec![] };
        NewAmendment::parse_draft(standing().document, &blank).unwrap();
        let started =
            form(vec![Edit::reword(clause(2), "Win"), Edit::Add { place: Place::FirstIn(None), text: String::new() }]);

        let draft = NewAmendment::parse_draft(standing().document, &started).unwrap();

        assert_eq!(draft.against(&standing(), || clause(99)).unwrap().len(), 2);
        let long = AmendmentForm { title: "x".repeat(121), ..started };
        assert!(NewAmendment::parse_draft(standing().document, &long).is_err());
    }
}
