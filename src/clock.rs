//! Time is a parameter. Everything that asks what time it is asks a [`Clock`]; only this file
//! reads the system's. All times are UTC, cut to microseconds, because PostgreSQL keeps no more
//! and both databases must give the same answers.

mod timekeeper;

pub use timekeeper::{Cause, Doubt, Ended, MOST_AHEAD, Timekeeper};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use parking_lot::Mutex;
use std::time::Duration;

/// A moment in UTC with microsecond precision.
pub type Stamp = DateTime<Utc>;

/// The one source of time.
pub trait Clock: Send + Sync {
    /// The present moment, cut to microseconds.
    fn now(&self) -> Stamp;

    /// The time since some moment, by a clock that nobody can set.
    fn monotonic(&self) -> Duration;

    /// The moment by which deadlines are judged: the latest that was certain. It never goes back, and a
    /// clock that is in doubt does not move it.
    fn deadline(&self) -> Stamp {
        self.now()
    }

    /// What the machine's own clock says, believed or not.
    fn claimed(&self) -> Stamp {
        self.now()
    }

    /// What is wrong with the clock, if anything is.
    fn doubt(&self) -> Option<Doubt> {
        None
    }

    /// Doubts that are over and of which nothing is noted yet, the first first.
    fn ended(&self) -> Vec<Ended> {
        Vec::new()
    }

    /// Hears the time that another server told, which may speak for a clock that is in doubt.
    fn hear(&self, _host: &str, _told: Stamp, _from: HeardFrom) {}

    /// Whether it cannot be known at present if this moment has passed.
    fn is_undecided(&self, moment: Stamp) -> bool {
        self.deadline() < moment && moment <= self.claimed()
    }
}

/// How another server told the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeardFrom {
    /// It answered a request of ours just now.
    Answer,
    /// It signed something that came to us: it was not earlier than that, but may have been on its way.
    Signature,
}

/// The clock of the machine.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that may")]
    fn now(&self) -> Stamp {
        Utc::now().trunc_subsecs(6)
    }

    fn monotonic(&self) -> Duration {
        since_start()
    }
}

/// The time since the machine was started, sleep included: a laptop that slept did not jump.
#[cfg(target_os = "linux")]
fn since_start() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::try_from(now).unwrap_or_default()
}

/// The time since this process first asked.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "the one place that may")]
fn since_start() -> Duration {
    static STARTED: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    STARTED.elapsed()
}

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

/// How times are written in ActivityStreams documents and in the API: whole seconds and `Z`.
pub fn iso_seconds(stamp: Stamp) -> String {
    stamp.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
