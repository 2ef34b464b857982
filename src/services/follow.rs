//! Accept, renew and end follows (fediverse.md 4).

use crate::db::followers::{Follower, add_follower, remove_by_follow_id, remove_follower};
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
    if tombstones::is_gone(tx.conn, follow_id, pair.follower, tx.now)? {
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

/// Ends a follow, whatever id the Undo gives it. An Undo that overtook its Follow is remembered.
///
/// # Errors
/// The store's fault.
pub fn unfollow(tx: &mut Tx<'_>, pair: Pair<'_>, follow_id: Option<&str>) -> Result<(), DbError> {
    let Some(target) = living(tx, pair.target)? else { return Ok(()) };
    if !remove_follower(tx, target.id, pair.follower)?
        && let Some(id) = follow_id
    {
        let until = tx.now + REMEMBER_EARLY_UNDO_FOR;
        tombstones::remember(tx, id, pair.follower, Some(until))?;
    }
    Ok(())
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
