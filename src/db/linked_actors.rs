//! Proven fediverse actors of members, and the codes that prove them.

use super::connection::AnyConnection;
use super::schema::{link_codes, linked_actors, members, remote_actors};
use super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::ids::{MemberId, RowId};
use crate::on_each_backend;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

/// A member's proven actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedActor {
    /// The actor.
    pub actor_url: String,
    /// Whose it is.
    pub member_id: MemberId,
    /// Since when.
    pub linked_at: Stamp,
    /// Since when it acts for nobody, until the member confirms it by a new code (AC-16).
    pub held_at: Option<Stamp>,
    /// True once the actor is gone from its server: it acts for nobody (IN-6).
    pub is_disabled: bool,
    /// True while stewards keep it or its server out: its votes do not come in (V-28).
    pub is_blocked: bool,
}

impl LinkedActor {
    /// Whether it acts for its member now.
    pub fn is_in_force(&self) -> bool {
        self.held_at.is_none() && !self.is_disabled && !self.is_blocked
    }
}

/// The member to whom an actor is linked; none for supporters, for members who left and for
/// links that are on hold.
///
/// # Errors
/// The store's fault.
pub fn find_member_of(conn: &mut AnyConnection, actor_url: &str) -> Result<Option<MemberId>, DbError> {
    let row: Option<String> = linked_actors::table
        .inner_join(members::table)
        .filter(linked_actors::actor_url.eq(actor_url))
        .filter(linked_actors::disabled_at.is_null())
        .filter(linked_actors::held_at.is_null())
        .filter(members::left_at.is_null())
        .select(linked_actors::member_id)
        .first(conn)
        .optional()?;
    row.as_deref().map(convert::id).transpose()
}

/// A member's linked actors, the first first.
///
/// # Errors
/// The store's fault.
pub fn list_linked_actors(conn: &mut AnyConnection, member: MemberId) -> Result<Vec<LinkedActor>, DbError> {
    type Row = (String, NaiveDateTime, Option<NaiveDateTime>, Option<NaiveDateTime>, Option<bool>);
    let rows: Vec<Row> = linked_actors::table
        .left_join(remote_actors::table.on(remote_actors::url.eq(linked_actors::actor_url)))
        .filter(linked_actors::member_id.eq(member.to_string()))
        .order((linked_actors::linked_at, linked_actors::actor_url))
        .select((
            linked_actors::actor_url,
            linked_actors::linked_at,
            linked_actors::held_at,
            linked_actors::disabled_at,
            remote_actors::is_blocked.nullable(),
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(actor_url, linked_at, held_at, disabled_at, is_blocked)| LinkedActor {
            actor_url,
            member_id: member,
            linked_at: linked_at.and_utc(),
            held_at: held_at.map(|at| at.and_utc()),
            is_disabled: disabled_at.is_some(),
            is_blocked: is_blocked.unwrap_or(false),
        })
        .collect())
}

/// Whether a member's link to this actor waits for their confirmation (AC-16).
///
/// # Errors
/// The store's fault.
pub fn is_on_hold(conn: &mut AnyConnection, actor_url: &str) -> Result<bool, DbError> {
    let held = linked_actors::table.find(actor_url).filter(linked_actors::held_at.is_not_null());
    Ok(diesel::select(diesel::dsl::exists(held)).get_result(conn)?)
}

/// Lets a link wait until its member confirms it by a new code. One that waits already goes on
/// waiting since then.
///
/// # Errors
/// The store's fault.
pub fn hold_link(tx: &mut Tx<'_>, actor_url: &str) -> Result<(), DbError> {
    diesel::update(linked_actors::table.find(actor_url).filter(linked_actors::held_at.is_null()))
        .set(linked_actors::held_at.eq(Some(tx.now.naive_utc())))
        .execute(tx.conn)?;
    Ok(())
}

/// To whom the actor is linked, and whether the link is in force.
///
/// # Errors
/// The store's fault.
pub fn find_owner(conn: &mut AnyConnection, actor_url: &str) -> Result<Option<(MemberId, bool)>, DbError> {
    let row: Option<(String, Option<NaiveDateTime>, Option<NaiveDateTime>)> = linked_actors::table
        .find(actor_url)
        .select((linked_actors::member_id, linked_actors::disabled_at, linked_actors::held_at))
        .first(conn)
        .optional()?;
    row.map(|(member, disabled, held)| Ok((convert::id(&member)?, disabled.is_none() && held.is_none()))).transpose()
}

