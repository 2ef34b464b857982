//! Closes polls that are due, opens votes as they were announced, lets amendments lapse and warns of
//! it. A deadline is a state that follows from the clock: this worker only does what has to happen
//! then, and catches up after any pause.

use crate::App;
use crate::clock::Stamp;
use crate::db::amendment_deadlines as deadlines;
use crate::db::{AnyConnection, polls};
use crate::ids::AmendmentId;
use crate::services::ServiceError;
use crate::services::announce_opening::{is_known_to_wait, open_announced};
use crate::services::close_ballot::{forget_traces, settle};
use crate::services::lapse_amendment::{lapse_amendment, warn_of_lapse};

/// How many things are done in one step.
const AT_ONCE: i64 = 100;

/// Does everything that is due; says how many things it did.
///
/// # Errors
/// The store's fault.
pub async fn step(app: &App) -> Result<usize, ServiceError> {
    let (certain, deadline) = (app.certain(), app.deadline());
    let (due, lapsing, to_warn) = app
        .read(move |conn| {
            let due = polls::list_due(conn, deadline, AT_ONCE)?;
            let lapsing = deadlines::list_lapsing(conn, certain, AT_ONCE)?;
            Ok::<_, ServiceError>((due, lapsing, deadlines::list_to_warn(conn, certain, AT_ONCE)?))
        })
        .await?;
    let mut done = super::help::step(app).await?;
    for poll in due {
        // One poll that cannot be closed must not keep the others open.
        match settle(app, poll).await {
            Ok(closed) => done += usize::from(closed),
            Err(fault) => tracing::error!(%poll, %fault, "a poll could not be closed; it is tried again"),
        }
    }
    forget_traces(app).await?;
    for amendment in to_warn {
        done += usize::from(app.write(move |tx| warn_of_lapse(tx, amendment)).await?);
    }
    if app.clock.doubt().is_some() {
        // What has lapsed or opened too early cannot be undone.
        return Ok(done);
    }
    for amendment in lapsing {
        done += usize::from(app.write(move |tx| lapse_amendment(tx, amendment)).await?);
    }
    // After the closing, which may have freed a clause that an announced vote waits for.
    for amendment in app.read(move |conn| list_to_open(conn, deadline)).await? {
        match app.write(move |tx| open_announced(tx, amendment)).await {
            Ok(opened) => done += usize::from(opened),
            Err(fault) => {
                tracing::error!(%amendment, %fault, "an announced vote could not be opened; it is tried again")
            }
        }
    }
    Ok(done)
}

/// The announced votes whose moment has come and that are not known to wait for another one.
fn list_to_open(conn: &mut AnyConnection, now: Stamp) -> Result<Vec<AmendmentId>, ServiceError> {
    let mut free = Vec::new();
    for id in deadlines::list_to_open(conn, now, AT_ONCE)? {
        if !is_known_to_wait(conn, id)? {
            free.push(id);
        }
    }
    Ok(free)
}
