//! A governing document: its tree of clauses, import from text, export, fingerprint (rule A1).

mod import;

pub use import::import;

use super::record::sha256_hex;
use super::refusal::Refusal;
use super::text;
use crate::ids::ClauseId;
use std::fmt::Write as _;

/// The most characters of one clause.
pub const CLAUSE_MAX: usize = 10_000;

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
    /// Its words, in one line.
    pub text: String,
}

impl Clause {
    /// How people name it: by its number, or by its first words where it has none.
    pub fn name(&self) -> String {
        if self.number.is_empty() {
            let words: Vec<&str> = self.text.split(' ').take(4).collect();
            format!("“{} …”", words.join(" "))
        } else {
            self.number.clone()
        }
    }
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
    /// Its words, in one line.
    pub text: String,
}

/// A document read from a text, in reading order; at least one clause has a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClauseTree(Vec<ImportedClause>);

impl ClauseTree {
    /// The clauses in reading order.
    pub fn clauses(&self) -> &[ImportedClause] {
        &self.0
    }

    /// Gives every clause its id, which stays the same through all later versions.
    pub fn with_ids(self, mut next: impl FnMut() -> ClauseId) -> Vec<Clause> {
        let mut clauses: Vec<Clause> = Vec::with_capacity(self.0.len());
        for (position, imported) in (0..).zip(self.0) {
            let parent = imported.parent.and_then(|index| clauses.get(index)).map(|parent| parent.id);
            let ImportedClause { depth, number, text, .. } = imported;
            clauses.push(Clause { id: next(), parent, position, depth, number, text });
        }
        clauses
    }
}

/// The name of a document in URLs: `[a-z0-9-]{1,60}`.
///
/// # Errors
/// Names the field `slug`.
pub fn slug(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let fits = (1..=60).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    if fits {
        Ok(text.to_owned())
    } else {
        Err(Refusal::field(
            "slug",
            "Please use 1 to 60 of the letters a to z, digits and -, for example code-of-conduct.",
        ))
    }
}

/// A name for URLs made from a title: `Code of Conduct` becomes `code-of-conduct`.
pub fn slug_from_title(title: &str) -> String {
    let spaced: String = title
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { ' ' })
        .collect();
    let mut slug = spaced.split_whitespace().collect::<Vec<_>>().join("-");
    slug.truncate(60);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "document".to_owned() } else { slug.to_owned() }
}

/// The document as plain text with indented, numbered clauses; [`import()`] reads it back.
pub fn export_plain(clauses: &[Clause]) -> String {
    let mut plain = String::new();
    for clause in clauses {
        let depth = usize::try_from(clause.depth).unwrap_or(0);
        let own = clause.number.rsplit('.').next().unwrap_or("");
        if !plain.is_empty() && (depth == 0 || own.is_empty()) {
            plain.push('\n');
        }
        // Text without a number stands where `import` finds it again: at the margin when it
        // belongs to a section, else under the clause it belongs to.
        let indent = if own.is_empty() && depth <= 1 { 0 } else { depth * 2 };
        let mark = if own.is_empty() { String::new() } else { format!("{own}. ") };
        let _ = writeln!(plain, "{:indent$}{mark}{}", "", clause.text);
        if own.is_empty() || depth == 0 {
            plain.push('\n');
        }
    }
    let mut tidy = plain.replace("\n\n\n", "\n\n");
    tidy.truncate(tidy.trim_end().len());
    tidy.push('\n');
    tidy
}

/// SHA-256 of the canonical text (depth, number and words of each clause, one a line), in
/// hexadecimal: what a version is known by.
pub fn fingerprint(clauses: &[Clause]) -> String {
    let mut canonical = String::new();
    for clause in clauses {
        let _ = writeln!(canonical, "{}\t{}\t{}", clause.depth, clause.number, clause.text);
    }
    sha256_hex(&canonical)
}

/// The words of a clause as they are kept: one line of 1 to [`CLAUSE_MAX`] characters.
///
/// # Errors
/// Names `field` when there are no words or too many.
pub fn clause_text(field: &'static str, words: &str) -> Result<String, Refusal> {
    text::line(field, words, CLAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn numbered(tree: ClauseTree) -> Vec<Clause> {
        let mut last = 0;
        tree.with_ids(|| {
            last += 1;
            ClauseId::from_uuid(Uuid::from_u128(last))
        })
    }

    #[test]
    fn the_plain_export_is_read_back_as_the_same_tree() {
        let manifesto = include_str!("../../tests/fixtures/documents/manifesto.txt");
        let tree = import(manifesto).unwrap();

        let exported = export_plain(&numbered(tree.clone()));

        assert_eq!(import(&exported).unwrap(), tree, "{exported}");
    }

    #[test]
    fn the_fingerprint_changes_with_any_word_number_or_nesting() {
        let of = |text: &str| fingerprint(&numbered(import(text).unwrap()));
        let base = of("1. Aim\n  1. Win\n  2. Help\n");

        assert_eq!(base, of("1.  Aim\r\n\r\n   1. Win\n   2. Help"));
        for other in [
            "1. Aim\n  1. Win\n  2. Helps\n",
            "1. Aim\n  1. Win\n2. Help\n",
            "1. Aim\n  1. Win\n",
            "1. Aim\n  1. Win\n\n  Help\n",
        ] {
            assert_ne!(base, of(other), "{other}");
        }
        assert_eq!(base.len(), 64);
    }

    #[test]
    fn slugs_are_made_from_titles_and_checked() {
        assert_eq!(slug_from_title("  Code of Conduct (2026)! "), "code-of-conduct-2026");
        assert_eq!(slug_from_title("Устав"), "document");
        assert_eq!(slug("code-of-conduct").unwrap(), "code-of-conduct");
        for text in ["", "-a", "a-", "A", "a b", "a/b", "..", "é", &"a".repeat(61)] {
            assert!(slug(text).is_err(), "{text}");
        }
    }
}
