//! A document as plain text and as Markdown. What is written here, [`import()`](super::import())
//! reads back as the same tree.

use super::Clause;
use super::import::looks_like_structure;
use std::fmt::Write as _;

/// The document as plain text with indented, numbered clauses.
pub fn export_plain(clauses: &[Clause]) -> String {
    let lines = clauses.iter().map(|clause| {
        let depth = depth(clause);
        // Text without a number stands where `import` finds it again: at the margin when it
        // belongs to a section, else under the clause it belongs to.
        let is_at_margin = clause.number.is_empty() && depth <= 1;
        Line {
            head: "",
            tail: "",
            indent: if is_at_margin { 0 } else { depth * 2 },
            stands_alone: depth == 0 || clause.number.is_empty(),
            clause,
        }
    });
    written(lines)
}

/// The document as Markdown: sections are headings, clauses nested lists.
pub fn export_markdown(clauses: &[Clause]) -> String {
    let lines = clauses.iter().map(|clause| {
        let is_section = depth(clause) == 0 && !clause.number.is_empty();
        // A sign at the end of a heading would be taken for one that closes it.
        let tail = if is_section && clause.text.ends_with('#') { " #" } else { "" };
        Line {
            head: if is_section { "## " } else { "" },
            tail,
            // Four blanks stand to the right of every list mark of up to two digits.
            indent: depth(clause).saturating_sub(1) * 4,
            // Markdown knows lists of numbers only; a letter without blank lines would be part of
            // the paragraph above it.
            stands_alone: depth(clause) == 0 || !is_decimal(clause),
            clause,
        }
    });
    written(lines)
}

/// One clause on its way to paper.
struct Line<'a> {
    head: &'static str,
    tail: &'static str,
    indent: usize,
    /// Blank lines go before and after it.
    stands_alone: bool,
    clause: &'a Clause,
}

fn written<'a>(lines: impl Iterator<Item = Line<'a>>) -> String {
    let mut text = String::new();
    let mut needs_blank = false;
    for Line { head, tail, indent, stands_alone, clause } in lines {
        if !text.is_empty() && (needs_blank || stands_alone) {
            text.push('\n');
        }
        needs_blank = stands_alone;
        let _ = match clause.number.rsplit('.').next() {
            Some(own) if is_decimal(clause) => writeln!(text, "{:indent$}{head}{own}. {}{tail}", "", clause.text),
            Some(own) if !own.is_empty() => writeln!(text, "{:indent$}{head}{own}) {}{tail}", "", clause.text),
            _ => writeln!(text, "{:indent$}{head}{}", "", escaped(&clause.text)),
        };
    }
    text
}

/// Whether it is counted 1, 2, 3.
fn is_decimal(clause: &Clause) -> bool {
    clause.number.ends_with(|c: char| c.is_ascii_digit())
}

fn depth(clause: &Clause) -> usize {
    usize::try_from(clause.depth).unwrap_or(0)
}

/// Text without a number that would be read as a number, a heading or a rule gets a backslash, as
/// in Markdown.
fn escaped(text: &str) -> String {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    let is_marked = !number.is_empty() && rest.trim_start_matches('\\').starts_with(['.', ')']);
    if is_marked {
        format!("{number}\\{rest}")
    } else if text.starts_with('\\') || looks_like_structure(text) {
        format!("\\{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::numbered;
    use super::super::{ClauseTree, ImportedClause, Mark, import};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_manifesto_is_read_back_from_its_exports() {
        let manifesto = include_str!("../../../tests/fixtures/documents/manifesto.txt");
        let tree = import(manifesto).unwrap();
        let clauses = numbered(tree.clone());

        for exported in [export_plain(&clauses), export_markdown(&clauses)] {
            assert_eq!(import(&exported).unwrap(), tree, "{exported}");
        }
        assert!(export_markdown(&clauses).contains("\n## 4. Our values\n"));
        assert!(export_plain(&clauses).contains("\n    9. Research-based policy-making\n"));
    }

    fn words() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zé#*=_.0-9)(-]{1,6}( [a-z0-9.#\\\\)*-]{1,5}){0,3}",
            Just("---".to_owned()),
            Just("===".to_owned()),
            Just("1. not a number".to_owned()),
            Just("4.1 nor this".to_owned()),
            Just("12\\. nor that".to_owned()),
            Just("# no heading".to_owned()),
            Just("## nor #".to_owned()),
            Just("\\# a backslash".to_owned()),
            Just("a) no letter".to_owned()),
            Just("(iv) nor Roman".to_owned()),
            Just("I. initial".to_owned()),
            Just("- a list".to_owned()),
            Just("<b>&amp;</b> | > `x`".to_owned()),
        ]
    }

    /// Clauses at random depths with random words, after a preamble, each level counted in its own way.
    fn trees() -> impl Strategy<Value = ClauseTree> {
        let rows = prop::collection::vec((0..8_usize, any::<bool>(), 0..5_usize, words()), 1..40);
        (prop::collection::vec(words(), 0..3), rows).prop_map(|(preamble, rows)| {
            let text_alone = |text| ImportedClause { parent: None, depth: 0, number: String::new(), text };
            let mut clauses: Vec<ImportedClause> = preamble.into_iter().map(text_alone).collect();
            // The numbered clauses that are open: the index, how those in it are counted, how many they are.
            let mut open: Vec<(Option<usize>, Mark, u32)> = vec![(None, Mark::ALL[rows[0].2], 0)];
            for (depth, is_numbered, mark, text) in rows {
                let is_numbered = is_numbered || open.len() == 1;
                let depth = if is_numbered { depth.min(open.len() - 1) } else { depth.clamp(1, open.len() - 1) };
                let depth = depth.min(7);
                if is_numbered {
                    open.truncate(depth + 1);
                }
                let (parent, kind, count) = open.get_mut(depth).unwrap();
                let (parent, mut number) = (*parent, String::new());
                if is_numbered {
                    *count += 1;
                    number = kind.label(*count);
                    if let Some(parent) = parent {
                        number = format!("{}.{number}", clauses[parent].number);
                    }
                    open.push((Some(clauses.len()), Mark::ALL[mark], 0));
                }
                clauses.push(ImportedClause { parent, depth: i32::try_from(depth).unwrap(), number, text });
            }
            ClauseTree(clauses)
        })
    }

    proptest! {
        #[test]
        fn every_tree_is_read_back_from_its_exports(tree in trees()) {
            let clauses = numbered(tree.clone());
            for exported in [export_plain(&clauses), export_markdown(&clauses)] {
                prop_assert_eq!(&import(&exported).map_err(|e| TestCaseError::fail(format!("{e}\n{exported}")))?, &tree, "{}", exported);
            }
        }
    }
}
