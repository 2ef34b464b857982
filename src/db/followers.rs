//! Who follows which of our actors, and to which inbox their copies go.

use super::local_actors::change_followers_count;
use super::schema::{followers, remote_actors};
use super::{AnyConnection, DbError, Tx};
use crate::ids::ActorId;
use crate::on_each_backend;
use diesel::prelude::*;
use std::collections::BTreeMap;

/// A follower as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follower {
    /// Whom they follow.
    pub actor_id: ActorId,
    /// The follower's actor URL.
    pub follower_url: String,
    /// The id of their Follow, as they sent it.
    pub follow_id: String,
    /// Where their copy is delivered: the shared inbox when there is one.
    pub inbox: String,
    /// The host of the inbox, with the port where there is one.
    pub host: String,
}

/// Adds a follower; one who follows already is refreshed (fediverse.md 4.1). True when new.
///
/// # Errors
/// When the store fails.
pub fn add_follower(tx: &mut Tx<'_>, new: &Follower) -> Result<bool, DbError> {
    let row = (
        followers::actor_id.eq(new.actor_id.to_string()),
        followers::follower_url.eq(&new.follower_url),
        followers::follow_id.eq(&new.follow_id),
        followers::inbox.eq(&new.inbox),
        followers::host.eq(&new.host),
        followers::followed_at.eq(tx.now.naive_utc()),
    );
    let added = on_each_backend!(tx.conn, |c| diesel::insert_into(followers::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    if added > 0 {
        change_followers_count(tx.conn, &new.actor_id.to_string(), 1)?;
        return Ok(true);
    }
    diesel::update(followers::table.find((new.actor_id.to_string(), new.follower_url.clone())))
        .set((followers::follow_id.eq(&new.follow_id), followers::inbox.eq(&new.inbox), followers::host.eq(&new.host)))
        .execute(tx.conn)?;
    Ok(false)
}

/// Notes that a follower's copies go elsewhere from now on: their document changed.
///
/// # Errors
/// When the store fails.
pub(super) fn readdress(conn: &mut AnyConnection, follower_url: &str, inbox: &str, host: &str) -> Result<(), DbError> {
    diesel::update(
        followers::table.filter(followers::follower_url.eq(follower_url)).filter(followers::inbox.ne(inbox)),
    )
    .set((followers::inbox.eq(inbox), followers::host.eq(host)))
    .execute(conn)?;
    Ok(())
}

/// Removes a follower of one actor. False when there was none.
///
/// # Errors
/// When the store fails.
pub fn remove_follower(tx: &mut Tx<'_>, actor: ActorId, follower_url: &str) -> Result<bool, DbError> {
    let removed =
        diesel::delete(followers::table.find((actor.to_string(), follower_url.to_owned()))).execute(tx.conn)?;
    if removed > 0 {
        change_followers_count(tx.conn, &actor.to_string(), -1)?;
    }
    Ok(removed > 0)
}

/// Ends the follow that began with this Follow. False when there is none.
///
/// # Errors
/// When the store fails.
pub fn remove_by_follow_id(tx: &mut Tx<'_>, follower_url: &str, follow_id: &str) -> Result<bool, DbError> {
    let followed: Vec<String> = followers::table
        .filter(followers::follower_url.eq(follower_url))
        .filter(followers::follow_id.eq(follow_id))
        .select(followers::actor_id)
        .load(tx.conn)?;
    diesel::delete(
        followers::table.filter(followers::follower_url.eq(follower_url)).filter(followers::follow_id.eq(follow_id)),
    )
    .execute(tx.conn)?;
    uncount(tx.conn, &followed)?;
    Ok(!followed.is_empty())
}

/// Removes a follower everywhere: the account is gone. Answers how many follows ended.
///
/// # Errors
/// When the store fails.
pub fn remove_everywhere(tx: &mut Tx<'_>, follower_url: &str) -> Result<usize, DbError> {
    let followed: Vec<String> =
        followers::table.filter(followers::follower_url.eq(follower_url)).select(followers::actor_id).load(tx.conn)?;
    diesel::delete(followers::table.filter(followers::follower_url.eq(follower_url))).execute(tx.conn)?;
    uncount(tx.conn, &followed)?;
    Ok(followed.len())
}

/// Removes all followers that are blocked. Answers how many follows ended.
///
/// # Errors
/// When the store fails.
pub fn remove_blocked(tx: &mut Tx<'_>) -> Result<usize, DbError> {
    let blocked = || remote_actors::table.filter(remote_actors::is_blocked.eq(true)).select(remote_actors::url);
    let followed: Vec<String> =
        followers::table.filter(followers::follower_url.eq_any(blocked())).select(followers::actor_id).load(tx.conn)?;
    diesel::delete(followers::table.filter(followers::follower_url.eq_any(blocked()))).execute(tx.conn)?;
    uncount(tx.conn, &followed)?;
    Ok(followed.len())
}

/// Forgets everybody whose copies went to `inbox`, because it answered 410. Answers how many
/// follows ended.
///
/// # Errors
/// When the store fails.
pub fn forget_inbox(tx: &mut Tx<'_>, inbox: &str) -> Result<usize, DbError> {
    let followed: Vec<String> =
        followers::table.filter(followers::inbox.eq(inbox)).select(followers::actor_id).load(tx.conn)?;
    diesel::delete(followers::table.filter(followers::inbox.eq(inbox))).execute(tx.conn)?;
    uncount(tx.conn, &followed)?;
    Ok(followed.len())
}

fn uncount(conn: &mut AnyConnection, followed: &[String]) -> Result<(), DbError> {
    let mut lost: BTreeMap<&str, i32> = BTreeMap::new();
    for actor in followed {
        *lost.entry(actor).or_default() += 1;
    }
    for (actor, count) in lost {
        change_followers_count(conn, actor, -count)?;
    }
    Ok(())
}

/// The follow of `follower_url`, if they follow `actor`: the id of their Follow.
///
/// # Errors
/// When the store fails.
pub fn find_follow_id(conn: &mut AnyConnection, actor: ActorId, follower_url: &str) -> Result<Option<String>, DbError> {
    Ok(followers::table
        .find((actor.to_string(), follower_url.to_owned()))
        .select(followers::follow_id)
        .first(conn)
        .optional()?)
}

/// How many follow an actor, counted anew.
///
/// # Errors
/// When the store fails.
pub fn count_followers(conn: &mut AnyConnection, actor: ActorId) -> Result<i64, DbError> {
    Ok(followers::table.filter(followers::actor_id.eq(actor.to_string())).count().get_result(conn)?)
}

/// The URLs of the first `limit` followers of an actor, in the order of their URLs.
///
/// # Errors
/// When the store fails.
pub fn list_followers(conn: &mut AnyConnection, actor: ActorId, limit: i64) -> Result<Vec<String>, DbError> {
    Ok(followers::table
        .filter(followers::actor_id.eq(actor.to_string()))
        .order(followers::follower_url)
        .limit(limit)
        .select(followers::follower_url)
        .load(conn)?)
}
