//! What an amendment does to the text that stands: whether it still fits, what comes of it, and the
//! numbers that people cite (rules A2, A15).

use super::change::{Act, Change, Place, rule_text};
use super::state::{AmendmentState, Move};
use crate::domain::document::{CLAUSES_MAX, Clause, DEPTH_MAX, marks, number_anew};
use crate::domain::refusal::Refusal;
use crate::domain::tally::Rule;
use crate::ids::{ActorId, ClauseId, DocumentId};

/// What stands now, which an amendment is held against.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The document.
    pub document: DocumentId,
    /// Its rule.
    pub rule: Rule,
    /// Its clauses, in reading order.
    pub clauses: Vec<Clause>,
    /// The community and its name.
    pub community: (ActorId, String),
    /// Whether the document came in at the set-up: the name is changed by such a one only, so that it goes by
    /// a rule that everybody signed.
    pub is_founding: bool,
    /// How many members there are.
    pub members: u32,
}

impl Standing {
    /// The clauses once these changes are made.
    ///
    /// # Errors
    /// A refusal when something that they start from is not as it was when they were proposed, or when no
    /// sound document would come of them.
    pub fn with(&self, changes: &[Change]) -> Result<Vec<Clause>, Refusal> {
        let others_fit = changes.iter().all(|change| match change.act {
            Act::Rule => change.old_text == rule_text(self.rule),
            Act::Name => change.old_text == self.community.1,
            _ => true,
        });
        if !others_fit {
            return Err(conflict());
        }
        let clauses = apply(changes, self.clauses.clone())?;
        check_sound(&clauses)?;
        Ok(clauses)
    }

    /// Whether these changes can be made to what stands.
    pub fn fits(&self, changes: &[Change]) -> bool {
        self.with(changes).is_ok()
    }

    /// Gives every change the number by which people cite its clause now; one that comes has the number that
    /// it would get in `after`, the clauses once the changes are made.
    pub fn number(&self, changes: &mut [Change], after: &[Clause]) {
        for change in changes {
            let among = if matches!(change.act, Act::Add(_)) { after } else { &self.clauses };
            let found = among.iter().find(|clause| clause.id == change.clause);
            change.number = found.map(|clause| clause.number.clone()).unwrap_or_default();
        }
    }
}

/// Whether a document may stand like this: two amendments that are sound each may not be so together.
///
/// # Errors
/// Names `changes` and what to do about them.
pub(super) fn check_sound(clauses: &[Clause]) -> Result<(), Refusal> {
    let is_section = |clause: &Clause| clause.depth == 0 && !clause.number.is_empty();
    let mut after_text = clauses.iter().skip_while(|clause| clause.number.is_empty());
    let sentence = if clauses.iter().any(|clause| clause.depth >= DEPTH_MAX) {
        format!("Please nest clauses at most {DEPTH_MAX} deep.")
    } else if clauses.len() > CLAUSES_MAX {
        format!("Please keep the document to {CLAUSES_MAX} clauses.")
    } else if !clauses.iter().any(is_section) {
        "A document needs at least one numbered clause. Please let one stay.".to_owned()
    } else if after_text.any(|clause| clause.depth == 0 && clause.number.is_empty()) {
        "Text without a number cannot stand between sections. Please put it into one of them.".to_owned()
    } else {
        return Ok(());
    };
    Err(Refusal::field("changes", sentence))
}

