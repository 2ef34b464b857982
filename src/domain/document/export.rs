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
            head: String::new(),
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
        Line {
            head: if is_section { "## ".to_owned() } else { String::new() },
            // Four blanks stand to the right of every list mark of up to two digits.
            indent: depth(clause).saturating_sub(1) * 4,
            stands_alone: depth(clause) == 0 || clause.number.is_empty(),
            clause,
        }
    });
    written(lines)
}

/// One clause on its way to paper.
struct Line<'a> {
    head: String,
    indent: usize,
    /// Blank lines go before and after it.
    stands_alone: bool,
    clause: &'a Clause,
}

fn written<'a>(lines: impl Iterator<Item = Line<'a>>) -> String {
    let mut text = String::new();
    let mut needs_blank = false;
    for Line { head, indent, stands_alone, clause } in lines {
        if !text.is_empty() && (needs_blank || stands_alone) {
            text.push('\n');
        }
        needs_blank = stands_alone;
        let _ = match clause.number.rsplit('.').next() {
            Some(own) if !own.is_empty() => writeln!(text, "{:indent$}{head}{own}. {}", "", clause.text),
            _ => writeln!(text, "{:indent$}{head}{}", "", escaped(&clause.text)),
        };
    }
    text
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
    use super::super::{ClauseTree, ImportedClause, import};
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

    /// Clauses at random depths with random words, numbered as they follow one another.
    fn trees() -> impl Strategy<Value = ClauseTree> {
        let words = prop_oneof![
            "[a-zé#*=_.0-9)-]{1,6}( [a-z0-9.#\\\\)*-]{1,5}){0,3}",
            Just("---".to_owned()),
            Just("1. not a number".to_owned()),
            Just("4.1 nor this".to_owned()),
            Just("12\\. nor that".to_owned()),
            Just("# no heading".to_owned()),
            Just("\\# a backslash".to_owned()),
        ];
        prop::collection::vec((0..4_usize, any::<bool>(), words), 0..30).prop_map(|rows| {
            let mut clauses = vec![ImportedClause { parent: None, depth: 0, number: "1".into(), text: "Aims".into() }];
            // The indices of the numbered clauses that are open, with how many numbered parts they have.
            let mut open: Vec<(usize, u32)> = vec![(0, 0)];
            let mut sections = 1;
            for (depth, is_numbered, text) in rows {
                let depth = if is_numbered { depth.min(open.len()) } else { depth.clamp(1, open.len()) };
                if is_numbered {
                    open.truncate(depth);
                }
                let parent = depth.checked_sub(1).map(|above| open[above].0);
                let mut number = String::new();
                if is_numbered {
                    let count = open.last_mut().map_or(&mut sections, |(_, count)| count);
                    *count += 1;
                    number = count.to_string();
                    if let Some(parent) = parent {
                        number = format!("{}.{number}", clauses[parent].number);
                    }
                    open.push((clauses.len(), 0));
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
