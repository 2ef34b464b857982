//! Everything our actors published: the object as it is served, whatever its kind.

use super::local_actors::change_posts_count;
use super::schema::posts;
use super::{AnyConnection, DbError, Tx, connection::AnyBackend};
use crate::clock::Stamp;
use crate::domain::Urls;
use crate::domain::visibility::Visibility;
use crate::ids::{ActorId, HelpRequestId, PollId, PostId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// What a post is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostKind {
    /// A help request (H1).
    HelpRequest,
    /// A progress update.
    Progress,
    /// A poll, advisory or the ballot of an amendment (A5).
    Poll,
    /// An answer to an offer or to a message.
    Answer,
    /// The result of a ballot (A8).
    Result,
    /// Anything else, a code by direct message, say.
    Notice,
}

impl PostKind {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HelpRequest => "help_request",
            Self::Progress => "progress",
            Self::Poll => "poll",
            Self::Answer => "answer",
            Self::Result => "result",
            Self::Notice => "notice",
        }
    }

    fn stored(text: &str) -> Result<Self, DbError> {
        [Self::HelpRequest, Self::Progress, Self::Poll, Self::Answer, Self::Result, Self::Notice]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| DbError::Broken(format!("unknown kind of post {text:?}")))
    }
}

/// A published object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Its id.
    pub id: PostId,
    /// Who published it.
    pub actor_id: ActorId,
    /// What it is.
    pub kind: PostKind,
    /// For whom.
    pub visibility: Visibility,
    /// The object as JSON, with its `@context`; the `Tombstone` once it is deleted.
    pub object: String,
    /// The id of what it answers.
    pub in_reply_to: Option<String>,
    /// True when it stands in the featured collection.
    pub is_pinned: bool,
    /// When it was published.
    pub published_at: Stamp,
    /// When it was changed last.
    pub updated_at: Option<Stamp>,
    /// When it was deleted.
    pub deleted_at: Option<Stamp>,
}

impl Post {
    /// The URL at which it is served: its id and its page.
    pub fn url(&self, urls: &Urls) -> String {
        match self.kind {
            PostKind::HelpRequest => urls.help_request(HelpRequestId::from_uuid(self.id.uuid())),
            PostKind::Progress => urls.progress(self.id),
            PostKind::Poll => urls.poll(PollId::from_uuid(self.id.uuid())),
            PostKind::Answer | PostKind::Result | PostKind::Notice => urls.note(self.id),
        }
    }
}

/// A part of a long list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// How many to leave out at the head.
    pub offset: i64,
    /// How many to give at most.
    pub limit: i64,
}

/// What [`insert_post`] writes.
pub(crate) struct PostToInsert<'a> {
    pub id: PostId,
    pub actor_id: ActorId,
    pub kind: PostKind,
    pub visibility: Visibility,
    pub object: &'a str,
    pub in_reply_to: Option<&'a str>,
    pub is_pinned: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = posts, check_for_backend(AnyBackend))]
struct PostRow {
    id: String,
    actor_id: String,
    kind: String,
    visibility: String,
    object_json: String,
    in_reply_to: Option<String>,
    is_pinned: bool,
    published_at: NaiveDateTime,
    updated_at: Option<NaiveDateTime>,
    deleted_at: Option<NaiveDateTime>,
}

impl PostRow {
    fn post(self) -> Result<Post, DbError> {
        let broken = |what: &str| DbError::Broken(format!("post {} has a broken {what}", self.id));
        Ok(Post {
            id: self.id.parse().map_err(|_| broken("id"))?,
            actor_id: self.actor_id.parse().map_err(|_| broken("actor"))?,
            kind: PostKind::stored(&self.kind)?,
            visibility: Visibility::from_stored(&self.visibility),
            object: self.object_json,
            in_reply_to: self.in_reply_to,
            is_pinned: self.is_pinned,
            published_at: self.published_at.and_utc(),
            updated_at: self.updated_at.map(|at| at.and_utc()),
            deleted_at: self.deleted_at.map(|at| at.and_utc()),
        })
    }
}

