//! Publishing within the transaction of an act: the post, the exact bytes of its activity and
//! one delivery per distinct inbox are saved together or not at all (F4).

use super::activities::{self, Head};
use super::documents::{tombstone, with_voice};
use crate::db::audience::{Inbox, list_follower_inboxes, list_inboxes_of};
use crate::db::deliveries::enqueue;
use crate::db::local_actors::{LocalActor, actor};
use crate::db::outbox::{SentActivity, forget_carriers, store_activity};
use crate::db::posts::{self, PostKind, PostToInsert, bury_post, insert_post, replace_object};
use crate::db::{DbError, Tx};
use crate::domain::visibility::Visibility;
use crate::ids::{ActorId, OutboxId, PostId};
use serde_json::Value;
use std::collections::BTreeSet;

/// Who gets an activity. Frozen when the activity is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audience {
    /// All followers of this actor.
    pub followers_of: Option<ActorId>,
    /// Remote actors besides: people named, voters, the author of the parent. Those that we
    /// never met are left out.
    pub actors: Vec<String>,
    /// True: `actors` get it in their personal inbox, as Accepts and direct messages want.
    pub personal_inbox: bool,
}

impl Audience {
    /// The followers of an actor.
    pub fn followers(actor: ActorId) -> Self {
        Self { followers_of: Some(actor), ..Self::default() }
    }

    /// Some remote actors and nobody else, each at their personal inbox.
    pub fn only(actors: Vec<String>) -> Self {
        Self { followers_of: None, actors, personal_inbox: true }
    }

    /// Some remote actors besides.
    pub fn and(mut self, actors: impl IntoIterator<Item = String>) -> Self {
        self.actors.extend(actors);
        self
    }
}

/// A post that is not published yet.
#[derive(Debug, Clone)]
pub struct NewPost {
    /// Its id; also that of the row in the table of its kind.
    pub id: PostId,
    /// Who speaks.
    pub actor_id: ActorId,
    /// What it is.
    pub kind: PostKind,
    /// For whom.
    pub visibility: Visibility,
    /// The id of what it answers.
    pub in_reply_to: Option<String>,
    /// The object with its `@context`, as [`super::documents`] builds it.
    pub object: Value,
    /// True when it belongs in the featured collection.
    pub is_pinned: bool,
}

/// Publishes a post: saves it and sends its Create. The Create has the UUID of the post.
///
/// # Errors
/// When the store fails.
pub fn publish(tx: &mut Tx<'_>, post: NewPost, audience: &Audience) -> Result<OutboxId, DbError> {
    let author = actor(tx.conn, post.actor_id)?;
    let object = with_voice(post.object, author.kind);
    insert_post(
        tx,
        &PostToInsert {
            id: post.id,
            actor_id: post.actor_id,
            kind: post.kind,
            visibility: post.visibility,
            object: &object.to_string(),
            in_reply_to: post.in_reply_to.as_deref(),
            is_pinned: post.is_pinned,
        },
    )?;
    let id = create_id(post.id);
    let activity = activities::wrap(head(tx, "Create", id, &author).borrow(), &object);
    let parcel = Parcel { id, activity: &activity, is_public: post.visibility.is_for_everybody(), post: Some(post.id) };
    put_on_its_way(tx, &author, &parcel, audience)
}

/// The id of the Create of a post.
pub fn create_id(post: PostId) -> OutboxId {
    OutboxId::from_uuid(post.uuid())
}

/// Replaces what is served for a post and sends its Update.
///
/// # Errors
/// When there is no such living post, or the store fails.
pub fn update(tx: &mut Tx<'_>, id: PostId, object: &Value, audience: &Audience) -> Result<OutboxId, DbError> {
    let post = posts::post(tx.conn, id)?;
    let (now, author) = (tx.now, actor(tx.conn, post.actor_id)?);
    let object = with_voice(object.clone(), author.kind);
    replace_object(tx, id, &object.to_string(), Some(now))?;
    let sent = OutboxId::from_uuid(tx.next_id());
    let activity = activities::wrap(head(tx, "Update", sent, &author).borrow(), &object);
    let is_public = post.visibility.is_for_everybody();
    put_on_its_way(tx, &author, &Parcel { id: sent, activity: &activity, is_public, post: Some(id) }, audience)
}

/// Replaces what is served for a living post and sends nothing.
///
/// # Errors
/// When there is no such living post, or the store fails.
pub fn store_object(tx: &mut Tx<'_>, id: PostId, object: &Value) -> Result<(), DbError> {
    replace_object(tx, id, &object.to_string(), None)
}

