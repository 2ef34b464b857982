//! Texts as people write them, and what is read of them.

use super::super::tests::numbered;
use super::super::{CLAUSES_MAX, export_markdown, export_plain};
use super::*;

fn shape(text: &str) -> Vec<(String, i32, String)> {
    import(text).unwrap().clauses().iter().map(|c| (c.number.clone(), c.depth, c.text.clone())).collect()
}

fn refusal(text: &str) -> String {
    let refusal = import(text).unwrap_err();
    assert_eq!(refusal.fields.len(), 1);
    assert_eq!(refusal.fields[0].field, "text");
    refusal.fields[0].sentence.clone()
}

/// Reads as these clauses, and so do its exports.
fn reads_as(text: &str, expected: &[(&str, i32, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(n, d, t)| ((*n).to_owned(), *d, (*t).to_owned())).collect();
    assert_eq!(shape(text), expected, "{text}");
    let clauses = numbered(import(text).unwrap());
    for exported in [export_plain(&clauses), export_markdown(&clauses)] {
        assert_eq!(shape(&exported), expected, "{exported}");
    }
}

#[test]
fn the_manifesto_keeps_number_nesting_and_words_of_every_clause() {
    let manifesto = include_str!("../../../../tests/fixtures/documents/manifesto.txt");
    let lines: Vec<&str> = manifesto.lines().filter(|line| !line.trim().is_empty()).collect();

    let tree = import(manifesto).unwrap();

    assert_eq!(tree.clauses().len(), lines.len());
    // Worked out apart from the reader: two blanks a level, each level counting from one.
    let mut counts: Vec<u32> = Vec::new();
    for (line, clause) in lines.iter().zip(tree.clauses()) {
        let (mark, words) = line.trim().split_once(' ').unwrap();
        let Ok(own) = mark.trim_end_matches('.').parse::<u32>() else {
            assert_eq!((clause.number.as_str(), clause.text.as_str()), ("", line.trim()));
            assert_eq!(tree.clauses()[clause.parent.unwrap()].number, "2");
            continue;
        };
        let depth = (line.len() - line.trim_start().len()) / 2;
        counts.truncate(depth);
        counts.push(own);
        let number = counts.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
        assert_eq!(clause.number, number);
        assert_eq!(clause.depth, i32::try_from(depth).unwrap());
        assert_eq!(clause.text, words);
        let parent = clause.parent.map_or("", |index| tree.clauses()[index].number.as_str());
        assert_eq!(parent, number.rsplit_once('.').map_or("", |(parent, _)| parent));
    }
    let cited = tree.clauses().iter().find(|c| c.number == "4.1.9").unwrap();
    assert_eq!(cited.text, "Research-based policy-making");
    assert!(!counts_headings(manifesto));
}

#[test]
fn markdown_headings_and_lists_nest() {
    let text = "# Constitution\n\nPreamble words.\n\n## 1. Aims\n\nWhat we want:\n\n1. Win\n   wisely\n2. Help\n   - all\n\n## 2. Means\n\n1) Ask\n   1) Kindly\n";

    assert!(!counts_headings(text));
    reads_as(
        text,
        &[
            ("", 0, "Constitution"),
            ("", 0, "Preamble words."),
            ("1", 0, "Aims"),
            ("", 1, "What we want:"),
            ("1.1", 1, "Win wisely"),
            ("1.2", 1, "Help"),
            ("", 2, "- all"),
            ("2", 0, "Means"),
            ("2.1", 1, "Ask"),
            ("2.1.1", 2, "Kindly"),
        ],
    );
}

#[test]
fn numbers_that_are_written_out_nest_without_indentation() {
    let shape = shape("1. Aims\n1.1 Win\n1.1.1 Wisely\n1.2 Help\n1.2.a Softly\n1.2.b) Slowly\n2. Means\n2.1. Ask\n");

    let numbers: Vec<&str> = shape.iter().map(|(number, _, _)| number.as_str()).collect();
    assert_eq!(numbers, ["1", "1.1", "1.1.1", "1.2", "1.2.a", "1.2.b", "2", "2.1"]);
}

#[test]
fn headings_without_numbers_are_counted_when_lists_begin_anew_below_them() {
    let text = "# Code of conduct\n\nWe are kind.\n\n## Our pledge\n\n1. Be kind\n2. Be fair\n   1. Always\n\n### Where\n\n1. Here\n\n## Our standards\n\nWords.\n\n1. No harassment\n";

    assert!(counts_headings(text));
    reads_as(
        text,
        &[
            ("", 0, "Code of conduct"),
            ("", 0, "We are kind."),
            ("1", 0, "Our pledge"),
            ("1.1", 1, "Be kind"),
            ("1.2", 1, "Be fair"),
            ("1.2.1", 2, "Always"),
            ("1.3", 1, "Where"),
            ("1.3.1", 2, "Here"),
            ("2", 0, "Our standards"),
            ("", 1, "Words."),
            ("2.1", 1, "No harassment"),
        ],
    );
}

#[test]
fn headings_without_any_number_in_the_text_are_counted() {
    let text = "Code of conduct\n===============\n\nOur pledge\n----------\n\nWe are kind.\n\n- always\n- to all\n\nEnforcement\n-----------\nWrite to us.\n";

    assert!(counts_headings(text));
    reads_as(
        text,
        &[
            ("", 0, "Code of conduct"),
            ("1", 0, "Our pledge"),
            ("", 1, "We are kind."),
            ("", 1, "- always"),
            ("", 1, "- to all"),
            ("2", 0, "Enforcement"),
            ("", 1, "Write to us."),
        ],
    );
}

#[test]
fn numbers_that_go_on_below_headings_stay_as_they_are_written() {
    let text = "# Rules\n\n## Aims\n\n1. Win\n2. Help\n   a) all\n\n## Means\n\n3. Ask\n   a) kindly\n";

    assert!(!counts_headings(text));
    let numbers: Vec<String> = shape(text).into_iter().map(|(number, _, _)| number).collect();
    assert_eq!(numbers, ["", "", "1", "2", "2.a", "", "3", "3.a"]);
}

#[test]
fn letters_and_roman_numbers_are_marks_of_their_own() {
    reads_as(
        "1. Aims\na) Win\n(i) wisely\n(ii) softly\n   and slowly\nb) Help\n2. Means\n   A. Ask\n   B. Thank\n",
        &[
            ("1", 0, "Aims"),
            ("1.a", 1, "Win"),
            ("1.a.i", 2, "wisely"),
            ("1.a.ii", 2, "softly and slowly"),
            ("1.b", 1, "Help"),
            ("2", 0, "Means"),
            ("2.A", 1, "Ask"),
            ("2.B", 1, "Thank"),
        ],
    );
    reads_as(
        "I. Aims\n1. Win\n2. Help\nII. Means\n1. Ask\n",
        &[("I", 0, "Aims"), ("I.1", 1, "Win"), ("I.2", 1, "Help"), ("II", 0, "Means"), ("II.1", 1, "Ask")],
    );
}

#[test]
fn the_ninth_letter_goes_on_with_letters_and_begins_nothing() {
    let list: String = ('a'..='k').map(|letter| format!("  {letter}) x{letter}\n")).collect();
    let numbers: Vec<String> = shape(&format!("1. A\n{list}")).into_iter().map(|(number, _, _)| number).collect();

    assert_eq!(numbers[9], "1.i");
    assert_eq!(numbers[11], "1.k");
}

#[test]
fn lines_that_begin_with_the_sign_of_a_list_stand_for_themselves() {
    reads_as(
        "1. Aims\n- Win\n* Help\n  all\n\n  + Ask\n2. Means\n• Meet\n",
        &[
            ("1", 0, "Aims"),
            ("", 1, "- Win"),
            ("", 1, "* Help all"),
            ("", 1, "+ Ask"),
            ("2", 0, "Means"),
            ("", 1, "• Meet"),
        ],
    );
}

#[test]
fn initials_and_escaped_marks_are_words() {
    reads_as(
        "1. Aims\n\nWritten by\nJ. Smith and\nC. Jones.\n\n\\a) no mark\n\n12\\. no number\n\n\\# no heading\n",
        &[
            ("1", 0, "Aims"),
            ("", 1, "Written by J. Smith and C. Jones."),
            ("", 1, "a) no mark"),
            ("", 1, "12. no number"),
            ("", 1, "# no heading"),
        ],
    );
}

#[test]
fn what_cannot_be_understood_is_refused_with_its_line_and_what_to_do() {
    for (text, says) in [
        ("", "no numbered clauses"),
        ("Just words.\n\nMore words in 2020.", "no numbered clauses"),
        ("# Only a title\n\nWords.", "no numbered clauses"),
        ("1. A\n\n3. C", "Line 3 has the number 3, but 2 is missing before it (1 is in line 1)."),
        ("2. B", "Line 1 has the number 2, but 1 is missing before it. Please number"),
        ("1. A\n  1. x\n  3. z", "Line 3 has the number 1.3, but 1.2 is missing before it (1.1 is in line 2)."),
        ("1. A\n  1. x\n  1. y", "Line 3 has the number 1.1, which is there already, in line 2. Please give"),
        ("Aims\n\n1. x\n\nMeans\n\n1. y", "put headings above the lists that begin anew"),
        ("0. A", "Please begin with 1."),
        ("1. A\n2.", "Line 2 has a number but no words."),
        ("1. A\n    1. x\n  2. y", "Line 3 is indented like none"),
        ("1. A\n2.1 x", "Line 2 has the number 2.1, which does not fit the clauses above it. Here 1.1 was expected."),
        ("1. A\n\n#\n", "Line 3 has a heading without words."),
        ("1. A\n  a) x\n  c) y", "Line 3 begins with c, which does not follow. Here b was expected."),
        ("1. A\n  a) x\n  a) y", "Line 3 begins with a, which does not follow. Here b was expected."),
        ("1. A\n  b) x", "Line 2 begins with b, which does not follow. A list begins with a or i."),
        ("1. A\na) x\n1.1 y", "Line 3 is counted in another way"),
        ("# A\n\n## B\n\n#### C\n\n### D\n\n", "Line 7 is a heading of a level that none above it has."),
    ] {
        assert!(refusal(text).contains(says), "{text:?}: {}", refusal(text));
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let deep: String = (0..9).map(|level| format!("{}1. x\n", " ".repeat(level * 2))).collect();
    assert!(refusal(&deep).contains("nested too deeply"));
    let many: String = (1..=CLAUSES_MAX + 1).map(|n| format!("{n}. x\n")).collect();
    assert!(refusal(&many).contains("2000 clauses"));
    assert!(refusal(&format!("1. {}", "x".repeat(10_001))).contains("more than 10000 characters"));
    assert!(refusal(&"1. x".repeat(300_000)).contains("too large"));
    for nested in ["1. ", "- ", "> ", "(", "#", "a) ", "1.", "\t"] {
        assert!(!refusal(&nested.repeat(87_000)).is_empty(), "{nested:?}");
        assert!(!refusal(&format!("{nested}\n").repeat(60_000)).is_empty(), "{nested:?}");
    }
    let steps: String = (0..350).map(|level| format!("{}1. x\n", " ".repeat(level * 2))).collect();
    assert!(refusal(&steps).contains("nested too deeply"));
}

#[test]
fn hidden_characters_are_dropped_and_markup_is_text() {
    assert_eq!(shape("\u{feff}1. A\u{202e}im\u{200b}s\0")[0].2, "Aims");
    assert_eq!(shape("1. <script>alert(1)</script> & <b>")[0].2, "<script>alert(1)</script> & <b>");
    assert_eq!(shape("1.\u{2067} A\u{2069}")[0].2, "A");
}
