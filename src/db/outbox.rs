//! The exact bytes of each activity that we send, stored once. Public ones stay and are served
//! at their ids; the others are erased once they have arrived everywhere.

use super::schema::{deliveries, outbox_activities};
use super::{AnyConnection, DbError, Tx};
use crate::clock::Stamp;
use crate::ids::{ActorId, OutboxId, PostId};
use diesel::prelude::*;

/// An activity of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentActivity {
    /// Its id; that of a Create is the UUID of its post.
    pub id: OutboxId,
    /// Who sends it, and signs each request that carries it.
    pub actor_id: ActorId,
    /// True when everybody may see it.
    pub is_public: bool,
    /// The JSON, byte for byte.
    pub body: String,
}

/// Stores an activity, and which post it carries.
///
/// # Errors
/// When the store fails.
pub(crate) fn store_activity(tx: &mut Tx<'_>, activity: &SentActivity, carries: Option<PostId>) -> Result<(), DbError> {
    diesel::insert_into(outbox_activities::table)
        .values((
            outbox_activities::id.eq(activity.id.to_string()),
            outbox_activities::actor_id.eq(activity.actor_id.to_string()),
            outbox_activities::post_id.eq(carries.map(|id| id.to_string())),
            outbox_activities::is_public.eq(activity.is_public),
            outbox_activities::body.eq(&activity.body),
            outbox_activities::created_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// What carried a withdrawn post is kept only for as long as it is still on its way.
///
/// # Errors
/// When the store fails.
pub(crate) fn forget_carriers(tx: &mut Tx<'_>, post: PostId) -> Result<(), DbError> {
    let carriers = || outbox_activities::table.filter(outbox_activities::post_id.eq(post.to_string()));
    diesel::update(carriers()).set(outbox_activities::is_public.eq(false)).execute(tx.conn)?;
    let still_going = deliveries::table.filter(deliveries::activity_id.eq(outbox_activities::id));
    diesel::delete(carriers().filter(diesel::dsl::not(diesel::dsl::exists(still_going)))).execute(tx.conn)?;
    Ok(())
}

/// Forgets what is on its way to single readers about a post, arrived or not.
///
/// # Errors
/// When the store fails.
pub(crate) fn forget_letters(tx: &mut Tx<'_>, post: PostId) -> Result<(), DbError> {
    let letters = || {
        outbox_activities::table
            .filter(outbox_activities::post_id.eq(post.to_string()))
            .filter(outbox_activities::is_public.eq(false))
    };
    let on_their_way =
        deliveries::table.filter(deliveries::activity_id.eq_any(letters().select(outbox_activities::id)));
    diesel::delete(on_their_way).execute(tx.conn)?;
    diesel::delete(letters()).execute(tx.conn)?;
    Ok(())
}

/// How many public activities that carry a post were stored since a moment.
///
/// # Errors
/// When the store fails.
pub fn count_sent_of(conn: &mut AnyConnection, post: PostId, since: Stamp) -> Result<i64, DbError> {
    Ok(outbox_activities::table
        .filter(outbox_activities::post_id.eq(post.to_string()))
        .filter(outbox_activities::is_public.eq(true))
        .filter(outbox_activities::created_at.gt(since.naive_utc()))
        .count()
        .get_result(conn)?)
}

fn from_row((id, actor, is_public, body): (String, String, bool, String)) -> Result<SentActivity, DbError> {
    Ok(SentActivity {
        id: id.parse().map_err(|_| DbError::Broken(format!("{id} is no activity id")))?,
        actor_id: actor.parse().map_err(|_| DbError::Broken(format!("{actor} is no actor id")))?,
        is_public,
        body,
    })
}

/// The activity with this id.
///
/// # Errors
/// When the store fails.
pub fn find_activity(conn: &mut AnyConnection, id: OutboxId) -> Result<Option<SentActivity>, DbError> {
    outbox_activities::table
        .find(id.to_string())
        .select((
            outbox_activities::id,
            outbox_activities::actor_id,
            outbox_activities::is_public,
            outbox_activities::body,
        ))
        .first(conn)
        .optional()?
        .map(from_row)
        .transpose()
}

/// The activities with these ids, in no order; missing ones are left out.
///
/// # Errors
/// When the store fails.
pub fn list_activities(conn: &mut AnyConnection, ids: &[OutboxId]) -> Result<Vec<SentActivity>, DbError> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    outbox_activities::table
        .filter(outbox_activities::id.eq_any(ids))
        .select((
            outbox_activities::id,
            outbox_activities::actor_id,
            outbox_activities::is_public,
            outbox_activities::body,
        ))
        .load(conn)?
        .into_iter()
        .map(from_row)
        .collect()
}
