//! Reads Markdown or plain text with numbered clauses. Nesting comes from indentation, from
//! Markdown headings or from numbers such as `4.1.9`; the full number is worked out from the
//! nesting and must fit what is written. Nothing is guessed: what cannot be understood is
//! refused with the number of its line.

use super::super::refusal::Refusal;
use super::super::text;
use super::{CLAUSE_MAX, CLAUSES_MAX, ClauseTree, DEPTH_MAX, ImportedClause};

const TEXT_MAX: usize = 256 * 1024;

/// Reads Markdown or plain text with numbered clauses.
///
/// # Errors
/// Names the field `text` and the line that cannot be understood.
pub fn import(text: &str) -> Result<ClauseTree, Refusal> {
    if text.len() > TEXT_MAX {
        return Err(Refusal::field("text", "This text is too large. Please keep it under 256 KiB."));
    }
    let mut reader = Reader::default();
    for (line, words) in (1..).zip(text.lines()) {
        reader.read(line, words)?;
    }
    reader.finish()
}

/// Where a clause stands: headings before indentations, then the parts of a written-out number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Level {
    indent: i64,
    parts: usize,
}

/// A clause that may still get parts.
struct Open {
    level: Level,
    index: usize,
    number: String,
    depth: i32,
    last_part: u32,
}

/// The number at the beginning of a line.
struct Marker<'a> {
    parts: Vec<u32>,
    text: &'a str,
}

#[derive(Default)]
struct Reader {
    clauses: Vec<ImportedClause>,
    open: Vec<Open>,
    last_section: u32,
    has_number: bool,
    /// Whether the next line may go on with the last clause.
    goes_on: bool,
}

impl Reader {
    fn read(&mut self, line: usize, written: &str) -> Result<(), Refusal> {
        let words = text::clean_line(written);
        if words.is_empty() || is_rule(&words) {
            self.goes_on = false;
            return Ok(());
        }
        let heading = heading_level(&words);
        let words = heading.map_or(words.as_str(), |level| words.get(level..).unwrap_or("").trim());
        let indent = heading.map_or_else(|| width_of_indent(written), |level| i64::try_from(level).unwrap_or(6) - 7);
        if words.is_empty() {
            return Err(at(line, "has a heading without words. Please write them, or take the line out."));
        }
        if let Some(marker) = marker(words) {
            self.numbered(line, Level { indent, parts: marker.parts.len() }, &marker)?;
        } else if self.goes_on && heading.is_none() && !is_bullet(words) {
            self.go_on(line, &unescaped(words))?;
        } else {
            self.unnumbered(line, indent, &unescaped(words))?;
        }
        self.goes_on = heading.is_none();
        Ok(())
    }

    fn numbered(&mut self, line: usize, level: Level, marker: &Marker<'_>) -> Result<(), Refusal> {
        let mut left = false;
        let mut is_sibling = false;
        while let Some(top) = self.open.last().filter(|top| top.level >= level) {
            is_sibling = top.level == level;
            left = true;
            self.open.pop();
        }
        if left && !is_sibling {
            return Err(at(line, "is indented like none of the lines above it. Please line up what belongs together."));
        }
        let written = marker.parts.last().copied().unwrap_or(0);
        let (parent, last) = match self.open.last() {
            Some(open) => (open.number.as_str(), open.last_part),
            None => ("", self.last_section),
        };
        let number = if parent.is_empty() { written.to_string() } else { format!("{parent}.{written}") };
        let written_out = marker.parts.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
        if marker.parts.len() > 1 && written_out != number {
            return Err(at(
                line,
                &format!(
                    "has the number {written_out}, which does not fit the clauses above it. Please write the number that follows there."
                ),
            ));
        }
        if let Some(problem) = out_of_step(parent, last, written) {
            return Err(at(line, &problem));
        }
        self.count_part(written);
        let depth = self.open.last().map_or(0, |open| open.depth + 1);
        let parent = self.open.last().map(|open| open.index);
        self.open.push(Open { level, index: self.clauses.len(), number: number.clone(), depth, last_part: 0 });
        self.has_number = true;
        self.push(line, ImportedClause { parent, depth, number, text: marker.text.to_owned() })
    }

