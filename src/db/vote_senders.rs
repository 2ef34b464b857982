//! Who sent votes from elsewhere while a poll is open, and what each was told. The close destroys the
//! list of senders once the final Update is on its way to them (A8, A12).

use super::schema::{vote_notices, vote_senders};
use super::{AnyConnection, DbError, Tx};
use crate::ids::PollId;
use crate::on_each_backend;
use diesel::prelude::*;

/// A vote that arrived from elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// The poll.
    pub poll: PollId,
    /// The actor who sent it.
    pub actor_url: &'a str,
    /// Its id at its home server.
    pub vote_id: &'a str,
    /// Whether a member votes through this actor.
    pub by_member: bool,
}

/// Notes a vote; false when it arrived before, however many came after it (A6).
///
/// # Errors
/// The store's fault.
pub fn note_sender(tx: &mut Tx<'_>, sent: &Sent<'_>) -> Result<bool, DbError> {
    let row = (
        vote_senders::poll_id.eq(sent.poll.to_string()),
        vote_senders::actor_url.eq(sent.actor_url),
        vote_senders::vote_id.eq(sent.vote_id),
        vote_senders::is_voter.eq(sent.by_member),
    );
    let added = on_each_backend!(tx.conn, |c| diesel::insert_into(vote_senders::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added == 1)
}

/// Everybody elsewhere who sent a vote: they get the final Update whether they follow or not.
///
/// # Errors
/// The store's fault.
pub fn list_senders(conn: &mut AnyConnection, poll: PollId) -> Result<Vec<String>, DbError> {
    Ok(vote_senders::table
        .filter(vote_senders::poll_id.eq(poll.to_string()))
        .order(vote_senders::actor_url)
        .select(vote_senders::actor_url)
        .distinct()
        .load(conn)?)
}

/// Forgets who sent votes.
///
/// # Errors
/// The store's fault.
pub fn forget_senders(tx: &mut Tx<'_>, poll: PollId) -> Result<(), DbError> {
    diesel::delete(vote_senders::table.filter(vote_senders::poll_id.eq(poll.to_string()))).execute(tx.conn)?;
    Ok(())
}

/// True the first time that somebody is to be told this about the poll; `whom` is the actor's URL, or
/// the voter's key for what one person is told once, whatever the account.
///
/// # Errors
/// The store's fault.
pub fn note_told(tx: &mut Tx<'_>, poll: PollId, whom: &str, kind: &str) -> Result<bool, DbError> {
    let row =
        (vote_notices::poll_id.eq(poll.to_string()), vote_notices::actor_url.eq(whom), vote_notices::kind.eq(kind));
    let added = on_each_backend!(tx.conn, |c| diesel::insert_into(vote_notices::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added == 1)
}
