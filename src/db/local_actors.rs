//! The actors that live here: the instance, the community and the cabals. One namespace holds
//! all handles, those of members and of deleted actors too, so that a name never changes hands.

use super::leaving::was_handle;
use super::schema::{local_actors, members};
use super::{AnyConnection, DbError, Tx, connection::AnyBackend, convert};
use crate::clock::Stamp;
use crate::domain::Urls;
use crate::ids::ActorId;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;

/// What a local actor is (product.md, "On the fediverse").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// The `Application` that signs fetches and nothing else.
    Instance,
    /// The `Group` that speaks for the community.
    Community,
    /// The `Group` of a cabal.
    Cabal,
}

impl ActorKind {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Community => "community",
            Self::Cabal => "cabal",
        }
    }

    /// Reads what was stored.
    pub(super) fn stored(text: &str) -> Option<Self> {
        [Self::Instance, Self::Community, Self::Cabal].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A key pair in PEM: PKCS#8 and SubjectPublicKeyInfo. It has no `Debug`, so that no log can
/// hold it by accident.
#[derive(Clone)]
pub struct KeyPair {
    /// What the actor document shows.
    pub public_pem: String,
    /// What signs; leaves the database for nothing else.
    pub private_pem: String,
}

/// An actor of this instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalActor {
    /// Its id; the same UUID as its cabal's.
    pub id: ActorId,
    /// What it is.
    pub kind: ActorKind,
    /// `preferredUsername`; of the instance actor it is the host.
    pub handle: String,
    /// The name for people.
    pub name: String,
    /// What it says of itself, as HTML.
    pub summary: String,
    /// The public half of its key.
    pub public_key_pem: String,
    /// How many follow it.
    pub followers_count: i32,
    /// How many public posts it has.
    pub posts_count: i32,
    /// When it was made.
    pub created_at: Stamp,
    /// When its document changed last.
    pub updated_at: Stamp,
    /// When it was deleted; its URLs answer 410 from then on.
    pub deleted_at: Option<Stamp>,
}

impl LocalActor {
    /// Its ActivityPub id.
    pub fn url(&self, urls: &Urls) -> String {
        match self.kind {
            ActorKind::Instance => urls.instance_actor(),
            ActorKind::Community | ActorKind::Cabal => urls.actor(&self.handle),
        }
    }
}

/// What a new actor needs.
pub struct NewActor<'a> {
    /// What it is.
    pub kind: ActorKind,
    /// Its handle, checked by [`claim_handle`] in the same transaction.
    pub handle: &'a str,
    /// The name for people.
    pub name: &'a str,
    /// What it says of itself, as HTML.
    pub summary: &'a str,
    /// Its keys.
    pub keys: &'a KeyPair,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = local_actors, check_for_backend(AnyBackend))]
struct ActorRow {
    id: String,
    kind: String,
    handle: String,
    name: String,
    summary: String,
    public_key_pem: String,
    followers_count: i32,
    posts_count: i32,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    deleted_at: Option<NaiveDateTime>,
}

impl ActorRow {
    fn actor(self) -> Result<LocalActor, DbError> {
        Ok(LocalActor {
            id: self.id.parse().map_err(|_| DbError::Broken(format!("{} is no actor id", self.id)))?,
            kind: convert::word(&self.kind, ActorKind::stored)?,
            handle: self.handle,
            name: self.name,
            summary: self.summary,
            public_key_pem: self.public_key_pem,
            followers_count: self.followers_count,
            posts_count: self.posts_count,
            created_at: self.created_at.and_utc(),
            updated_at: self.updated_at.and_utc(),
            deleted_at: self.deleted_at.map(|at| at.and_utc()),
        })
    }
}