/// Saves a new post and counts it if everybody may see it.
///
/// # Errors
/// When the store fails.
pub(crate) fn insert_post(tx: &mut Tx<'_>, new: &PostToInsert<'_>) -> Result<(), DbError> {
    diesel::insert_into(posts::table)
        .values((
            posts::id.eq(new.id.to_string()),
            posts::actor_id.eq(new.actor_id.to_string()),
            posts::kind.eq(new.kind.as_str()),
            posts::visibility.eq(new.visibility.as_str()),
            posts::object_json.eq(new.object),
            posts::in_reply_to.eq(new.in_reply_to),
            posts::is_pinned.eq(new.is_pinned),
            posts::published_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    if new.visibility == Visibility::Public {
        change_posts_count(tx.conn, &new.actor_id.to_string(), 1)?;
    }
    Ok(())
}

/// Replaces what is served for a living post.
///
/// # Errors
/// When there is no such post, or it was deleted, or the store fails.
pub(crate) fn replace_object(
    tx: &mut Tx<'_>,
    id: PostId,
    object: &str,
    updated_at: Option<Stamp>,
) -> Result<(), DbError> {
    let living = posts::table.find(id.to_string()).filter(posts::deleted_at.is_null());
    let changed = match updated_at {
        Some(at) => diesel::update(living)
            .set((posts::object_json.eq(object), posts::updated_at.eq(at.naive_utc())))
            .execute(tx.conn)?,
        None => diesel::update(living).set(posts::object_json.eq(object)).execute(tx.conn)?,
    };
    if changed == 0 { Err(DbError::NotFound) } else { Ok(()) }
}

/// Puts a tombstone in the place of a living post. False when it was deleted before.
///
/// # Errors
/// When the store fails.
pub(crate) fn bury_post(tx: &mut Tx<'_>, post: &Post, tombstone: &str) -> Result<bool, DbError> {
    let now = tx.now.naive_utc();
    let changed = diesel::update(posts::table.find(post.id.to_string()).filter(posts::deleted_at.is_null()))
        .set((
            posts::object_json.eq(tombstone),
            posts::is_pinned.eq(false),
            posts::updated_at.eq(now),
            posts::deleted_at.eq(now),
        ))
        .execute(tx.conn)?;
    if changed == 1 && post.visibility == Visibility::Public {
        change_posts_count(tx.conn, &post.actor_id.to_string(), -1)?;
    }
    Ok(changed == 1)
}

/// The post with this id; deleted ones too.
///
/// # Errors
/// When the store fails.
pub fn find_post(conn: &mut AnyConnection, id: PostId) -> Result<Option<Post>, DbError> {
    posts::table
        .find(id.to_string())
        .select(PostRow::as_select())
        .first(conn)
        .optional()?
        .map(PostRow::post)
        .transpose()
}

/// The post, which must exist; deleted ones too.
///
/// # Errors
/// When there is none, or the store fails.
pub fn post(conn: &mut AnyConnection, id: PostId) -> Result<Post, DbError> {
    find_post(conn, id)?.ok_or(DbError::NotFound)
}

/// The public posts of an actor, newest first.
///
/// # Errors
/// When the store fails.
pub fn list_public_posts(conn: &mut AnyConnection, actor: ActorId, part: Slice) -> Result<Vec<Post>, DbError> {
    posts::table
        .filter(posts::actor_id.eq(actor.to_string()))
        .filter(posts::visibility.eq(Visibility::Public.as_str()))
        .filter(posts::deleted_at.is_null())
        .order(posts::id.desc())
        .offset(part.offset)
        .limit(part.limit)
        .select(PostRow::as_select())
        .load(conn)?
        .into_iter()
        .map(PostRow::post)
        .collect()
}

/// The public posts that an actor has pinned, newest first.
///
/// # Errors
/// When the store fails.
pub fn list_pinned(conn: &mut AnyConnection, actor: ActorId) -> Result<Vec<Post>, DbError> {
    posts::table
        .filter(posts::actor_id.eq(actor.to_string()))
        .filter(posts::is_pinned.eq(true))
        .filter(posts::visibility.eq(Visibility::Public.as_str()))
        .filter(posts::deleted_at.is_null())
        .order(posts::id.desc())
        .limit(100)
        .select(PostRow::as_select())
        .load(conn)?
        .into_iter()
        .map(PostRow::post)
        .collect()
}

/// The public and unlisted posts that answer `parent`, oldest first.
///
/// # Errors
/// When the store fails.
pub fn list_answers_for_everybody(conn: &mut AnyConnection, parent: &str, limit: i64) -> Result<Vec<Post>, DbError> {
    posts::table
        .filter(posts::in_reply_to.eq(parent))
        .filter(posts::visibility.eq_any([Visibility::Public.as_str(), Visibility::Unlisted.as_str()]))
        .filter(posts::deleted_at.is_null())
        .order(posts::id)
        .limit(limit)
        .select(PostRow::as_select())
        .load(conn)?
        .into_iter()
        .map(PostRow::post)
        .collect()
}

/// Pins or unpins a living post: an open request or vote is pinned, a finished one is not.
///
/// # Errors
/// When the store fails.
pub fn set_pinned(tx: &mut Tx<'_>, id: PostId, is_pinned: bool) -> Result<(), DbError> {
    diesel::update(posts::table.find(id.to_string()).filter(posts::deleted_at.is_null()))
        .set(posts::is_pinned.eq(is_pinned))
        .execute(tx.conn)?;
    Ok(())
}
