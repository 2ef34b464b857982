//! Results of votes with a roll, each with its record and its minutes (A8, A13).

use super::connection::{AnyBackend, AnyConnection};
use super::polls::count;
use super::schema::results;
use super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::domain::tally::Tally;
use crate::ids::{AmendmentId, PollId, PostId, VersionId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// How a vote ended. Its record, which holds all ballots, is read apart: see [`find_record`].
#[derive(Debug, Clone)]
pub struct PollResult {
    /// The vote.
    pub poll_id: PollId,
    /// The amendment that it decided; none when it was about the lead of a cabal.
    pub amendment_id: Option<AmendmentId>,
    /// How the ballots fell.
    pub tally: Tally,
    /// How many members were on the roll.
    pub roll_size: u32,
    /// Whether it was carried.
    pub is_carried: bool,
    /// The Note that tells the result.
    pub post_id: PostId,
    /// The SHA-256 of the published record.
    pub record_sha256: String,
    /// The record without the ballots, canonical JSON.
    pub minutes_json: String,
    /// The version that it brought, if carried.
    pub version_id: Option<VersionId>,
    /// When it was worked out.
    pub closed_at: Stamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = results, check_for_backend(AnyBackend))]
struct Row {
    poll_id: String,
    amendment_id: Option<String>,
    votes_for: i32,
    votes_against: i32,
    votes_abstain: i32,
    roll_size: i32,
    is_carried: bool,
    post_id: String,
    record_sha256: String,
    minutes_json: String,
    version_id: Option<String>,
    closed_at: NaiveDateTime,
}

/// The result of a ballot, once there is one.
///
/// # Errors
/// The store's fault.
pub fn find_result(conn: &mut AnyConnection, poll: PollId) -> Result<Option<PollResult>, DbError> {
    let row: Option<Row> = results::table.find(poll.to_string()).select(Row::as_select()).first(conn).optional()?;
    let Some(row) = row else { return Ok(None) };
    let votes = |stored: i32| count(stored).map(u64::from);
    Ok(Some(PollResult {
        poll_id: convert::id(&row.poll_id)?,
        amendment_id: row.amendment_id.as_deref().map(convert::id).transpose()?,
        tally: Tally {
            votes_for: votes(row.votes_for)?,
            against: votes(row.votes_against)?,
            abstain: votes(row.votes_abstain)?,
        },
        roll_size: count(row.roll_size)?,
        is_carried: row.is_carried,
        post_id: convert::id(&row.post_id)?,
        record_sha256: row.record_sha256,
        minutes_json: row.minutes_json,
        version_id: row.version_id.as_deref().map(convert::id).transpose()?,
        closed_at: row.closed_at.and_utc(),
    }))
}

/// The published record of a closed vote: canonical JSON.
///
/// # Errors
/// The store's fault.
pub fn find_record(conn: &mut AnyConnection, poll: PollId) -> Result<Option<String>, DbError> {
    Ok(results::table.find(poll.to_string()).select(results::record_json).first(conn).optional()?)
}

/// Every vote that has a result, the oldest first.
///
/// # Errors
/// The store's fault.
pub fn list_decided(conn: &mut AnyConnection) -> Result<Vec<PollId>, DbError> {
    let rows: Vec<String> = results::table.order(results::poll_id).select(results::poll_id).load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}

/// The votes on who leads a cabal that have a result, the newest first.
///
/// # Errors
/// The store's fault.
pub fn list_decided_leads(conn: &mut AnyConnection, most: i64) -> Result<Vec<PollId>, DbError> {
    let rows: Vec<String> = results::table
        .filter(results::amendment_id.is_null())
        .order(results::poll_id.desc())
        .limit(most)
        .select(results::poll_id)
        .load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}

/// Saves a result with its record. There is one for each vote and each amendment; a second is a fault.
///
/// # Errors
/// The store's fault.
pub fn insert_result(tx: &mut Tx<'_>, result: &PollResult, record: &str) -> Result<(), DbError> {
    let stored = |n: u64| i32::try_from(n).map_err(|_| DbError::Broken("a total is out of range".to_owned()));
    diesel::insert_into(results::table)
        .values((
            results::poll_id.eq(result.poll_id.to_string()),
            results::amendment_id.eq(result.amendment_id.map(|id| id.to_string())),
            results::votes_for.eq(stored(result.tally.votes_for)?),
            results::votes_against.eq(stored(result.tally.against)?),
            results::votes_abstain.eq(stored(result.tally.abstain)?),
            results::roll_size.eq(stored(u64::from(result.roll_size))?),
            results::is_carried.eq(result.is_carried),
            results::post_id.eq(result.post_id.to_string()),
            results::record_json.eq(record),
            results::record_sha256.eq(&result.record_sha256),
            results::minutes_json.eq(&result.minutes_json),
            results::version_id.eq(result.version_id.map(|id| id.to_string())),
            results::closed_at.eq(result.closed_at.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}
