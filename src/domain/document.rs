//! A governing document: its tree of clauses, import from text, export, fingerprint (rule A1).

mod citation;
mod compare;
mod export;
mod import;
mod mark;

pub use citation::{Cited, CitedVersion, Shelf};
pub use compare::{ClauseStep, Compared, compare};
pub use export::{export_markdown, export_plain};
pub use import::{counts_headings, import};
pub use mark::{Mark, Marks, marks, number_anew};

use super::record::sha256_hex;
use super::refusal::Refusal;
use super::tally::Rule;
use super::text;
use crate::clock::Stamp;
use crate::ids::ClauseId;
use chrono::NaiveDate;
use std::fmt::Write as _;

/// The most characters of one clause.
pub const CLAUSE_MAX: usize = 10_000;

/// The most clauses of one document.
pub const CLAUSES_MAX: usize = 2_000;

/// How deep clauses may be nested.
pub const DEPTH_MAX: i32 = 8;

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
    if text == "import" {
        return Err(Refusal::field("slug", "This name is taken by a page of this site. Please choose another."));
    }
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
    if slug.is_empty() || slug == "import" { "document".to_owned() } else { slug.to_owned() }
}

/// What the fingerprint of a version is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FingerprintOf {
    /// Its clauses: how it was before fingerprints covered the rule.
    Text,
    /// The rule of voting and its clauses.
    TextAndRule,
}

impl FingerprintOf {
    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::TextAndRule => "text_and_rule",
        }
    }

    /// From the word as it is stored.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Text, Self::TextAndRule].into_iter().find(|of| of.as_str() == word)
    }
}

/// SHA-256 of the canonical text, in hexadecimal: what a version is known by. The canonical text is
/// depth, number and words of each clause, one a line and parted by tabs; before them, where the
/// rule is covered, the word `rule`, its base and its quorum in a line of their own.
pub fn fingerprint(of: FingerprintOf, clauses: &[Clause], rule: Rule) -> String {
    let mut canonical = String::new();
    if of == FingerprintOf::TextAndRule {
        let _ = writeln!(canonical, "rule\t{}\t{}", rule.base.as_str(), rule.quorum);
    }
    for clause in clauses {
        let _ = writeln!(canonical, "{}\t{}\t{}", clause.depth, clause.number, clause.text);
    }
    sha256_hex(&canonical)
}

/// The anchor of a clause on the page of a version: the same through all of them.
pub fn anchor(clause: &ClauseId) -> String {
    format!("clause-{clause}")
}

/// The first moment after a day that was given as `2026-03-08`, in UTC.
///
/// # Errors
/// Names the field `on` when it is no day, or one that is still to come.
pub fn end_of_day(day: &str, now: Stamp) -> Result<Stamp, Refusal> {
    let no_day = || Refusal::field("on", "Please give the day as year, month and day, for example 2026-03-08.");
    let day: NaiveDate = day.trim().parse().map_err(|_| no_day())?;
    if day > now.date_naive() {
        return Err(Refusal::field("on", "That day is still to come. Please give an earlier one."));
    }
    let next = day.succ_opt().and_then(|next| next.and_hms_opt(0, 0, 0)).ok_or_else(no_day)?;
    Ok(next.and_utc())
}

/// The words of a clause as they are kept: one line of 1 to [`CLAUSE_MAX`] characters.
///
/// # Errors
/// Names `field` when there are no words or too many.
pub fn clause_text(field: &'static str, words: &str) -> Result<String, Refusal> {
    text::line(field, words, CLAUSE_MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::tally::VoteBase;
    use uuid::Uuid;

    /// A tree with the ids 1, 2, 3 …
    pub(crate) fn numbered(tree: ClauseTree) -> Vec<Clause> {
        let mut last = 0;
        tree.with_ids(|| {
            last += 1;
            ClauseId::from_uuid(Uuid::from_u128(last))
        })
    }

    #[test]
    fn the_fingerprint_changes_with_any_word_number_or_nesting() {
        let of =
            |text: &str| fingerprint(FingerprintOf::TextAndRule, &numbered(import(text).unwrap()), Rule::default());
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
    fn the_fingerprint_covers_the_rule_and_can_be_worked_out_by_hand() {
        let clauses = numbered(import("1. Aims\n  1. Win\n").unwrap());
        let of = |of, base, quorum| fingerprint(of, &clauses, Rule { base, quorum, ..Rule::default() });
        let (both, text) = (FingerprintOf::TextAndRule, FingerprintOf::Text);

        let all = [of(both, VoteBase::Cast, 0), of(both, VoteBase::Roll, 0), of(both, VoteBase::Cast, 1)];

        assert_eq!(all[0], sha256_hex("rule\tcast\t0\n0\t1\tAims\n1\t1.1\tWin\n"));
        assert!(all[0] != all[1] && all[0] != all[2]);
        assert_eq!(of(text, VoteBase::Cast, 0), of(text, VoteBase::Roll, 9));
        assert_eq!(of(text, VoteBase::Cast, 0), sha256_hex("0\t1\tAims\n1\t1.1\tWin\n"));
        for kind in [both, text] {
            assert_eq!(FingerprintOf::parse(kind.as_str()), Some(kind));
        }
    }

    #[test]
    fn slugs_are_made_from_titles_and_checked() {
        assert_eq!(slug_from_title("  Code of Conduct (2026)! "), "code-of-conduct-2026");
        assert_eq!(slug_from_title("Устав"), "document");
        assert_eq!(slug("code-of-conduct").unwrap(), "code-of-conduct");
        assert_eq!(slug_from_title("Import"), "document");
        for text in ["", "import", "-a", "a-", "A", "a b", "a/b", "..", "é", &"a".repeat(61)] {
            assert!(slug(text).is_err(), "{text}");
        }
    }
}
