//! The chain of each vote with a roll, which also commits it to its ballots. Entries are only ever
//! added; the database refuses anything else.

use super::connection::AnyConnection;
use super::polls::count;
use super::schema::{chain_entries, polls};
use super::{DbError, Tx, convert};
use crate::domain::chain::{BEGINNING, BallotSum, EntryKind, ballots, commitment_in, link};
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
    insert(tx, poll, (position, &before), (kind, entry))
}

fn insert(
    tx: &mut Tx<'_>,
    poll: PollId,
    (position, before): (i32, &str),
    (kind, entry): (EntryKind, &str),
) -> Result<String, DbError> {
    let hash = link(before, entry);
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

/// Up to `limit` entries of a vote in their order, from this position on.
///
/// # Errors
/// The store's fault, also when a kind is not known.
pub fn list_entries(conn: &mut AnyConnection, poll: PollId, from: u32, limit: i64) -> Result<Vec<ChainEntry>, DbError> {
    let from = i32::try_from(from).map_err(|_| DbError::Broken("a position is out of range".to_owned()))?;
    let rows: Vec<(i32, String, String, String)> = chain_entries::table
        .filter(chain_entries::poll_id.eq(poll.to_string()))
        .filter(chain_entries::position.ge(from))
        .order(chain_entries::position)
        .limit(limit)
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

/// Seals the changes that this transaction has made to ballots so far: one entry in the chain of each
/// vote, with the number of its ballots and what they are committed to. Runs at the end of every
/// transaction, and before a close reads the chain.
///
/// # Errors
/// The store's fault.
pub fn seal(tx: &mut Tx<'_>) -> Result<(), DbError> {
    let changes = tx.take_changes();
    changes
        .into_iter()
        .filter(|(_, change)| *change != BallotSum::nothing())
        .try_for_each(|(poll, change)| seal_one(tx, poll, &change))
}

/// Part of every ballot, so what it has to know comes by one statement.
fn seal_one(tx: &mut Tx<'_>, poll: PollId, change: &BallotSum) -> Result<(), DbError> {
    let newest: Option<(i32, String, String, String, i32)> = chain_entries::table
        .inner_join(polls::table)
        .filter(chain_entries::poll_id.eq(poll.to_string()))
        .order(chain_entries::position.desc())
        .select((
            chain_entries::position,
            chain_entries::hash,
            chain_entries::kind,
            chain_entries::entry_json,
            polls::voters_count,
        ))
        .first(tx.conn)
        .optional()?;
    // Votes that were opened before chains were kept have none.
    let Some((position, hash, kind, entry, voters)) = newest else { return Ok(()) };
    let told = match convert::word(&kind, EntryKind::stored)? {
        EntryKind::Opening => BallotSum::nothing(),
        EntryKind::Ballots => told_by(&entry),
        EntryKind::Restored | EntryKind::Closing => find_commitment(tx.conn, poll)?.unwrap_or_else(BallotSum::nothing),
    };
    let entry = ballots(count(voters)?, &told.plus(change).hex());
    insert(tx, poll, (position + 1, &hash), (EntryKind::Ballots, &entry))?;
    Ok(())
}

/// What the newest entry of the chain says the ballots are committed to; `None` without a chain.
///
/// # Errors
/// The store's fault.
pub fn find_commitment(conn: &mut AnyConnection, poll: PollId) -> Result<Option<BallotSum>, DbError> {
    let telling = [EntryKind::Opening, EntryKind::Ballots].map(EntryKind::as_str);
    let newest: Option<(String, String)> = chain_entries::table
        .filter(chain_entries::poll_id.eq(poll.to_string()))
        .filter(chain_entries::kind.eq_any(telling))
        .order(chain_entries::position.desc())
        .select((chain_entries::kind, chain_entries::entry_json))
        .first(conn)
        .optional()?;
    let is_opening = |kind: &str| kind == EntryKind::Opening.as_str();
    Ok(newest.map(|(kind, entry)| if is_opening(&kind) { BallotSum::nothing() } else { told_by(&entry) }))
}

/// What an entry commits to. One that cannot be read was written by somebody else and breaks the chain,
/// which decides nothing then; it must not keep people from voting, nor the vote from its end.
fn told_by(entry: &str) -> BallotSum {
    commitment_in(entry).unwrap_or_else(BallotSum::nothing)
}

/// The polls of which there are entries.
///
/// # Errors
/// The store's fault.
pub fn list_chained(conn: &mut AnyConnection) -> Result<Vec<PollId>, DbError> {
    let rows: Vec<String> =
        chain_entries::table.select(chain_entries::poll_id).distinct().order(chain_entries::poll_id).load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}
