//! Polls: options, duration, what is shown while open (rules A5, A8).

use super::refusal::{Problems, Refusal};
use super::rules::{ADVISORY_LONGEST, ADVISORY_SHORTEST, length_words};
use super::text;
use crate::clock::Stamp;
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};

/// The options of every amendment's ballot, in this order (A5).
pub const BALLOT_OPTIONS: [&str; 3] = ["For", "Against", "Abstain"];

/// How long the ballot of an amendment is open, exactly (A4).
pub const BALLOT_WEEK: TimeDelta = TimeDelta::seconds(604_800);

const QUESTION_MAX: usize = 1_000;
const OPTION_MAX: usize = 50;

/// When a poll closes, as asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// So long after it opened.
    After(TimeDelta),
    /// At this moment.
    At(Stamp),
}

impl Closing {
    /// Reads a duration in minutes or a moment (RFC 3339) from a form; the first that is given counts.
    ///
    /// # Errors
    /// Names `closing`.
    pub fn parse(minutes: &str, moment: &str) -> Result<Self, Refusal> {
        match (minutes.trim(), moment.trim()) {
            ("", "") => Err(Refusal::field("closing", "Please say when the poll closes.")),
            ("", moment) => DateTime::parse_from_rfc3339(moment)
                .map(|moment| Self::At(moment.with_timezone(&Utc)))
                .map_err(|_| Refusal::field("closing", "Please give the moment in the form 2026-12-31T18:00:00Z.")),
            (minutes, _) => minutes
                .parse::<u32>()
                .map(|minutes| Self::After(TimeDelta::minutes(i64::from(minutes))))
                .map_err(|_| Refusal::field("closing", "Please give the duration in whole minutes.")),
        }
    }

    /// The moment of the close for a poll that opens at `opens_at`, in whole seconds, because
    /// that is what other servers are told.
    ///
    /// # Errors
    /// Names `closing` when that is sooner or later than the table of rules allows.
    pub fn resolve(self, opens_at: Stamp) -> Result<Stamp, Refusal> {
        let closes_at = match self {
            Self::After(duration) => opens_at.checked_add_signed(duration),
            Self::At(moment) => Some(moment),
        };
        closes_at
            .map(|moment| moment.trunc_subsecs(0))
            .filter(|moment| (ADVISORY_SHORTEST..=ADVISORY_LONGEST).contains(&moment.signed_duration_since(opens_at)))
            .ok_or_else(|| {
                let (shortest, longest) = (length_words(ADVISORY_SHORTEST), length_words(ADVISORY_LONGEST));
                Refusal::field("closing", format!("A poll may be open from {shortest} to {longest}."))
            })
    }
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
    /// What is asked.
    pub(crate) question: String,
    /// The options in their order.
    pub(crate) options: Vec<String>,
    /// Whether a voter may choose several options.
    pub(crate) is_multiple: bool,
    /// Whether totals stay hidden until the close.
    pub(crate) totals_hidden: bool,
    /// When it closes.
    pub(crate) closing: Closing,
    /// The language as a short tag.
    pub(crate) language: String,
}

impl NewPoll {
    /// Reads the form.
    ///
    /// # Errors
    /// Names `question`, `options` and `language`, whichever have to change.
    pub fn parse(form: &PollForm) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let question = problems.take(text::paragraphs("question", &form.question, QUESTION_MAX));
        let options = problems.take(options(&form.options));
        let language = problems.take(text::language(&form.language));
        match (question, options, language) {
            (Some(question), Some(options), Some(language)) => {
                let PollForm { is_multiple, totals_hidden, closing, .. } = *form;
                Ok(Self { question, options, is_multiple, totals_hidden, closing, language })
            }
            _ => Err(problems.refusal()),
        }
    }
}

