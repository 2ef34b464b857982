//! Which amendments a timer has to look after: lapse, warn of it, open as announced.

use super::schema::amendments;
use super::{AnyConnection, DbError, Tx, convert};
use crate::clock::Stamp;
use crate::domain::amendment::{AmendmentState, LAPSES_AFTER, WARNED_AFTER};
use crate::ids::AmendmentId;
use diesel::prelude::*;

/// Proposed and not backed.
macro_rules! unbacked {
    () => {
        amendments::table
            .filter(
                amendments::state
                    .eq_any([AmendmentState::SeekingBacking.as_str(), AmendmentState::InConflict.as_str()]),
            )
            .filter(amendments::is_draft.eq(false))
    };
}

/// Up to `limit` amendments whose time to find a backer is over.
///
/// # Errors
/// The store's fault.
pub fn list_lapsing(conn: &mut AnyConnection, now: Stamp, limit: i64) -> Result<Vec<AmendmentId>, DbError> {
    let rows: Vec<String> = unbacked!()
        .filter(amendments::lapses_at.le(now.naive_utc()))
        .order(amendments::lapses_at)
        .limit(limit)
        .select(amendments::id)
        .load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}

/// Up to `limit` amendments that will lapse within three days, and whose proposer was not told.
///
/// # Errors
/// The store's fault.
pub fn list_to_warn(conn: &mut AnyConnection, now: Stamp, limit: i64) -> Result<Vec<AmendmentId>, DbError> {
    let soon = (now + (LAPSES_AFTER - WARNED_AFTER)).naive_utc();
    let rows: Vec<String> = unbacked!()
        .filter(amendments::warned_at.is_null())
        .filter(amendments::lapses_at.le(soon))
        .filter(amendments::lapses_at.gt(now.naive_utc()))
        .order(amendments::lapses_at)
        .limit(limit)
        .select(amendments::id)
        .load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}

/// Up to `limit` amendments whose announced opening has come.
///
/// # Errors
/// The store's fault.
pub fn list_to_open(conn: &mut AnyConnection, now: Stamp, limit: i64) -> Result<Vec<AmendmentId>, DbError> {
    let rows: Vec<String> = amendments::table
        .filter(amendments::state.eq(AmendmentState::Backed.as_str()))
        .filter(amendments::opens_at.le(now.naive_utc()))
        .order(amendments::opens_at)
        .limit(limit)
        .select(amendments::id)
        .load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}

/// Notes that the proposer was warned; true the first time.
///
/// # Errors
/// The store's fault.
pub fn note_warned(tx: &mut Tx<'_>, id: AmendmentId) -> Result<bool, DbError> {
    let unwarned = amendments::table.find(id.to_string()).filter(amendments::warned_at.is_null());
    Ok(diesel::update(unwarned).set(amendments::warned_at.eq(Some(tx.now.naive_utc()))).execute(tx.conn)? > 0)
}

/// The amendments whose vote was announced for a day beyond this moment and is not open yet.
///
/// # Errors
/// The store's fault.
pub fn list_announced_beyond(conn: &mut AnyConnection, latest: Stamp) -> Result<Vec<AmendmentId>, DbError> {
    let latest = latest.naive_utc();
    let rows: Vec<String> = amendments::table
        .filter(amendments::state.eq_any(AmendmentState::UNDECIDED.map(AmendmentState::as_str)))
        .filter(amendments::opens_at.gt(latest).or(amendments::not_before.gt(latest)))
        .order(amendments::id)
        .select(amendments::id)
        .load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}

/// Puts the day that was announced for a vote at this moment: when it opens by itself, if it does, and before
/// when it does not.
///
/// # Errors
/// The store's fault.
pub fn bring_forward(tx: &mut Tx<'_>, id: AmendmentId, to: Stamp) -> Result<(), DbError> {
    let (id, to) = (id.to_string(), to.naive_utc());
    diesel::update(amendments::table.find(&id)).set(amendments::not_before.eq(Some(to))).execute(tx.conn)?;
    diesel::update(amendments::table.find(&id).filter(amendments::opens_at.is_not_null()))
        .set(amendments::opens_at.eq(Some(to)))
        .execute(tx.conn)?;
    Ok(())
}
