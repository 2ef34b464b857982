//! Time is a parameter. Everything that asks what time it is asks a [`Clock`]; only this file
//! reads the system's. All times are UTC, cut to microseconds, because PostgreSQL keeps no more
//! and both databases must give the same answers.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use parking_lot::Mutex;

/// A moment in UTC with microsecond precision.
pub type Stamp = DateTime<Utc>;

/// The one source of time.
pub trait Clock: Send + Sync {
    /// The present moment, cut to microseconds.
    fn now(&self) -> Stamp;
}

/// The clock of the machine.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that may")]
    fn now(&self) -> Stamp {
        Utc::now().trunc_subsecs(6)
    }
}

/// A clock that stands still until a test moves it.
pub struct FixedClock(Mutex<Stamp>);

impl FixedClock {
    /// A clock that shows `start`.
    pub fn at(start: Stamp) -> Self {
        Self(Mutex::new(start.trunc_subsecs(6)))
    }

    /// Moves the clock by `delta`, forwards or backwards.
    pub fn advance(&self, delta: TimeDelta) {
        let mut now = self.0.lock();
        *now += delta;
    }

    /// Sets the clock to `moment`.
    pub fn set(&self, moment: Stamp) {
        *self.0.lock() = moment.trunc_subsecs(6);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Stamp {
        *self.0.lock()
    }
}

/// A stop-watch for logs and metrics; never for a decision.
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts to count.
    #[expect(clippy::disallowed_methods, reason = "the one place that may")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(&self) -> std::time::Duration {
        self.0.elapsed()
    }
}

/// How times are written in ActivityStreams documents and in the API: whole seconds and `Z`.
pub fn iso_seconds(stamp: Stamp) -> String {
    stamp.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
