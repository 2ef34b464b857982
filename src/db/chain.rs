//! The chain of each vote on an amendment, and what its open ballots are committed to. Entries are
//! only ever added; the database refuses anything else.

use super::connection::AnyConnection;
use super::polls::count;
use super::schema::{chain_entries, polls};
use super::{DbError, Tx, convert};
use crate::domain::chain::{BEGINNING, BallotSum, EntryKind, link};
use crate::ids::PollId;
use diesel::prelude::*;

/// One entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainEntry {
    /// Its place in the chain of its vote, from 0.
    pub position: u32,
    /// What it tells.
    pub kind: EntryKind,
    /// Canonical JSON.
    pub entry: String,
    /// The hash over it and the hash before.
    pub hash: String,
}

/// Adds an entry to the chain of a vote, which the caller holds; gives the new head.
///
/// # Errors
/// The store's fault.
pub fn append(tx: &mut Tx<'_>, poll: PollId, kind: EntryKind, entry: &str) -> Result<String, DbError> {
    let last: Option<(i32, String)> = chain_entries::table
        .filter(chain_entries::poll_id.eq(poll.to_string()))
        .order(chain_entries::position.desc())
        .select((chain_entries::position, chain_entries::hash))
        .first(tx.conn)
        .optional()?;
    let (position, before) = last.map_or((0, BEGINNING.to_owned()), |(position, hash)| (position + 1, hash));
    let hash = link(&before, entry);
    diesel::insert_into(chain_entries::table)
        .values((
            chain_entries::poll_id.eq(poll.to_string()),
            chain_entries::position.eq(position),
            chain_entries::kind.eq(kind.as_str()),
            chain_entries::entry_json.eq(entry),
            chain_entries::hash.eq(&hash),
        ))
        .execute(tx.conn)?;
    Ok(hash)
}

/// All entries of a vote in their order.
///
/// # Errors
/// The store's fault.
pub fn list_entries(conn: &mut AnyConnection, poll: PollId) -> Result<Vec<ChainEntry>, DbError> {
    let rows: Vec<(i32, String, String, String)> = chain_entries::table
        .filter(chain_entries::poll_id.eq(poll.to_string()))
        .order(chain_entries::position)
        .select((chain_entries::position, chain_entries::kind, chain_entries::entry_json, chain_entries::hash))
        .load(conn)?;
    rows.into_iter()
        .map(|(position, kind, entry, hash)| {
            Ok(ChainEntry { position: count(position)?, kind: convert::word(&kind, EntryKind::stored)?, entry, hash })
        })
        .collect()
}

/// The head of the chain of a vote: the hash of its newest entry.
///
/// # Errors
/// The store's fault.
pub fn find_head(conn: &mut AnyConnection, poll: PollId) -> Result<Option<String>, DbError> {
    Ok(chain_entries::table
        .filter(chain_entries::poll_id.eq(poll.to_string()))
        .order(chain_entries::position.desc())
        .select(chain_entries::hash)
        .first(conn)
        .optional()?)
}

/// Begins the commitment to the ballots of a vote that is being opened.
///
/// # Errors
/// The store's fault.
pub fn begin_commitment(tx: &mut Tx<'_>, poll: PollId, key: &str) -> Result<(), DbError> {
    let nothing = BallotSum::nothing().hex();
    diesel::update(polls::table.find(poll.to_string()))
        .set((
            polls::ballot_key.eq(Some(key)),
            polls::ballot_sum.eq(Some(&nothing)),
            polls::sealed_sum.eq(Some(&nothing)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Erases the key of the commitment, so that no entry leads to a ballot any more (A12).
///
/// # Errors
/// The store's fault.
pub fn erase_key(tx: &mut Tx<'_>, poll: PollId) -> Result<(), DbError> {
    diesel::update(polls::table.find(poll.to_string())).set(polls::ballot_key.eq(None::<String>)).execute(tx.conn)?;
    Ok(())
}

/// The votes whose ballots have changed since the newest entry of their chain, in the order of
/// their ids.
///
/// # Errors
/// The store's fault.
pub fn list_unsealed(conn: &mut AnyConnection) -> Result<Vec<PollId>, DbError> {
    let rows: Vec<String> = polls::table
        .filter(polls::closed_at.is_null())
        .filter(polls::ballot_sum.ne(polls::sealed_sum))
        .order(polls::id)
        .select(polls::id)
        .load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}

/// Notes that the chain holds this sum.
///
/// # Errors
/// The store's fault.
pub fn note_sealed(tx: &mut Tx<'_>, poll: PollId, sum: &str) -> Result<(), DbError> {
    diesel::update(polls::table.find(poll.to_string())).set(polls::sealed_sum.eq(Some(sum))).execute(tx.conn)?;
    Ok(())
}
