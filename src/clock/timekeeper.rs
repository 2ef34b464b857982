//! Guards deadlines against a clock that is wrong (V-13). The machine's clock is compared with a
//! second one that nobody can set, and at a start with the last heartbeat before it. When it is
//! further ahead than the time that surely passed, it is in doubt: nothing that begins or ends for
//! good is judged by it until enough speaks for it (docs/adr/0008-time.md). When it is set back,
//! deadlines remember how late it was already.

use super::{Clock, HeardFrom, Stamp};
use chrono::TimeDelta;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How far the clock may be ahead of the time that surely passed before it is doubted, and how near a
/// time that others tell must be to speak for it.
pub const MOST_AHEAD: TimeDelta = TimeDelta::minutes(5);
/// Clocks drift. Where the two differ by less than this, the present moment is the new beginning
/// for comparing them, but not more often than each minute.
const DRIFT: TimeDelta = TimeDelta::seconds(1);
const COMPARE_EVERY: Duration = Duration::from_secs(60);
/// How long a clock has to run steadily after an absence, contradicted by nobody, to be believed.
const STEADY: Duration = Duration::from_secs(3_600);
/// So many servers have to tell the same time, and twice as many as tell another.
const ENOUGH: usize = 3;
/// So many servers are listened to at most.
const MOST_HEARD: usize = 200;

/// Why a clock is in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It is ahead although this program, or others that share its store, saw less time pass.
    Jump,
    /// This program was started long after the last heartbeat: it may have been away, or the clock
    /// may be wrong. Nobody saw.
    Absence {
        /// When the start was, by what the clock says now.
        started_at: Stamp,
    },
}

/// A clock that is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// Why.
    pub cause: Cause,
    /// The last moment before it.
    pub since: Stamp,
    /// What the machine's clock says now.
    pub claimed: Stamp,
    /// How far that is ahead of the time that surely passed.
    pub ahead: TimeDelta,
}

/// A doubt that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// What it was.
    pub doubt: Doubt,
    /// True when the clock was right; false when it went back to the time that surely passed.
    pub was_right: bool,
}

impl Ended {
    /// When it ended, by what is known since.
    pub fn until(&self) -> Stamp {
        if self.was_right { self.doubt.claimed } else { self.doubt.claimed - self.doubt.ahead }
    }
}

/// A clock that is watched.
pub struct Timekeeper {
    inner: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    /// A moment that is certain, and what the second clock said then.
    anchor: (Stamp, Duration),
    /// False from a start until the clock was seen to agree with the time that surely passed.
    is_settled: bool,
    /// The latest moment that was certain.
    high_water: Stamp,
    open: Option<Open>,
    /// While in doubt: servers, and how far the time that they told was ahead of what is certain.
    heard: HashMap<String, TimeDelta>,
    /// How far the clock is ahead of those that share the store, and how far it may be since a doubt
    /// ended.
    lead: TimeDelta,
    accepted_lead: TimeDelta,
    ended: Vec<Ended>,
}

/// A doubt that lasts.
#[derive(Clone, Copy)]
struct Open {
    cause: Cause,
    since: Stamp,
    /// How far ahead the clock has been, and from when by the second one.
    steady: (TimeDelta, Duration),
}

/// What both clocks say at one moment.
#[derive(Clone, Copy)]
struct Reading {
    claimed: Stamp,
    monotonic: Duration,
    /// The time that surely passed.
    certain: Stamp,
}

impl Reading {
    fn ahead(&self) -> TimeDelta {
        self.claimed - self.certain
    }
}

impl State {
    fn read(&self, inner: &dyn Clock) -> Reading {
        let (claimed, monotonic) = (inner.now(), inner.monotonic());
        let (then, began) = self.anchor;
        let passed = TimeDelta::from_std(monotonic.saturating_sub(began)).unwrap_or(TimeDelta::zero());
        Reading { claimed, monotonic, certain: then + passed }
    }

    /// Compares the clocks. The moment that is told is the machine's, unless this program itself saw
    /// that less time passed.
    fn look(&mut self, inner: &dyn Clock) -> (Stamp, Reading) {
        let reading = self.read(inner);
        if reading.ahead() > MOST_AHEAD {
            let cause = self.doubt(reading);
            self.high_water = self.high_water.max(reading.certain);
            return (if cause == Cause::Jump { reading.certain } else { reading.claimed }, reading);
        }
        self.end(reading, false);
        let passed = reading.monotonic.saturating_sub(self.anchor.1);
        let agrees = reading.ahead() >= -MOST_AHEAD;
        if (agrees && !self.is_settled) || (reading.ahead().abs() < DRIFT && passed >= COMPARE_EVERY) {
            self.anchor = (reading.claimed, reading.monotonic);
            self.is_settled = true;
        }
        self.high_water = self.high_water.max(reading.claimed);
        (reading.claimed, reading)
    }

    fn doubt(&mut self, reading: Reading) -> Cause {
        let steady = (reading.ahead(), reading.monotonic);
        let began_as = if self.is_settled { Cause::Jump } else { Cause::Absence { started_at: reading.claimed } };
        let open = self.open.get_or_insert(Open { cause: began_as, since: reading.certain, steady });
        let set_by = steady.0 - open.steady.0;
        if set_by.abs() > MOST_AHEAD {
            open.steady = steady;
            if let Cause::Absence { started_at } = &mut open.cause {
                *started_at += set_by;
            }
        }
        open.cause
    }