/// The clauses after a carried amendment, numbered anew.
///
/// # Errors
/// A refusal when something that the changes start from was changed meanwhile; then nothing is applied.
pub(super) fn apply(changes: &[Change], mut clauses: Vec<Clause>) -> Result<Vec<Clause>, Refusal> {
    let marks = marks(&clauses);
    for change in changes.iter().filter(|change| change.act.is_of_a_clause()) {
        let clause = clauses.iter_mut().find(|clause| clause.id == change.clause);
        match (change.act, clause) {
            (Act::Add(_), None) | (Act::Rule | Act::Name, _) => {}
            (Act::Reword | Act::Move(_), Some(clause)) if clause.text == change.old_text => {
                clause.text.clone_from(&change.new_text);
            }
            (Act::Remove, Some(clause)) if clause.text == change.old_text => {}
            _ => return Err(conflict()),
        }
    }
    for change in changes {
        let placed = match change.act {
            Act::Add(place) => insert(&mut clauses, place, vec![fresh(change)]),
            Act::Move(place) => {
                take_out(&mut clauses, change.clause).and_then(|part| insert(&mut clauses, place, part))
            }
            _ => Some(()),
        };
        placed.ok_or_else(conflict)?;
    }
    let is_removed = |id: ClauseId| changes.iter().any(|change| change.act == Act::Remove && change.clause == id);
    clauses.retain(|clause| !is_removed(clause.id));
    if clauses.iter().any(|clause| clause.parent.is_some_and(is_removed)) {
        return Err(conflict());
    }
    number_anew(&mut clauses, &marks);
    Ok(clauses)
}

fn conflict() -> Refusal {
    AmendmentState::InConflict.refusal(Move::Open)
}

fn fresh(change: &Change) -> Clause {
    let (id, text) = (change.clause, change.new_text.clone());
    // Its number is worked out with all others; that it has one is what counts here.
    Clause { id, parent: None, position: 0, depth: 0, number: "?".to_owned(), text }
}

/// How many clauses a clause is, with all that is in it.
fn length(clauses: &[Clause], at: usize) -> usize {
    let depth = clauses.get(at).map_or(0, |clause| clause.depth);
    1 + clauses.iter().skip(at + 1).take_while(|clause| clause.depth > depth).count()
}

fn take_out(clauses: &mut Vec<Clause>, id: ClauseId) -> Option<Vec<Clause>> {
    let at = clauses.iter().position(|clause| clause.id == id)?;
    let end = at + length(clauses, at);
    Some(clauses.drain(at..end).collect())
}

