//! An amendment from proposal to decision: its states and its moves (rules A2, A3, A4, A15).

use super::document::{Clause, clause_text};
use super::refusal::{Problems, Refusal};
use super::text;
use crate::ids::{ClauseId, DocumentId};
use chrono::TimeDelta;

/// How long a proposal waits for a backer (A3).
pub const LAPSES_AFTER: TimeDelta = TimeDelta::days(30);

const SUMMARY_WORDS: usize = 60;
const CHANGES_MAX: usize = 50;

/// Where an amendment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AmendmentState {
    /// Proposed; another member has to back it.
    SeekingBacking,
    /// Backed; the proposer may open the vote.
    Backed,
    /// The vote is open.
    Open,
    /// Decided: accepted.
    Carried,
    /// Decided: not accepted.
    Lost,
    /// Nobody backed it within 30 days.
    Lapsed,
    /// Taken back by its proposer.
    Withdrawn,
    /// The text it wants to change was changed meanwhile.
    InConflict,
}

/// What can be done to an amendment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// Another member backs it.
    Back,
    /// The last backer takes the backing back.
    LoseBacking,
    /// The proposer changes its text.
    Edit,
    /// The proposer takes it back.
    Withdraw,
    /// The proposer opens the vote.
    Open,
    /// Thirty days passed without a backer.
    Lapse,
    /// A clause that it changes was changed by another amendment.
    FallIntoConflict,
    /// The vote carried it.
    Carry,
    /// The vote did not carry it.
    Lose,
}

impl AmendmentState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::SeekingBacking,
        Self::Backed,
        Self::Open,
        Self::Carried,
        Self::Lost,
        Self::Lapsed,
        Self::Withdrawn,
        Self::InConflict,
    ];

    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SeekingBacking => "seeking_backing",
            Self::Backed => "backed",
            Self::Open => "open",
            Self::Carried => "carried",
            Self::Lost => "lost",
            Self::Lapsed => "lapsed",
            Self::Withdrawn => "withdrawn",
            Self::InConflict => "in_conflict",
        }
    }

    /// Reads what was stored.
    pub fn stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// The state after a move.
    ///
    /// # Errors
    /// A sentence that says why this cannot be done now.
    pub fn after(self, step: Move) -> Result<Self, Refusal> {
        match (self, step) {
            (Self::SeekingBacking | Self::Backed, Move::Back) => Ok(Self::Backed),
            (Self::Backed, Move::LoseBacking) => Ok(Self::SeekingBacking),
            (Self::SeekingBacking | Self::Backed | Self::InConflict, Move::Edit) => Ok(Self::SeekingBacking),
            (Self::SeekingBacking | Self::Backed | Self::InConflict, Move::Withdraw) => Ok(Self::Withdrawn),
            (Self::Backed, Move::Open) => Ok(Self::Open),
            (Self::SeekingBacking | Self::InConflict, Move::Lapse) => Ok(Self::Lapsed),
            (Self::SeekingBacking | Self::Backed, Move::FallIntoConflict) => Ok(Self::InConflict),
            (Self::Open, Move::Carry) => Ok(Self::Carried),
            (Self::Open, Move::Lose) => Ok(Self::Lost),
            (state, step) => Err(Refusal::new(state.refusal_code(), state.why_not(step))),
        }
    }

    fn refusal_code(self) -> &'static str {
        match self {
            Self::SeekingBacking => "not_backed",
            Self::Backed => "not_open",
            Self::Open => "vote_is_open",
            Self::Carried | Self::Lost => "already_decided",
            Self::Lapsed => "lapsed",
            Self::Withdrawn => "withdrawn",
            Self::InConflict => "in_conflict",
        }
    }

    fn why_not(self, step: Move) -> &'static str {
        match (self, step) {
            (Self::SeekingBacking, Move::Open) => "Another member has to back this amendment before its vote can open.",
            (Self::SeekingBacking, _) => "Nobody backs this amendment at present.",
            (Self::Backed, _) => "This amendment is backed, and its vote is not open yet.",
            (Self::Open, _) => {
                "The vote on this amendment is open. Until it closes nothing about it can be changed, and it closes by itself."
            }
            (Self::Carried | Self::Lost, _) => {
                "This amendment is decided already. To change the text again, please propose a new amendment."
            }
            (Self::Lapsed, _) => {
                "This amendment lapsed, because nobody backed it within 30 days. Please propose it anew."
            }
            (Self::Withdrawn, _) => "This amendment was withdrawn. Please propose it anew.",
            (Self::InConflict, _) => {
                "The text that this amendment changes was changed meanwhile. Its proposer has to edit it, and then it needs backing again."
            }
        }
    }
}

