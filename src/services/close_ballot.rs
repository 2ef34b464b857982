//! Close a poll: tally, publish, and if carried amend the document (rule A8).

use super::ServiceError;
use crate::db::Tx;
use crate::ids::PollId;

/// What a try to close a poll did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// It is closed now.
    Closed,
    /// It was closed before, or its time is not over.
    NothingToDo,
    /// Votes that were received in time still wait in the inbox: deal with them first.
    VotesWaiting,
}

/// Closes the poll if its time is over; exactly one of all who try does it (A16).
///
/// # Errors
/// The store's fault.
pub fn close_due(tx: &mut Tx<'_>, poll: PollId) -> Result<Closing, ServiceError> {
    let _ = (tx, poll);
    todo!()
}
