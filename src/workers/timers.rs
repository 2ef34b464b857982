//! Closes polls that are due and lets amendments lapse. A deadline is a state that follows from
//! the clock: this worker only does what has to happen then, and catches up after any pause.

use crate::App;
use crate::db::{amendments, polls};
use crate::domain::amendment::Move;
use crate::ids::AmendmentId;
use crate::services::ServiceError;
use crate::services::close_ballot::{forget_traces, settle};

/// How many things are done in one step.
const AT_ONCE: i64 = 100;

/// Does everything that is due; says how many things it did.
///
/// # Errors
/// The store's fault.
pub async fn step(app: &App) -> Result<usize, ServiceError> {
    let (now, deadline) = (app.now(), app.deadline());
    let (due, lapsing) = app
        .read(move |conn| {
            let due = polls::list_due(conn, deadline, AT_ONCE)?;
            Ok::<_, ServiceError>((due, amendments::list_lapsing(conn, now, AT_ONCE)?))
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
    for amendment in lapsing {
        done += usize::from(lapse(app, amendment).await?);
    }
    Ok(done)
}

async fn lapse(app: &App, id: AmendmentId) -> Result<bool, ServiceError> {
    app.write(move |tx| {
        let amendment = amendments::hold_amendment(tx, id)?;
        match amendment.state.after(Move::Lapse) {
            Ok(state) if tx.now >= amendment.lapses_at => {
                amendments::set_state(tx, id, state)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    })
    .await
}
