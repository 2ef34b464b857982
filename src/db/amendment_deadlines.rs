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

/// Lets no announced opening lie beyond a moment.
///
/// # Errors
/// The store's fault.
pub fn bring_forward(tx: &mut Tx<'_>, latest: Stamp) -> Result<(), DbError> {
    let latest = latest.naive_utc();
    diesel::update(amendments::table.filter(amendments::opens_at.gt(latest)))
        .set(amendments::opens_at.eq(Some(latest)))
        .execute(tx.conn)?;
    diesel::update(amendments::table.filter(amendments::not_before.gt(latest)))
        .set(amendments::not_before.eq(Some(latest)))
        .execute(tx.conn)?;
    Ok(())
}
