//! An amendment as a person types it (rule A2). What becomes of it is in [`super::against`].

use super::change::Place;
use crate::domain::refusal::{Problems, Refusal};
use crate::domain::tally::Rule;
use crate::domain::text;
use crate::ids::{ClauseId, DocumentId};

/// The most words of a summary (A2).
pub const SUMMARY_WORDS: usize = 60;
const EDITS_MAX: usize = 50;

/// One thing that a person wants to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// New words for a clause.
    Reword {
        /// Which.
        clause: ClauseId,
        /// Its new words.
        text: String,
    },
    /// A new clause.
    Add {
        /// Where it goes.
        place: Place,
        /// Its words.
        text: String,
    },
    /// Another place for a clause and all that is in it.
    Move {
        /// Which.
        clause: ClauseId,
        /// Where it goes.
        place: Place,
        /// Its new words, when they change too.
        text: Option<String>,
    },
    /// A clause and all that is in it goes away.
    Remove {
        /// Which.
        clause: ClauseId,
    },
    /// Another rule for amending this document (A9).
    Rule(Rule),
    /// Another name for the community.
    Name(String),
}

impl Edit {
    /// New words for a clause.
    pub fn reword(clause: ClauseId, text: impl Into<String>) -> Self {
        Self::Reword { clause, text: text.into() }
    }

    pub(super) fn clause(&self) -> Option<ClauseId> {
        match self {
            Self::Reword { clause, .. } | Self::Move { clause, .. } | Self::Remove { clause } => Some(*clause),
            Self::Add { .. } | Self::Rule(_) | Self::Name(_) => None,
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
    /// What is to change.
    pub edits: Vec<Edit>,
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
    /// What is to change.
    pub(crate) edits: Vec<Edit>,
    /// True while it is being written: then anything may be missing.
    pub(crate) is_draft: bool,
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
        let edits = problems.take(edits(&form.edits));
        match (title, summary, values_fit, edits) {
            (Some(title), Some(summary), Some(values_fit), Some(edits)) => {
                Ok(Self { document, title, summary, values_fit, edits, is_draft: false })
            }
            _ => Err(problems.refusal()),
        }
    }

    /// Reads the form of an amendment that is still being written: anything may be missing, nothing
    /// may be too long.
    ///
    /// # Errors
    /// Names `title`, `summary`, `values_fit` and `changes`, whichever are too long.
    pub fn parse_draft(document: DocumentId, form: &AmendmentForm) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let title = problems.take(text::optional_line("title", &form.title, 120));
        let summary = problems.take(up_to("summary", &form.summary, 800));
        let values_fit = problems.take(up_to("values_fit", &form.values_fit, 2_000));
        let edits = problems.take(if form.edits.is_empty() { Ok(Vec::new()) } else { edits(&form.edits) });
        match (title, summary, values_fit, edits) {
            (Some(title), Some(summary), Some(values_fit), Some(edits)) => {
                let title = title.unwrap_or_default();
                Ok(Self { document, title, summary, values_fit, edits, is_draft: true })
            }
            _ => Err(problems.refusal()),
        }
    }

    /// Whether it gives the community another name.
    pub(crate) fn renames(&self) -> bool {
        self.edits.iter().any(|edit| matches!(edit, Edit::Name(_)))
    }
}

/// How many words a text has, as they are counted for the summary (A2).
pub fn count_words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn summary(typed: &str) -> Result<String, Refusal> {
    let summary = text::paragraphs("summary", typed, 800)?;
    let words = count_words(&summary);
    if words > SUMMARY_WORDS {
        return Err(Refusal::field("summary", format!("Please use at most {SUMMARY_WORDS} words; there are {words}.")));
    }
    Ok(summary)
}

pub(super) fn up_to(field: &'static str, typed: &str, max: usize) -> Result<String, Refusal> {
    if text::clean(typed).is_empty() { Ok(String::new()) } else { text::paragraphs(field, typed, max) }
}

pub(super) fn edits(typed: &[Edit]) -> Result<Vec<Edit>, Refusal> {
    if typed.is_empty() {
        return refuse("Please change at least one thing.");
    }
    if typed.len() > EDITS_MAX {
        return refuse(format!("Please change at most {EDITS_MAX} things at once."));
    }
    let mut ids: Vec<ClauseId> = typed.iter().filter_map(Edit::clause).collect();
    let named = ids.len();
    ids.sort_unstable();
    ids.dedup();
    let rules = typed.iter().filter(|edit| matches!(edit, Edit::Rule(_))).count();
    let names = typed.iter().filter(|edit| matches!(edit, Edit::Name(_))).count();
    if ids.len() < named || rules > 1 || names > 1 {
        return refuse("Please change each clause only once.");
    }
    Ok(typed.to_vec())
}

/// What is wrong with the changes.
pub(super) fn refuse<T>(sentence: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::field("changes", sentence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn every_problem_of_a_form_is_told_at_once() {
        let empty = AmendmentForm {
            title: String::new(),
            summary: "x ".repeat(61),
            values_fit: " ".to_owned(),
            edits: Vec::new(),
        };

        let refusal = NewAmendment::parse(DocumentId::from_uuid(Uuid::nil()), &empty).unwrap_err();

        let fields: Vec<_> = refusal.fields.iter().map(|f| f.field).collect();
        assert_eq!(fields, ["title", "summary", "values_fit", "changes"]);
        assert!(refusal.fields[1].sentence.contains("at most 60 words; there are 61"));
    }
}
