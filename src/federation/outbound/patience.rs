//! How long to wait for a server that fails, and when to stop trying (F4). Pure.

use crate::clock::Stamp;
use chrono::TimeDelta;
use std::time::Duration;

/// The first pause; each further one is twice as long.
const FIRST: TimeDelta = TimeDelta::minutes(1);
/// The longest pause.
const LONGEST: TimeDelta = TimeDelta::hours(12);
/// A server that failed for so long is tried no more until it is heard from.
const RESTS_AFTER: TimeDelta = TimeDelta::days(14);
/// What a server may ask of us by `Retry-After`.
const LONGEST_ASKED: TimeDelta = TimeDelta::days(1);

/// How long to wait after the `failures`th failure in a row: 1 minute, 2, 4 … up to 12 hours,
/// and up to a quarter more, so that servers that came back together are not all called together.
/// `chance` is between 0 and 1.
pub fn pause(failures: i32, chance: f64) -> TimeDelta {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(0).min(16);
    let steady = FIRST.checked_mul(1_i32 << doublings).unwrap_or(LONGEST).min(LONGEST);
    let quarter = steady.num_milliseconds() / 4;
    steady + TimeDelta::milliseconds(share(quarter, chance))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a pause needs no exact arithmetic")]
fn share(milliseconds: i64, chance: f64) -> i64 {
    (milliseconds as f64 * chance.clamp(0.0, 1.0)) as i64
}

/// When to try again: not before the server asks us to, if it did.
pub fn next_try(now: Stamp, failures: i32, chance: f64, asked: Option<Duration>) -> Stamp {
    match asked.and_then(|wait| TimeDelta::from_std(wait).ok()) {
        Some(wait) => now + wait.clamp(TimeDelta::seconds(1), LONGEST_ASKED),
        None => now + pause(failures, chance),
    }
}

/// True when the server failed for so long that it rests.
pub fn rests(failing_since: Stamp, now: Stamp) -> bool {
    now - failing_since >= RESTS_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone as _, Utc};

    #[test]
    fn pauses_double_from_a_minute_to_twelve_hours() {
        let minutes = |failures| pause(failures, 0.0).num_minutes();

        assert_eq!([1, 2, 3, 4, 10].map(minutes), [1, 2, 4, 8, 512]);
        assert_eq!([11, 12, 100, i32::MAX].map(minutes), [720, 720, 720, 720]);
        assert_eq!([0, -1, i32::MIN].map(minutes), [1, 1, 1]);
    }

    #[test]
    fn chance_adds_up_to_a_quarter() {
        assert_eq!(pause(1, 1.0).num_seconds(), 75);
        assert_eq!(pause(3, 0.5).num_seconds(), 270);
        assert_eq!(pause(1, 7.0), pause(1, 1.0));
    }

    #[test]
    fn what_a_server_asks_for_counts_within_a_day() {
        let now = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap();
        let asked = |seconds| (next_try(now, 5, 0.0, Some(Duration::from_secs(seconds))) - now).num_seconds();

        assert_eq!([0, 7, 3600, 10_000_000_000].map(asked), [1, 7, 3600, 86_400]);
        assert_eq!(next_try(now, 1, 0.0, None) - now, TimeDelta::minutes(1));
    }

    #[test]
    fn a_server_rests_after_fourteen_days() {
        let since = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap();

        assert!(!rests(since, since + TimeDelta::days(14) - TimeDelta::seconds(1)));
        assert!(rests(since, since + TimeDelta::days(14)));
    }
}
