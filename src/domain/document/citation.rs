//! Citations of clauses in running text: `4.1.9`, `clause 8`, `manifesto 4.1.2`, `2.1 of the code
//! of conduct` (rules A1, A2). Where it is not certain which clause is meant, nothing is linked.

#[cfg(test)]
mod tests;
mod words;

use self::words::{Group, Word, follows_the_word, groups, plain, read};
use super::super::text::escape_html;
use super::anchor;
use crate::ids::{ClauseId, DocumentId};
use std::collections::HashMap;
use std::sync::Arc;

/// A stretch of a text that may cite clauses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cited {
    /// Words.
    Words(String),
    /// The number of a clause, as it was written.
    Clause {
        /// Where the clause stands, in the version that was in force.
        url: String,
        /// As it was written.
        number: String,
    },
}

/// A number in a text that may be meant as a clause.
struct Named<'t> {
    /// Where it begins.
    start: usize,
    /// As it was written.
    number: &'t str,
    /// Whether the word for clauses is with it.
    is_said: bool,
    /// Where the clause stands, if it is there.
    url: Option<String>,
}

/// One version of a document, as far as it can be cited.
#[derive(Debug)]
pub struct CitedVersion {
    document: DocumentId,
    /// What people call it, word by word: its title, and its name in URLs.
    names: [Vec<String>; 2],
    /// The page of this version.
    url: String,
    numbers: HashMap<String, ClauseId>,
}

impl CitedVersion {
    /// A version with its page and the numbers of its clauses.
    pub fn new(
        document: DocumentId,
        names: [&str; 2],
        url: String,
        numbers: impl IntoIterator<Item = (String, ClauseId)>,
    ) -> Self {
        let names = names.map(|name| name.split_whitespace().map(plain).collect());
        Self { document, names, url, numbers: numbers.into_iter().collect() }
    }

    fn clause(&self, number: &str) -> Option<String> {
        self.numbers.get(number).map(|id| format!("{}#{}", self.url, anchor(id)))
    }
}

/// The documents as they stood when a text was written, which the text may cite.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    versions: Vec<Arc<CitedVersion>>,
    at_hand: Option<DocumentId>,
}

impl Shelf {
    /// The versions of one day. `at_hand` is the document that the text is about, if it is about
    /// one: a number alone means that.
    pub fn new(versions: Vec<Arc<CitedVersion>>, at_hand: Option<DocumentId>) -> Self {
        Self { versions, at_hand }
    }

    /// Parts a text into words and the clauses that it cites. Nothing of the text is lost.
    pub fn cite(&self, text: &str) -> Vec<Cited> {
        let (mut found, mut from) = (Vec::new(), 0);
        for Named { start, number, url, .. } in self.named(text) {
            if let Some(url) = url {
                let before = text.get(from..start).unwrap_or_default();
                if !before.is_empty() {
                    found.push(Cited::Words(before.to_owned()));
                }
                found.push(Cited::Clause { url, number: number.to_owned() });
                from = start + number.len();
            }
        }
        let rest = text.get(from..).unwrap_or_default();
        if !rest.is_empty() {
            found.push(Cited::Words(rest.to_owned()));
        }
        found
    }

    /// Numbers in a text that are surely meant as clauses and are none, as they were written, each once.
    pub fn missing(&self, text: &str) -> Vec<String> {
        let mut missing: Vec<String> = Vec::new();
        for Named { number, is_said, url, .. } in self.named(text) {
            // "2.5" may be a sum of money, "8.3.2026" a day and "127.0.0.1" an address; "4.1.9" is none of them.
            let looks_like_one = number.split('.').count() == 3 && number.split('.').all(|part| part.len() <= 2);
            if url.is_none() && (is_said || looks_like_one) && !missing.iter().any(|known| known == number) {
                missing.push(number.to_owned());
            }
        }
        missing
    }

