//! Closes polls that are due and lets amendments lapse.

use crate::App;
use crate::ids::PollId;
use crate::services::ServiceError;

/// Closes one poll if its time is over: first the votes that arrived in time, then the result.
/// Called by the loop and by whoever serves a poll past its end.
///
/// # Errors
/// The store's fault.
pub async fn settle(app: &App, poll: PollId) -> Result<(), ServiceError> {
    let _ = (app, poll);
    todo!()
}

/// Does everything that is due; says how many things it did.
///
/// # Errors
/// The store's fault.
pub async fn step(app: &App) -> Result<usize, ServiceError> {
    let _ = app;
    todo!()
}
