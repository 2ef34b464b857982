//! The register of those who speak for the community (V1, V2). What comes of a row is worked out
//! from the clock; see [`Times`].

use super::connection::{AnyBackend, AnyConnection};
use super::schema::{members, spokespeople};
use super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::domain::spokesperson::{NewSpokesperson, SpokespersonState, Times};
use crate::ids::{MemberId, PostId, SpokespersonId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// One assemblage: somebody who volunteered to speak for the community, for a purpose and a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spokesperson {
    /// Its id.
    pub id: SpokespersonId,
    /// Who volunteered.
    pub member_id: MemberId,
    /// Their name as it is now; they agreed that it is public.
    pub name: String,
    /// For what.
    pub purpose: String,
    /// When they volunteered.
    pub volunteered_at: Stamp,
    /// Who backed them. For members only (J5).
    pub backer_id: Option<MemberId>,
    /// Begin and end.
    pub times: Times,
    /// The post of the community that told of it.
    pub note_id: Option<PostId>,
}

impl Spokesperson {
    /// Where it stands at `now`.
    pub fn state_at(&self, now: Stamp) -> SpokespersonState {
        self.times.state_at(now)
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = spokespeople, check_for_backend(AnyBackend))]
struct Row {
    id: String,
    member_id: String,
    purpose: String,
    volunteered_at: NaiveDateTime,
    ends_at: NaiveDateTime,
    backer_id: Option<String>,
    begins_at: Option<NaiveDateTime>,
    ended_at: Option<NaiveDateTime>,
    note_id: Option<String>,
}

fn spokesperson_from((row, name): (Row, String)) -> Result<Spokesperson, DbError> {
    Ok(Spokesperson {
        id: convert::id(&row.id)?,
        member_id: convert::id(&row.member_id)?,
        name,
        purpose: row.purpose,
        volunteered_at: row.volunteered_at.and_utc(),
        backer_id: row.backer_id.as_deref().map(convert::id).transpose()?,
        times: Times {
            begins_at: row.begins_at.map(|at| at.and_utc()),
            ends_at: row.ends_at.and_utc(),
            ended_at: row.ended_at.map(|at| at.and_utc()),
        },
        note_id: row.note_id.as_deref().map(convert::id).transpose()?,
    })
}

macro_rules! with_names {
    () => {
        spokespeople::table
            .inner_join(members::table.on(members::id.eq(spokespeople::member_id)))
            .select((Row::as_select(), members::name))
    };
}

/// One that must exist.
///
/// # Errors
/// `NotFound`, or the store's fault.
pub fn spokesperson(conn: &mut AnyConnection, id: SpokespersonId) -> Result<Spokesperson, DbError> {
    spokesperson_from(with_names!().filter(spokespeople::id.eq(id.to_string())).first(conn)?)
}

/// The same, held until the end of the transaction, so that what is done to it follows one another on
/// PostgreSQL too. SQLite has one writer at a time anyway.
///
/// # Errors
/// `NotFound`, or the store's fault.
pub fn hold_spokesperson(tx: &mut Tx<'_>, id: SpokespersonId) -> Result<Spokesperson, DbError> {
    if let AnyConnection::Postgres(c) = &mut *tx.conn {
        let held = spokespeople::table.find(id.to_string()).select(spokespeople::id).for_no_key_update();
        let _: Option<String> = held.first(c).optional()?;
        tx.catch_up();
    }
    spokesperson(tx.conn, id)
}

/// All of one member that have not ended by a word, held like [`hold_spokesperson`], the oldest first.
///
/// # Errors
/// The store's fault.
pub fn hold_all_of(tx: &mut Tx<'_>, member: MemberId) -> Result<Vec<Spokesperson>, DbError> {
    if let AnyConnection::Postgres(c) = &mut *tx.conn {
        let standing = spokespeople::table
            .filter(spokespeople::member_id.eq(member.to_string()))
            .filter(spokespeople::ended_at.is_null());
        let _: Vec<String> = standing.order(spokespeople::id).select(spokespeople::id).for_no_key_update().load(c)?;
        tx.catch_up();
    }
    let mut all = list_of_member(tx.conn, member)?;
    all.retain(|one| one.times.ended_at.is_none());
    Ok(all)
}

/// All of one member, the oldest first.
///
/// # Errors
/// The store's fault.
pub fn list_of_member(conn: &mut AnyConnection, member: MemberId) -> Result<Vec<Spokesperson>, DbError> {
    let found: Vec<(Row, String)> =
        with_names!().filter(spokespeople::member_id.eq(member.to_string())).order(spokespeople::id).load(conn)?;
    found.into_iter().map(spokesperson_from).collect()
}

