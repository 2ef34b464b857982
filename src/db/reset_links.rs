//! One-time links to choose a new password. Only the hash of the secret in a link is stored (AC-11).

use super::schema::reset_links;
use super::{AnyConnection, DbError, Tx, convert};
use crate::clock::Stamp;
use crate::ids::MemberId;
use diesel::prelude::*;

/// Stores a link in the place of any earlier one of the member.
///
/// # Errors
/// The store's fault.
pub fn replace_link(tx: &mut Tx<'_>, member: MemberId, hash: &str, expires_at: Stamp) -> Result<(), DbError> {
    delete_links_of(tx, member)?;
    diesel::insert_into(reset_links::table)
        .values((
            reset_links::token_hash.eq(hash),
            reset_links::member_id.eq(member.to_string()),
            reset_links::created_at.eq(tx.now.naive_utc()),
            reset_links::expires_at.eq(expires_at.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Whose link this is, while it works.
///
/// # Errors
/// The store's fault.
pub fn find_link(conn: &mut AnyConnection, hash: &str, now: Stamp) -> Result<Option<MemberId>, DbError> {
    let found: Option<String> = reset_links::table
        .find(hash)
        .filter(reset_links::expires_at.gt(now.naive_utc()))
        .select(reset_links::member_id)
        .first(conn)
        .optional()?;
    found.as_deref().map(convert::id).transpose()
}

/// Uses a link up; false when it works no longer.
///
/// # Errors
/// The store's fault.
pub fn use_link(tx: &mut Tx<'_>, hash: &str) -> Result<bool, DbError> {
    let alive = reset_links::table.find(hash).filter(reset_links::expires_at.gt(tx.now.naive_utc()));
    Ok(diesel::delete(alive).execute(tx.conn)? == 1)
}

/// Ends every link of a member.
///
/// # Errors
/// The store's fault.
pub fn delete_links_of(tx: &mut Tx<'_>, member: MemberId) -> Result<(), DbError> {
    diesel::delete(reset_links::table.filter(reset_links::member_id.eq(member.to_string()))).execute(tx.conn)?;
    Ok(())
}