/// Links an actor, or puts the member's own link in force again. False when it is linked to
/// another member.
///
/// # Errors
/// The store's fault.
pub fn insert_link(tx: &mut Tx<'_>, actor_url: &str, member: MemberId) -> Result<bool, DbError> {
    let row = (
        linked_actors::actor_url.eq(actor_url),
        linked_actors::member_id.eq(member.to_string()),
        linked_actors::linked_at.eq(tx.now.naive_utc()),
    );
    let added = on_each_backend!(tx.conn, |c| diesel::insert_into(linked_actors::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    if added == 1 {
        return Ok(true);
    }
    let own = linked_actors::table.find(actor_url).filter(linked_actors::member_id.eq(member.to_string()));
    let renewed = diesel::update(own)
        .set((linked_actors::disabled_at.eq(None::<NaiveDateTime>), linked_actors::held_at.eq(None::<NaiveDateTime>)))
        .execute(tx.conn)?;
    Ok(renewed == 1)
}

/// Takes a link of this member away. False when there was none.
///
/// # Errors
/// The store's fault.
pub fn remove_link(tx: &mut Tx<'_>, actor_url: &str, member: MemberId) -> Result<bool, DbError> {
    let removed =
        diesel::delete(linked_actors::table.find(actor_url).filter(linked_actors::member_id.eq(member.to_string())))
            .execute(tx.conn)?;
    Ok(removed > 0)
}

/// A code that is on its way to an actor.
#[derive(Debug, Clone)]
pub struct LinkCode {
    /// Its row.
    pub id: RowId,
    /// The actor to whom it was sent.
    pub actor_url: String,
    /// What is stored of it.
    pub code_hash: String,
}

/// Saves the hash of a code; codes that the member asked for before are void from now on.
///
/// # Errors
/// The store's fault.
pub fn insert_code(
    tx: &mut Tx<'_>,
    member: MemberId,
    actor_url: &str,
    code_hash: &str,
    (tries, lives): (i32, TimeDelta),
) -> Result<(), DbError> {
    let now = tx.now.naive_utc();
    diesel::update(
        link_codes::table.filter(link_codes::member_id.eq(member.to_string())).filter(link_codes::used_at.is_null()),
    )
    .set(link_codes::used_at.eq(Some(now)))
    .execute(tx.conn)?;
    diesel::insert_into(link_codes::table)
        .values((
            link_codes::id.eq(tx.next_id().to_string()),
            link_codes::member_id.eq(member.to_string()),
            link_codes::actor_url.eq(actor_url),
            link_codes::code_hash.eq(code_hash),
            link_codes::tries_left.eq(tries),
            link_codes::created_at.eq(now),
            link_codes::expires_at.eq((tx.now + lives).naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Takes one try from the member's code that may still be typed, and gives the code. `None` when
/// there is none, or its time or its tries are used up.
///
/// # Errors
/// The store's fault.
pub fn take_try(tx: &mut Tx<'_>, member: MemberId) -> Result<Option<LinkCode>, DbError> {
    let row: Option<(String, String, String)> = link_codes::table
        .filter(link_codes::member_id.eq(member.to_string()))
        .filter(link_codes::used_at.is_null())
        .filter(link_codes::expires_at.gt(tx.now.naive_utc()))
        .order(link_codes::id.desc())
        .select((link_codes::id, link_codes::actor_url, link_codes::code_hash))
        .first(tx.conn)
        .optional()?;
    let Some((id, actor_url, code_hash)) = row else { return Ok(None) };
    // The count is taken in the update itself, so that tries in parallel cannot share one.
    let taken = diesel::update(
        link_codes::table.find(&id).filter(link_codes::tries_left.gt(0)).filter(link_codes::used_at.is_null()),
    )
    .set(link_codes::tries_left.eq(link_codes::tries_left - 1))
    .execute(tx.conn)?;
    if taken == 0 {
        return Ok(None);
    }
    Ok(Some(LinkCode { id: convert::id(&id)?, actor_url, code_hash }))
}

/// Uses a code up. False when it was used before.
///
/// # Errors
/// The store's fault.
pub fn use_code(tx: &mut Tx<'_>, id: RowId) -> Result<bool, DbError> {
    let used = diesel::update(link_codes::table.find(id.to_string()).filter(link_codes::used_at.is_null()))
        .set(link_codes::used_at.eq(Some(tx.now.naive_utc())))
        .execute(tx.conn)?;
    Ok(used == 1)
}

/// How many codes the member asked for since then.
///
/// # Errors
/// The store's fault.
pub fn count_codes_by_member(conn: &mut AnyConnection, member: MemberId, since: Stamp) -> Result<i64, DbError> {
    Ok(link_codes::table
        .filter(link_codes::member_id.eq(member.to_string()))
        .filter(link_codes::created_at.gt(since.naive_utc()))
        .count()
        .get_result(conn)?)
}

/// How many codes were sent to the actor since then, whoever asked.
///
/// # Errors
/// The store's fault.
pub fn count_codes_to_actor(conn: &mut AnyConnection, actor_url: &str, since: Stamp) -> Result<i64, DbError> {
    Ok(link_codes::table
        .filter(link_codes::actor_url.eq(actor_url))
        .filter(link_codes::created_at.gt(since.naive_utc()))
        .count()
        .get_result(conn)?)
}

/// Disables a link whose actor is gone: it signs in and votes no more; the member and the
/// ballots stay (security.md IN-6).
///
/// # Errors
/// The store's fault.
pub fn disable_link(tx: &mut super::Tx<'_>, actor_url: &str) -> Result<(), DbError> {
    use super::schema::linked_actors;
    use diesel::prelude::*;
    diesel::update(linked_actors::table.filter(linked_actors::actor_url.eq(actor_url)))
        .set(linked_actors::disabled_at.eq(tx.now.naive_utc()))
        .execute(tx.conn)?;
    Ok(())
}
