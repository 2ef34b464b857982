//! Cast a ballot, from every channel (rules A6, A7, A10, A11).

use super::ServiceError;
use crate::clock::Stamp;
use crate::db::Tx;
use crate::domain::ballot::VoteOutcome;
use crate::ids::{MemberId, PollId};

/// A vote that came from another server: one per chosen option, or the word of a reply.
#[derive(Debug, Clone)]
pub struct FediverseVote<'a> {
    /// The poll.
    pub poll: PollId,
    /// Who voted; their signature was checked.
    pub actor_url: &'a str,
    /// The option's name, as it was sent.
    pub choice: &'a str,
    /// The moment of the transaction that stored the vote at our server.
    pub received_at: Stamp,
}

/// What a voter on the web gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The random code that finds the ballot in the published record (A13).
    pub code: String,
    /// Whether it replaced an earlier ballot.
    pub is_changed: bool,
}

/// Casts a member's ballot from the web or the API. `choices` are positions of options.
///
/// # Errors
/// Refused without or with too many choices; forbidden off the roll; conflict when not open, or
/// when a ballot stands already in an advisory poll.
pub fn on_the_web(tx: &mut Tx<'_>, by: MemberId, poll: PollId, choices: &[u32]) -> Result<Receipt, ServiceError> {
    let _ = (tx, by, poll, choices);
    todo!()
}

/// Casts a ballot that came from the fediverse. What does not count is answered once and counted
/// by reason, so it is no error.
///
/// # Errors
/// Not found for an unknown poll, or the store's fault.
pub fn from_fediverse(tx: &mut Tx<'_>, vote: &FediverseVote<'_>) -> Result<VoteOutcome, ServiceError> {
    let _ = (tx, vote);
    todo!()
}
