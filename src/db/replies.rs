//! What people on other servers answered to a post, as far as everybody may see it. Without the
//! public address in it a reply is for the cabal's eyes and never listed (fediverse.md 5.4).

use super::schema::{messages, offers, remote_actors};
use super::{AnyConnection, DbError};
use crate::domain::offer::OfferState;
use crate::domain::visibility::Visibility;
use crate::ids::PostId;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

/// Actors whom stewards blocked: what they wrote is not listed (IN-11).
macro_rules! blocked {
    () => {
        remote_actors::table.filter(remote_actors::is_blocked.eq(true))
    };
}

/// The ids of the public and unlisted replies to a post, oldest first.
///
/// # Errors
/// When the store fails.
pub fn list_public_replies(
    conn: &mut AnyConnection,
    post: PostId,
    url: &str,
    limit: i64,
) -> Result<Vec<String>, DbError> {
    let for_everybody = [Visibility::Public.as_str(), Visibility::Unlisted.as_str()];
    let offered: Vec<Option<String>> = offers::table
        .filter(offers::help_request_id.eq(post.to_string()))
        .filter(offers::visibility.eq_any(for_everybody))
        .filter(offers::state.ne(OfferState::Withdrawn.as_str()))
        .filter(offers::note_id.is_not_null())
        .filter(not(exists(blocked!().filter(remote_actors::url.nullable().eq(offers::offerer_actor)))))
        .order(offers::id)
        .limit(limit)
        .select(offers::note_id)
        .load(conn)?;
    let written: Vec<String> = messages::table
        .filter(messages::in_reply_to.eq(url))
        .filter(messages::visibility.eq_any(for_everybody))
        .filter(messages::deleted_at.is_null())
        .filter(not(exists(blocked!().filter(remote_actors::url.eq(messages::sender_actor)))))
        .order(messages::id)
        .limit(limit)
        .select(messages::note_id)
        .load(conn)?;
    Ok(offered.into_iter().flatten().chain(written).collect())
}
