//! Time is a parameter. Everything that asks what time it is asks a [`Clock`]; only this file
//! reads the system's. All times are UTC, cut to microseconds, because PostgreSQL keeps no more
//! and both databases must give the same answers.

mod timekeeper;

pub use timekeeper::{Doubt, Timekeeper};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use parking_lot::Mutex;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// A moment in UTC with microsecond precision.
pub type Stamp = DateTime<Utc>;

/// The one source of time.
pub trait Clock: Send + Sync {
    /// The present moment, cut to microseconds.
    fn now(&self) -> Stamp;

    /// The time since some moment, by a clock that nobody can set.
    fn monotonic(&self) -> Duration;

    /// The latest moment that it ever showed: deadlines never fall behind it.
    fn high_water(&self) -> Stamp {
        self.now()
    }
}

/// The clock of the machine.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that may")]
    fn now(&self) -> Stamp {
        Utc::now().trunc_subsecs(6)
    }

    fn monotonic(&self) -> Duration {
        STARTED.elapsed()
    }
}

/// When this process first asked how much time has passed.
#[expect(clippy::disallowed_methods, reason = "the one place that may")]
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A clock that stands still until a test moves it.
pub struct FixedClock(Mutex<(Stamp, Duration)>);

impl FixedClock {
    /// A clock that shows `start`.
    pub fn at(start: Stamp) -> Self {
        Self(Mutex::new((start.trunc_subsecs(6), Duration::ZERO)))
    }

    /// Lets so much time pass; backwards, it sets the clock back.
    pub fn advance(&self, delta: TimeDelta) {
        let mut both = self.0.lock();
        both.0 += delta;
        both.1 += delta.to_std().unwrap_or_default();
    }

    /// Lets time pass until `moment`.
    pub fn set(&self, moment: Stamp) {
        let delta = moment.trunc_subsecs(6) - self.0.lock().0;
        self.advance(delta);
    }

    /// Sets the clock ahead or back, although no time passes.
    pub fn jump(&self, delta: TimeDelta) {
        self.0.lock().0 += delta;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Stamp {
        self.0.lock().0
    }

    fn monotonic(&self) -> Duration {
        self.0.lock().1
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
