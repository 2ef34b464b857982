//! Reads Markdown or plain text with numbered clauses. Nesting comes from indentation, from
//! Markdown headings or from numbers such as `4.1.9`; the full number is worked out from the
//! nesting and must fit what is written. Headings without numbers are counted when the numbers
//! below them begin anew. Nothing else is guessed: what cannot be understood is refused with the
//! number of its line and what to do.

mod lines;
mod problems;

pub(super) use lines::looks_like_structure;

use self::lines::{Line, Marker, is_bullet, lines, marker, unescaped};
use self::problems::{at, check_length};
use super::super::refusal::Refusal;
use super::{CLAUSES_MAX, ClauseTree, DEPTH_MAX, ImportedClause, Mark};
use std::collections::HashMap;

/// The most bytes of a text.
const TEXT_MAX: usize = 256 * 1024;

/// Reads Markdown or plain text with numbered clauses.
///
/// # Errors
/// Names the field `text` and the line that cannot be understood.
pub fn import(text: &str) -> Result<ClauseTree, Refusal> {
    if text.len() > TEXT_MAX {
        return Err(Refusal::field("text", "This text is too large. Please keep it under 256 KiB."));
    }
    let lines = lines(text);
    let mut reader = Reader { headings: Headings::of(&lines), ..Reader::default() };
    for line in &lines {
        reader.read(line)?;
    }
    reader.finish()
}

/// Whether the headings of a text have no numbers and are counted, so that the preview can say so.
pub fn counts_headings(text: &str) -> bool {
    text.len() <= TEXT_MAX && matches!(Headings::of(&lines(text)), Headings::Counted { .. })
}

/// What headings are for the numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Headings {
    /// Those with a number are clauses, the others text.
    #[default]
    AsWritten,
    /// Every one is a clause but the title, which stands in this line, if there is one.
    Counted { title: Option<usize> },
}

impl Headings {
    /// Counted when none has a number, and either nothing else has or a list begins anew below a
    /// later heading.
    fn of(lines: &[Line]) -> Self {
        let levels: Vec<(usize, usize)> = lines.iter().filter_map(|line| Some((line.heading?, line.number))).collect();
        let title = levels.first().filter(|first| levels.iter().skip(1).all(|other| other.0 > first.0));
        let title = title.map(|(_, number)| *number);
        let is_counted = |line: &&Line| line.heading.is_some() && title != Some(line.number);
        let mut counted = lines.iter().filter(is_counted).peekable();
        if counted.peek().is_none() || counted.any(|line| marker(&line.words).is_some()) {
            return Self::AsWritten;
        }
        let listed = |line: &&Line| line.heading.is_none() && marker(&line.words).is_some();
        let outermost = lines.iter().filter(listed).map(|line| line.indent).min();
        let mut of_lists = lines.iter().filter(|line| listed(line) && Some(line.indent) == outermost);
        let first = of_lists.next().and_then(|line| marker(&line.words)).map(|marker| marker.parts);
        let begins = |line: &Line| marker(&line.words).map(|marker| marker.parts) == first;
        let (mut has_list, mut is_below_another) = (false, false);
        for line in lines {
            if is_counted(&line) {
                is_below_another = has_list;
            } else if listed(&line) && Some(line.indent) == outermost && begins(line) {
                if is_below_another {
                    return Self::Counted { title };
                }
                has_list = true;
            }
        }
        if outermost.is_none() { Self::Counted { title } } else { Self::AsWritten }
    }
}

/// Where a clause stands: headings before indentations, then the parts of a written-out number and
/// the kinds of marks that stand at one indentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Level {
    indent: i64,
    rank: usize,
}

/// A clause that may still get parts.
struct Open {
    level: Level,
    index: usize,
    number: String,
    depth: i32,
    mark: Mark,
    /// Its place among its neighbours, from 1.
    place: u32,
    /// The mark and the number of those in it.
    parts: Parts,
}

/// What is in a clause so far.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    mark: Option<Mark>,
    last: u32,
}

/// What a line begins with, told from what is open above it.
struct Step<'a> {
    level: Level,
    mark: Mark,
    text: &'a str,
    /// The number as it is written; nothing for a heading that is counted.
    written: Option<&'a Marker<'a>>,
}

#[derive(Default)]
struct Reader {
    headings: Headings,
    clauses: Vec<ImportedClause>,
    open: Vec<Open>,
    sections: Parts,
    /// The line of each number.
    lines: HashMap<String, usize>,
}

impl Reader {
    fn read(&mut self, line: &Line) -> Result<(), Refusal> {
        let words = line.words.as_str();
        if words.is_empty() {
            return Err(at(line.number, "has a heading without words. Please write them, or take the line out."));
        }
        let indent = line.heading.map_or(line.indent, heading_indent);
        let counts = matches!(self.headings, Headings::Counted { title } if title != Some(line.number));
        if counts && line.heading.is_some() {
            let step = Step { level: Level { indent, rank: 1 }, mark: Mark::Decimal, text: words, written: None };
            return self.numbered(line.number, &step);
        }
        if let Some(marker) = marker(words)
            && let Some((rank, mark)) = self.kind(line, indent, &marker)?
        {
            let step = Step { level: Level { indent, rank }, mark, text: marker.text, written: Some(&marker) };
            return self.numbered(line.number, &step);
        }
        match self.clauses.last_mut() {
            Some(above) if line.follows && line.heading.is_none() && !is_bullet(words) => {
                above.text.push(' ');
                above.text.push_str(&unescaped(words));
                check_length(line.number, &above.text)
            }
            _ => self.unnumbered(line.number, indent, &unescaped(words)),
        }
    }