/// Deletes a post: its URL answers 410 with a Tombstone from now on, and its Delete is sent.
/// `None` when it was deleted before.
///
/// # Errors
/// When there is no such post, or the store fails.
pub fn withdraw(tx: &mut Tx<'_>, id: PostId, audience: &Audience) -> Result<Option<OutboxId>, DbError> {
    let post = posts::post(tx.conn, id)?;
    let object: Value = serde_json::from_str(&post.object).map_err(|e| DbError::Broken(e.to_string()))?;
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let tombstone = tombstone(text("id"), text("type"), post.published_at, tx.now);
    if !bury_post(tx, &post, &tombstone.to_string())? {
        return Ok(None);
    }
    let author = actor(tx.conn, post.actor_id)?;
    let sent = OutboxId::from_uuid(tx.next_id());
    let activity = activities::delete(head(tx, "Delete", sent, &author).borrow(), &tombstone, &object);
    forget_carriers(tx, id)?;
    let is_public = post.visibility.is_for_everybody();
    put_on_its_way(tx, &author, &Parcel { id: sent, activity: &activity, is_public, post: None }, audience).map(Some)
}

/// Sends an activity that concerns no post of ours: Accept, Reject, Undo. It gets its id here.
///
/// # Errors
/// When the store fails.
pub fn send(tx: &mut Tx<'_>, author: &LocalActor, activity: Value, audience: &Audience) -> Result<OutboxId, DbError> {
    send_about(tx, author, activity, (audience, None))
}

/// The same for an activity that belongs to a post and is forgotten with it.
///
/// # Errors
/// When the store fails.
pub fn send_about(
    tx: &mut Tx<'_>,
    author: &LocalActor,
    activity: Value,
    (audience, post): (&Audience, Option<PostId>),
) -> Result<OutboxId, DbError> {
    let id = OutboxId::from_uuid(tx.next_id());
    let activity = activities::complete(activity, &tx.urls.activity(id), &author.url(tx.urls));
    put_on_its_way(tx, author, &Parcel { id, activity: &activity, is_public: false, post }, audience)
}

/// Tells the followers of an actor that its document changed (fediverse.md 2.2).
///
/// # Errors
/// When the store fails.
pub fn announce_profile(tx: &mut Tx<'_>, from: ActorId, document: &Value) -> Result<OutboxId, DbError> {
    let author = actor(tx.conn, from)?;
    let id = OutboxId::from_uuid(tx.next_id());
    let activity = activities::wrap(head(tx, "Update", id, &author).borrow(), document);
    let parcel = Parcel { id, activity: &activity, is_public: true, post: None };
    put_on_its_way(tx, &author, &parcel, &Audience::followers(from))
}

/// The parts of a [`Head`], owned.
struct OwnedHead {
    kind: &'static str,
    id: String,
    actor: String,
    at: crate::clock::Stamp,
}

impl OwnedHead {
    fn borrow(&self) -> Head<'_> {
        Head { kind: self.kind, id: &self.id, actor: &self.actor, at: self.at }
    }
}

fn head(tx: &Tx<'_>, kind: &'static str, id: OutboxId, author: &LocalActor) -> OwnedHead {
    OwnedHead { kind, id: tx.urls.activity(id), actor: author.url(tx.urls), at: tx.now }
}

/// An activity that is ready to go.
struct Parcel<'a> {
    id: OutboxId,
    activity: &'a Value,
    is_public: bool,
    /// The post whose text it carries.
    post: Option<PostId>,
}

fn put_on_its_way(
    tx: &mut Tx<'_>,
    author: &LocalActor,
    parcel: &Parcel<'_>,
    audience: &Audience,
) -> Result<OutboxId, DbError> {
    let (id, is_public) = (parcel.id, parcel.is_public);
    let inboxes = inboxes(tx, audience)?;
    if inboxes.is_empty() && !is_public {
        // Nobody to send it to and nobody may fetch it: nothing to keep.
        return Ok(id);
    }
    let sent = SentActivity { id, actor_id: author.id, is_public, body: parcel.activity.to_string() };
    store_activity(tx, &sent, parcel.post)?;
    enqueue(tx, id, &inboxes)?;
    Ok(id)
}

fn inboxes(tx: &mut Tx<'_>, audience: &Audience) -> Result<BTreeSet<Inbox>, DbError> {
    let mut inboxes = BTreeSet::new();
    if let Some(followed) = audience.followers_of {
        inboxes.extend(list_follower_inboxes(tx.conn, followed)?);
    }
    inboxes.extend(list_inboxes_of(tx.conn, &audience.actors, audience.personal_inbox)?);
    Ok(inboxes)
}
