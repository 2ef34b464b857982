//! Who speaks for the community (rules V1, V2): a member volunteers for a purpose until a day, another
//! member backs them, and the clock alone ends it.

use super::nomination::check_may_publish;
use super::refusal::{Problems, Refusal};
use super::rules::SPOKESPERSON_LONGEST;
use super::text;
use crate::clock::Stamp;
use chrono::{NaiveDate, NaiveTime, TimeDelta};

/// How long a purpose may be, in characters.
const PURPOSE_MAX: usize = 120;
/// Whoever speaks for longer than this in a row is told so on the register (C4).
pub const LONG_IN_A_ROW: TimeDelta = TimeDelta::days(180);
/// A pause shorter than this does not begin a new row.
const SHORT_PAUSE: TimeDelta = TimeDelta::days(7);

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpokespersonState {
    /// Nobody has backed it yet.
    Waiting,
    /// Backed; it begins when the time of the same holder before it is over.
    Backed,
    /// They speak for the community.
    InForce,
    /// They spoke for the community.
    Ended,
    /// It never came into force: taken back, or nobody backed it in time.
    Lapsed,
}

impl SpokespersonState {
    /// As it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Backed => "backed",
            Self::InForce => "in_force",
            Self::Ended => "ended",
            Self::Lapsed => "lapsed",
        }
    }
}

/// The times of one assemblage, from which its state follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// From when it has effect, once backed.
    pub begins_at: Option<Stamp>,
    /// When it ends at the latest.
    pub ends_at: Stamp,
    /// When it ended before that.
    pub ended_at: Option<Stamp>,
}

impl Times {
    /// The state at `now`: no timer has to run for it.
    pub fn state_at(&self, now: Stamp) -> SpokespersonState {
        let over_at = self.over_at();
        match self.begins_at {
            Some(begins_at) if begins_at > over_at => SpokespersonState::Lapsed,
            Some(_) if self.ended_at.is_some() || now >= over_at => SpokespersonState::Ended,
            Some(begins_at) if now >= begins_at => SpokespersonState::InForce,
            Some(_) => SpokespersonState::Backed,
            None if self.ended_at.is_some() || now >= over_at => SpokespersonState::Lapsed,
            None => SpokespersonState::Waiting,
        }
    }

    /// Whether somebody who volunteers at `now` goes on with this one: it is not over yet, or was a
    /// short while ago.
    pub fn goes_on_at(&self, now: Stamp) -> bool {
        match self.state_at(now) {
            SpokespersonState::Backed | SpokespersonState::InForce => true,
            SpokespersonState::Ended => now - self.over_at() < SHORT_PAUSE,
            SpokespersonState::Waiting | SpokespersonState::Lapsed => false,
        }
    }

    /// When it is over, or was.
    pub fn over_at(&self) -> Stamp {
        self.ended_at.map_or(self.ends_at, |ended_at| ended_at.min(self.ends_at))
    }

    /// Its last moment, for naming the last day: `ends_at` is the midnight after it.
    pub fn last_moment(&self) -> Stamp {
        let over_at = self.over_at();
        if over_at == self.ends_at { over_at - TimeDelta::seconds(1) } else { over_at }
    }
}

/// Since when a holder speaks without a pause worth the name, at `now`; nothing for those who do not
/// speak now. `all` are their assemblages in the order of time.
pub fn speaks_since(all: &[Times], now: Stamp) -> Option<Stamp> {
    let came_into_force = |one: &&Times| {
        matches!(one.state_at(now), SpokespersonState::InForce | SpokespersonState::Ended) && one.begins_at.is_some()
    };
    let mut row: Option<(Stamp, Stamp)> = None;
    for one in all.iter().filter(came_into_force) {
        let (begins_at, over_at) = (one.begins_at?, one.over_at());
        row = match row {
            Some((since, until)) if begins_at - until < SHORT_PAUSE => Some((since, until.max(over_at))),
            _ => Some((begins_at, over_at)),
        };
    }
    row.filter(|(_, until)| now < *until).map(|(since, _)| since)
}

