//! Citations of clauses in running text: `4.1.9`, `clause 8`, `manifesto 4.1.2`, `2.1 of the code
//! of conduct` (rules A1, A2). Where it is not certain which clause is meant, nothing is linked.

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
        let words = if self.versions.is_empty() { Vec::new() } else { read(text) };
        let (mut found, mut from) = (Vec::new(), 0);
        for group in groups(&words) {
            let Some(meant) = self.meant(&words, &group) else { continue };
            for at in group.numbers {
                let Some((start, number)) = words.get(at).and_then(|word| word.number) else { continue };
                let is_named = number.contains('.') || group.is_of_clauses || follows_the_word(&words, at);
                let url = if is_named { self.clause(&meant, number) } else { None };
                if let Some(url) = url {
                    let before = text.get(from..start).unwrap_or_default();
                    if !before.is_empty() {
                        found.push(Cited::Words(before.to_owned()));
                    }
                    found.push(Cited::Clause { url, number: number.to_owned() });
                    from = start + number.len();
                }
            }
        }
        let rest = text.get(from..).unwrap_or_default();
        if !rest.is_empty() {
            found.push(Cited::Words(rest.to_owned()));
        }
        found
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

#[cfg(test)]
mod tests {
    use super::super::tests::numbered;
    use super::*;
    use proptest::prelude::*;
    use std::sync::LazyLock;
    use uuid::Uuid;

    fn version(id: u128, [title, slug]: [&str; 2], text: &str) -> Arc<CitedVersion> {
        let clauses = numbered(super::super::import(text).unwrap());
        let numbers = clauses.into_iter().filter(|c| !c.number.is_empty()).map(|clause| (clause.number, clause.id));
        let url = format!("https://a.example/documents/{slug}/versions/1");
        Arc::new(CitedVersion::new(DocumentId::from_uuid(Uuid::from_u128(id)), [title, slug], url, numbers))
    }

    const CONDUCT: &str = "1. Kindness\n  1. Be kind.\n2. Care\n  1. Take care.\n  2. Rest.\n";

    /// The manifesto (1) and the code of conduct (2); which of them is at hand, if one is.
    fn shelf(at_hand: Option<u128>) -> Shelf {
        let manifesto = include_str!("../../../tests/fixtures/documents/manifesto.txt");
        let versions = vec![
            version(1, ["Manifesto", "manifesto"], manifesto),
            version(2, ["Code of Conduct", "code-of-conduct"], CONDUCT),
        ];
        Shelf::new(versions, at_hand.map(|id| DocumentId::from_uuid(Uuid::from_u128(id))))
    }

    /// What a text cites, as `slug number`.
    fn cited(shelf: &Shelf, text: &str) -> Vec<String> {
        let pieces = shelf.cite(text);
        let word = |piece: &Cited| match piece {
            Cited::Words(words) => words.clone(),
            Cited::Clause { number, .. } => number.clone(),
        };
        assert_eq!(pieces.iter().map(word).collect::<String>(), text, "nothing is lost");
        let name = |piece| match piece {
            Cited::Clause { url, number } => {
                let slug = url.split('/').nth(4).unwrap().to_owned();
                let one = shelf.versions.iter().find(|one| one.url.contains(&format!("/{slug}/"))).unwrap();
                assert!(url.ends_with(&anchor(&one.numbers[&number])), "{url} is not {number}");
                Some(format!("{slug} {number}"))
            }
            Cited::Words(_) => None,
        };
        pieces.into_iter().filter_map(name).collect()
    }

    #[test]
    fn a_number_alone_means_the_document_at_hand() {
        let shelf = shelf(Some(1));
        for (text, cites) in [
            ("It fits 4.1.9 and (6.5.3), see 2.1.", vec!["4.1.9", "6.5.3", "2.1"]),
            ("Clause 8 and section 2, clauses 7.", vec!["8", "2", "7"]),
            ("4.1.9", vec!["4.1.9"]),
            ("clauses 2.1, 4 and 7", vec!["2.1", "4", "7"]),
            ("§8, § 7 and “4.1.9’s”\n6.5.3…", vec!["8", "7", "4.1.9", "6.5.3"]),
            ("2.1 of this document", vec!["2.1"]),
        ] {
            let cites: Vec<String> = cites.iter().map(|number| format!("manifesto {number}")).collect();
            assert_eq!(cited(&shelf, text), cites, "{text}");
        }
    }

