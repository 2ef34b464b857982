//! Accept, renew and end follows (fediverse.md 4).

use crate::db::blocks::is_blocked;
use crate::db::followers::{Follower, add_follower, find_follow_id, remove_by_follow_id, remove_follower};
use crate::db::inbox::was_received;
use crate::db::local_actors::{LocalActor, find_actor_by_handle};
use crate::db::remote_actors::find_remote_actor;
use crate::db::tombstones;
use crate::db::{DbError, Tx};
use crate::domain::canonical;
use crate::federation::outbound::publish::{self, Audience};
use chrono::TimeDelta;
use serde_json::json;
use url::Url;

/// How long an Undo is remembered that arrived before what it takes back (fediverse.md 4.3).
const REMEMBER_EARLY_UNDO_FOR: TimeDelta = TimeDelta::hours(6);

/// A follower and the handle of our actor.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The URL of the follower's actor.
    pub follower: &'a str,
    /// The handle of the actor that is followed.
    pub target: &'a str,
}

/// Takes a Follow and accepts it. One who follows already is answered again, under the new id:
/// servers that lost their state depend on it. False when there is nobody to follow.
///
/// # Errors
/// When we do not know the follower's inbox, or the store's fault.
pub fn follow(tx: &mut Tx<'_>, pair: Pair<'_>, follow_id: &str) -> Result<bool, DbError> {
    let Some(target) = living(tx, pair.target)? else { return Ok(false) };
    if tombstones::is_gone(tx.conn, follow_id, pair.follower, tx.now)? || is_blocked(tx.conn, pair.follower)? {
        return Ok(false);
    }
    let Some(follower) = find_remote_actor(tx.conn, pair.follower)?.filter(|actor| actor.gone_at.is_none()) else {
        return Err(DbError::Broken("a Follow by an actor that we have not met".to_owned()));
    };
    let inbox = follower.shared_or_own_inbox().to_owned();
    let host = Url::parse(&inbox).map(|url| canonical::authority(&url)).unwrap_or_default();
    add_follower(
        tx,
        &Follower {
            actor_id: target.id,
            follower_url: pair.follower.to_owned(),
            follow_id: follow_id.to_owned(),
            inbox,
            host,
        },
    )?;
    accept(tx, &target, pair.follower, follow_id)?;
    Ok(true)
}

/// The Accept holds the Follow as it came, because programs find it by its id or by its actor
/// (fediverse.md 4.2).
fn accept(tx: &mut Tx<'_>, target: &LocalActor, follower: &str, follow_id: &str) -> Result<(), DbError> {
    let activity = json!({
        "type": "Accept",
        "to": [follower],
        "object": {"id": follow_id, "type": "Follow", "actor": follower, "object": target.url(tx.urls)},
    });
    publish::send(tx, target, activity, &Audience::only(vec![follower.to_owned()]))?;
    Ok(())
}

/// The Undo of a Follow that came with the Follow inside.
#[derive(Debug, Clone, Copy)]
pub struct Undo<'a> {
    /// Its own id.
    pub id: &'a str,
    /// The id of the Follow inside, if it has one.
    pub follow_id: Option<&'a str>,
    /// True when an Undo of this id was dealt with before.
    pub is_repeated: bool,
}

/// Ends a follow. An Undo that overtook its Follow is remembered; one that means an older Follow
/// than the one that stands changes nothing (SG-11, IN-10).
///
/// # Errors
/// The store's fault.
pub fn unfollow(tx: &mut Tx<'_>, pair: Pair<'_>, undo: Undo<'_>) -> Result<(), DbError> {
    let Some(target) = living(tx, pair.target)? else { return Ok(()) };
    let Some(standing) = find_follow_id(tx.conn, target.id, pair.follower)? else {
        let Some(id) = undo.follow_id else { return Ok(()) };
        return tombstones::remember(tx, id, pair.follower, Some(tx.now + REMEMBER_EARLY_UNDO_FOR));
    };
    if means(tx, pair, undo, &standing)? {
        remove_follower(tx, target.id, pair.follower)?;
    }
    Ok(())
}

/// Whether an Undo means the Follow that stands. Some programs send a newly made Follow inside,
/// whose id nobody has seen before: it stands for the pair (fediverse.md 4.3). Of an Undo whose id
/// comes again that is believed only where the id is made of the pair, so that it must repeat.
fn means(tx: &mut Tx<'_>, pair: Pair<'_>, undo: Undo<'_>, standing: &str) -> Result<bool, DbError> {
    match undo.follow_id {
        Some(id) if id == standing => Ok(true),
        Some(id) if was_received(tx.conn, pair.follower, id)? => Ok(false),
        Some(id) => Ok(!undo.is_repeated || undo.id.strip_prefix(id) == Some("/undo")),
        None => Ok(!undo.is_repeated),
    }
}

/// Ends the follow with this id, if there is one.
///
/// # Errors
/// The store's fault.
pub fn undo_by_id(tx: &mut Tx<'_>, follower: &str, id: &str) -> Result<(), DbError> {
    if remove_by_follow_id(tx, follower, id)? {
        return Ok(());
    }
    let until = tx.now + REMEMBER_EARLY_UNDO_FOR;
    tombstones::remember(tx, id, follower, Some(until))
}

/// One who blocks our actor follows it no longer and gets nothing from it; nothing is answered.
///
/// # Errors
/// The store's fault.
pub fn block(tx: &mut Tx<'_>, pair: Pair<'_>) -> Result<(), DbError> {
    if let Some(target) = living(tx, pair.target)? {
        remove_follower(tx, target.id, pair.follower)?;
    }
    Ok(())
}

fn living(tx: &mut Tx<'_>, handle: &str) -> Result<Option<LocalActor>, DbError> {
    Ok(find_actor_by_handle(tx.conn, handle)?.filter(|actor| actor.deleted_at.is_none()))
}
