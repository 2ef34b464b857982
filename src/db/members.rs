//! The roll: members and their local passwords. It is private (J5): what leaves this file is for
//! the person's own pages, for the members of their cabals and for the counting of votes.

use super::schema::{members, passwords};
use super::{AnyConnection, DbError, Tx};
use crate::clock::Stamp;
use crate::ids::MemberId;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::upsert::excluded;

/// A member on the roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The id.
    pub id: MemberId,
    /// The handle with which they sign in.
    pub handle: String,
    /// How they wish to be called.
    pub name: String,
    /// True when they operate the instance.
    pub is_steward: bool,
    /// When they signed.
    pub joined_at: Stamp,
}

type Columns = (members::id, members::handle, members::name, members::is_steward, members::joined_at);
type Row = (String, String, String, bool, NaiveDateTime);

const COLUMNS: Columns = (members::id, members::handle, members::name, members::is_steward, members::joined_at);

fn from_row((id, handle, name, is_steward, joined_at): Row) -> Result<Member, DbError> {
    let id = parse_id(&id)?;
    Ok(Member { id, handle, name, is_steward, joined_at: joined_at.and_utc() })
}

fn parse_id(text: &str) -> Result<MemberId, DbError> {
    text.parse().map_err(|_| DbError::Broken(format!("members holds the id {text:?}")))
}

/// Puts a person on the roll, as of now.
///
/// # Errors
/// The store's fault; a handle that is taken must be found out before.
pub fn create_member(tx: &mut Tx<'_>, handle: &str, name: &str, is_steward: bool) -> Result<MemberId, DbError> {
    let id = MemberId::from_uuid(tx.next_id());
    diesel::insert_into(members::table)
        .values((
            members::id.eq(id.to_string()),
            members::handle.eq(handle),
            members::name.eq(name),
            members::is_steward.eq(is_steward),
            members::joined_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// The member with this id, also one who has left.
///
/// # Errors
/// `NotFound`, or the store's fault.
pub fn member(conn: &mut AnyConnection, id: MemberId) -> Result<Member, DbError> {
    from_row(members::table.find(id.to_string()).select(COLUMNS).first::<Row>(conn)?)
}

/// Holds a member until the end of the transaction, so that what one person does follows one another on
/// PostgreSQL too; false when they have left. SQLite has one writer at a time anyway.
///
/// # Errors
/// The store's fault.
pub fn hold_member(tx: &mut Tx<'_>, id: MemberId) -> Result<bool, DbError> {
    if let AnyConnection::Postgres(c) = &mut *tx.conn {
        let _: Option<String> =
            members::table.find(id.to_string()).select(members::id).for_no_key_update().first(c).optional()?;
        tx.catch_up();
    }
    let standing: i64 =
        members::table.find(id.to_string()).filter(members::left_at.is_null()).count().get_result(tx.conn)?;
    Ok(standing == 1)
}

/// The members with these ids, in order of joining; ids of nobody are passed over.
///
/// # Errors
/// The store's fault.
pub fn list_members(conn: &mut AnyConnection, ids: &[MemberId]) -> Result<Vec<Member>, DbError> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    members::table
        .filter(members::id.eq_any(ids))
        .order(members::id)
        .select(COLUMNS)
        .load::<Row>(conn)?
        .into_iter()
        .map(from_row)
        .collect()
}

/// The member who signs in with this handle; nobody who has left.
///
/// # Errors
/// The store's fault.
pub fn find_member_by_handle(conn: &mut AnyConnection, handle: &str) -> Result<Option<Member>, DbError> {
    members::table
        .filter(members::handle.eq(handle))
        .filter(members::left_at.is_null())
        .select(COLUMNS)
        .first::<Row>(conn)
        .optional()?
        .map(from_row)
        .transpose()
}

/// Whether this is a member still: nobody who has left is.
///
/// # Errors
/// The store's fault.
pub fn is_on_the_roll(conn: &mut AnyConnection, id: MemberId) -> Result<bool, DbError> {
    let member = members::table.find(id.to_string()).filter(members::left_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(member)).get_result(conn)?)
}

/// The stewards who are members still.
///
/// # Errors
/// The store's fault.
pub fn list_stewards(conn: &mut AnyConnection) -> Result<Vec<MemberId>, DbError> {
    let ids: Vec<String> = members::table
        .filter(members::is_steward)
        .filter(members::left_at.is_null())
        .order(members::id)
        .select(members::id)
        .load(conn)?;
    ids.iter().map(|id| parse_id(id)).collect()
}

/// How many members there are; this number is public.
///
/// # Errors
/// The store's fault.
pub fn count_members(conn: &mut AnyConnection) -> Result<i64, DbError> {
    Ok(members::table.filter(members::left_at.is_null()).count().get_result(conn)?)
}

/// The roll: the ids of all members, in order of joining.
///
/// # Errors
/// The store's fault.
pub fn list_roll(conn: &mut AnyConnection) -> Result<Vec<MemberId>, DbError> {
    members::table
        .filter(members::left_at.is_null())
        .order(members::id)
        .select(members::id)
        .load::<String>(conn)?
        .iter()
        .map(|id| parse_id(id))
        .collect()
}

/// The stored hash of a member's password, in PHC form.
///
/// # Errors
/// The store's fault.
pub fn find_password_hash(conn: &mut AnyConnection, id: MemberId) -> Result<Option<String>, DbError> {
    Ok(passwords::table.find(id.to_string()).select(passwords::hash).first(conn).optional()?)
}

/// Sets or replaces a member's password.
///
/// # Errors
/// The store's fault.
pub fn set_password_hash(tx: &mut Tx<'_>, id: MemberId, hash: &str) -> Result<(), DbError> {
    let row = (
        passwords::member_id.eq(id.to_string()),
        passwords::hash.eq(hash),
        passwords::changed_at.eq(tx.now.naive_utc()),
    );
    crate::on_each_backend!(tx.conn, |c| diesel::insert_into(passwords::table)
        .values(row)
        .on_conflict(passwords::member_id)
        .do_update()
        .set((passwords::hash.eq(excluded(passwords::hash)), passwords::changed_at.eq(excluded(passwords::changed_at))))
        .execute(c))?;
    Ok(())
}

/// Notes that a steward gave somebody a way to sign in as this member: a password, or a link to choose one.
///
/// # Errors
/// The store's fault.
pub fn note_given_password(tx: &mut Tx<'_>, id: MemberId) -> Result<(), DbError> {
    diesel::update(members::table.find(id.to_string()))
        .set(members::password_given_at.eq(Some(tx.now.naive_utc())))
        .execute(tx.conn)?;
    Ok(())
}

/// When a steward last did that, if it was at this moment or later.
///
/// # Errors
/// The store's fault.
pub fn find_given_password(conn: &mut AnyConnection, id: MemberId, since: Stamp) -> Result<Option<Stamp>, DbError> {
    let given: Option<Option<NaiveDateTime>> =
        members::table.find(id.to_string()).select(members::password_given_at).first(conn).optional()?;
    Ok(given.flatten().map(|at| at.and_utc()).filter(|at| *at >= since))
}