/// The form with which a member volunteers, as it was sent.
#[derive(Debug, Clone, Default)]
pub struct SpokespersonFields {
    /// For what they will speak.
    pub purpose: String,
    /// Their last day, `2026-12-31`.
    pub ends_on: String,
    /// Whether they agree that their name is published (J5).
    pub publish_name: bool,
}

/// A member about to volunteer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSpokesperson {
    /// For what.
    pub purpose: String,
    /// When it ends: the midnight (UTC) after their last day.
    pub ends_at: Stamp,
}

impl NewSpokesperson {
    /// Reads the form.
    ///
    /// # Errors
    /// Names every field with a problem.
    pub fn parse(fields: &SpokespersonFields, now: Stamp) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let purpose = problems.take(text::line("purpose", &fields.purpose, PURPOSE_MAX));
        let ends_at = problems.take(parse_last_day(&fields.ends_on, now));
        problems.take(check_may_publish(fields.publish_name));
        match (purpose, ends_at) {
            (Some(purpose), Some(ends_at)) => {
                problems.check()?;
                Ok(Self { purpose, ends_at })
            }
            _ => Err(problems.refusal()),
        }
    }
}

/// The latest last day that may be chosen at `now`.
pub fn latest_day(now: Stamp) -> NaiveDate {
    let day = (now + SPOKESPERSON_LONGEST).date_naive();
    day.pred_opt().unwrap_or(day)
}

