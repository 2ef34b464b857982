//! What is wrong with a line of a text, and what to do about it.

use super::super::super::refusal::Refusal;
use super::super::{CLAUSE_MAX, Mark};
use super::lines::Marker;

/// A problem of one line.
pub(super) fn at(line: usize, problem: &str) -> Refusal {
    Refusal::field("text", format!("Line {line} {problem}"))
}

/// The text of a clause within its bounds.
pub(super) fn check_length(line: usize, text: &str) -> Result<(), Refusal> {
    if text.chars().count() > CLAUSE_MAX {
        return Err(at(line, &format!("makes a clause of more than {CLAUSE_MAX} characters. Please split it.")));
    }
    Ok(())
}

/// A line that stands between the levels above it.
pub(super) fn no_neighbour(line: usize, is_heading: bool) -> Refusal {
    if is_heading {
        return at(
            line,
            "is a heading of a level that none above it has. Please give headings of one kind the same number of #.",
        );
    }
    at(line, "is indented like none of the lines above it. Please line up what belongs together.")
}

/// Numbers beside letters.
pub(super) fn another_mark(line: usize) -> Refusal {
    at(line, "is counted in another way than the clauses beside it. Please use one way, or indent what belongs below.")
}

/// A letter that neither begins a list nor goes on with one.
pub(super) fn no_step(line: usize, marker: &Marker<'_>, last: Option<(Mark, u32)>) -> Refusal {
    let own = marker.own();
    let expected = match last {
        Some((mark, place)) => format!("Here {} was expected", mark.label(place.saturating_add(1))),
        None => "A list begins with a or i".to_owned(),
    };
    at(line, &format!("begins with {own}, which does not follow. {expected}. {NO_NUMBER}"))
}

const NO_NUMBER: &str = "If it is no number of a clause, put a backslash before it.";

/// A number that is not the one that follows.
pub(super) struct Step {
    pub line: usize,
    /// The full number as it is written.
    pub written: String,
    /// The full number that follows here.
    pub expected: String,
    /// The number of the clause before it, beside it.
    pub before: Option<String>,
}

impl Step {
    /// What is wrong. `above` is the number of the clause that it would be part of, `line_of` tells
    /// in which line a number stands.
    pub fn refusal(&self, above: &str, line_of: impl Fn(&str) -> Option<usize>) -> Refusal {
        let Self { line, written, expected, .. } = self;
        let is_beside = written.rsplit_once('.').map_or("", |(parent, _)| parent) == above;
        if let Some(known) = line_of(written) {
            return at(
                *line,
                &format!(
                    "has the number {written}, which is there already, in line {known}. Please give every clause a number \
                     of its own, or put headings above the lists that begin anew."
                ),
            );
        }
        let order = |number: &str| number.rsplit('.').next().and_then(|own| own.parse::<u32>().ok());
        match (order(written), order(expected)) {
            (Some(0), _) if is_beside => at(*line, &format!("has the number {written}. Please begin with 1.")),
            (Some(is), Some(should)) if is_beside && is > should => {
                let before = self.before.as_ref().and_then(|before| Some((before, line_of(before)?)));
                let where_it_is =
                    before.map_or_else(String::new, |(number, line)| format!(" ({number} is in line {line})"));
                at(
                    *line,
                    &format!(
                        "has the number {written}, but {expected} is missing before it{where_it_is}. Please number the \
                         clauses without gaps."
                    ),
                )
            }
            _ => at(
                *line,
                &format!(
                    "has the number {written}, which does not fit the clauses above it. Here {expected} was expected. {NO_NUMBER}"
                ),
            ),
        }
    }
}