    #[test]
    fn a_document_that_is_named_is_the_one_that_is_meant() {
        let shelf = shelf(Some(2));
        for (text, cites) in [
            ("manifesto 2.1", vec!["manifesto 2.1"]),
            ("The MANIFESTO’s 2.1, but 2.2.", vec!["manifesto 2.1", "code-of-conduct 2.2"]),
            ("manifesto (2.1) and code of conduct 2.2", vec!["manifesto 2.1", "code-of-conduct 2.2"]),
            ("Code-of-conduct: 2.1; manifesto, clause 8", vec!["code-of-conduct 2.1", "manifesto 8"]),
            ("2.1 and 4.1.9 of the manifesto", vec!["manifesto 2.1", "manifesto 4.1.9"]),
            (
                "2.1 (Code of Conduct) or clauses 2.1 and 8 in our manifesto.",
                vec!["code-of-conduct 2.1", "manifesto 2.1", "manifesto 8"],
            ),
            ("We love the manifesto. 2.1 says so.", vec!["code-of-conduct 2.1"]),
            ("the code of\nconduct 2.1", vec!["code-of-conduct 2.1"]),
        ] {
            assert_eq!(cited(&shelf, text), cites, "{text}");
        }
        // The clause is not there, whatever the other document has.
        assert_eq!(cited(&shelf, "code of conduct 4.1.9, manifesto 2.9"), Vec::<String>::new());
    }

    #[test]
    fn a_number_that_only_one_other_document_has_means_that() {
        assert_eq!(cited(&shelf(Some(2)), "It fits 4.1.9."), ["manifesto 4.1.9"]);
        assert_eq!(cited(&shelf(None), "It fits 4.1.9."), ["manifesto 4.1.9"]);
        assert_eq!(cited(&shelf(None), "It fits 2.1."), Vec::<String>::new(), "both have it");
    }

    #[test]
    fn what_is_not_certain_is_not_linked() {
        let shelf = shelf(Some(1));
        for text in [
            "In 2 years, 8 times.",
            "It costs 4.1.99 or 12.1",
            "v4.1.9, 4.1.9a, 1,4.1",
            "",
            "1.2.3.4.5",
            "-4.1",
            "£4.1 or 4.1% or 4.1–4.3",
            "version 2.1, release 4.1 and v 2.2",
            "https://a.example/4.1/?b=(2.1) a@4.1",
            "clause 4 of the party’s constitution",
            "manifesto 2.1 of the code of conduct",
            "the manifesto 8 times",
            "4.1.9\u{200d}a ٤.١ ４.１",
        ] {
            assert_eq!(cited(&shelf, text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn of_two_documents_of_one_name_none_is_meant() {
        let versions =
            vec![version(1, ["Rules", "rules"], CONDUCT), version(2, ["rules", "rules-2"], "1. A\n  1. B\n2. C\n")];
        let shelf = Shelf::new(versions, None);

        assert_eq!(cited(&shelf, "rules 2.1, but rules-2 1.1"), ["rules-2 1.1"]);
    }

    #[test]
    fn the_longer_name_is_meant() {
        let versions =
            vec![version(1, ["Conduct", "conduct"], CONDUCT), version(2, ["Code of conduct", "code"], CONDUCT)];
        let shelf = Shelf::new(versions, None);

        assert_eq!(cited(&shelf, "code of conduct 2.1, conduct 2.2"), ["code 2.1", "conduct 2.2"]);
        assert_eq!(cited(&shelf, "2.1 of the code of conduct"), ["code 2.1"]);
    }

    #[test]
    fn letters_are_parts_of_numbers() {
        let shelf = Shelf::new(vec![version(1, ["Rules", "rules"], "1. A\n  a) B\n    i) C\n  b) D\n")], None);

        assert_eq!(
            cited(&shelf, "See 1.a, 1.a.i’s and rules 1.b; not 1.c, 1.ab or 1.A."),
            ["rules 1.a", "rules 1.a.i", "rules 1.b"]
        );
    }

    #[test]
    fn citations_are_links_and_everything_else_is_text() {
        let html = shelf(Some(2)).html("<b>2.2</b> & 2.2\n\"4.1.9\"");

        assert!(html.starts_with(
            "&lt;b&gt;2.2&lt;/b&gt; &amp; <a href=\"https://a.example/documents/code-of-conduct/versions/1#clause-"
        ));
        assert!(
            html.contains(">2.2</a>\n&quot;<a href=\"https://a.example/documents/manifesto/versions/1#clause-"),
            "{html}"
        );
        assert_eq!(shelf(Some(2)).number_html("9.9<"), "9.9&lt;");
    }

    #[test]
    fn a_long_text_of_nothing_but_numbers_takes_no_time() {
        let watch = crate::clock::Stopwatch::start();
        for text in ["4.1.9, ".repeat(20_000), "4.1.9,".repeat(20_000), "manifesto of ".repeat(20_000)] {
            let _ = shelf(Some(1)).cite(&text);
        }
        assert!(watch.elapsed().as_millis() < 4_000);
    }

    static BOTH: LazyLock<Shelf> = LazyLock::new(|| shelf(Some(2)));

    proptest! {
        #[test]
        fn nothing_of_any_text_is_lost(text in "(manifesto|code of conduct|clauses?|of the|and|[0-9]\\.[0-9]|[ ,.()§\u{a0}\u{2003}é’\n]|\\PC){0,30}") {
            cited(&BOTH, &text);
        }
    }
}
