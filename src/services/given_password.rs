//! Who may be the steward behind a member: a steward who gave somebody a password, or a link to choose one,
//! could sign in as them. In votes with a roll that were open then, the member has a voice only through
//! accounts that were linked before the opening; in every later vote again as ever (V-54).

use super::ServiceError;
use crate::db::linked_actors::{LinkedActor, list_linked_actors};
use crate::db::polls::Poll;
use crate::db::{AnyConnection, DbError, members};
use crate::ids::MemberId;

/// What a member is told who cannot vote on the web for that reason.
pub const SENTENCE: &str = "Not here: a steward helped with your password while this vote was open, so that somebody \
                            else could be signed in as you. A vote from an account that you had linked before it \
                            opened counts, and what you had said before stands. The next vote is yours again.";

/// Whether a steward may be signed in as a member since this vote opened.
///
/// # Errors
/// The store's fault.
pub fn is_given_during(conn: &mut AnyConnection, poll: &Poll, member: MemberId) -> Result<bool, DbError> {
    Ok(poll.has_roll() && members::find_given_password(conn, member, poll.opens_at)?.is_some())
}

/// Refuses a ballot on the web or by API of somebody who may be a steward.
///
/// # Errors
/// Forbidden, with what the member can do.
pub(super) fn check_is_themselves(conn: &mut AnyConnection, poll: &Poll, by: MemberId) -> Result<(), ServiceError> {
    if is_given_during(conn, poll, by)? { Err(ServiceError::Forbidden(SENTENCE.to_owned())) } else { Ok(()) }
}

/// Those linked accounts of a member that no steward can have linked in their place. The moment of the opening
/// decides, because a steward can give a password more than once.
///
/// # Errors
/// The store's fault.
pub(super) fn list_own_accounts(
    conn: &mut AnyConnection,
    poll: &Poll,
    member: MemberId,
) -> Result<Vec<LinkedActor>, DbError> {
    let mut links = list_linked_actors(conn, member)?;
    if is_given_during(conn, poll, member)? {
        links.retain(|link| link.linked_at < poll.opens_at);
    }
    Ok(links)
}

/// Whether a linked account is one of those.
///
/// # Errors
/// The store's fault.
pub(super) fn is_their_own(
    conn: &mut AnyConnection,
    poll: &Poll,
    (member, actor_url): (MemberId, &str),
) -> Result<bool, DbError> {
    Ok(list_own_accounts(conn, poll, member)?.iter().any(|link| link.actor_url == actor_url))
}
