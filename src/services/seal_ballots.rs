//! Seal the ballots of a vote: one entry in its chain for the changes of a whole transaction, with
//! their number and a commitment that tells neither voter nor choice (A12).

use crate::db::{DbError, Tx, chain, polls};
use crate::domain::chain::{EntryKind, ballots};
use crate::ids::PollId;

/// Seals what has changed in one vote; nothing when nothing has.
///
/// # Errors
/// The store's fault.
pub fn seal_ballots(tx: &mut Tx<'_>, poll: PollId) -> Result<(), DbError> {
    let Some(poll) = polls::hold_poll(tx, poll)? else { return Ok(()) };
    let Some(commitment) = poll.commitment.filter(|commitment| commitment.sum != commitment.sealed) else {
        return Ok(());
    };
    let sum = commitment.sum.hex();
    chain::append(tx, poll.id, EntryKind::Ballots, &ballots(poll.voters_count, &sum))?;
    chain::note_sealed(tx, poll.id, &sum)
}

/// Seals every vote whose ballots this transaction has changed.
///
/// # Errors
/// The store's fault.
pub fn seal_all(tx: &mut Tx<'_>) -> Result<(), DbError> {
    chain::list_unsealed(tx.conn)?.into_iter().try_for_each(|poll| seal_ballots(tx, poll))
}