/// An amendment as a person typed it.
#[derive(Debug, Clone)]
pub struct AmendmentForm {
    /// A short name.
    pub title: String,
    /// What it changes, in at most 60 plain words.
    pub summary: String,
    /// How it fits our values.
    pub values_fit: String,
    /// The clauses to change and their new words.
    pub changes: Vec<(ClauseId, String)>,
}

/// An amendment that may be proposed.
#[derive(Debug, Clone)]
pub struct NewAmendment {
    /// The document it changes.
    pub(crate) document: DocumentId,
    /// A short name.
    pub(crate) title: String,
    /// What it changes, in plain words.
    pub(crate) summary: String,
    /// How it fits our values.
    pub(crate) values_fit: String,
    /// The clauses to change and their new words.
    pub(crate) changes: Vec<(ClauseId, String)>,
}

impl NewAmendment {
    /// Reads the form.
    ///
    /// # Errors
    /// Names `title`, `summary`, `values_fit` and `changes`, whichever have to change.
    pub fn parse(document: DocumentId, form: &AmendmentForm) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let title = problems.take(text::line("title", &form.title, 120));
        let summary = problems.take(summary(&form.summary));
        let values_fit = problems.take(text::paragraphs("values_fit", &form.values_fit, 2_000));
        let changes = problems.take(changes(&form.changes));
        match (title, summary, values_fit, changes) {
            (Some(title), Some(summary), Some(values_fit), Some(changes)) => {
                Ok(Self { document, title, summary, values_fit, changes })
            }
            _ => Err(problems.refusal()),
        }
    }
}

impl NewAmendment {
    /// The changes that this makes to a text, in the order of its clauses.
    ///
    /// # Errors
    /// Names `changes` when a clause is not in the text or would stay as it is.
    pub(crate) fn against(&self, clauses: &[Clause]) -> Result<Vec<Change>, Refusal> {
        let refuse = |sentence: String| Err(Refusal::field("changes", sentence));
        if !self.changes.iter().all(|(id, _)| clauses.iter().any(|clause| clause.id == *id)) {
            return refuse("One of these clauses is not in the document as it stands.".to_owned());
        }
        let mut changes = Vec::with_capacity(self.changes.len());
        for clause in clauses {
            let Some((_, new_text)) = self.changes.iter().find(|(id, _)| *id == clause.id) else { continue };
            if *new_text == clause.text {
                return refuse(format!(
                    "Clause {} stays as it is. Please change its words or leave it out.",
                    clause.name()
                ));
            }
            changes.push(Change {
                clause: clause.id,
                number: clause.number.clone(),
                old_text: clause.text.clone(),
                new_text: new_text.clone(),
            });
        }
        Ok(changes)
    }
}

fn summary(typed: &str) -> Result<String, Refusal> {
    let summary = text::paragraphs("summary", typed, 800)?;
    let words = summary.split_whitespace().count();
    if words > SUMMARY_WORDS {
        return Err(Refusal::field("summary", format!("Please use at most {SUMMARY_WORDS} words; there are {words}.")));
    }
    Ok(summary)
}

fn changes(typed: &[(ClauseId, String)]) -> Result<Vec<(ClauseId, String)>, Refusal> {
    if typed.is_empty() {
        return Err(Refusal::field("changes", "Please change at least one clause."));
    }
    if typed.len() > CHANGES_MAX {
        return Err(Refusal::field("changes", format!("Please change at most {CHANGES_MAX} clauses at once.")));
    }
    let mut ids: Vec<ClauseId> = typed.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < typed.len() {
        return Err(Refusal::field("changes", "Please change each clause only once."));
    }
    typed.iter().map(|(id, words)| clause_text("changes", words).map(|words| (*id, words))).collect()
}

/// One clause as it stands and as it is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The clause.
    pub clause: ClauseId,
    /// Its number.
    pub number: String,
    /// Its words when the change was proposed.
    pub old_text: String,
    /// Its words if carried.
    pub new_text: String,
}

impl Change {
    /// Whether the clause still stands as it did when the change was proposed.
    pub fn fits(&self, clauses: &[Clause]) -> bool {
        clauses.iter().any(|clause| clause.id == self.clause && clause.text == self.old_text)
    }
}

