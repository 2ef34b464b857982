//! Actors of other servers as last fetched from their own origin, and the keys they list.

use super::connection::{AnyBackend, AnyConnection};
use super::error::DbError;
use super::schema::{remote_actors, remote_keys};
use super::tx::Tx;
use crate::clock::Stamp;
use crate::on_each_backend;
use chrono::{DateTime, NaiveDateTime};
use diesel::prelude::*;
use diesel::upsert::excluded;

/// An actor of another server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteActor {
    /// Its id, exactly as its own document says.
    pub url: String,
    /// `Person`, `Service`, `Group`, `Organization` or `Application`.
    pub kind: String,
    /// The host of its id in canonical spelling, with the port where there is one.
    pub host: String,
    /// The name before the `@`.
    pub username: String,
    /// What it calls itself; untrusted plain text.
    pub name: String,
    /// Its page for people, always on its own host (ID-12).
    pub profile_url: String,
    /// Its personal inbox, always on its own host (IN-14).
    pub inbox: String,
    /// The shared inbox of its server, if that is on its own host (IN-14).
    pub shared_inbox: Option<String>,
    /// Its followers collection.
    pub followers_url: Option<String>,
    /// When its document was fetched.
    pub fetched_at: Stamp,
    /// When a fetch was last tried because a signature failed or the document was old (SG-15).
    pub refresh_tried_at: Option<Stamp>,
    /// Since when its document cannot be had (SG-16).
    pub unreachable_since: Option<Stamp>,
    /// When its origin said that it is gone (SG-16).
    pub gone_at: Option<Stamp>,
    /// When it last signed something with a key that was known; at first, when we met it (AC-16).
    pub heard_at: Option<Stamp>,
    /// Since when its document says that it exists; text that is only compared.
    pub published: Option<String>,
    /// The keys that its own document lists (ID-2).
    pub keys: Vec<RemoteKey>,
}

/// A key that an actor's own document lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteKey {
    /// The `keyId` under which it signs.
    pub key_id: String,
    /// What kind of key it is; the kind decides how to verify, never a parameter (SG-13).
    pub algorithm: KeyAlgorithm,
    /// SubjectPublicKeyInfo as PEM for RSA, 32 bytes in base64 for Ed25519.
    pub public_key: String,
}

/// The kinds of keys that can sign for a remote actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// RSA PKCS#1 v1.5 with SHA-256.
    Rsa,
    /// Ed25519, in RFC 9421 only.
    Ed25519,
}

impl KeyAlgorithm {
    fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }

    fn from_stored(text: &str) -> Result<Self, DbError> {
        match text {
            "rsa" => Ok(Self::Rsa),
            "ed25519" => Ok(Self::Ed25519),
            other => Err(DbError::Broken(format!("unknown key algorithm {other} in remote_keys"))),
        }
    }
}

impl RemoteActor {
    /// How people write it: `@user@host`. The host is always that of its id (ID-14).
    pub fn handle(&self) -> String {
        format!("@{}@{}", self.username, self.host)
    }

    /// Where things for this actor alone or among others go: the shared inbox when there is one.
    pub fn shared_or_own_inbox(&self) -> &str {
        self.shared_inbox.as_deref().unwrap_or(&self.inbox)
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = remote_actors, check_for_backend(AnyBackend), treat_none_as_null = true)]
struct ActorRow {
    url: String,
    kind: String,
    host: String,
    username: String,
    name: String,
    profile_url: String,
    inbox: String,
    shared_inbox: Option<String>,
    followers_url: Option<String>,
    fetched_at: NaiveDateTime,
    refresh_tried_at: Option<NaiveDateTime>,
    unreachable_since: Option<NaiveDateTime>,
    gone_at: Option<NaiveDateTime>,
    heard_at: Option<NaiveDateTime>,
    published: Option<String>,
}

impl ActorRow {
    fn from_actor(actor: &RemoteActor) -> Self {
        let naive = |stamp: Stamp| stamp.naive_utc();
        Self {
            url: actor.url.clone(),
            kind: actor.kind.clone(),
            host: actor.host.clone(),
            username: actor.username.clone(),
            name: actor.name.clone(),
            profile_url: actor.profile_url.clone(),
            inbox: actor.inbox.clone(),
            shared_inbox: actor.shared_inbox.clone(),
            followers_url: actor.followers_url.clone(),
            fetched_at: naive(actor.fetched_at),
            refresh_tried_at: actor.refresh_tried_at.map(naive),
            unreachable_since: actor.unreachable_since.map(naive),
            gone_at: actor.gone_at.map(naive),
            heard_at: actor.heard_at.map(naive),
            published: actor.published.clone(),
        }
    }

