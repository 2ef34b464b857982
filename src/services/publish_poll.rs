//! Publish a cabal's advisory poll.

use super::ServiceError;
use crate::clock::Stamp;
use crate::db::polls::Poll;
use crate::db::{AnyConnection, Tx};
use crate::domain::Urls;
use crate::domain::poll::NewPoll;
use crate::ids::{CabalId, MemberId, PollId};

/// Publishes an advisory poll of a cabal.
///
/// # Errors
/// Forbidden to others than members of the cabal; refused when it would close too soon or too late.
pub fn publish_poll(tx: &mut Tx<'_>, by: MemberId, cabal: CabalId, new: &NewPoll) -> Result<PollId, ServiceError> {
    let _ = (tx, by, cabal, new);
    todo!()
}

/// The Question as it is to be served at `now`. When [`Poll::is_due`], call
/// `workers::timers::settle` first: it closes the poll, so that the first reader after the end
/// already sees the final numbers (fediverse.md 6.3).
///
/// # Errors
/// The store's fault.
pub fn question_now(
    conn: &mut AnyConnection,
    urls: &Urls,
    poll: &Poll,
    now: Stamp,
) -> Result<serde_json::Value, ServiceError> {
    let _ = (conn, urls, poll, now);
    todo!()
}
