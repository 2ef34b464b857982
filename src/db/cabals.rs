//! Cabals, their members and their log.

use super::cabal_life::newest_joins;
use super::connection::{AnyBackend, AnyConnection};
use super::convert;
use super::error::DbError;
use super::schema::{cabal_log, cabal_members, cabals, local_actors, members};
use super::tx::Tx;
use crate::clock::Stamp;
use crate::domain::cabal::Freshness;
use crate::ids::{ActorId, CabalId, MemberId, RowId};
use crate::on_each_backend;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use std::collections::HashMap;

/// A cabal with what is shown of its actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cabal {
    /// The same UUID as its actor.
    pub id: CabalId,
    /// Its handle on the fediverse.
    pub handle: String,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Who formed it.
    pub formed_by: MemberId,
    /// When it was formed.
    pub formed_at: Stamp,
    /// When it last published a request, progress or a poll.
    pub last_published_at: Option<Stamp>,
    /// How many actors follow it.
    pub followers_count: i32,
    /// When the last of those who are in it came; nothing when nobody is in it.
    pub newest_joined_at: Option<Stamp>,
}

impl Cabal {
    /// How fresh it is (C6): a cabal without anybody rests, and somebody new is a sign of life.
    pub fn freshness(&self, now: Stamp) -> Freshness {
        let published = self.last_published_at.unwrap_or(self.formed_at);
        self.newest_joined_at.map_or(Freshness::Resting, |joined| Freshness::at(now, published.max(joined)))
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = cabals, check_for_backend(AnyBackend))]
struct CabalRow {
    id: String,
    purpose: String,
    formed_by: String,
    formed_at: NaiveDateTime,
    last_published_at: Option<NaiveDateTime>,
}

type CabalParts = (CabalRow, String, String, i32);

fn cabals_from(conn: &mut AnyConnection, found: Vec<CabalParts>) -> Result<Vec<Cabal>, DbError> {
    let ids: Vec<String> = found.iter().map(|(row, ..)| row.id.clone()).collect();
    let newest = newest_joins(conn, &ids)?;
    found.into_iter().map(|parts| cabal_from(&newest, parts)).collect()
}

fn cabal_from(
    newest: &HashMap<String, Stamp>,
    (row, handle, name, followers_count): CabalParts,
) -> Result<Cabal, DbError> {
    Ok(Cabal {
        newest_joined_at: newest.get(&row.id).copied(),
        id: convert::id(&row.id)?,
        handle,
        name,
        purpose: row.purpose,
        formed_by: convert::id(&row.formed_by)?,
        formed_at: row.formed_at.and_utc(),
        last_published_at: row.last_published_at.map(|at| at.and_utc()),
        followers_count,
    })
}

macro_rules! cabals_with_actors {
    () => {
        cabals::table.inner_join(local_actors::table).filter(local_actors::deleted_at.is_null()).select((
            CabalRow::as_select(),
            local_actors::handle,
            local_actors::name,
            local_actors::followers_count,
        ))
    };
}

/// A cabal that must exist.
///
/// # Errors
/// `NotFound` when there is none, or the store's fault.
pub fn cabal(conn: &mut AnyConnection, id: CabalId) -> Result<Cabal, DbError> {
    find_cabal(conn, id)?.ok_or(DbError::NotFound)
}

/// A cabal by id.
///
/// # Errors
/// The store's fault.
pub fn find_cabal(conn: &mut AnyConnection, id: CabalId) -> Result<Option<Cabal>, DbError> {
    let found: Vec<CabalParts> = cabals_with_actors!().filter(cabals::id.eq(id.to_string())).load(conn)?;
    Ok(cabals_from(conn, found)?.pop())
}

/// A cabal by handle.
///
/// # Errors
/// The store's fault.
pub fn find_cabal_by_handle(conn: &mut AnyConnection, handle: &str) -> Result<Option<Cabal>, DbError> {
    let found: Vec<CabalParts> = cabals_with_actors!().filter(local_actors::handle.eq(handle)).load(conn)?;
    Ok(cabals_from(conn, found)?.pop())
}

/// Cabals, the youngest first; `before` is the last one of the page before.
///
/// # Errors
/// The store's fault.
pub fn list_cabals(conn: &mut AnyConnection, before: Option<CabalId>, limit: i64) -> Result<Vec<Cabal>, DbError> {
    let mut query = cabals_with_actors!().into_boxed::<AnyBackend>();
    if let Some(before) = before {
        query = query.filter(cabals::id.lt(before.to_string()));
    }
    let found: Vec<CabalParts> = query.order(cabals::id.desc()).limit(limit).load(conn)?;
    cabals_from(conn, found)
}

