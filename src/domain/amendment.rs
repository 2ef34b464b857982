//! An amendment from proposal to opening (rules A2, A3, A4).

use super::refusal::Refusal;
use crate::ids::{ClauseId, DocumentId};

/// Where an amendment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    document: DocumentId,
    title: String,
    summary: String,
    values_fit: String,
    changes: Vec<(ClauseId, String)>,
}
impl NewAmendment {
    /// Reads the form.
    ///
    /// # Errors
    /// Names `title`, `summary`, `values_fit` and `changes`, whichever have to change.
    pub fn parse(document: DocumentId, form: &AmendmentForm) -> Result<Self, Refusal> {
        let _ = (document, form);
        todo!()
    }
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
