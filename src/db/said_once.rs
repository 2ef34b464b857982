//! What was told to somebody once and is not told again. Kept is only a hash over what was said, to
//! whom and about what, so that nothing can be read from it, and it is forgotten after a while.

use super::schema::said_once;
use super::{AnyConnection, DbError, Tx};
use crate::clock::Stamp;
use crate::ids::secret_hash;
use crate::on_each_backend;
use diesel::prelude::*;

/// Notes that something is said; true the first time. The parts name what, to whom and about what.
///
/// # Errors
/// The store's fault.
pub fn say_once(tx: &mut Tx<'_>, parts: &[&str]) -> Result<bool, DbError> {
    let row = (said_once::key_hash.eq(key(parts)), said_once::said_at.eq(tx.now.naive_utc()));
    let added = on_each_backend!(tx.conn, |c| diesel::insert_into(said_once::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added == 1)
}

/// Whether it was said.
///
/// # Errors
/// The store's fault.
pub fn was_said(conn: &mut AnyConnection, parts: &[&str]) -> Result<bool, DbError> {
    Ok(diesel::select(diesel::dsl::exists(said_once::table.find(key(parts)))).get_result(conn)?)
}

/// Forgets up to `limit` things that were said before a moment; says how many.
///
/// # Errors
/// The store's fault.
pub fn forget_said_before(tx: &mut Tx<'_>, before: Stamp, limit: i64) -> Result<usize, DbError> {
    let old: Vec<String> = said_once::table
        .filter(said_once::said_at.lt(before.naive_utc()))
        .order(said_once::said_at)
        .limit(limit)
        .select(said_once::key_hash)
        .load(tx.conn)?;
    Ok(diesel::delete(said_once::table.filter(said_once::key_hash.eq_any(old))).execute(tx.conn)?)
}

/// No id, URL or sentence holds a line break, so no two lists of parts give one key.
fn key(parts: &[&str]) -> String {
    secret_hash(&parts.join("\n"))
}