/// The text after a carried amendment.
///
/// # Errors
/// A refusal when a clause was changed meanwhile; then nothing is applied.
pub fn apply(changes: &[Change], mut clauses: Vec<Clause>) -> Result<Vec<Clause>, Refusal> {
    if !changes.iter().all(|change| change.fits(&clauses)) {
        return Err(Refusal::new("in_conflict", AmendmentState::InConflict.why_not(Move::Open)));
    }
    for clause in &mut clauses {
        if let Some(change) = changes.iter().find(|change| change.clause == clause.id) {
            clause.text.clone_from(&change.new_text);
        }
    }
    Ok(clauses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    const MOVES: [Move; 9] = [
        Move::Back,
        Move::LoseBacking,
        Move::Edit,
        Move::Withdraw,
        Move::Open,
        Move::Lapse,
        Move::FallIntoConflict,
        Move::Carry,
        Move::Lose,
    ];

    #[test]
    fn only_the_moves_of_the_rules_are_possible() {
        use AmendmentState::{Backed, Carried, InConflict, Lapsed, Lost, Open, SeekingBacking, Withdrawn};
        let allowed = [
            (SeekingBacking, Move::Back, Backed),
            (SeekingBacking, Move::Edit, SeekingBacking),
            (SeekingBacking, Move::Withdraw, Withdrawn),
            (SeekingBacking, Move::Lapse, Lapsed),
            (SeekingBacking, Move::FallIntoConflict, InConflict),
            (Backed, Move::Back, Backed),
            (Backed, Move::LoseBacking, SeekingBacking),
            (Backed, Move::Edit, SeekingBacking),
            (Backed, Move::Withdraw, Withdrawn),
            (Backed, Move::Open, Open),
            (Backed, Move::FallIntoConflict, InConflict),
            (InConflict, Move::Edit, SeekingBacking),
            (InConflict, Move::Withdraw, Withdrawn),
            (InConflict, Move::Lapse, Lapsed),
            (Open, Move::Carry, Carried),
            (Open, Move::Lose, Lost),
        ];
        for state in AmendmentState::ALL {
            for step in MOVES {
                let expected = allowed.iter().find(|(from, by, _)| (*from, *by) == (state, step)).map(|(_, _, to)| *to);
                let found = state.after(step);
                assert_eq!(found.as_ref().ok().copied(), expected, "{state:?} {step:?}");
                assert!(found.is_ok() || found.unwrap_err().sentence.ends_with('.'));
            }
        }
    }

    proptest! {
        #[test]
        fn no_sequence_of_moves_opens_a_vote_that_nobody_backs_or_leaves_a_decision(steps in prop::collection::vec(0..MOVES.len(), 0..40)) {
            let mut state = AmendmentState::SeekingBacking;
            let mut backers = 0;
            for step in steps.into_iter().map(|index| MOVES[index]) {
                let before = state;
                let Ok(after) = state.after(step) else { continue };
                match step {
                    Move::Back => backers += 1,
                    Move::LoseBacking | Move::Edit | Move::FallIntoConflict => backers = 0,
                    _ => {}
                }
                prop_assert!(after != AmendmentState::Open || backers > 0);
                prop_assert!(!matches!(before, AmendmentState::Carried | AmendmentState::Lost | AmendmentState::Lapsed | AmendmentState::Withdrawn));
                state = after;
            }
        }
    }

    fn form() -> AmendmentForm {
        AmendmentForm {
            title: " Rotate  the desk ".to_owned(),
            summary: "word ".repeat(60),
            values_fit: "It fits 4.1.2.".to_owned(),
            changes: vec![(ClauseId::from_uuid(Uuid::from_u128(1)), "New\nwords".to_owned())],
        }
    }

    #[test]
    fn a_whole_form_is_read() {
        let new = NewAmendment::parse(DocumentId::from_uuid(Uuid::nil()), &form()).unwrap();

        assert_eq!(new.title, "Rotate the desk");
        assert_eq!(new.changes[0].1, "New words");
    }

    #[test]
    fn every_problem_of_a_form_is_told_at_once() {
        let clause = ClauseId::from_uuid(Uuid::from_u128(1));
        let cases: [(&[&str], AmendmentForm); 5] = [
            (
                &["title", "summary", "values_fit"],
                AmendmentForm { title: String::new(), summary: "x ".repeat(61), values_fit: " ".to_owned(), ..form() },
            ),
            (&["changes"], AmendmentForm { changes: Vec::new(), ..form() }),
            (
                &["changes"],
                AmendmentForm { changes: vec![(clause, "a".to_owned()), (clause, "b".to_owned())], ..form() },
            ),
            (&["changes"], AmendmentForm { changes: vec![(clause, " \u{200b}".to_owned())], ..form() }),
            (&["changes"], AmendmentForm { changes: vec![(clause, "x".repeat(10_001))], ..form() }),
        ];
        for (fields, form) in cases {
            let refusal = NewAmendment::parse(DocumentId::from_uuid(Uuid::nil()), &form).unwrap_err();
            assert_eq!(refusal.fields.iter().map(|f| f.field).collect::<Vec<_>>(), fields);
        }
    }
}
