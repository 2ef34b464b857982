//! Help requests: what they must say, their states, their hashtags (rules H1, H3).

use super::refusal::{Problems, Refusal};
use super::text;
use crate::clock::Stamp;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

/// The states of a help request (H3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HelpRequestState {
    /// Help is wanted.
    Open,
    /// An offer was accepted.
    Taken,
    /// The work was done.
    Done,
    /// Nobody renewed it in time.
    Lapsed,
    /// The cabal took it back.
    Withdrawn,
}

impl HelpRequestState {
    /// The word that is stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Taken => "taken",
            Self::Done => "done",
            Self::Lapsed => "lapsed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads the stored word.
    pub fn from_stored(word: &str) -> Option<Self> {
        [Self::Open, Self::Taken, Self::Done, Self::Lapsed, Self::Withdrawn]
            .into_iter()
            .find(|state| state.as_str() == word)
    }

    /// Offers are welcome while the request is open or taken: a second pair of hands is no harm.
    ///
    /// # Errors
    /// Says what became of the request.
    pub fn check_takes_offers(self) -> Result<(), Refusal> {
        match self {
            Self::Open | Self::Taken => Ok(()),
            Self::Done => {
                Err(Refusal::new("help_request_closed", "This work is done already. Thank you for wanting to help."))
            }
            Self::Lapsed => {
                Err(Refusal::new("help_request_closed", "This help request has lapsed. Thank you for wanting to help."))
            }
            Self::Withdrawn => Err(Refusal::new(
                "help_request_closed",
                "The cabal has withdrawn this help request. Thank you for wanting to help.",
            )),
        }
    }

    /// A cabal may accept an offer as long as the work is to be done; that nobody renewed the
    /// request is no reason to turn anybody away.
    ///
    /// # Errors
    /// Says what became of the request.
    pub fn check_accepts_offers(self) -> Result<(), Refusal> {
        match self {
            Self::Open | Self::Taken | Self::Lapsed => Ok(()),
            Self::Done => Err(Refusal::new(
                "help_request_closed",
                "This work is done already. Please decline the offer with a kind word.",
            )),
            Self::Withdrawn => Err(Refusal::new(
                "help_request_closed",
                "Your cabal has withdrawn this help request. Please decline the offer with a kind word.",
            )),
        }
    }

    /// Only what waits for help can be renewed (H4).
    ///
    /// # Errors
    /// Says what became of the request.
    pub fn check_renewable(self) -> Result<(), Refusal> {
        match self {
            Self::Open | Self::Lapsed => Ok(()),
            Self::Taken => Err(Refusal::new("help_request_taken", "Somebody is on it, so it does not lapse.")),
            Self::Done | Self::Withdrawn => self.check_changeable(),
        }
    }

    /// Editing and withdrawing fit a request that is still alive.
    ///
    /// # Errors
    /// Says that the request is over.
    pub fn check_changeable(self) -> Result<(), Refusal> {
        match self {
            Self::Open | Self::Taken | Self::Lapsed => Ok(()),
            Self::Done => {
                Err(Refusal::new("help_request_closed", "This help request is done and can no longer be changed."))
            }
            Self::Withdrawn => Err(Refusal::new(
                "help_request_closed",
                "This help request was withdrawn and can no longer be changed.",
            )),
        }
    }
}

/// The form with which help is asked for, as it was sent.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct HelpRequestFields {
    /// What is to be done.
    pub what: String,
    /// Skills, separated by commas.
    pub skills: String,
    /// Hours, from 0.25, in quarters.
    pub hours: String,
    /// A day or a moment (UTC); may be blank.
    pub deadline: String,
    /// Where; may be blank.
    pub place: String,
    /// Whatever a ticked box sends; blank, `false`, `0`, `no` and `off` mean no.
    pub remote: String,
    /// The language, `en` when blank.
    pub language: String,
}

/// A help request about to be published, or the new text of one (H1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHelpRequest {
    /// What is to be done.
    pub what: String,
    /// At least one skill, each once.
    pub skills: Vec<String>,
    /// The effort in quarters of an hour, at least one.
    pub quarter_hours: i32,
    /// By when.
    pub deadline: Option<Stamp>,
    /// Where.
    pub place: Option<String>,
    /// Whether it can be done from anywhere.
    pub is_remote: bool,
    /// The language.
    pub language: String,
}