/// Makes an actor.
///
/// # Errors
/// When the handle is taken, or the store fails.
pub fn create_actor(tx: &mut Tx<'_>, new: &NewActor<'_>) -> Result<ActorId, DbError> {
    let id = ActorId::from_uuid(tx.next_id());
    let now = tx.now.naive_utc();
    diesel::insert_into(local_actors::table)
        .values((
            local_actors::id.eq(id.to_string()),
            local_actors::kind.eq(new.kind.as_str()),
            local_actors::handle.eq(new.handle),
            local_actors::name.eq(new.name),
            local_actors::summary.eq(new.summary),
            local_actors::public_key_pem.eq(&new.keys.public_pem),
            local_actors::private_key_pem.eq(&new.keys.private_pem),
            local_actors::created_at.eq(now),
            local_actors::updated_at.eq(now),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// Changes what an actor says of itself. Its handle never changes.
///
/// # Errors
/// When there is no such actor, or the store fails.
pub fn describe_actor(tx: &mut Tx<'_>, id: ActorId, name: &str, summary: &str) -> Result<(), DbError> {
    let changed = diesel::update(local_actors::table.find(id.to_string()))
        .set((
            local_actors::name.eq(name),
            local_actors::summary.eq(summary),
            local_actors::updated_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    if changed == 0 { Err(DbError::NotFound) } else { Ok(()) }
}

/// Holds an actor until the end of the transaction, so that changes of its name follow one another on
/// PostgreSQL too. Whoever only names it is not kept waiting.
///
/// # Errors
/// `NotFound`, or the store's fault.
pub fn hold_actor(tx: &mut Tx<'_>, id: ActorId) -> Result<(), DbError> {
    if let AnyConnection::Postgres(c) = &mut *tx.conn {
        let actor = local_actors::table.find(id.to_string()).select(local_actors::id);
        actor.for_no_key_update().first::<String>(c)?;
    }
    Ok(())
}

/// The actor, which must exist; deleted ones too.
///
/// # Errors
/// When there is none, or the store fails.
pub fn actor(conn: &mut AnyConnection, id: ActorId) -> Result<LocalActor, DbError> {
    local_actors::table.find(id.to_string()).select(ActorRow::as_select()).first(conn)?.actor()
}

/// The community or the cabal with this handle; deleted ones too. Never the instance actor.
///
/// # Errors
/// When the store fails.
pub fn find_actor_by_handle(conn: &mut AnyConnection, handle: &str) -> Result<Option<LocalActor>, DbError> {
    // What no handle can hold need not be looked for; PostgreSQL takes no NUL, for one.
    if handle.len() > 64 || !handle.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Ok(None);
    }
    local_actors::table
        .filter(local_actors::handle.eq(handle))
        .filter(local_actors::kind.ne(ActorKind::Instance.as_str()))
        .select(ActorRow::as_select())
        .first(conn)
        .optional()?
        .map(ActorRow::actor)
        .transpose()
}

fn find_by_kind(conn: &mut AnyConnection, kind: ActorKind) -> Result<Option<LocalActor>, DbError> {
    local_actors::table
        .filter(local_actors::kind.eq(kind.as_str()))
        .order(local_actors::id)
        .select(ActorRow::as_select())
        .first(conn)
        .optional()?
        .map(ActorRow::actor)
        .transpose()
}

/// The community; `None` before the set-up.
///
/// # Errors
/// When the store fails.
pub fn find_community(conn: &mut AnyConnection) -> Result<Option<LocalActor>, DbError> {
    find_by_kind(conn, ActorKind::Community)
}

/// The instance actor; `None` before the very first start has made it.
///
/// # Errors
/// When the store fails.
pub fn find_instance_actor(conn: &mut AnyConnection) -> Result<Option<LocalActor>, DbError> {
    find_by_kind(conn, ActorKind::Instance)
}

/// The instance actor, which must exist: `serve` makes it before it opens its door.
///
/// # Errors
/// When there is none, or the store fails.
pub fn instance_actor(conn: &mut AnyConnection) -> Result<LocalActor, DbError> {
    find_instance_actor(conn)?.ok_or(DbError::NotFound)
}

/// The private key of an actor, in PEM, for signing.
///
/// # Errors
/// When there is no such actor, or the store fails.
pub fn private_key_pem(conn: &mut AnyConnection, id: ActorId) -> Result<String, DbError> {
    Ok(local_actors::table.find(id.to_string()).select(local_actors::private_key_pem).first(conn)?)
}

/// True when neither an actor, living or deleted, nor a member has this handle. Whoever asks for
/// the same handle at the same moment waits until this transaction has ended, so that nobody takes
/// it in between. On SQLite one write follows the other anyway.
///
/// # Errors
/// When the store fails.
pub fn claim_handle(tx: &mut Tx<'_>, handle: &str) -> Result<bool, DbError> {
    if let AnyConnection::Postgres(c) = &mut *tx.conn {
        let lock = sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))");
        lock.bind::<Text, _>(format!("handle {handle}")).execute(c)?;
    }
    let conn = &mut *tx.conn;
    let is_actor: bool =
        diesel::select(diesel::dsl::exists(local_actors::table.filter(local_actors::handle.eq(handle))))
            .get_result(conn)?;
    let is_member: bool =
        diesel::select(diesel::dsl::exists(members::table.filter(members::handle.eq(handle)))).get_result(conn)?;
    Ok(!is_actor && !is_member && !was_handle(conn, handle)?)
}

/// How many actors of a kind live here, without deleted ones.
///
/// # Errors
/// When the store fails.
pub fn count_actors(conn: &mut AnyConnection, kind: ActorKind) -> Result<i64, DbError> {
    Ok(local_actors::table
        .filter(local_actors::kind.eq(kind.as_str()))
        .filter(local_actors::deleted_at.is_null())
        .count()
        .get_result(conn)?)
}

/// How many public posts all actors have together.
///
/// # Errors
/// When the store fails.
pub fn count_public_posts(conn: &mut AnyConnection) -> Result<i64, DbError> {
    let total: Option<i64> = local_actors::table.select(diesel::dsl::sum(local_actors::posts_count)).first(conn)?;
    Ok(total.unwrap_or(0))
}

pub(super) fn change_followers_count(conn: &mut AnyConnection, id: &str, by: i32) -> Result<(), DbError> {
    diesel::update(local_actors::table.find(id))
        .set(local_actors::followers_count.eq(local_actors::followers_count + by))
        .execute(conn)?;
    Ok(())
}

pub(super) fn change_posts_count(conn: &mut AnyConnection, id: &str, by: i32) -> Result<(), DbError> {
    diesel::update(local_actors::table.find(id))
        .set(local_actors::posts_count.eq(local_actors::posts_count + by))
        .execute(conn)?;
    Ok(())
}
