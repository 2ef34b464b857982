//! Who may be the steward behind a member: a steward who gave somebody a password, or a link to choose one,
//! could sign in as them. In votes with a roll that were open then, the member has a voice only through
//! accounts that were linked before; in every later vote again as ever (V-54).

use super::ServiceError;
use crate::clock::Stamp;
use crate::db::linked_actors::{LinkedActor, list_linked_actors};
use crate::db::polls::Poll;
use crate::db::{AnyConnection, DbError, members};
use crate::ids::MemberId;

/// What a member is told who cannot vote on the web for that reason.
pub const SENTENCE: &str = "Not here: a steward helped with your password while this vote was open, so that somebody \
                            else could be signed in as you. A vote from an account that you had linked before counts. \
                            The next vote is yours again.";

/// Since when a steward may be signed in as a member, if it was while this vote was open.
///
/// # Errors
/// The store's fault.
pub fn given_during(conn: &mut AnyConnection, poll: &Poll, member: MemberId) -> Result<Option<Stamp>, DbError> {
    if poll.has_roll() { members::find_given_password(conn, member, poll.opens_at) } else { Ok(None) }
}

/// Refuses a ballot on the web or by API of somebody who may be a steward.
///
/// # Errors
/// Forbidden, with what the member can do.
pub(super) fn check_is_themselves(conn: &mut AnyConnection, poll: &Poll, by: MemberId) -> Result<(), ServiceError> {
    match given_during(conn, poll, by)? {
        Some(_) => Err(ServiceError::Forbidden(SENTENCE.to_owned())),
        None => Ok(()),
    }
}

/// Whether an account was linked when a steward could have done it.
///
/// # Errors
/// The store's fault.
pub(super) fn is_linked_since(
    conn: &mut AnyConnection,
    poll: &Poll,
    (member, actor_url): (MemberId, &str),
) -> Result<bool, DbError> {
    let Some(given_at) = given_during(conn, poll, member)? else { return Ok(false) };
    let is_it = |link: &LinkedActor| link.actor_url == actor_url && link.linked_at >= given_at;
    Ok(list_linked_actors(conn, member)?.iter().any(is_it))
}