    /// Which kind of mark this is among those that are open; `None` for an initial that only looks
    /// like one.
    fn kind(&self, line: &Line, indent: i64, marker: &Marker<'_>) -> Result<Option<(usize, Mark)>, Refusal> {
        if marker.parts.len() > 1 {
            let mark = if marker.decimal().is_some() { Mark::Decimal } else { self.mark_of_part(marker) };
            return Ok(Some((marker.parts.len(), mark)));
        }
        let beside: Vec<&Open> = self.open.iter().rev().filter(|open| open.level.indent == indent).collect();
        let below = beside.first().map_or(1, |open| open.level.rank + 1);
        if marker.decimal().is_some() {
            let outer = beside.iter().rev().find(|open| open.mark == Mark::Decimal);
            let is_outermost = beside.last().is_none_or(|open| open.mark == Mark::Decimal);
            let rank = if is_outermost { 1 } else { outer.map_or(below, |open| open.level.rank) };
            return Ok(Some((rank, Mark::Decimal)));
        }
        let lettered = || beside.iter().filter(|open| open.mark != Mark::Decimal);
        if let Some(next) = lettered().find(|open| open.mark.label(open.place.saturating_add(1)) == marker.own()) {
            return Ok(Some((next.level.rank, next.mark)));
        }
        let begun = Mark::beginning_with(marker.own()).filter(|mark| lettered().all(|open| open.mark != *mark));
        match begun {
            Some(mark) => Ok(Some((below, mark))),
            None if marker.is_stopped => Ok(None),
            None => Err(problems::no_step(line.number, marker, lettered().next().map(|open| (open.mark, open.place)))),
        }
    }

    /// The kind of the last part of a number that is written out, which ends with a letter.
    fn mark_of_part(&self, marker: &Marker<'_>) -> Mark {
        let above = marker.parts.split_last().map(|(_, above)| above.join("."));
        let parent = self.open.iter().rev().find(|open| Some(&open.number) == above.as_ref());
        let known = parent.and_then(|open| open.parts.mark);
        known.or_else(|| Mark::beginning_with(marker.own())).unwrap_or(Mark::Letter)
    }

    fn numbered(&mut self, line: usize, step: &Step<'_>) -> Result<(), Refusal> {
        self.close_down_to(line, step.level)?;
        let (above, parts) = match self.open.last() {
            Some(open) => (open.number.as_str(), open.parts),
            None => ("", self.sections),
        };
        let full = |label: &str| if above.is_empty() { label.to_owned() } else { format!("{above}.{label}") };
        let place = parts.last.saturating_add(1);
        let number = full(&step.mark.label(place));
        if parts.mark.is_some_and(|mark| mark != step.mark) {
            return Err(problems::another_mark(line));
        }
        if let Some(marker) = step.written {
            let written = if marker.parts.len() > 1 { marker.parts.join(".") } else { full(marker.own()) };
            if written != number {
                let before = parts.last.checked_sub(1).map(|_| full(&step.mark.label(parts.last)));
                let line_of = |number: &str| self.lines.get(number).copied();
                return Err(problems::Step { line, written, expected: number, before }.refusal(above, line_of));
            }
        }
        match self.open.last_mut() {
            Some(open) => open.parts = Parts { mark: Some(step.mark), last: place },
            None => self.sections = Parts { mark: Some(step.mark), last: place },
        }
        let depth = self.open.last().map_or(0, |open| open.depth + 1);
        let parent = self.open.last().map(|open| open.index);
        self.lines.insert(number.clone(), line);
        let (index, level, mark) = (self.clauses.len(), step.level, step.mark);
        self.open.push(Open { level, index, number: number.clone(), depth, mark, place, parts: Parts::default() });
        self.push(line, ImportedClause { parent, depth, number, text: step.text.to_owned() })
    }

    /// Closes what this line ends.
    fn close_down_to(&mut self, line: usize, level: Level) -> Result<(), Refusal> {
        let (mut left, mut is_sibling) = (false, false);
        while let Some(top) = self.open.last().filter(|top| top.level >= level) {
            is_sibling = top.level == level;
            // A heading ends every list above it.
            left |= top.level.indent < 0 || level.indent >= 0;
            self.open.pop();
        }
        if left && !is_sibling { Err(problems::no_neighbour(line, level.indent < 0)) } else { Ok(()) }
    }

    /// Text without a number belongs to the section that it stands in, or, when it is indented
    /// more than a clause, to that clause.
    fn unnumbered(&mut self, line: usize, indent: i64, words: &str) -> Result<(), Refusal> {
        let owner = self.open.iter().rev().find(|open| open.depth == 0 || open.level.indent < indent);
        let depth = owner.map_or(0, |open| open.depth + 1);
        let parent = owner.map(|open| open.index);
        self.push(line, ImportedClause { parent, depth, number: String::new(), text: words.to_owned() })
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
        if self.lines.is_empty() {
            return Err(Refusal::field(
                "text",
                "There are no numbered clauses and no headings in this text. Please number its clauses, for example \
                 \"1. Aims\" and below it \"  1. We help.\"",
            ));
        }
        Ok(ClauseTree(self.clauses))
    }
}

/// Headings stand before everything that is indented, the higher the further.
fn heading_indent(level: usize) -> i64 {
    i64::try_from(level).unwrap_or(6) - 7
}

#[cfg(test)]
mod tests;
