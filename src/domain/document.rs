//! A governing document: its tree of clauses, import from text, export, fingerprint (rule A1).

use super::refusal::Refusal;
use super::text;
use crate::ids::ClauseId;

/// One clause of one version of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// The same through all versions.
    pub id: ClauseId,
    /// The clause that it is part of.
    pub parent: Option<ClauseId>,
    /// Reading order within the document, from 0.
    pub position: i32,
    /// How deep it is nested, from 0.
    pub depth: i32,
    /// The full number that a person cites: `4.1.9`. Empty for unnumbered text.
    pub number: String,
    /// Its words.
    pub text: String,
}

/// A clause as it was read from a text, before it has an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedClause {
    /// The index of the clause that it is part of.
    pub parent: Option<usize>,
    /// How deep it is nested, from 0.
    pub depth: i32,
    /// The full number; empty for unnumbered text.
    pub number: String,
    /// Its words.
    pub text: String,
}

/// A document read from a text, in reading order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClauseTree(Vec<ImportedClause>);

impl ClauseTree {
    /// The clauses in reading order.
    pub fn clauses(&self) -> &[ImportedClause] {
        &self.0
    }
}

/// Reads Markdown or plain text with numbered clauses.
///
/// # Errors
/// Names the field `text` and the line that cannot be understood.
pub fn import(text: &str) -> Result<ClauseTree, Refusal> {
    let _ = text;
    todo!()
}
/// The name of a document in URLs: `[a-z0-9-]{1,60}`.
///
/// # Errors
/// Names the field `slug`.
pub fn slug(text: &str) -> Result<String, Refusal> {
    let _ = text::clean_line(text);
    todo!()
}
/// A name for URLs made from a title.
pub fn slug_from_title(title: &str) -> String {
    let _ = title;
    todo!()
}

/// The document as plain text with indented, numbered clauses; [`import`] reads it back.
pub fn export_plain(clauses: &[Clause]) -> String {
    let _ = clauses;
    todo!()
}

/// SHA-256 of the canonical text, in hexadecimal: what a version is known by.
pub fn fingerprint(clauses: &[Clause]) -> String {
    let _ = clauses;
    todo!()
}