    fn into_actor(self, keys: Vec<RemoteKey>) -> RemoteActor {
        let utc = |naive: NaiveDateTime| naive.and_utc();
        RemoteActor {
            url: self.url,
            kind: self.kind,
            host: self.host,
            username: self.username,
            name: self.name,
            profile_url: self.profile_url,
            inbox: self.inbox,
            shared_inbox: self.shared_inbox,
            followers_url: self.followers_url,
            fetched_at: utc(self.fetched_at),
            refresh_tried_at: self.refresh_tried_at.map(utc),
            unreachable_since: self.unreachable_since.map(utc),
            gone_at: self.gone_at.map(utc),
            heard_at: self.heard_at.map(utc),
            published: self.published,
            keys,
        }
    }
}

/// How people write an actor: its handle, or its URL when it is not known any more.
///
/// # Errors
/// The store's fault.
pub fn handle_of(conn: &mut AnyConnection, url: &str) -> Result<String, DbError> {
    Ok(find_remote_actor(conn, url)?.map_or_else(|| url.to_owned(), |actor| actor.handle()))
}

/// The actor with this id, if it was ever fetched.
///
/// # Errors
/// The store's fault.
pub fn find_remote_actor(conn: &mut AnyConnection, url: &str) -> Result<Option<RemoteActor>, DbError> {
    let row =
        remote_actors::table.filter(remote_actors::url.eq(url)).select(ActorRow::as_select()).first(conn).optional()?;
    let Some(row) = row else { return Ok(None) };
    let stored: Vec<(String, String, String)> = remote_keys::table
        .filter(remote_keys::actor_url.eq(url))
        .order(remote_keys::key_id)
        .select((remote_keys::key_id, remote_keys::algorithm, remote_keys::public_key))
        .load(conn)?;
    let keys = stored
        .into_iter()
        .map(|(key_id, algorithm, public_key)| {
            Ok(RemoteKey { key_id, algorithm: KeyAlgorithm::from_stored(&algorithm)?, public_key })
        })
        .collect::<Result<_, DbError>>()?;
    Ok(Some(row.into_actor(keys)))
}

/// Stores an actor and its keys whole, in place of what was stored of it before. A document
/// that lists no usable key never takes the stored keys away (ID-18).
///
/// # Errors
/// The store's fault.
pub fn save_remote_actor(tx: &mut Tx<'_>, actor: &RemoteActor) -> Result<(), DbError> {
    let row = ActorRow::from_actor(actor);
    on_each_backend!(tx.conn, |c| diesel::insert_into(remote_actors::table)
        .values(&row)
        .on_conflict(remote_actors::url)
        .do_update()
        .set(&row)
        .execute(c))?;
    super::followers::readdress(tx.conn, &actor.url, actor.shared_or_own_inbox(), &actor.host)?;
    if actor.keys.is_empty() {
        return Ok(());
    }
    diesel::delete(remote_keys::table.filter(remote_keys::actor_url.eq(&actor.url))).execute(tx.conn)?;
    for key in &actor.keys {
        let values = (
            remote_keys::actor_url.eq(&actor.url),
            remote_keys::key_id.eq(&key.key_id),
            remote_keys::algorithm.eq(key.algorithm.as_str()),
            remote_keys::public_key.eq(&key.public_key),
        );
        on_each_backend!(tx.conn, |c| diesel::insert_into(remote_keys::table)
            .values(values)
            .on_conflict((remote_keys::actor_url, remote_keys::key_id))
            .do_update()
            .set(remote_keys::public_key.eq(excluded(remote_keys::public_key)))
            .execute(c))?;
    }
    Ok(())
}

/// Notes that the actor said that its document changed: it is fetched again from its origin when
/// the actor next does something. What the activity itself says is not believed (ID-8).
///
/// # Errors
/// The store's fault.
pub fn mark_stale(tx: &mut Tx<'_>, url: &str) -> Result<(), DbError> {
    diesel::update(remote_actors::table.filter(remote_actors::url.eq(url)))
        .set(remote_actors::fetched_at.eq(DateTime::UNIX_EPOCH.naive_utc()))
        .execute(tx.conn)?;
    Ok(())
}

/// Notes that the actor signed something just now.
///
/// # Errors
/// The store's fault.
pub fn note_heard(tx: &mut Tx<'_>, url: &str) -> Result<(), DbError> {
    diesel::update(remote_actors::table.filter(remote_actors::url.eq(url)))
        .set(remote_actors::heard_at.eq(Some(tx.now.naive_utc())))
        .execute(tx.conn)?;
    Ok(())
}

/// Notes that the origin said the actor is gone (SG-16).
///
/// # Errors
/// The store's fault.
pub fn mark_gone(tx: &mut Tx<'_>, url: &str) -> Result<(), DbError> {
    let now = Some(tx.now.naive_utc());
    diesel::update(remote_actors::table.filter(remote_actors::url.eq(url)))
        .set((remote_actors::gone_at.eq(now), remote_actors::refresh_tried_at.eq(now)))
        .execute(tx.conn)?;
    Ok(())
}
