//! Ids that were deleted or undone, before or after we knew them (IN-10).

use super::connection::AnyConnection;
use super::error::DbError;
use super::schema::tombstones;
use super::tx::Tx;
use crate::clock::Stamp;
use crate::on_each_backend;
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// Remembers that `actor_url` deleted or undid `object_id`: for ever, or until `expires_at`.
/// A longer memory is never shortened.
///
/// # Errors
/// The store's fault.
pub fn remember(tx: &mut Tx<'_>, object_id: &str, actor_url: &str, expires_at: Option<Stamp>) -> Result<(), DbError> {
    let row = (
        tombstones::object_id.eq(object_id),
        tombstones::actor_url.eq(actor_url),
        tombstones::at.eq(tx.now.naive_utc()),
        tombstones::expires_at.eq(expires_at.map(|at| at.naive_utc())),
    );
    let inserted = on_each_backend!(tx.conn, |c| diesel::insert_into(tombstones::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(c))?;
    if inserted == 0 {
        diesel::update(
            tombstones::table
                .filter(tombstones::object_id.eq(object_id))
                .filter(tombstones::actor_url.eq(actor_url))
                .filter(tombstones::expires_at.is_not_null()),
        )
        .set(tombstones::expires_at.eq(expires_at.map(|at| at.naive_utc())))
        .execute(tx.conn)?;
    }
    Ok(())
}

/// Whether `actor_url` deleted or undid `object_id`, as far as we still remember.
///
/// # Errors
/// The store's fault.
pub fn is_gone(conn: &mut AnyConnection, object_id: &str, actor_url: &str, now: Stamp) -> Result<bool, DbError> {
    let found: Option<Option<NaiveDateTime>> = tombstones::table
        .filter(tombstones::object_id.eq(object_id))
        .filter(tombstones::actor_url.eq(actor_url))
        .select(tombstones::expires_at)
        .first(conn)
        .optional()?;
    Ok(found.is_some_and(|expires_at| expires_at.is_none_or(|at| at > now.naive_utc())))
}

/// Forgets what has expired.
///
/// # Errors
/// The store's fault.
pub fn forget_expired(tx: &mut Tx<'_>) -> Result<usize, DbError> {
    Ok(diesel::delete(tombstones::table.filter(tombstones::expires_at.lt(tx.now.naive_utc()))).execute(tx.conn)?)
}