fn parse_last_day(text: &str, now: Stamp) -> Result<Stamp, Refusal> {
    let until = latest_day(now).format("%-d %B %Y");
    let text = text.trim();
    if text.is_empty() {
        let words =
            format!("Nobody speaks for the community without an end. Please give your last day, until {until}.");
        return Err(Refusal::field("ends_on", words));
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
    let ends_at = day.and_then(|day| day.succ_opt()).map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let Some(ends_at) = ends_at else {
        return Err(Refusal::field("ends_on", "Please give your last day in the form 2026-12-31."));
    };
    if ends_at <= now {
        return Err(Refusal::field("ends_on", "This day has passed. Please choose a later one."));
    }
    if ends_at > now + SPOKESPERSON_LONGEST {
        let days = SPOKESPERSON_LONGEST.num_days();
        let words =
            format!("At most {days} days at a time. Please choose a day until {until}; you may volunteer again.");
        return Err(Refusal::field("ends_on", words));
    }
    Ok(ends_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone as _, Utc};
    use proptest::prelude::*;

    fn now() -> Stamp {
        Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
    }

    fn fields(purpose: &str, ends_on: &str) -> SpokespersonFields {
        SpokespersonFields { purpose: purpose.to_owned(), ends_on: ends_on.to_owned(), publish_name: true }
    }

    fn times(begins: i64, ends: i64, ended: Option<i64>) -> Times {
        let at = |day| now() + TimeDelta::days(day);
        Times { begins_at: Some(at(begins)), ends_at: at(ends), ended_at: ended.map(at) }
    }

    #[test]
    fn it_ends_with_its_last_day_at_most_90_days_ahead() {
        let ends_at = |day: &str| NewSpokesperson::parse(&fields("the press", day), now()).map(|new| new.ends_at);

        assert_eq!(ends_at("2026-03-01").unwrap().to_rfc3339(), "2026-03-02T00:00:00+00:00");
        assert_eq!(ends_at(" 2026-05-29 ").unwrap().to_rfc3339(), "2026-05-30T00:00:00+00:00");
        assert_eq!(latest_day(now()).to_string(), "2026-05-29");
        for wrong in ["", " ", "2026-02-28", "2026-05-30", "2026-02-30", "9999-12-31", "26-3-9", "+2026-03-09", "soon"]
        {
            assert_eq!(ends_at(wrong).unwrap_err().fields[0].field, "ends_on", "{wrong}");
        }
        assert!(ends_at("2026-05-30").unwrap_err().sentence.contains("until 29 May 2026"));
        let midnight = Utc.with_ymd_and_hms(2026, 3, 1, 0, 0, 0).unwrap();
        let whole = NewSpokesperson::parse(&fields("the press", "2026-05-29"), midnight).unwrap();
        assert_eq!(whole.ends_at - midnight, SPOKESPERSON_LONGEST);
    }

    #[test]
    fn every_problem_is_told_at_once_and_no_name_is_published_unasked() {
        let silent = SpokespersonFields { publish_name: false, ..fields(" \u{200b}", "") };
        let named = |refusal: Refusal| refusal.fields.iter().map(|p| p.field).collect::<Vec<_>>();

        assert_eq!(named(NewSpokesperson::parse(&silent, now()).unwrap_err()), ["purpose", "ends_on", "publish_name"]);
        let long = fields(&"x".repeat(121), "2026-03-09");
        assert_eq!(named(NewSpokesperson::parse(&long, now()).unwrap_err()), ["purpose"]);
        let silent = SpokespersonFields { publish_name: false, ..fields("the press", "2026-03-09") };
        assert_eq!(named(NewSpokesperson::parse(&silent, now()).unwrap_err()), ["publish_name"]);
    }

    #[test]
    fn the_clock_alone_moves_it_on() {
        let at = |day| now() + TimeDelta::days(day);
        let waiting = Times { begins_at: None, ends_at: at(10), ended_at: None };
        let just_before = at(10) - TimeDelta::microseconds(1);

        assert_eq!(waiting.state_at(just_before), SpokespersonState::Waiting);
        assert_eq!(waiting.state_at(at(10)), SpokespersonState::Lapsed);
        assert_eq!(Times { ended_at: Some(at(1)), ..waiting }.state_at(at(1)), SpokespersonState::Lapsed);
        let backed = times(3, 10, None);
        assert_eq!(backed.state_at(at(2)), SpokespersonState::Backed);
        assert_eq!(backed.state_at(at(3)), SpokespersonState::InForce);
        assert_eq!(backed.state_at(just_before), SpokespersonState::InForce);
        assert_eq!(backed.state_at(at(10)), SpokespersonState::Ended);
        assert_eq!(times(3, 10, Some(2)).state_at(at(9)), SpokespersonState::Lapsed);
        assert_eq!(times(3, 10, Some(3)).state_at(at(3)), SpokespersonState::Ended);
        assert_eq!(times(3, 10, Some(5)).last_moment(), at(5));
        assert_eq!(backed.last_moment(), at(10) - TimeDelta::seconds(1));
    }

    #[test]
    fn a_row_goes_on_through_renewals_and_short_pauses_only() {
        let at = |day| now() + TimeDelta::days(day);
        let row = [times(0, 90, None), times(90, 170, Some(160)), times(166, 250, None)];

        assert_eq!(speaks_since(&row, at(200)), Some(at(0)));
        assert_eq!(speaks_since(&row, at(162)), None, "in the pause nobody speaks");
        assert_eq!(speaks_since(&row, at(250)), None);
        let pause = [times(0, 90, None), times(97, 180, None)];
        assert_eq!(speaks_since(&pause, at(100)), Some(at(97)));
        let never = [times(0, 90, None), times(90, 180, Some(80))];
        assert_eq!(speaks_since(&never, at(100)), None);
        assert_eq!(speaks_since(&[], at(0)), None);
    }

    proptest! {
        #[test]
        fn no_form_makes_an_assemblage_that_is_too_long(purpose in ".{0,140}", day in ".{0,12}", ahead in -3_i64..400) {
            let chosen = (now() + TimeDelta::days(ahead)).format("%Y-%m-%d").to_string();
            for ends_on in [day, chosen] {
                if let Ok(new) = NewSpokesperson::parse(&fields(&purpose, &ends_on), now()) {
                    prop_assert!(new.ends_at > now() && new.ends_at <= now() + SPOKESPERSON_LONGEST);
                }
            }
        }
    }
}
