//! What texts cite, and what is not certain enough.

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
    let manifesto = include_str!("../../../../tests/fixtures/documents/manifesto.txt");
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
    let versions = vec![version(1, ["Conduct", "conduct"], CONDUCT), version(2, ["Code of conduct", "code"], CONDUCT)];
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
fn a_long_text_of_nothing_but_numbers_is_read_to_its_end() {
    for (text, citations) in [("4.1.9, ", 20_000), ("4.1.9,", 0), ("manifesto of ", 0)] {
        let text = text.repeat(20_000);

        assert_eq!(cited(&shelf(Some(1)), &text).len(), citations, "{}", &text[..13]);
    }
}

#[test]
fn numbers_that_are_surely_clauses_and_are_not_there_are_named_once() {
    for (text, missing) in [
        ("As 4.1.99 says, and 4.1.99 again; see 4.1.1.", vec!["4.1.99"]),
        ("Clause 77 is gone, and clauses 2.99 and 4.1 stand.", vec!["77", "2.99"]),
        ("It costs 2.5 or 12.30 in version 1.2, since 8.3.2026, at 127.0.0.1.", vec![]),
        ("Clause 9 of the code of conduct and 4.1.1 of the manifesto", vec!["9"]),
        ("", vec![]),
    ] {
        assert_eq!(shelf(Some(1)).missing(text), missing, "{text}");
    }
}

static BOTH: LazyLock<Shelf> = LazyLock::new(|| shelf(Some(2)));

proptest! {
    #[test]
    fn nothing_of_any_text_is_lost(text in "(manifesto|code of conduct|clauses?|of the|and|[0-9]\\.[0-9]|[ ,.()§\u{a0}\u{2003}é’\n]|\\PC){0,30}") {
        cited(&BOTH, &text);
    }
}