    fn count_part(&mut self, written: u32) {
        match self.open.last_mut() {
            Some(open) => open.last_part = written,
            None => self.last_section = written,
        }
    }

    /// Text without a number belongs to the section that it stands in, or, when it is indented
    /// more than a clause, to that clause.
    fn unnumbered(&mut self, line: usize, indent: i64, words: &str) -> Result<(), Refusal> {
        let owner = self.open.iter().rev().find(|open| open.depth == 0 || open.level.indent < indent);
        let depth = owner.map_or(0, |open| open.depth + 1);
        let parent = owner.map(|open| open.index);
        self.push(line, ImportedClause { parent, depth, number: String::new(), text: words.to_owned() })
    }

    /// A line that follows without a blank line goes on with the clause before it.
    fn go_on(&mut self, line: usize, words: &str) -> Result<(), Refusal> {
        match self.clauses.last_mut() {
            Some(clause) => {
                clause.text.push(' ');
                clause.text.push_str(words);
                check_length(line, &clause.text)
            }
            None => self.unnumbered(line, 0, words),
        }
    }

    fn push(&mut self, line: usize, clause: ImportedClause) -> Result<(), Refusal> {
        if clause.text.is_empty() {
            return Err(at(line, "has a number but no words. Please write them, or take the line out."));
        }
        if clause.depth >= DEPTH_MAX {
            return Err(at(line, &format!("is nested too deeply. Please use at most {DEPTH_MAX} levels.")));
        }
        if self.clauses.len() >= CLAUSES_MAX {
            return Err(Refusal::field("text", format!("Please keep the document to {CLAUSES_MAX} clauses.")));
        }
        check_length(line, &clause.text)?;
        self.clauses.push(clause);
        Ok(())
    }

    fn finish(self) -> Result<ClauseTree, Refusal> {
        if self.has_number {
            Ok(ClauseTree(self.clauses))
        } else {
            Err(Refusal::field(
                "text",
                "There are no numbered clauses in this text. Please number them, for example \"1. Aims\" and below it \"  1. We help.\"",
            ))
        }
    }
}

fn at(line: usize, problem: &str) -> Refusal {
    Refusal::field("text", format!("Line {line} {problem}"))
}

fn check_length(line: usize, text: &str) -> Result<(), Refusal> {
    if text.chars().count() > CLAUSE_MAX {
        return Err(at(line, &format!("makes a clause of more than {CLAUSE_MAX} characters. Please split it.")));
    }
    Ok(())
}

/// What is wrong when `written` is not the number that follows `last`.
fn out_of_step(parent: &str, last: u32, written: u32) -> Option<String> {
    let full = |part: u32| if parent.is_empty() { part.to_string() } else { format!("{parent}.{part}") };
    let expected = last.saturating_add(1);
    if written == expected {
        None
    } else if written > expected {
        Some(format!(
            "has the number {}, but {} is missing before it. Please number the clauses without gaps.",
            full(written),
            full(expected)
        ))
    } else if written == 0 {
        Some(format!("has the number {}. Please begin with 1.", full(written)))
    } else {
        Some(format!(
            "has the number {}, which is there already. Please give every clause a number of its own.",
            full(written)
        ))
    }
}

/// How many columns a line is indented; a tab goes to the next multiple of four.
fn width_of_indent(line: &str) -> i64 {
    let mut width = 0;
    for c in line.chars() {
        match c {
            ' ' | '\u{a0}' => width += 1,
            '\t' => width = width / 4 * 4 + 4,
            '\u{feff}' => {}
            _ => break,
        }
    }
    width
}

/// The level of a Markdown heading, 1 to 6.
fn heading_level(words: &str) -> Option<usize> {
    let level = words.bytes().take_while(|b| *b == b'#').count();
    let is_heading =
        (1..=6).contains(&level) && words.get(level..).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    is_heading.then_some(level)
}

/// A line that only draws a rule.
fn is_rule(words: &str) -> bool {
    words.len() >= 3 && ["-", "=", "*", "_"].iter().any(|mark| words.replace(mark, "").trim().is_empty())
}

fn is_bullet(words: &str) -> bool {
    ["- ", "* ", "+ ", "• "].iter().any(|mark| words.starts_with(mark))
}