impl NewHelpRequest {
    /// Reads the form: what, skills and hours are required.
    ///
    /// # Errors
    /// Names every field with a problem.
    pub fn parse(fields: &HelpRequestFields, now: Stamp) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let what = problems.take(text::paragraphs("what", &fields.what, 2_000));
        let skills = problems.take(parse_skills(&fields.skills));
        let quarter_hours = problems.take(parse_hours(&fields.hours));
        let deadline = problems.take(parse_deadline(&fields.deadline, now));
        let place = problems.take(text::optional_line("place", &fields.place, 200));
        let language = problems.take(text::language(&fields.language));
        let is_remote =
            !matches!(fields.remote.trim().to_ascii_lowercase().as_str(), "" | "false" | "0" | "no" | "off");
        match (what, skills, quarter_hours, deadline, place, language) {
            (Some(what), Some(skills), Some(quarter_hours), Some(deadline), Some(place), Some(language)) => {
                Ok(Self { what, skills, quarter_hours, deadline, place, is_remote, language })
            }
            _ => Err(problems.refusal()),
        }
    }
}

fn parse_skills(list: &str) -> Result<Vec<String>, Refusal> {
    let mut skills: Vec<String> = Vec::new();
    for skill in list.split([',', ';', '\n']).map(|s| text::clean_line(s.trim().trim_start_matches('#'))) {
        let is_new = !skills.iter().any(|known| known.to_lowercase() == skill.to_lowercase());
        if !skill.is_empty() && is_new {
            if skill.chars().count() > 40 {
                return Err(Refusal::field(
                    "skills",
                    "Please name each skill in at most 40 characters, with commas between them.",
                ));
            }
            skills.push(skill);
        }
    }
    match skills.len() {
        0 => Err(Refusal::field("skills", "Please name at least one skill, with commas between them.")),
        1..=10 => Ok(skills),
        many => Err(Refusal::field("skills", format!("Please name at most 10 skills; there are {many}."))),
    }
}

/// `1.5`, `1,5`, `0.25`: decimal hours in whole quarters, up to 1 000 hours.
fn parse_hours(text: &str) -> Result<i32, Refusal> {
    let no =
        || Refusal::field("hours", "Please give the hours in steps of a quarter, from 0.25 to 1000, for example 1.5.");
    let text = text.trim().replace(',', ".");
    let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
    let digits = |t: &str| t.len() <= 4 && t.bytes().all(|b| b.is_ascii_digit());
    if text.is_empty() || !digits(whole) || part.is_empty() || !digits(part) {
        return Err(no());
    }
    let whole: i32 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| no())? };
    let quarters = match part.trim_end_matches('0') {
        "" => 0,
        "25" => 1,
        "5" => 2,
        "75" => 3,
        _ => return Err(no()),
    };
    let total = whole * 4 + quarters;
    if (1..=4_000).contains(&total) { Ok(total) } else { Err(no()) }
}

/// A day (`2026-12-31`: its end), or a moment with or without zone, in the future; UTC.
fn parse_deadline(text: &str, now: Stamp) -> Result<Option<Stamp>, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().and_then(end_of_day);
    let local = || {
        ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .map(|moment| moment.and_utc())
    };
    let zoned = || DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc());
    let Some(deadline) = day().or_else(local).or_else(zoned) else {
        return Err(Refusal::field(
            "deadline",
            "Please give the deadline as a day, for example 2026-12-31, or leave it out.",
        ));
    };
    if deadline <= now {
        return Err(Refusal::field(
            "deadline",
            "This deadline has passed. Please choose a later day, or leave it out.",
        ));
    }
    if deadline > now + TimeDelta::days(3_660) {
        return Err(Refusal::field("deadline", "Please choose a deadline within ten years, or leave it out."));
    }
    Ok(Some(deadline))
}

fn end_of_day(day: NaiveDate) -> Option<Stamp> {
    NaiveTime::from_hms_opt(23, 59, 59).map(|end| day.and_time(end).and_utc())
}

/// Quarters of an hour as a person writes hours: `0.25`, `1.5`, `8`.
pub fn hours_text(quarter_hours: i32) -> String {
    let whole = quarter_hours.div_euclid(4);
    match quarter_hours.rem_euclid(4) {
        1 => format!("{whole}.25"),
        2 => format!("{whole}.5"),
        3 => format!("{whole}.75"),
        _ => whole.to_string(),
    }
}

