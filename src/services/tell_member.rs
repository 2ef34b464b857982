//! Tell a member something: on their page, and as a direct message to the first handle that they
//! linked.

use super::ServiceError;
use super::direct_message::{Message, send_direct};
use crate::db::Tx;
use crate::db::linked_actors::list_linked_actors;
use crate::db::local_actors::find_community;
use crate::db::member_notices::insert_notice;
use crate::db::remote_actors::find_remote_actor;
use crate::ids::MemberId;

/// Tells a member a sentence about a page, given as a path.
///
/// # Errors
/// The store's fault.
pub(super) fn tell_member(tx: &mut Tx<'_>, member: MemberId, sentence: &str, about: &str) -> Result<(), ServiceError> {
    insert_notice(tx, member, sentence, about)?;
    let Some(community) = find_community(tx.conn)? else { return Ok(()) };
    let Some(linked) = list_linked_actors(tx.conn, member)?.into_iter().next() else { return Ok(()) };
    let Some(actor) = find_remote_actor(tx.conn, &linked.actor_url)? else { return Ok(()) };
    let url = format!("{}{about}", tx.urls.base());
    send_direct(tx, &community, &actor, &Message { sentence, about: &url, in_reply_to: None, kept_with: None })
}