/// The cabals that a member is in, by name.
///
/// # Errors
/// The store's fault.
pub fn list_cabals_of(conn: &mut AnyConnection, member: MemberId) -> Result<Vec<Cabal>, DbError> {
    let mine = cabal_members::table
        .filter(cabal_members::member_id.eq(member.to_string()))
        .filter(cabal_members::left_at.is_null())
        .select(cabal_members::cabal_id);
    let found: Vec<CabalParts> =
        cabals_with_actors!().filter(cabals::id.eq_any(mine)).order(local_actors::name.asc()).load(conn)?;
    cabals_from(conn, found)
}

/// How many cabals there are.
///
/// # Errors
/// The store's fault.
pub fn count_cabals(conn: &mut AnyConnection) -> Result<i64, DbError> {
    Ok(cabals::table.count().get_result(conn)?)
}

/// How many cabals a member has formed since a moment (C1).
///
/// # Errors
/// The store's fault.
pub fn count_formed_since(conn: &mut AnyConnection, member: MemberId, since: Stamp) -> Result<i64, DbError> {
    Ok(cabals::table
        .filter(cabals::formed_by.eq(member.to_string()))
        .filter(cabals::formed_at.gt(since.naive_utc()))
        .count()
        .get_result(conn)?)
}

/// Saves a cabal beside its actor, which must exist.
///
/// # Errors
/// The store's fault.
pub fn insert_cabal(tx: &mut Tx<'_>, id: CabalId, purpose: &str, by: MemberId) -> Result<(), DbError> {
    diesel::insert_into(cabals::table)
        .values((
            cabals::id.eq(id.to_string()),
            cabals::purpose.eq(purpose),
            cabals::formed_by.eq(by.to_string()),
            cabals::formed_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Notes that the cabal published something (C6).
///
/// # Errors
/// The store's fault.
pub fn note_published(tx: &mut Tx<'_>, id: CabalId) -> Result<(), DbError> {
    diesel::update(cabals::table.filter(cabals::id.eq(id.to_string())))
        .set(cabals::last_published_at.eq(tx.now.naive_utc()))
        .execute(tx.conn)?;
    Ok(())
}

/// Somebody in a cabal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CabalMember {
    /// Who.
    pub member_id: MemberId,
    /// Their handle here.
    pub handle: String,
    /// What to call them.
    pub name: String,
    /// Whether they facilitate; a lead has no exclusive permission (C3).
    pub is_lead: bool,
    /// What they said they would do (C2).
    pub contribution: String,
    /// Since when.
    pub joined_at: Stamp,
}

/// The people in a cabal, leads first, then in order of joining.
///
/// # Errors
/// The store's fault.
pub fn list_cabal_members(conn: &mut AnyConnection, cabal: CabalId) -> Result<Vec<CabalMember>, DbError> {
    let found: Vec<(String, String, String, bool, String, NaiveDateTime)> = cabal_members::table
        .inner_join(members::table)
        .filter(cabal_members::cabal_id.eq(cabal.to_string()))
        .filter(cabal_members::left_at.is_null())
        .order((cabal_members::is_lead.desc(), cabal_members::joined_at.asc(), cabal_members::member_id.asc()))
        .select((
            cabal_members::member_id,
            members::handle,
            members::name,
            cabal_members::is_lead,
            cabal_members::contribution,
            cabal_members::joined_at,
        ))
        .load(conn)?;
    found
        .into_iter()
        .map(|(member_id, handle, name, is_lead, contribution, joined_at)| {
            Ok(CabalMember {
                member_id: convert::id(&member_id)?,
                handle,
                name,
                is_lead,
                contribution,
                joined_at: joined_at.and_utc(),
            })
        })
        .collect()
}

/// How many people are in a cabal.
///
/// # Errors
/// The store's fault.
pub fn count_cabal_members(conn: &mut AnyConnection, cabal: CabalId) -> Result<i64, DbError> {
    Ok(cabal_members::table
        .filter(cabal_members::cabal_id.eq(cabal.to_string()))
        .filter(cabal_members::left_at.is_null())
        .count()
        .get_result(conn)?)
}

/// Whether a member is in a cabal now.
///
/// # Errors
/// The store's fault.
pub fn is_member(conn: &mut AnyConnection, cabal: CabalId, member: MemberId) -> Result<bool, DbError> {
    let found: i64 = cabal_members::table
        .filter(cabal_members::cabal_id.eq(cabal.to_string()))
        .filter(cabal_members::member_id.eq(member.to_string()))
        .filter(cabal_members::left_at.is_null())
        .count()
        .get_result(conn)?;
    Ok(found > 0)
}

/// Puts a member into a cabal, or back into it after they had left.
///
/// # Errors
/// The store's fault.
pub fn save_cabal_member(
    tx: &mut Tx<'_>,
    cabal: CabalId,
    member: MemberId,
    is_lead: bool,
    contribution: &str,
) -> Result<(), DbError> {
    let row = (
        cabal_members::cabal_id.eq(cabal.to_string()),
        cabal_members::member_id.eq(member.to_string()),
        cabal_members::is_lead.eq(is_lead),
        cabal_members::contribution.eq(contribution),
        cabal_members::joined_at.eq(tx.now.naive_utc()),
        cabal_members::left_at.eq(None::<NaiveDateTime>),
    );
    on_each_backend!(tx.conn, |c| diesel::insert_into(cabal_members::table)
        .values(&row)
        .on_conflict((cabal_members::cabal_id, cabal_members::member_id))
        .do_update()
        .set((row.2, row.3, row.4, row.5))
        .execute(c))?;
    Ok(())
}

/// Notes that a member left a cabal; false when they were not in it.
///
/// # Errors
/// The store's fault.
pub fn end_cabal_membership(tx: &mut Tx<'_>, cabal: CabalId, member: MemberId) -> Result<bool, DbError> {
    let touched = diesel::update(
        cabal_members::table
            .filter(cabal_members::cabal_id.eq(cabal.to_string()))
            .filter(cabal_members::member_id.eq(member.to_string()))
            .filter(cabal_members::left_at.is_null()),
    )
    .set((cabal_members::left_at.eq(tx.now.naive_utc()), cabal_members::is_lead.eq(false)))
    .execute(tx.conn)?;
    Ok(touched > 0)
}

/// One act in the log of a cabal (C3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CabalAct {
    /// The row.
    pub id: RowId,
    /// Who did it.
    pub member_id: MemberId,
    /// Their name today.
    pub member_name: String,
    /// What was done, as a phrase: `published the help request`.
    pub act: String,
    /// To what: a title or the first words.
    pub subject: String,
    /// When.
    pub at: Stamp,
}

/// Attributes an act to a member in the cabal's log (C3).
///
/// # Errors
/// The store's fault.
pub fn log_act(tx: &mut Tx<'_>, cabal: CabalId, by: MemberId, act: &str, subject: &str) -> Result<(), DbError> {
    diesel::insert_into(cabal_log::table)
        .values((
            cabal_log::id.eq(tx.next_id().to_string()),
            cabal_log::cabal_id.eq(cabal.to_string()),
            cabal_log::member_id.eq(by.to_string()),
            cabal_log::act.eq(act),
            cabal_log::subject.eq(subject.chars().take(120).collect::<String>()),
            cabal_log::at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// What was done in a cabal, the latest first.
///
/// # Errors
/// The store's fault.
pub fn list_acts(conn: &mut AnyConnection, cabal: CabalId, limit: i64) -> Result<Vec<CabalAct>, DbError> {
    let found: Vec<(String, String, String, String, String, NaiveDateTime)> = cabal_log::table
        .inner_join(members::table)
        .filter(cabal_log::cabal_id.eq(cabal.to_string()))
        .order(cabal_log::id.desc())
        .limit(limit)
        .select((cabal_log::id, cabal_log::member_id, members::name, cabal_log::act, cabal_log::subject, cabal_log::at))
        .load(conn)?;
    found
        .into_iter()
        .map(|(id, member_id, member_name, act, subject, at)| {
            Ok(CabalAct {
                id: convert::id(&id)?,
                member_id: convert::id(&member_id)?,
                member_name,
                act,
                subject,
                at: at.and_utc(),
            })
        })
        .collect()
}

/// The cabal behind one of our actors; `None` for the community and the instance.
///
/// # Errors
/// The store's fault.
pub fn find_cabal_of_actor(conn: &mut AnyConnection, actor: ActorId) -> Result<Option<Cabal>, DbError> {
    find_cabal(conn, CabalId::from_uuid(actor.uuid()))
}