/// The hashtag of a skill, without `#`: letters and digits only, words run together with
/// capitals so that screen readers can tell them apart. `None` when nothing a hashtag could be
/// remains.
pub fn hashtag(skill: &str) -> Option<String> {
    let words: Vec<&str> = skill.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut tag = String::new();
    for word in &words {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if words.len() > 1 => tag.extend(first.to_uppercase()),
            Some(first) => tag.push(first),
            None => {}
        }
        tag.push_str(letters.as_str());
    }
    tag.chars().any(char::is_alphabetic).then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Stamp {
        DateTime::parse_from_rfc3339("2026-11-22T12:00:00Z").unwrap().to_utc()
    }

    fn good() -> HelpRequestFields {
        HelpRequestFields {
            what: "Index the minutes".into(),
            skills: "Rust, full-text search, rust".into(),
            hours: "2.5".into(),
            ..HelpRequestFields::default()
        }
    }

    #[test]
    fn what_skills_and_hours_are_all_it_takes() {
        let new = NewHelpRequest::parse(&good(), now()).unwrap();
        assert_eq!(new.skills, ["Rust", "full-text search"]);
        assert_eq!((new.quarter_hours, new.deadline, new.place, new.is_remote), (10, None, None, false));
        assert_eq!(new.language, "en");
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let fields = HelpRequestFields {
            hours: "two".into(),
            deadline: "soon".into(),
            language: "English".into(),
            ..HelpRequestFields::default()
        };
        let refusal = NewHelpRequest::parse(&fields, now()).unwrap_err();
        let named: Vec<&str> = refusal.fields.iter().map(|p| p.field).collect();
        assert_eq!(named, ["what", "skills", "hours", "deadline", "language"]);
    }

    #[test]
    fn hours_come_in_quarters_from_one_quarter() {
        for (text, quarters) in [("0.25", 1), ("1,5", 6), (" 8 ", 32), ("2.750", 11), (".5", 2), ("1000", 4_000)] {
            assert_eq!(parse_hours(text).unwrap(), quarters, "{text}");
        }
        for text in ["", "0", "0.1", "-1", "+1", "1e3", "1.", "1000.25", "NaN", "99999999999", "1.2.5", "٣"] {
            assert!(parse_hours(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_deadline_is_a_day_or_a_moment_in_the_future() {
        let deadline = |text| parse_deadline(text, now());
        assert_eq!(deadline("2026-11-22").unwrap().unwrap().to_rfc3339(), "2026-11-22T23:59:59+00:00");
        assert!(deadline("2026-12-01T10:00+0").is_err());
        assert_eq!(deadline("2026-12-01T10:00").unwrap().unwrap().to_rfc3339(), "2026-12-01T10:00:00+00:00");
        assert_eq!(deadline("2026-12-01T10:00:00+02:00").unwrap().unwrap().to_rfc3339(), "2026-12-01T08:00:00+00:00");
        for text in ["2026-11-21", "2026-11-22T11:59", "9999-01-01", "2026-02-30"] {
            assert!(deadline(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hashtags_hold_letters_and_digits_only() {
        for (skill, tag) in [
            ("Rust", Some("Rust")),
            ("full-text search", Some("FullTextSearch")),
            ("C++", Some("C")),
            ("3D printing", Some("3DPrinting")),
            ("проза", Some("проза")),
            ("<b>", Some("b")),
            ("42", None),
            ("++", None),
        ] {
            assert_eq!(hashtag(skill).as_deref(), tag, "{skill}");
        }
    }

    proptest! {
        #[test]
        fn hours_read_back_as_written(quarters in 1..=4_000_i32) {
            prop_assert_eq!(parse_hours(&hours_text(quarters)).unwrap(), quarters);
        }

        #[test]
        fn no_form_can_make_the_parser_fall_over(what in ".{0,40}", skills in ".{0,60}", hours in ".{0,8}", deadline in ".{0,25}") {
            let fields = HelpRequestFields { what, skills, hours, deadline, ..HelpRequestFields::default() };
            let _ = NewHelpRequest::parse(&fields, now());
        }
    }
}
