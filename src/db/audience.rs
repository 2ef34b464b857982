//! To which inboxes an activity goes. The audience is worked out when the activity is stored and
//! does not change afterwards: who follows later gets what comes later.

use super::schema::{followers, remote_actors};
use super::{AnyConnection, DbError};
use crate::ids::ActorId;
use diesel::prelude::*;

/// An address on another server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inbox {
    /// The host with the port where there is one: the lane that deliveries to it share.
    pub host: String,
    /// The URL to post to.
    pub url: String,
}

/// The distinct inboxes of all followers of an actor.
///
/// # Errors
/// When the store fails.
pub fn list_follower_inboxes(conn: &mut AnyConnection, actor: ActorId) -> Result<Vec<Inbox>, DbError> {
    let rows: Vec<(String, String)> = followers::table
        .filter(followers::actor_id.eq(actor.to_string()))
        .select((followers::host, followers::inbox))
        .distinct()
        .load(conn)?;
    Ok(rows.into_iter().map(|(host, url)| Inbox { host, url }).collect())
}

/// The inboxes of known remote actors that are neither gone nor blocked: personal ones if asked for, else the
/// shared inbox where there is one.
///
/// # Errors
/// When the store fails.
pub fn list_inboxes_of(conn: &mut AnyConnection, actors: &[String], personal: bool) -> Result<Vec<Inbox>, DbError> {
    let mut found = Vec::with_capacity(actors.len());
    for some in actors.chunks(400) {
        let rows: Vec<(String, String, Option<String>)> = remote_actors::table
            .filter(remote_actors::url.eq_any(some))
            .filter(remote_actors::gone_at.is_null())
            .filter(remote_actors::is_blocked.eq(false))
            .select((remote_actors::host, remote_actors::inbox, remote_actors::shared_inbox))
            .load(conn)?;
        found.extend(
            rows.into_iter().map(|(host, inbox, shared)| Inbox {
                host,
                url: if personal { inbox } else { shared.unwrap_or(inbox) },
            }),
        );
    }
    Ok(found)
}