    /// The numbers in a text that may be meant as clauses, in their order.
    fn named<'t>(&self, text: &'t str) -> Vec<Named<'t>> {
        let words = if self.versions.is_empty() { Vec::new() } else { read(text) };
        let mut named = Vec::new();
        for group in groups(&words) {
            let Some(meant) = self.meant(&words, &group) else { continue };
            for at in group.numbers {
                let Some((start, number)) = words.get(at).and_then(|word| word.number) else { continue };
                let is_said = group.is_of_clauses || follows_the_word(&words, at);
                if is_said || number.contains('.') {
                    named.push(Named { start, number, is_said, url: self.clause(&meant, number) });
                }
            }
        }
        named
    }

    /// A text as HTML, in which each citation is a link to the clause as it stood that day.
    pub fn html(&self, text: &str) -> String {
        let piece = |piece| match piece {
            Cited::Words(words) => escape_html(&words),
            Cited::Clause { url, number } => link(&url, &number),
        };
        self.cite(text).into_iter().map(piece).collect()
    }

    /// A number that is known to be one of the document at hand, as HTML.
    pub fn number_html(&self, number: &str) -> String {
        match self.clause(&Meant::AtHand, number) {
            Some(url) => link(&url, number),
            None => escape_html(number),
        }
    }

    /// Which document the numbers of a group belong to; `None` when that is not certain.
    fn meant(&self, words: &[Word<'_>], group: &Group) -> Option<Meant<'_>> {
        let before = self.named_before(words, group.begin);
        match (before, self.named_after(words, group.end)) {
            (Naming::Unclear, _) | (_, Naming::Unclear) => None,
            (Naming::Nothing, Naming::Nothing) => Some(Meant::AtHandOrOnly),
            (Naming::This, Naming::Nothing) | (Naming::Nothing, Naming::This) => Some(Meant::AtHand),
            (Naming::One(one), Naming::Nothing) | (Naming::Nothing, Naming::One(one)) => Some(Meant::One(one)),
            (Naming::One(one), Naming::One(other)) if one.document == other.document => Some(Meant::One(one)),
            _ => None,
        }
    }

    fn clause(&self, meant: &Meant<'_>, number: &str) -> Option<String> {
        let at_hand = || self.versions.iter().find(|version| Some(version.document) == self.at_hand)?.clause(number);
        match meant {
            Meant::One(version) => version.clause(number),
            Meant::AtHand => at_hand(),
            Meant::AtHandOrOnly => at_hand().or_else(|| {
                let mut all = self.versions.iter().filter_map(|version| version.clause(number));
                all.next().filter(|_| all.next().is_none())
            }),
        }
    }

    /// The document whose name ends just before a word: `the manifesto’s 4.1`.
    fn named_before(&self, words: &[Word<'_>], at: usize) -> Naming<'_> {
        let before: Vec<&Word<'_>> = words.iter().take(at).rev().take(NAME_WORDS).collect();
        let is_it = |name: &[String]| {
            let in_place = before.iter().take(name.len());
            in_place.clone().count() == name.len()
                && in_place.zip(name.iter().rev()).all(|(word, part)| !word.ends_sentence() && plain(word.raw) == *part)
        };
        self.longest(is_it)
    }

    /// The document that is named just after a word: `4.1 of the manifesto`, `4.1 (manifesto)`.
    fn named_after(&self, words: &[Word<'_>], at: usize) -> Naming<'_> {
        let mut after = words.iter().skip(at + 1).take(NAME_WORDS).peekable();
        let ends = words.get(at).is_some_and(|word| word.tail().contains(['.', ',', ';', ':', '!', '?', ')']));
        let Some(next) = after.peek().filter(|_| !ends) else { return Naming::Nothing };
        let (is_of, is_in, is_bracket) = (next.raw == "of", next.raw == "in", next.raw.starts_with('('));
        if !(is_of || is_in || is_bracket) {
            return Naming::Nothing;
        }
        if !is_bracket {
            after.next();
            if after.peek().is_some_and(|word| plain(word.raw) == "this") {
                return Naming::This;
            }
            after.next_if(|word| matches!(plain(word.raw).as_str(), "the" | "our"));
        }
        let rest: Vec<&Word<'_>> = after.collect();
        let is_it = |name: &[String]| {
            let in_place = rest.iter().take(name.len());
            in_place.clone().count() == name.len() && in_place.zip(name).all(|(word, part)| plain(word.raw) == *part)
        };
        match self.longest(is_it) {
            // Of something that is none of these documents.
            Naming::Nothing if is_of => Naming::Unclear,
            found => found,
        }
    }

    /// The one document with the longest name that fits.
    fn longest(&self, is_it: impl Fn(&[String]) -> bool) -> Naming<'_> {
        let fitting = |version: &'_ Arc<CitedVersion>| {
            version.names.iter().filter(|name| !name.is_empty() && is_it(name)).map(Vec::len).max()
        };
        let all: Vec<(usize, &Arc<CitedVersion>)> =
            self.versions.iter().filter_map(|version| Some((fitting(version)?, version))).collect();
        let longest = all.iter().map(|(length, _)| *length).max();
        let mut best = all.into_iter().filter(|(length, _)| Some(*length) == longest);
        match (best.next(), best.next()) {
            (None, _) => Naming::Nothing,
            (Some((_, one)), None) => Naming::One(one),
            (Some(_), Some(_)) => Naming::Unclear,
        }
    }
}

/// The most words of a name that are looked at, with what may stand before it.
const NAME_WORDS: usize = 64;

/// What the words beside a number say of its document.
enum Naming<'a> {
    Nothing,
    This,
    One(&'a CitedVersion),
    Unclear,
}

/// Where a number is looked up.
enum Meant<'a> {
    One(&'a CitedVersion),
    AtHand,
    /// In the document at hand; when it is not there, in the only other one that has it.
    AtHandOrOnly,
}

fn link(url: &str, number: &str) -> String {
    format!("<a href=\"{}\">{}</a>", escape_html(url), escape_html(number))
}
