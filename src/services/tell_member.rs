//! Tell members something: on their page, and as a direct message to the first handle that they
//! linked.

use super::ServiceError;
use super::direct_message::{Message, send_direct};
use crate::db::Tx;
use crate::db::amendments::{Amendment, list_backers};
use crate::db::linked_actors::list_linked_actors;
use crate::db::local_actors::find_community;
use crate::db::member_notices::{count_alike, insert_notice};
use crate::db::members::{is_on_the_roll, list_stewards};
use crate::db::objections::list_all_objections;
use crate::db::remote_actors::find_remote_actor;
use crate::ids::{AmendmentId, MemberId};
use chrono::TimeDelta;

/// How often within a day a member is told the very same of the same page: who does and undoes
/// something again and again must not flood others.
const MOST_ALIKE_A_DAY: i64 = 3;

/// Tells a member a sentence about a page, given as a path. Somebody who has left is told nothing.
///
/// # Errors
/// The store's fault.
pub(super) fn tell_member(tx: &mut Tx<'_>, member: MemberId, sentence: &str, about: &str) -> Result<(), ServiceError> {
    let is_told_enough =
        count_alike(tx.conn, member, (sentence, about), tx.now - TimeDelta::days(1))? >= MOST_ALIKE_A_DAY;
    if is_told_enough || !is_on_the_roll(tx.conn, member)? {
        return Ok(());
    }
    insert_notice(tx, member, sentence, about)?;
    let Some(community) = find_community(tx.conn)? else { return Ok(()) };
    // Whoever has an account whose link is not in force may be a stranger, who must not learn whose it was (J5).
    let links = list_linked_actors(tx.conn, member)?;
    let Some(linked) = links.into_iter().find(|linked| linked.is_in_force()) else { return Ok(()) };
    let Some(actor) = find_remote_actor(tx.conn, &linked.actor_url)? else { return Ok(()) };
    let url = format!("{}{about}", tx.urls.base());
    send_direct(tx, &community, &actor, &Message { sentence, about: &url, in_reply_to: None, kept_with: None })
}

/// Tells every steward.
///
/// # Errors
/// The store's fault.
pub(super) fn tell_stewards(tx: &mut Tx<'_>, sentence: &str, about: &str) -> Result<(), ServiceError> {
    for steward in list_stewards(tx.conn)? {
        tell_member(tx, steward, sentence, about)?;
    }
    Ok(())
}

/// Tells whoever backs an amendment.
///
/// # Errors
/// The store's fault.
pub(super) fn tell_backers(tx: &mut Tx<'_>, amendment: &Amendment, sentence: &str) -> Result<(), ServiceError> {
    for backer in list_backers(tx.conn, amendment.id)? {
        tell_member(tx, backer, sentence, &page_of(amendment.id))?;
    }
    Ok(())
}

/// Tells whoever backs an amendment or objects to it, each once; not its proposer.
///
/// # Errors
/// The store's fault.
pub(super) fn tell_concerned(tx: &mut Tx<'_>, amendment: &Amendment, sentence: &str) -> Result<(), ServiceError> {
    let mut concerned = list_backers(tx.conn, amendment.id)?;
    concerned.extend(list_all_objections(tx.conn, amendment.id)?.into_iter().map(|objection| objection.member_id));
    concerned.sort_unstable();
    concerned.dedup();
    for member in concerned.into_iter().filter(|member| *member != amendment.proposer_id) {
        tell_member(tx, member, sentence, &page_of(amendment.id))?;
    }
    Ok(())
}

/// Tells whoever proposed an amendment.
///
/// # Errors
/// The store's fault.
pub(super) fn tell_proposer(tx: &mut Tx<'_>, amendment: &Amendment, sentence: &str) -> Result<(), ServiceError> {
    tell_member(tx, amendment.proposer_id, sentence, &page_of(amendment.id))
}

/// The path of the page of an amendment.
pub(super) fn page_of(id: AmendmentId) -> String {
    format!("/amendments/{id}")
}