    fn end(&mut self, reading: Reading, was_right: bool) {
        if let Some(open) = self.open.take() {
            self.ended.push(Ended { doubt: open.shown(reading), was_right });
            self.heard.clear();
        }
    }

    fn believe(&mut self, reading: Reading) {
        self.end(reading, true);
        self.anchor = (reading.claimed, reading.monotonic);
        self.is_settled = true;
        self.accepted_lead = self.lead.max(TimeDelta::zero());
    }

    /// Whether enough speaks for a clock that is in doubt.
    fn is_borne_out(&self, open: Open, reading: Reading) -> bool {
        let agree = self.heard.values().filter(|told| (**told - reading.ahead()).abs() <= MOST_AHEAD).count();
        let disagree = self.heard.len() - agree;
        let is_steady = reading.monotonic.saturating_sub(open.steady.1) >= STEADY;
        (agree >= ENOUGH && agree >= 2 * disagree) || (open.cause != Cause::Jump && is_steady && disagree == 0)
    }
}

impl Open {
    fn shown(self, reading: Reading) -> Doubt {
        Doubt { cause: self.cause, since: self.since, claimed: reading.claimed, ahead: reading.ahead() }
    }
}

impl Timekeeper {
    /// Watches a clock from now on.
    pub fn over(inner: Arc<dyn Clock>) -> Self {
        let (now, monotonic) = (inner.now(), inner.monotonic());
        let state = State {
            anchor: (now, monotonic),
            is_settled: true,
            high_water: now,
            open: None,
            heard: HashMap::new(),
            lead: TimeDelta::zero(),
            accepted_lead: TimeDelta::zero(),
            ended: Vec::new(),
        };
        Self { inner, state: Mutex::new(state) }
    }

    /// Begins at the last moment that is certain from before this program was started: so late it is at
    /// least, and a clock that is far ahead of it may have been wrong all the while.
    pub fn resume(&self, last: Stamp) {
        let mut state = self.state.lock();
        state.anchor = (last, self.inner.monotonic());
        state.is_settled = false;
        state.high_water = last;
        state.open = None;
        state.look(self.inner.as_ref());
    }

    /// Believes the machine's clock again, because a person looked.
    pub fn confirm(&self) {
        let mut state = self.state.lock();
        let (_, reading) = state.look(self.inner.as_ref());
        if state.open.is_some() {
            state.believe(reading);
        }
    }

    /// Hears what others that share the store say of the time. `vouches` when it is another process
    /// that does not doubt itself: where it says the same, a doubt is over. A clock that is ahead of
    /// them is in doubt.
    pub fn compare(&self, theirs: Stamp, vouches: bool) {
        let mut state = self.state.lock();
        let (_, reading) = state.look(self.inner.as_ref());
        state.lead = reading.claimed - theirs;
        if state.lead > MOST_AHEAD + state.accepted_lead {
            if state.open.is_none_or(|open| open.cause != Cause::Jump) {
                state.anchor = (theirs, reading.monotonic);
                state.is_settled = true;
                if let Some(open) = &mut state.open {
                    open.cause = Cause::Jump;
                }
                state.look(self.inner.as_ref());
            }
        } else if vouches && state.lead.abs() <= MOST_AHEAD && state.open.is_some() {
            state.believe(reading);
        }
    }

    /// Believes the clock if enough speaks for it by now: other servers that tell the same time, or
    /// after an absence an hour in which it ran steadily and nobody told another.
    pub fn weigh(&self) {
        let mut state = self.state.lock();
        let (_, reading) = state.look(self.inner.as_ref());
        if state.open.is_some_and(|open| state.is_borne_out(open, reading)) {
            state.believe(reading);
        }
    }

    /// Forgets that it was later once: what was remembered came from a clock that was wrong.
    pub fn put_back(&self) {
        let mut state = self.state.lock();
        let (_, reading) = state.look(self.inner.as_ref());
        if state.open.is_none() {
            state.anchor = (reading.claimed, reading.monotonic);
            state.is_settled = true;
            state.high_water = reading.claimed;
        }
    }

    /// Forgets so many of the doubts that are over, for they are noted.
    pub fn forget_ended(&self, noted: usize) {
        let mut state = self.state.lock();
        let noted = noted.min(state.ended.len());
        state.ended.drain(..noted);
    }
}

impl Clock for Timekeeper {
    fn now(&self) -> Stamp {
        self.state.lock().look(self.inner.as_ref()).0
    }

    fn monotonic(&self) -> Duration {
        self.inner.monotonic()
    }

    fn deadline(&self) -> Stamp {
        let mut state = self.state.lock();
        state.look(self.inner.as_ref());
        state.high_water
    }

    fn claimed(&self) -> Stamp {
        self.inner.claimed()
    }

    fn doubt(&self) -> Option<Doubt> {
        let mut state = self.state.lock();
        let (_, reading) = state.look(self.inner.as_ref());
        state.open.map(|open| open.shown(reading))
    }

    fn ended(&self) -> Vec<Ended> {
        self.state.lock().ended.clone()
    }

    fn hear(&self, host: &str, told: Stamp, from: HeardFrom) {
        let mut state = self.state.lock();
        if state.open.is_none() || (state.heard.len() >= MOST_HEARD && !state.heard.contains_key(host)) {
            return;
        }
        let reading = state.read(self.inner.as_ref());
        let told = told - reading.certain;
        if from == HeardFrom::Answer || (told - reading.ahead()).abs() <= MOST_AHEAD {
            state.heard.insert(host.to_owned(), told);
        }
    }
}

#[cfg(test)]
mod tests;
