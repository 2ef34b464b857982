//! The loops behind the doors. Each worker has a `step` that does what is due and says how much
//! it did, so that tests can drive it; the loop only waits and steps.

pub mod delivery;
pub mod help;
pub mod inbound;
pub mod tidy;
pub mod timers;
pub mod watch;

use crate::App;
use futures_util::FutureExt as _;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch as signal};
use tokio::task::JoinHandle;
use watch::Watch;

/// How long a worker without work waits for its bell before it looks by itself: another process
/// on the same database, or a deadline, rings no bell here.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// The pause after a failed step, doubled with each further one up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long steps in hand may take when the program ends. What they leave undone is in the
/// database and goes on after the next start.
const STOP_WITHIN: Duration = Duration::from_secs(4);

/// The running workers.
pub struct Workers {
    stop: signal::Sender<bool>,
    loops: Vec<JoinHandle<()>>,
}

/// Starts all workers. They run until [`Workers::stop`].
pub fn start(app: Arc<App>, life: Watch) -> Workers {
    let (stop, stopped) = signal::channel(false);
    let beat = |name, bell| Beat { app: Arc::clone(&app), name, bell, stopped: stopped.clone() };
    let loops = vec![
        tokio::spawn(run(beat("inbound", |app| &app.bells.inbound), async |app: &App| inbound::step(app).await)),
        tokio::spawn(run(beat("timers", |app| &app.bells.timers), async |app: &App| timers::step(app).await)),
        tokio::spawn(delivery::run(Arc::clone(&app), stopped.clone())),
        tokio::spawn(tidy::run(Arc::clone(&app), stopped.clone())),
        tokio::spawn(watch::run(Arc::clone(&app), life, stopped.clone())),
    ];
    Workers { stop, loops }
}

impl Workers {
    /// Lets every worker finish its step, and ends those that take too long.
    pub async fn stop(self) {
        // It fails only when every worker has ended already.
        let _ = self.stop.send(true);
        let aborts: Vec<_> = self.loops.iter().map(JoinHandle::abort_handle).collect();
        let all = futures_util::future::join_all(self.loops);
        if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
            aborts.iter().for_each(tokio::task::AbortHandle::abort);
        }
    }
}

/// What a loop needs beside its step.
struct Beat {
    app: Arc<App>,
    name: &'static str,
    bell: fn(&App) -> &Notify,
    stopped: signal::Receiver<bool>,
}

/// Steps while there is work, else waits. A step that fails or panics is told of and tried again
/// after a pause, so that no fault ends a worker (security.md OP-9).
async fn run<E: Display>(mut beat: Beat, step: impl AsyncFn(&App) -> Result<usize, E>) {
    let mut pause = FIRST_PAUSE;
    while !*beat.stopped.borrow() {
        let has_failed = match AssertUnwindSafe(step(&beat.app)).catch_unwind().await {
            Ok(Ok(0)) => false,
            Ok(Ok(_)) => {
                pause = FIRST_PAUSE;
                // So that a busy worker cannot starve the others of its thread.
                tokio::task::yield_now().await;
                continue;
            }
            Ok(Err(error)) => {
                tracing::error!(worker = beat.name, %error, "the step of a worker failed; it will be tried again");
                true
            }
            // The panic hook told of it.
            Err(_) => true,
        };
        let wait = if has_failed { pause } else { LONGEST_WAIT };
        pause = if has_failed { LONGEST_PAUSE.min(pause * 2) } else { FIRST_PAUSE };
        tokio::select! {
            () = (beat.bell)(&beat.app).notified(), if !has_failed => {}
            () = tokio::time::sleep(wait) => {}
            // An error means that the sender is gone: nobody will ever stop us, so stop.
            changed = beat.stopped.changed() => if changed.is_err() { return },
        }
    }
}
