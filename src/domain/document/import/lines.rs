//! The lines of a text as they are read: how far they are indented, headings, rules, and the marks
//! with which they begin.

use super::super::super::text;

/// A line that says something.
pub(super) struct Line {
    /// Counts from 1.
    pub number: usize,
    /// How many columns it is indented.
    pub indent: i64,
    /// The level of a Markdown heading, 1 to 6.
    pub heading: Option<usize>,
    /// Its words; of a heading without the signs.
    pub words: String,
    /// Whether the line above says something too.
    pub follows: bool,
}

/// The mark at the beginning of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker<'a> {
    /// Its parts: `4.1.9` has three.
    pub parts: Vec<&'a str>,
    /// Whether it ends with a full stop, so that it may also be somebody's initial.
    pub is_stopped: bool,
    /// What follows.
    pub text: &'a str,
}

impl Marker<'_> {
    /// The last part as a number.
    pub fn decimal(&self) -> Option<u32> {
        number_part(self.parts.last()?)
    }

    /// As it stands in a full number.
    pub fn own(&self) -> &str {
        self.parts.last().copied().unwrap_or_default()
    }
}

/// Everything that a text says, line by line.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut follows = false;
    for (number, written) in (1..).zip(text.lines()) {
        let words = text::clean_line(written);
        if let Some(level) = underline(&words).filter(|_| follows)
            && let Some(above) = lines.last_mut().filter(|above| above.is_title_line())
        {
            above.heading = Some(level);
            follows = false;
            continue;
        }
        if words.is_empty() || is_rule(&words) {
            follows = false;
            continue;
        }
        let heading = heading_level(&words);
        let indent = width_of_indent(written);
        let words =
            heading.map_or_else(|| words.clone(), |level| heading_words(words.get(level..).unwrap_or_default()));
        lines.push(Line { number, indent, heading, words, follows });
        follows = heading.is_none();
    }
    lines
}

impl Line {
    /// Whether it is a heading when it is underlined: words alone on their line.
    fn is_title_line(&self) -> bool {
        self.heading.is_none()
            && !self.follows
            && self.indent < 4
            && !is_bullet(&self.words)
            && marker(&self.words).is_none()
    }
}

/// The level of the heading above, of a line of `===` or `---`.
fn underline(words: &str) -> Option<usize> {
    let is_of = |sign: char| words.len() >= 3 && words.chars().all(|c| c == sign);
    if is_of('=') {
        Some(1)
    } else if is_of('-') {
        Some(2)
    } else {
        None
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

/// The words of a heading, without the signs that may close it.
fn heading_words(rest: &str) -> String {
    let open = rest.trim_end_matches('#');
    if open.is_empty() || open.ends_with(' ') { open.trim().to_owned() } else { rest.trim().to_owned() }
}

/// A line that only draws a rule.
fn is_rule(words: &str) -> bool {
    words.len() >= 3 && ["-", "=", "*", "_"].iter().any(|mark| words.replace(mark, "").trim().is_empty())
}

/// A line that begins with the sign of a list.
pub(super) fn is_bullet(words: &str) -> bool {
    ["- ", "* ", "+ ", "• ", "– "].iter().any(|mark| words.starts_with(mark))
}

/// Whether a line of these words would be read as a number, a heading or a rule.
pub(in super::super) fn looks_like_structure(words: &str) -> bool {
    marker(words).is_some() || heading_level(words).is_some() || is_rule(words)
}

/// The words without the backslash that keeps them from being read as a number, a heading or a
/// rule, as in Markdown.
pub(super) fn unescaped(words: &str) -> String {
    let digits = words.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = words.split_at(digits);
    match rest.strip_prefix('\\') {
        Some(text) if number.is_empty() => text.to_owned(),
        Some(text) if text.trim_start_matches('\\').starts_with(['.', ')']) => format!("{number}{text}"),
        _ => words.to_owned(),
    }
}

/// The mark at the beginning: `1.`, `1)`, `(1)`, `4.1`, `4.1.9.`, `a)`, `(iv)`, `B.`, `4.1.a`; a lone
/// number or letter needs its full stop or bracket.
pub(super) fn marker(words: &str) -> Option<Marker<'_>> {
    let (mark, text) = words.split_once(' ').unwrap_or((words, ""));
    let bracketed = mark.strip_prefix('(').and_then(|mark| mark.strip_suffix(')'));
    let bare = bracketed.unwrap_or_else(|| mark.strip_suffix(['.', ')']).unwrap_or(mark));
    let is_closed = bare.len() < mark.len();
    let parts: Vec<&str> = bare.split('.').collect();
    let is_mark = match parts.as_slice() {
        [one] => is_closed && (number_part(one).is_some() || is_letters(one)),
        [first, rest @ ..] => {
            number_part(first).is_some() && rest.iter().all(|part| number_part(part).is_some() || is_letters(part))
        }
        [] => false,
    };
    is_mark.then(|| Marker { parts, is_stopped: mark.ends_with('.'), text })
}

fn number_part(digits: &str) -> Option<u32> {
    let is_short = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_short.then(|| digits.parse().ok()).flatten()
}

/// One letter, or a Roman number up to 89, in small or in capital letters.
fn is_letters(part: &str) -> bool {
    let is_of = |signs: &str| part.chars().all(|c| signs.contains(c));
    let is_one = part.len() == 1 && part.bytes().all(|b| b.is_ascii_alphabetic());
    is_one || ((2..=8).contains(&part.len()) && (is_of("ivxl") || is_of("IVXL")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_told_from_words() {
        for (words, parts, text) in [
            ("1. Aims", vec!["1"], "Aims"),
            ("(12) Aims", vec!["12"], "Aims"),
            ("4.1.9 Research", vec!["4", "1", "9"], "Research"),
            ("a) Win", vec!["a"], "Win"),
            ("(iv) Win", vec!["iv"], "Win"),
            ("B. Win", vec!["B"], "Win"),
            ("2.1.b) Win", vec!["2", "1", "b"], "Win"),
            ("3)", vec!["3"], ""),
        ] {
            let marker = marker(words).unwrap_or_else(|| panic!("{words}"));
            assert_eq!((marker.parts, marker.text), (parts, text), "{words}");
        }
        for words in [
            "1 Aims",
            "e.g. this",
            "a win",
            "I think",
            "(see) this",
            "2016",
            "12345. x",
            "1..2 x",
            "(1 x",
            "Win. x",
            "3rd) x",
            "iiiiiiiii) x",
        ] {
            assert_eq!(marker(words), None, "{words}");
        }
    }

    #[test]
    fn headings_may_be_underlined() {
        let text = "Title\n=====\n\nAims\n---\n\nWords\nof two lines\n---\n1. A\n---\n- a\n---\n---\n";

        let read: Vec<(Option<usize>, String)> =
            lines(text).into_iter().map(|line| (line.heading, line.words)).collect();

        let expected = [
            (Some(1), "Title"),
            (Some(2), "Aims"),
            (None, "Words"),
            (None, "of two lines"),
            (None, "1. A"),
            (None, "- a"),
        ];
        assert_eq!(read, expected.map(|(heading, words)| (heading, words.to_owned())));
        let of = |text: &str| lines(text).remove(0).words;
        assert_eq!([of("## Aims ##"), of("## C#"), of("#"), of("# #")], ["Aims", "C#", "", ""]);
    }
}
