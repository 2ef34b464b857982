//! One lane: what waits for one host goes out one by one, oldest first. The first failure that
//! may pass ends the lane until its next time, so that nothing overtakes.

use super::settle::Settled;
use super::{LEASE, Office};
use crate::clock::Stamp;
use crate::db::deliveries::Delivery;
use crate::db::remote_hosts::{Lane, Setback, hold_longer};
use crate::federation::outbound::patience;
use crate::federation::outbound::send::{Attempt, Letter, Verdict, deliver};
use chrono::TimeDelta;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A delivery takes at most two requests of ten seconds; a lease must outlast them.
const NEEDED: TimeDelta = TimeDelta::seconds(22);

/// How often a signature that is not believed is tried before the delivery is dropped: the
/// other server may have had trouble fetching our key.
const NOT_BELIEVED_TRIES: i32 = 5;

/// What a lane has at hand.
pub(super) struct Load {
    pub parcels: VecDeque<(Delivery, Arc<Letter>)>,
    /// True when nothing else waited when it was read.
    pub is_all: bool,
}

/// A lane that was taken.
pub(super) struct Work {
    pub lane: Lane,
    /// Until when it is ours.
    pub until: Stamp,
    pub load: Load,
}

/// Works on a lane until it is empty, fails, or the program ends.
pub(super) async fn run(office: &Office, mut work: Work) {
    while let Some((delivery, letter)) = next(office, &mut work).await {
        if !is_still_ours(office, &mut work).await {
            // Another process has it now, and its own reports would only confuse.
            return;
        }
        let outcome = match deliver(&office.app, &letter, &delivery.inbox, work.lane.scheme).await {
            Ok(attempt) => report(office, &mut work.lane, &delivery, attempt),
            Err(error) => {
                tracing::error!(%error, host = %work.lane.host, "a delivery could not be signed");
                set_back(office, &mut work.lane, ("our own server had a difficulty".to_owned(), None));
                ControlFlow::Break(())
            }
        };
        if outcome.is_break() || office.is_stopping.load(Ordering::Relaxed) {
            break;
        }
    }
    tell(office, Settled::Released(work.lane.host));
}

/// The next parcel that is not too old; reads more when those at hand are dealt with.
async fn next(office: &Office, work: &mut Work) -> Option<(Delivery, Arc<Letter>)> {
    let mut last = None;
    loop {
        while let Some((delivery, letter)) = work.load.parcels.pop_front() {
            if delivery.expires_at > office.app.certain() {
                if work.load.parcels.is_empty() && !work.load.is_all {
                    work.load = more(office, &work.lane.host, &delivery).await?;
                }
                return Some((delivery, letter));
            }
            tell(office, Settled::Expired(delivery.id, delivery.activity_id));
            last = Some(delivery);
        }
        match last.take() {
            Some(last) if !work.load.is_all => work.load = more(office, &work.lane.host, &last).await?,
            _ => return None,
        }
    }
}

async fn more(office: &Office, host: &str, after: &Delivery) -> Option<Load> {
    office
        .load_more(host, after)
        .await
        .inspect_err(|error| tracing::error!(%error, host, "the rest of a lane could not be read; it waits"))
        .ok()
}

async fn is_still_ours(office: &Office, work: &mut Work) -> bool {
    let now = office.app.now();
    if work.until - now >= NEEDED {
        return true;
    }
    let (host, holder, until) = (work.lane.host.clone(), office.holder.clone(), now + LEASE);
    work.until = until;
    office.app.write_aside(move |tx| hold_longer(tx, &host, &holder, until)).await.unwrap_or(false)
}

/// Tells what became of a delivery. Breaks when the lane has to wait.
fn report(office: &Office, lane: &mut Lane, delivery: &Delivery, attempt: Attempt) -> ControlFlow<()> {
    if let Some(scheme) = attempt.learned {
        lane.scheme = scheme;
        tell(office, Settled::Learned(lane.host.clone(), scheme));
    }
    let done = (delivery.id, delivery.activity_id);
    match attempt.verdict {
        Verdict::Arrived => answered(office, lane, Settled::Arrived(done.0, done.1, lane.host.clone())),
        Verdict::Dropped(why) => {
            tracing::info!(host = %lane.host, %why, "a delivery was dropped");
            answered(office, lane, Settled::Arrived(done.0, done.1, lane.host.clone()));
        }
        Verdict::Gone => {
            tracing::info!(host = %lane.host, "an inbox is gone; its followers are forgotten");
            tell(office, Settled::Gone(delivery.inbox.clone()));
            answered(office, lane, Settled::Arrived(done.0, done.1, lane.host.clone()));
        }
        // Perhaps it is our clock that is not believed.
        Verdict::NotBelieved if delivery.attempts + 1 >= NOT_BELIEVED_TRIES && office.app.clock.doubt().is_none() => {
            tracing::warn!(host = %lane.host, "a delivery was dropped: the server does not accept our signature");
            answered(office, lane, Settled::Arrived(done.0, done.1, lane.host.clone()));
        }
        Verdict::NotBelieved => {
            tell(office, Settled::Tried(delivery.id));
            set_back(office, lane, ("the server does not accept our signature (401)".to_owned(), None));
            return ControlFlow::Break(());
        }
        Verdict::Later { problem, asked } => {
            set_back(office, lane, (problem, asked));
            return ControlFlow::Break(());
        }
    }
    ControlFlow::Continue(())
}

/// The host answered, so whatever was the matter with it is over.
fn answered(office: &Office, lane: &mut Lane, settled: Settled) {
    lane.failures = 0;
    lane.failing_since = None;
    tell(office, settled);
}

fn set_back(office: &Office, lane: &mut Lane, (problem, asked): (String, Option<Duration>)) {
    let now = office.app.now();
    let failing_since = lane.failing_since.unwrap_or(now);
    lane.failures = lane.failures.saturating_add(1);
    lane.failing_since = Some(failing_since);
    tell(
        office,
        Settled::SetBack(Setback {
            host: lane.host.clone(),
            failures: lane.failures,
            failing_since,
            next_try_at: patience::next_try(now, lane.failures, rand::random(), asked),
            problem,
            is_resting: patience::rests(failing_since, now),
        }),
    );
}

fn tell(office: &Office, settled: Settled) {
    // The settler outlives every lane.
    let _ = office.settled.send(settled);
}