/// Two to four names, unlike in whatever case, of characters that no program escapes.
fn options(typed: &[String]) -> Result<Vec<String>, Refusal> {
    let names: Vec<String> = typed.iter().map(|name| text::clean_line(name)).filter(|name| !name.is_empty()).collect();
    let refuse = |sentence: &str| Err(Refusal::field("options", sentence));
    if !(2..=4).contains(&names.len()) {
        return refuse("Please give 2 to 4 options.");
    }
    if names.iter().any(|name| name.chars().count() > OPTION_MAX) {
        return refuse("Please keep each option to 50 characters.");
    }
    if names.iter().any(|name| name.contains(['&', '<', '>'])) {
        return refuse("Please write the options without &, < and >.");
    }
    let mut lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    lower.sort_unstable();
    lower.dedup();
    if lower.len() < names.len() {
        return refuse("Please make every option different from the others.");
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone as _;

    fn form(options: &[&str]) -> PollForm {
        PollForm {
            question: "Which evening?".to_owned(),
            options: options.iter().map(|&o| o.to_owned()).collect(),
            is_multiple: false,
            totals_hidden: true,
            closing: Closing::After(TimeDelta::days(1)),
            language: String::new(),
        }
    }

    #[test]
    fn two_to_four_different_plain_options_are_taken() {
        let poll = NewPoll::parse(&form(&[" Monday ", "", "Tu\u{308}esday", "Wednes\u{200b}day"])).unwrap();

        assert_eq!(poll.options, ["Monday", "T\u{fc}esday", "Wednesday"]);
        assert_eq!(poll.language, "en");
        assert!(NewPoll::parse(&form(&[&"x".repeat(50), "y"])).is_ok());
    }

    #[test]
    fn options_that_would_be_mistaken_elsewhere_are_refused() {
        let long = "x".repeat(51);
        let cases: &[&[&str]] = &[
            &[],
            &["Yes"],
            &["Yes", " "],
            &["a", "b", "c", "d", "e"],
            &["Yes", "YES"],
            &["\u{e9}t\u{e9}", "e\u{301}te\u{301}"],
            &["Yes", "Yes\u{200b}"],
            &["R&D", "Sales"],
            &["<b>", "c"],
            &["a>b", "c"],
            &[&long, "y"],
        ];
        for options in cases {
            let refusal = NewPoll::parse(&form(options)).unwrap_err();
            assert_eq!(refusal.fields.iter().map(|f| f.field).collect::<Vec<_>>(), ["options"], "{options:?}");
        }
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let mut form = form(&["one"]);
        form.question = "  ".to_owned();
        form.language = "english please".to_owned();

        let fields: Vec<&str> = NewPoll::parse(&form).unwrap_err().fields.iter().map(|f| f.field).collect();

        assert_eq!(fields, ["question", "options", "language"]);
    }

    #[test]
    fn polls_are_open_from_five_minutes_to_31_days_and_close_on_a_whole_second() {
        let opens_at = Utc.with_ymd_and_hms(2026, 3, 28, 11, 0, 0).unwrap();
        let after = |duration| Closing::After(duration).resolve(opens_at);

        assert_eq!(after(TimeDelta::minutes(5)).unwrap(), opens_at + TimeDelta::minutes(5));
        assert!(after(TimeDelta::days(31)).is_ok());
        for duration in [
            TimeDelta::zero(),
            TimeDelta::seconds(299),
            TimeDelta::days(31) + TimeDelta::seconds(1),
            TimeDelta::days(-1),
            TimeDelta::MAX,
        ] {
            assert!(after(duration).is_err(), "{duration}");
        }
        let moment = Closing::parse("", "2026-03-29T12:00:00.900+02:00").unwrap();
        assert_eq!(moment.resolve(opens_at).unwrap(), Utc.with_ymd_and_hms(2026, 3, 29, 10, 0, 0).unwrap());
        for (minutes, moment) in
            [("", ""), ("soon", ""), ("-5", ""), ("4294967296", ""), ("", "tomorrow"), ("", "2026-03-29")]
        {
            assert!(Closing::parse(minutes, moment).is_err(), "{minutes:?} {moment:?}");
        }
    }
}
