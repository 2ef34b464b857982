//! Forgets what need not be remembered any longer: activities dealt with, early deletions and
//! sessions that have ended.

use crate::App;
use crate::db::{DbError, inbox, said_once, sessions, tombstones};
use chrono::TimeDelta;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often old things are looked for.
const EVERY: Duration = Duration::from_secs(600);
/// How long a dealt-with activity is known, so that its repetition has no effect. Every signature
/// is stale long before (SG-11).
const REMEMBER_ACTIVITIES_FOR: TimeDelta = TimeDelta::days(7);
/// How long it is known what was said once: longer than any proposal waits without word.
const REMEMBER_SAID_FOR: TimeDelta = TimeDelta::days(90);
/// How many rows are forgotten in one transaction, so that no other write waits for long.
const AT_ONCE: i64 = 1_000;

/// Forgets a part of what is old; says how much.
///
/// # Errors
/// The store's fault.
pub async fn step(app: &App) -> Result<usize, DbError> {
    app.write_aside(|tx| {
        let before = tx.certain() - REMEMBER_ACTIVITIES_FOR;
        let activities = inbox::forget_done_before(tx, before, AT_ONCE)?;
        let said = said_once::forget_said_before(tx, tx.now - REMEMBER_SAID_FOR, AT_ONCE)?;
        Ok(activities + said + tombstones::forget_expired(tx)? + sessions::delete_ended_sessions(tx)?)
    })
    .await
}

/// Tidies up now and then until it is stopped.
pub async fn run(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        match step(&app).await {
            Ok(1..) => continue,
            Ok(0) => {}
            Err(error) => tracing::warn!(%error, "what is old could not be forgotten; it is tried again later"),
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            changed = stopped.changed() => if changed.is_err() { return },
        }
    }
}