/// As whom a member speaks for the community at `now`, if they do.
///
/// # Errors
/// The store's fault.
pub fn find_speaking(conn: &mut AnyConnection, member: MemberId, now: Stamp) -> Result<Option<Spokesperson>, DbError> {
    let theirs = list_of_member(conn, member)?;
    Ok(theirs.into_iter().find(|one| one.state_at(now) == SpokespersonState::InForce))
}

/// Those that wait, are backed or in force at `now`, the oldest first.
///
/// # Errors
/// The store's fault.
pub fn list_current(conn: &mut AnyConnection, now: Stamp) -> Result<Vec<Spokesperson>, DbError> {
    let found: Vec<(Row, String)> = with_names!()
        .filter(spokespeople::ended_at.is_null())
        .filter(spokespeople::ends_at.gt(now.naive_utc()))
        .order(spokespeople::id)
        .load(conn)?;
    found.into_iter().map(spokesperson_from).collect()
}

/// Those that came into force by `now`, the youngest first: who speaks and who spoke.
///
/// # Errors
/// The store's fault.
pub fn list_register(
    conn: &mut AnyConnection,
    now: Stamp,
    before: Option<SpokespersonId>,
    limit: i64,
) -> Result<Vec<Spokesperson>, DbError> {
    let mut query = with_names!()
        .filter(spokespeople::begins_at.le(now.naive_utc()))
        .filter(spokespeople::ended_at.is_null().or(spokespeople::begins_at.le(spokespeople::ended_at)))
        .into_boxed::<AnyBackend>();
    if let Some(before) = before {
        query = query.filter(spokespeople::id.lt(before.to_string()));
    }
    let found: Vec<(Row, String)> = query.order(spokespeople::id.desc()).limit(limit).load(conn)?;
    found.into_iter().map(spokesperson_from).collect()
}

/// Saves a member who volunteers.
///
/// # Errors
/// The store's fault.
pub fn insert_spokesperson(
    tx: &mut Tx<'_>,
    member: MemberId,
    new: &NewSpokesperson,
) -> Result<SpokespersonId, DbError> {
    let id = SpokespersonId::from_uuid(tx.next_id());
    diesel::insert_into(spokespeople::table)
        .values((
            spokespeople::id.eq(id.to_string()),
            spokespeople::member_id.eq(member.to_string()),
            spokespeople::purpose.eq(&new.purpose),
            spokespeople::volunteered_at.eq(tx.now.naive_utc()),
            spokespeople::ends_at.eq(new.ends_at.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// A backing: by whom, from when it has effect, and the post that tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backing {
    /// The other member.
    pub by: MemberId,
    /// From when.
    pub begins_at: Stamp,
    /// The post.
    pub note_id: PostId,
}

/// Notes the backing, or that there is none any more.
///
/// # Errors
/// The store's fault.
pub fn set_backing(tx: &mut Tx<'_>, id: SpokespersonId, backing: Option<Backing>) -> Result<(), DbError> {
    diesel::update(spokespeople::table.find(id.to_string()))
        .set((
            spokespeople::backer_id.eq(backing.map(|one| one.by.to_string())),
            spokespeople::begins_at.eq(backing.map(|one| one.begins_at.naive_utc())),
            spokespeople::note_id.eq(backing.map(|one| one.note_id.to_string())),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Ends it before its time.
///
/// # Errors
/// The store's fault.
pub fn end_spokesperson(tx: &mut Tx<'_>, id: SpokespersonId, at: Stamp) -> Result<(), DbError> {
    diesel::update(spokespeople::table.find(id.to_string()))
        .set(spokespeople::ended_at.eq(Some(at.naive_utc())))
        .execute(tx.conn)?;
    Ok(())
}

/// Forgets one that never came into force.
///
/// # Errors
/// The store's fault.
pub fn delete_spokesperson(tx: &mut Tx<'_>, id: SpokespersonId) -> Result<(), DbError> {
    diesel::delete(spokespeople::table.find(id.to_string())).execute(tx.conn)?;
    Ok(())
}

/// Those that a member backs and that have not ended by a word.
///
/// # Errors
/// The store's fault.
pub fn list_backed_by(conn: &mut AnyConnection, backer: MemberId) -> Result<Vec<Spokesperson>, DbError> {
    let found: Vec<(Row, String)> = with_names!()
        .filter(spokespeople::backer_id.eq(backer.to_string()))
        .filter(spokespeople::ended_at.is_null())
        .order(spokespeople::id)
        .load(conn)?;
    found.into_iter().map(spokesperson_from).collect()
}