/// Puts a clause with all that is in it in its place; nothing happens when that is not there.
fn insert(clauses: &mut Vec<Clause>, place: Place, mut part: Vec<Clause>) -> Option<()> {
    let anchor = match place.anchor() {
        Some(id) => Some(clauses.iter().position(|clause| clause.id == id)?),
        None => None,
    };
    let found = anchor.and_then(|at| clauses.get(at));
    let (at, parent, depth) = match (place, anchor, found) {
        (Place::After(_), Some(at), Some(clause)) => (at + length(clauses, at), clause.parent, clause.depth),
        (Place::FirstIn(Some(id)), Some(at), Some(clause)) if !clause.number.is_empty() => {
            (at + 1, Some(id), clause.depth + 1)
        }
        (Place::FirstIn(None), ..) => (0, None, 0),
        _ => return None,
    };
    let deeper = depth - part.first().map_or(0, |head| head.depth);
    for clause in &mut part {
        clause.depth += deeper;
    }
    part.first_mut()?.parent = parent;
    clauses.splice(at..at, part);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::amendment::{AmendmentForm, Edit, NewAmendment, new_name, new_rule, touched};
    use crate::domain::document::tests::numbered;
    use crate::domain::document::{export_markdown, export_plain, import};
    use crate::domain::tally::VoteBase;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn standing() -> Standing {
        let manifesto = include_str!("../../../tests/fixtures/documents/manifesto.txt");
        Standing {
            document: DocumentId::from_uuid(Uuid::from_u128(7_000)),
            rule: Rule::default(),
            clauses: numbered(import(manifesto).unwrap()),
            community: (ActorId::from_uuid(Uuid::from_u128(8_000)), "Coders For Labour".to_owned()),
            is_founding: true,
            members: 1_000,
        }
    }

    fn id(standing: &Standing, number: &str) -> ClauseId {
        standing.clauses.iter().find(|clause| clause.number == number).unwrap().id
    }

    fn against(standing: &Standing, edits: Vec<Edit>) -> Result<Vec<Change>, Refusal> {
        let form = AmendmentForm { title: "T".into(), summary: "S".into(), values_fit: "V".into(), edits };
        let mut next = 9_000;
        NewAmendment::parse(standing.document, &form)?.against(standing, || {
            next += 1;
            ClauseId::from_uuid(Uuid::from_u128(next))
        })
    }

    fn text_at(clauses: &[Clause], number: &str) -> String {
        clauses.iter().find(|clause| clause.number == number).map_or_else(String::new, |clause| clause.text.clone())
    }

    #[test]
    fn numbers_follow_from_the_position_and_moved_clauses_keep_their_id() {
        let standing = standing();
        let (moved, second) = (id(&standing, "4.1.9"), id(&standing, "4.2"));
        let edits = vec![
            Edit::Move { clause: moved, place: Place::FirstIn(Some(id(&standing, "2"))), text: None },
            Edit::Add { place: Place::After(second), text: "We listen.".to_owned() },
            Edit::Add { place: Place::After(second), text: "We answer.".to_owned() },
            Edit::Remove { clause: id(&standing, "1") },
        ];
        let changes = against(&standing, edits).unwrap();

        let clauses = apply(&changes, standing.clauses.clone()).unwrap();

        // Section 1 is gone with its clause, so that section 2 is 1 now.
        assert_eq!(text_at(&clauses, "1"), "Guiding Principals");
        assert_eq!(text_at(&clauses, "1.1"), "Research-based policy-making");
        assert_eq!(clauses.iter().find(|clause| clause.id == moved).unwrap().number, "1.1");
        assert_eq!(text_at(&clauses, "3.1.9"), standing.clauses.iter().find(|c| c.number == "4.1.10").unwrap().text);
        assert_eq!(
            (text_at(&clauses, "3.3"), text_at(&clauses, "3.4")),
            ("We listen.".to_owned(), "We answer.".to_owned())
        );
        assert_eq!(changes.iter().filter(|change| change.act == Act::Remove).count(), 2, "with what is in it");
    }

    #[test]
    fn rule_and_name_are_changes_like_others() {
        let standing = standing();
        let rule = Rule { base: VoteBase::Roll, quorum: 12, ..Rule::default() };
        let changes = against(&standing, vec![Edit::Rule(rule), Edit::Name("Coders".to_owned())]).unwrap();

        assert_eq!((new_rule(&changes), new_name(&changes)), (Some(rule), Some("Coders")));
        assert!(standing.fits(&changes));
        assert_eq!(apply(&changes, standing.clauses.clone()).unwrap(), standing.clauses);
        assert!(!Standing { rule, ..standing.clone() }.fits(&changes));
        assert!(!Standing { community: (standing.community.0, "Other".to_owned()), ..standing }.fits(&changes));
    }

    #[test]
    fn what_was_changed_meanwhile_is_a_conflict() {
        let standing = standing();
        let (heading, inside, target) = (id(&standing, "6.6"), id(&standing, "6.6.2"), id(&standing, "8"));
        let without = |gone: &str| {
            let changes = against(&standing, vec![Edit::Remove { clause: id(&standing, gone) }]).unwrap();
            apply(&changes, standing.clauses.clone()).unwrap()
        };
        let cases = [
            (Edit::reword(inside, "Other words"), without("6.6.2")),
            (Edit::Move { clause: inside, place: Place::After(target), text: None }, without("8")),
            (Edit::Add { place: Place::FirstIn(Some(target)), text: "New".to_owned() }, without("8")),
        ];
        for (edit, now) in cases {
            let changes = against(&standing, vec![edit]).unwrap();
            assert_eq!(apply(&changes, now).unwrap_err().code, "in_conflict");
            assert!(apply(&changes, standing.clauses.clone()).is_ok());
        }
        // Something came into a clause that is to go away: nobody voted on losing it.
        let removal = against(&standing, vec![Edit::Remove { clause: heading }]).unwrap();
        let addition = against(&standing, vec![Edit::Add { place: Place::FirstIn(Some(inside)), text: "New".into() }]);
        let grown = apply(&addition.unwrap(), standing.clauses.clone()).unwrap();
        assert_eq!(apply(&removal, grown).unwrap_err().code, "in_conflict");
    }

    #[test]
    fn two_that_are_sound_alone_do_not_fit_when_they_are_not_sound_together() {
        let clauses = numbered(import("1. Aims\n2. Means\n").unwrap());
        let standing = Standing { clauses, ..standing() };
        let removal = |number| against(&standing, vec![Edit::Remove { clause: id(&standing, number) }]).unwrap();
        let (first, second) = (removal("1"), removal("2"));
        assert!(standing.fits(&first) && standing.fits(&second));

        let now = Standing { clauses: standing.with(&first).unwrap(), ..standing.clone() };

        assert!(!now.fits(&second), "nothing would be left");
    }

    #[test]
    fn numbers_are_told_anew_when_others_moved() {
        let standing = standing();
        let edits = vec![
            Edit::reword(id(&standing, "4.1.9"), "Other words"),
            Edit::Add { place: Place::After(id(&standing, "4.1.9")), text: "New".to_owned() },
        ];
        let mut changes = against(&standing, edits).unwrap();
        let removal = against(&standing, vec![Edit::Remove { clause: id(&standing, "4.1.8") }]).unwrap();
        let now = Standing { clauses: standing.with(&removal).unwrap(), ..standing };

        let after = now.with(&changes).unwrap();
        now.number(&mut changes, &after);

        assert_eq!([&*changes[0].number, &*changes[1].number], ["4.1.8", "4.1.9"]);
    }

    #[test]
    fn a_vote_holds_what_it_changes_and_where_it_puts_things() {
        let standing = standing();
        let edit = Edit::Move { clause: id(&standing, "2.1"), place: Place::After(id(&standing, "4.1.9")), text: None };
        let changes = against(&standing, vec![edit]).unwrap();

        let held = touched(&changes, &standing.clauses);

        for number in ["2.1", "4.1.9", "4.1", "4"] {
            assert!(held.contains(&id(&standing, number)), "{number}");
        }
        assert!(!held.contains(&id(&standing, "4.1.8")));
    }

    #[test]
    fn only_other_things_than_new_words_are_told_apart_in_the_record() {
        let standing = standing();
        let one = id(&standing, "1.1");
        let reworded = against(&standing, vec![Edit::reword(one, "New")]).unwrap();
        let moved = against(&standing, vec![Edit::Move { clause: one, place: Place::FirstIn(None), text: None }]);

        assert_eq!(reworded[0].json().as_object().unwrap().len(), 4);
        assert_eq!(moved.unwrap()[0].json()["place"]["where"], "first_in");
    }

    fn edits() -> impl Strategy<Value = Vec<(u8, usize, usize, bool)>> {
        prop::collection::vec((0..4_u8, 0..80_usize, 0..80_usize, any::<bool>()), 1..6)
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_gives_a_sound_document(picks in edits()) {
            let standing = standing();
            let at = |index: usize| standing.clauses[index % standing.clauses.len()].id;
            let edits = picks.into_iter().map(|(kind, one, other, is_after)| {
                let place = if is_after { Place::After(at(other)) } else { Place::FirstIn(Some(at(other))) };
                match kind {
                    0 => Edit::reword(at(one), "Other words."),
                    1 => Edit::Add { place, text: "New words.".to_owned() },
                    2 => Edit::Move { clause: at(one), place, text: None },
                    _ => Edit::Remove { clause: at(one) },
                }
            });
            let Ok(changes) = against(&standing, edits.collect()) else { return Ok(()) };

            let clauses = apply(&changes, standing.clauses.clone()).unwrap();

            let mut ids: Vec<ClauseId> = clauses.iter().map(|clause| clause.id).collect();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), clauses.len());
            prop_assert!(clauses.iter().all(|clause| clause.depth < DEPTH_MAX));
            let shape = |clauses: &[Clause]| -> Vec<(String, i32, String)> {
                clauses.iter().map(|c| (c.number.clone(), c.depth, c.text.clone())).collect()
            };
            for exported in [export_plain(&clauses), export_markdown(&clauses)] {
                let again = numbered(import(&exported).map_err(|e| TestCaseError::fail(format!("{e}\n{exported}")))?);
                prop_assert_eq!(shape(&again), shape(&clauses));
            }
        }
    }
}