/// Whether a line of these words would be read as a number, a heading or a rule.
pub(super) fn looks_like_structure(words: &str) -> bool {
    marker(words).is_some() || heading_level(words).is_some() || is_rule(words)
}

/// The words without the backslash that keeps them from being read as a number, a heading or a
/// rule, as in Markdown.
fn unescaped(words: &str) -> String {
    let digits = words.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = words.split_at(digits);
    match rest.strip_prefix('\\') {
        Some(text) if number.is_empty() => text.to_owned(),
        Some(text) if text.trim_start_matches('\\').starts_with(['.', ')']) => format!("{number}{text}"),
        _ => words.to_owned(),
    }
}

/// The number at the beginning: `1.`, `1)`, `4.1`, `4.1.9.`; a lone number needs its full stop.
fn marker(words: &str) -> Option<Marker<'_>> {
    let (mark, text) = words.split_once(' ').unwrap_or((words, ""));
    let bare = mark.strip_suffix(['.', ')']).unwrap_or(mark);
    let parts: Vec<u32> = bare.split('.').map(number_part).collect::<Option<_>>()?;
    (parts.len() > 1 || bare.len() < mark.len()).then_some(Marker { parts, text })
}

fn number_part(digits: &str) -> Option<u32> {
    let is_short = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_short.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn the_manifesto_keeps_number_nesting_and_words_of_every_clause() {
        let manifesto = include_str!("../../../tests/fixtures/documents/manifesto.txt");
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
    }

    #[test]
    fn markdown_headings_and_lists_nest() {
        let text = "# Constitution\n\nPreamble words.\n\n## 1. Aims\n\nWhat we want:\n\n1. Win\n   wisely\n2. Help\n   - all\n\n## 2. Means\n\n1) Ask\n   1) Kindly\n";

        let shape = shape(text);

        let expected = [
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
        ];
        assert_eq!(shape, expected.map(|(n, d, t)| (n.to_owned(), d, t.to_owned())));
    }

    #[test]
    fn numbers_that_are_written_out_nest_without_indentation() {
        let shape = shape("1. Aims\n1.1 Win\n1.1.1 Wisely\n1.2 Help\n2. Means\n2.1. Ask\n");

        let numbers: Vec<&str> = shape.iter().map(|(number, _, _)| number.as_str()).collect();
        assert_eq!(numbers, ["1", "1.1", "1.1.1", "1.2", "2", "2.1"]);
    }

    #[test]
    fn what_cannot_be_understood_is_refused_with_its_line() {
        for (text, says) in [
            ("", "no numbered clauses"),
            ("Just words.\n\nMore words in 2020.", "no numbered clauses"),
            ("1. A\n3. C", "Line 2 has the number 3, but 2 is missing before it."),
            ("2. B", "Line 1 has the number 2, but 1 is missing before it."),
            ("1. A\n  1. x\n  3. z", "Line 3 has the number 1.3, but 1.2 is missing before it."),
            ("1. A\n  1. x\n  1. y", "Line 3 has the number 1.1, which is there already."),
            ("0. A", "Please begin with 1."),
            ("1. A\n2.", "Line 2 has a number but no words."),
            ("1. A\n    1. x\n  2. y", "Line 3 is indented like none"),
            ("1. A\n2.1 x", "Line 2 has the number 2.1, which does not fit"),
            ("1. A\n\n#\n", "Line 3 has a heading without words."),
        ] {
            assert!(refusal(text).contains(says), "{text:?}: {}", refusal(text));
        }
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let deep: String = (0..9).map(|level| format!("{}1. x\n", " ".repeat(level * 2))).collect();
        assert!(refusal(&deep).contains("nested too deeply"));
        let many: String = (1..=2_001).map(|n| format!("{n}. x\n")).collect();
        assert!(refusal(&many).contains("2000 clauses"));
        assert!(refusal(&format!("1. {}", "x".repeat(10_001))).contains("more than 10000 characters"));
        assert!(refusal(&format!("1. {}", "x ".repeat(200_000))).contains("too large"));
    }

    #[test]
    fn hidden_characters_are_dropped_from_clauses() {
        assert_eq!(shape("\u{feff}1. A\u{202e}im\u{200b}s")[0].2, "Aims");
    }
}
