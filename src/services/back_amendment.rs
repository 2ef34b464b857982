//! Back an amendment, or take the backing back (rule A3), on the web or by a reply to the
//! community's Note of the proposal.

use super::ServiceError;
use super::direct_message::{Message, send_direct};
use crate::db::amendments::{self, Amendment};
use crate::db::local_actors::find_community;
use crate::db::remote_actors::find_remote_actor;
use crate::db::{DbError, Tx, linked_actors};
use crate::domain::OurUrl;
use crate::domain::Refusal;
use crate::domain::amendment::{AmendmentState, Move, is_backing_word};
use crate::federation::inbound::clean::plain_text;
use crate::federation::inbound::note::InboundNote;
use crate::ids::{AmendmentId, MemberId};

/// Backs an amendment of another member. Backing twice changes nothing.
///
/// # Errors
/// Forbidden to the proposer; conflict unless it waits for its opening.
pub fn back_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    back(tx, by, id, None)
}

fn back(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId, reply: Option<&str>) -> Result<(), ServiceError> {
    let amendment = hold_proposed(tx, id)?;
    if amendment.proposer_id == by {
        return Err(ServiceError::Forbidden(
            "You proposed this amendment, so another member has to back it.".to_owned(),
        ));
    }
    let state = amendment.state_at(tx.now).after(Move::Back).map_err(ServiceError::Conflict)?;
    amendments::add_backing(tx, id, by, reply)?;
    amendments::set_state(tx, id, state)?;
    Ok(())
}

/// Takes the backing back, which may be done until the opening, announced or not.
///
/// # Errors
/// Conflict once opened or when the member does not back it.
pub fn take_backing_back(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    let amendment = hold_proposed(tx, id)?;
    let state = amendment.state_at(tx.now).after(Move::LoseBacking).map_err(ServiceError::Conflict)?;
    if !amendments::remove_backing(tx, id, by)? {
        return Err(ServiceError::Conflict(Refusal::new("not_a_backer", "You do not back this amendment.")));
    }
    if state == AmendmentState::SeekingBacking && amendments::list_backers(tx.conn, id)?.is_empty() {
        amendments::set_state(tx, id, state)?;
    }
    Ok(())
}

fn hold_proposed(tx: &mut Tx<'_>, id: AmendmentId) -> Result<Amendment, ServiceError> {
    let amendment = super::found(amendments::hold_amendment(tx, id), "amendment")?;
    if amendment.state == AmendmentState::Draft { Err(ServiceError::NotFound("amendment")) } else { Ok(amendment) }
}

/// Takes a reply of the one word as backing, when it is by a member who may back what it answers.
/// False when it is an ordinary text.
///
/// # Errors
/// The store's fault.
pub(super) fn by_reply(tx: &mut Tx<'_>, reply: &InboundNote) -> Result<bool, ServiceError> {
    if !is_backing_word(&plain_text(&reply.raw_html)) {
        return Ok(false);
    }
    let Some(amendment) = proposal_answered(tx, reply)? else { return Ok(false) };
    let Some(member) = linked_actors::find_member_of(tx.conn, &reply.author)? else { return Ok(false) };
    match back(tx, member, amendment.id, Some(&reply.id)) {
        Ok(()) => {}
        Err(ServiceError::Broken(fault)) => return Err(fault.into()),
        Err(_) => return Ok(false),
    }
    thank(tx, &reply.author, &amendment)?;
    Ok(true)
}

/// The proposal whose Note a reply answers.
fn proposal_answered(tx: &mut Tx<'_>, reply: &InboundNote) -> Result<Option<Amendment>, DbError> {
    let Some(url) = reply.in_reply_to.as_deref() else { return Ok(None) };
    match tx.urls.recognise(url) {
        Some(OurUrl::Post(post)) if tx.urls.note(post) == url => amendments::find_amendment_by_note(tx.conn, post),
        _ => Ok(None),
    }
}

fn thank(tx: &mut Tx<'_>, actor_url: &str, amendment: &Amendment) -> Result<(), ServiceError> {
    let Some(community) = find_community(tx.conn)? else { return Ok(()) };
    let Some(backer) = find_remote_actor(tx.conn, actor_url)? else { return Ok(()) };
    let sentence = format!(
        "thank you, you back “{}” now. To take that back before the vote opens, delete your reply.",
        amendment.title
    );
    let about = tx.urls.amendment(amendment.id);
    send_direct(
        tx,
        &community,
        &backer,
        &Message { sentence: &sentence, about: &about, in_reply_to: None, kept_with: None },
    )
}

/// Takes back the backing that a reply was, when that reply is deleted or says something else now.
/// After the opening it stands. False when the reply was no backing of this actor.
///
/// # Errors
/// The store's fault.
pub(super) fn reply_taken_back(tx: &mut Tx<'_>, reply_id: &str, actor_url: &str) -> Result<bool, ServiceError> {
    let Some((amendment, member)) = amendments::find_backing_by_reply(tx.conn, reply_id)? else { return Ok(false) };
    if linked_actors::find_member_of(tx.conn, actor_url)? != Some(member) {
        return Ok(false);
    }
    match take_backing_back(tx, member, amendment) {
        Err(ServiceError::Broken(fault)) => Err(fault.into()),
        _ => Ok(true),
    }
}

/// Follows the edit of a reply that was a backing: one that says something else now is taken back,
/// and is a text from then on. True while it still backs.
///
/// # Errors
/// The store's fault.
pub(super) fn follow_edit(tx: &mut Tx<'_>, reply: &InboundNote) -> Result<bool, ServiceError> {
    if is_backing_word(&plain_text(&reply.raw_html)) {
        return Ok(amendments::find_backing_by_reply(tx.conn, &reply.id)?.is_some());
    }
    reply_taken_back(tx, &reply.id, &reply.author)?;
    Ok(false)
}
