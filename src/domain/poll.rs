//! Polls: options, duration, what is shown while open (rules A5, A8).

use super::refusal::{Problems, Refusal};
use super::text;
use crate::clock::Stamp;
use chrono::TimeDelta;

/// When a poll closes, as asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// So long after it opened.
    After(TimeDelta),
    /// At this moment.
    At(Stamp),
}

/// A poll as a person typed it.
#[derive(Debug, Clone)]
pub struct PollForm {
    /// What is asked.
    pub question: String,
    /// The options in their order; empty lines are left out.
    pub options: Vec<String>,
    /// Whether a voter may choose several options.
    pub is_multiple: bool,
    /// Whether totals stay hidden until the close; `true` unless asked otherwise.
    pub totals_hidden: bool,
    /// When it closes.
    pub closing: Closing,
    /// The language as a short tag; empty for English.
    pub language: String,
}

/// A poll that may be published.
#[derive(Debug, Clone)]
pub struct NewPoll {
    question: String,
    options: Vec<String>,
    is_multiple: bool,
    totals_hidden: bool,
    closing: Closing,
    language: String,
}
impl NewPoll {
    /// Reads the form.
    ///
    /// # Errors
    /// Names `question`, `options`, `closing` and `language`, whichever have to change.
    pub fn parse(form: &PollForm) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let _ = problems.take(text::language(&form.language));
        todo!()
    }
}
impl Closing {
    /// Reads a duration in minutes or a moment (RFC 3339) from a form; the first that is given counts.
    ///
    /// # Errors
    /// Names `closing`.
    pub fn parse(minutes: &str, moment: &str) -> Result<Self, Refusal> {
        let _ = (minutes, moment);
        todo!()
    }
}
