//! Guards deadlines against a clock that jumps (V-13). The machine's clock is compared with a
//! second one that nobody can set: when it jumps ahead, time goes on by the second until a steward
//! confirms the new time or the jump is undone, and nothing is closed meanwhile; when it jumps
//! back, deadlines remember how late it was already.

use super::{Clock, Stamp};
use chrono::TimeDelta;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// How far the clock may run ahead of the second one before it is doubted.
const MOST_AHEAD: TimeDelta = TimeDelta::minutes(5);
/// Clocks drift. Where the two differ by less than this, the present moment is the new beginning
/// for comparing them, but not more often than each minute.
const DRIFT: TimeDelta = TimeDelta::seconds(1);
const COMPARE_EVERY: Duration = Duration::from_secs(60);

/// A clock that jumped ahead, and is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// When it jumped, by the second clock.
    pub since: Stamp,
    /// What the machine's clock says now.
    pub claimed: Stamp,
}

/// A clock that is watched.
pub struct Timekeeper {
    inner: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    /// A moment at which both clocks were read, and what they said.
    anchor: (Stamp, Duration),
    /// The latest moment that was ever told.
    high_water: Stamp,
    doubt: Option<Doubt>,
}

impl Timekeeper {
    /// Watches a clock from now on. A program that was stopped for long begins anew: that is no jump.
    pub fn over(inner: Arc<dyn Clock>) -> Self {
        let (now, monotonic) = (inner.now(), inner.monotonic());
        Self { inner, state: Mutex::new(State { anchor: (now, monotonic), high_water: now, doubt: None }) }
    }

    /// What is wrong with the clock, if anything is.
    pub fn doubt(&self) -> Option<Doubt> {
        self.now();
        self.state.lock().doubt
    }

    /// Believes the machine's clock again, because a person looked.
    pub fn confirm(&self) {
        let mut state = self.state.lock();
        state.anchor = (self.inner.now(), self.inner.monotonic());
        state.doubt = None;
    }

    /// Remembers how late it was before this program was started.
    pub fn remember(&self, high_water: Stamp) {
        let mut state = self.state.lock();
        state.high_water = state.high_water.max(high_water);
    }
}

impl Clock for Timekeeper {
    fn now(&self) -> Stamp {
        let mut state = self.state.lock();
        let (claimed, monotonic) = (self.inner.now(), self.inner.monotonic());
        let (then, began) = state.anchor;
        let passed = monotonic.saturating_sub(began);
        let steady = then + TimeDelta::from_std(passed).unwrap_or(TimeDelta::zero());
        let ahead = claimed - steady;
        let now = if ahead > MOST_AHEAD {
            let since = state.doubt.map_or(steady, |doubt| doubt.since);
            state.doubt = Some(Doubt { since, claimed });
            steady
        } else {
            state.doubt = None;
            if ahead.abs() < DRIFT && passed >= COMPARE_EVERY {
                state.anchor = (claimed, monotonic);
            }
            claimed
        };
        state.high_water = state.high_water.max(now);
        now
    }

    fn monotonic(&self) -> Duration {
        self.inner.monotonic()
    }

    fn high_water(&self) -> Stamp {
        self.state.lock().high_water
    }
}

#[cfg(test)]
mod tests {
    use super::super::FixedClock;
    use super::*;
    use chrono::{TimeZone as _, Utc};

    fn watched() -> (Timekeeper, Arc<FixedClock>, Stamp) {
        let start = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap();
        let clock = Arc::new(FixedClock::at(start));
        (Timekeeper::over(Arc::clone(&clock) as Arc<dyn Clock>), clock, start)
    }

    #[test]
    fn time_that_passes_is_no_jump_however_long() {
        let (time, clock, start) = watched();
        clock.advance(TimeDelta::days(30));
        assert_eq!((time.now(), time.doubt()), (start + TimeDelta::days(30), None));
    }

    #[test]
    fn after_a_jump_ahead_time_goes_on_steadily_until_it_is_undone() {
        let (time, clock, start) = watched();
        clock.jump(TimeDelta::days(8));
        assert_eq!(time.now(), start);
        clock.advance(TimeDelta::seconds(1));
        assert_eq!(time.now(), start + TimeDelta::seconds(1));
        let doubt = time.doubt().unwrap();
        assert_eq!((doubt.since, doubt.claimed), (start, start + TimeDelta::days(8) + TimeDelta::seconds(1)));

        clock.jump(TimeDelta::days(-8));

        assert_eq!((time.doubt(), time.now()), (None, start + TimeDelta::seconds(1)));
        assert_eq!(time.high_water(), start + TimeDelta::seconds(1));
    }

    #[test]
    fn a_confirmed_jump_is_believed() {
        let (time, clock, start) = watched();
        clock.jump(TimeDelta::hours(1));
        assert!(time.doubt().is_some());
        time.confirm();
        assert_eq!((time.doubt(), time.now()), (None, start + TimeDelta::hours(1)));
    }

    #[test]
    fn five_minutes_are_no_jump_and_small_ones_add_up() {
        let (time, clock, start) = watched();
        clock.jump(TimeDelta::minutes(5));
        assert_eq!(time.now(), start + TimeDelta::minutes(5));
        clock.jump(TimeDelta::microseconds(1));
        assert!(time.doubt().is_some());
    }

    #[test]
    fn slow_drift_is_followed_for_ever() {
        let (time, clock, start) = watched();
        for _ in 0..1_000 {
            clock.advance(TimeDelta::minutes(2));
            clock.jump(TimeDelta::milliseconds(900));
            assert!(time.doubt().is_none());
        }
        assert_eq!(time.now(), start + TimeDelta::minutes(2_000) + TimeDelta::seconds(900));
    }

    #[test]
    fn deadlines_remember_how_late_it_was() {
        let (time, clock, start) = watched();
        clock.advance(TimeDelta::days(7));
        time.now();
        clock.jump(TimeDelta::days(-2));
        assert_eq!(time.now(), start + TimeDelta::days(5));
        assert_eq!(time.high_water(), start + TimeDelta::days(7));
        time.remember(start + TimeDelta::days(9));
        assert_eq!(time.high_water(), start + TimeDelta::days(9));
    }
}
