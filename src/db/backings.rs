//! Who backs which amendment (A3). Private, like the roll (J5).

use super::connection::AnyConnection;
use super::polls::count;
use super::schema::{backings, members};
use super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::ids::{AmendmentId, MemberId};
use crate::on_each_backend;
use diesel::prelude::*;

/// Which members back it, the first backer first; nobody who has left.
///
/// # Errors
/// The store's fault.
pub fn list_backers(conn: &mut AnyConnection, id: AmendmentId) -> Result<Vec<MemberId>, DbError> {
    let rows: Vec<String> = backings::table
        .inner_join(members::table)
        .filter(members::left_at.is_null())
        .filter(backings::amendment_id.eq(id.to_string()))
        .order((backings::backed_at, backings::member_id))
        .select(backings::member_id)
        .load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}

/// How many backed it at a moment, whether they have left since or not; about so many, when somebody
/// left at that very second.
///
/// # Errors
/// The store's fault.
pub fn count_backers_at(conn: &mut AnyConnection, id: AmendmentId, at: Stamp) -> Result<u32, DbError> {
    let was_there = members::left_at.is_null().or(members::left_at.ge(at.naive_utc()));
    let backers: i64 = backings::table
        .inner_join(members::table)
        .filter(backings::amendment_id.eq(id.to_string()))
        .filter(was_there)
        .count()
        .get_result(conn)?;
    count(backers)
}

/// The amendments that a member backs.
///
/// # Errors
/// The store's fault.
pub fn list_backed_by(conn: &mut AnyConnection, member: MemberId) -> Result<Vec<AmendmentId>, DbError> {
    let found: Vec<String> = backings::table
        .filter(backings::member_id.eq(member.to_string()))
        .order(backings::amendment_id)
        .select(backings::amendment_id)
        .load(conn)?;
    found.iter().map(|id| convert::id(id)).collect()
}

/// The backing that came by this reply, if one did.
///
/// # Errors
/// The store's fault.
pub fn find_backing_by_reply(
    conn: &mut AnyConnection,
    reply_id: &str,
) -> Result<Option<(AmendmentId, MemberId)>, DbError> {
    let row: Option<(String, String)> = backings::table
        .filter(backings::reply_id.eq(reply_id))
        .select((backings::amendment_id, backings::member_id))
        .first(conn)
        .optional()?;
    row.map(|(amendment, member)| Ok((convert::id(&amendment)?, convert::id(&member)?))).transpose()
}

/// Adds a backing, by a reply when it came as one. Of one that is there already the newest reply is kept, so
/// that its deletion takes the backing back, as its writer was told.
///
/// # Errors
/// The store's fault.
pub fn add_backing(tx: &mut Tx<'_>, id: AmendmentId, member: MemberId, reply_id: Option<&str>) -> Result<(), DbError> {
    let row = (
        backings::amendment_id.eq(id.to_string()),
        backings::member_id.eq(member.to_string()),
        backings::backed_at.eq(tx.now.naive_utc()),
        backings::reply_id.eq(reply_id),
    );
    on_each_backend!(tx.conn, |c| diesel::insert_into(backings::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    if reply_id.is_some() {
        diesel::update(backings::table.find((id.to_string(), member.to_string())))
            .set(backings::reply_id.eq(reply_id))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// Takes a backing away. False when there was none.
///
/// # Errors
/// The store's fault.
pub fn remove_backing(tx: &mut Tx<'_>, id: AmendmentId, member: MemberId) -> Result<bool, DbError> {
    Ok(diesel::delete(backings::table.find((id.to_string(), member.to_string()))).execute(tx.conn)? > 0)
}

/// Cancels all backings, as every edit of the text does (A3).
///
/// # Errors
/// The store's fault.
pub fn clear_backings(tx: &mut Tx<'_>, id: AmendmentId) -> Result<(), DbError> {
    diesel::delete(backings::table.filter(backings::amendment_id.eq(id.to_string()))).execute(tx.conn)?;
    Ok(())
}
