//! Back an amendment by a reply of the one word to the community's Note of it (rule A3), and take that
//! back by deleting the reply or by letting it say something else. Such a reply is never shown as a remark:
//! it backs, or its writer is told once and kindly why it does not.

use super::ServiceError;
use super::back_amendment::{back, take_backing_back};
use super::direct_message::{Message, send_direct};
use crate::db::amendments::{self, Amendment};
use crate::db::local_actors::find_community;
use crate::db::messages::erase_messages;
use crate::db::remote_actors::find_remote_actor;
use crate::db::said_once::say_once;
use crate::db::{DbError, Tx, linked_actors};
use crate::domain::OurUrl;
use crate::domain::amendment::is_backing_word;
use crate::federation::inbound::clean::plain_text;
use crate::federation::inbound::note::InboundNote;

/// What a writer is told whom we know no member by: nothing that tells strangers who is one (J5).
const NOT_LINKED: &str = "thank you. Only members of the community back amendments, and this account is not linked to \
                          one. If you are a member, please link it on your account page and reply again. Anybody may join.";

/// Takes a reply of the one word: it backs when its writer may, and is answered once in any case. False when
/// it is an ordinary text. What is not `is_new` is an edit, which backs nothing: it
/// may arrive late, and again.
///
/// # Errors
/// The store's fault.
pub(super) fn by_reply(tx: &mut Tx<'_>, reply: &InboundNote, is_new: bool) -> Result<bool, ServiceError> {
    let Some(amendment) = proposal_backed(tx, reply)? else { return Ok(false) };
    if !is_new {
        let sentence = "an edited reply backs nothing. To back it, please write a new reply with the one word #back.";
        answer(tx, reply, &amendment, sentence)?;
        return Ok(true);
    }
    let Some(member) = linked_actors::find_member_of(tx.conn, &reply.author)? else {
        answer(tx, reply, &amendment, NOT_LINKED)?;
        return Ok(true);
    };
    let sentence = match back(tx, member, amendment.id, Some(&reply.id)) {
        Ok(()) => format!(
            "thank you, you back “{}” now. To take that back before the vote opens, delete your reply.",
            amendment.title
        ),
        Err(ServiceError::Broken(fault)) => return Err(fault.into()),
        Err(refused) => format!("thank you for your word. {refused}"),
    };
    answer(tx, reply, &amendment, &sentence)?;
    Ok(true)
}

/// The proposal that a reply of the one word answers.
fn proposal_backed(tx: &mut Tx<'_>, reply: &InboundNote) -> Result<Option<Amendment>, DbError> {
    let Some(url) = reply.in_reply_to.as_deref() else { return Ok(None) };
    match tx.urls.recognise(url) {
        Some(OurUrl::Post(post)) if tx.urls.note(post) == url && is_backing_word(&plain_text(&reply.raw_html)) => {
            amendments::find_amendment_by_note(tx.conn, post)
        }
        _ => Ok(None),
    }
}

/// Answers the writer of a reply. They are told each thing once, and again after an edit of the text, which
/// ends all backing.
fn answer(tx: &mut Tx<'_>, reply: &InboundNote, amendment: &Amendment, sentence: &str) -> Result<(), ServiceError> {
    let (id, text) = (amendment.id.to_string(), amendment.edited_at.to_rfc3339());
    if !say_once(tx, &["backing", &id, &text, &reply.author, sentence])? {
        return Ok(());
    }
    let Some(community) = find_community(tx.conn)? else { return Ok(()) };
    let Some(writer) = find_remote_actor(tx.conn, &reply.author)? else { return Ok(()) };
    let about = tx.urls.amendment(amendment.id);
    let message = Message { sentence, about: &about, in_reply_to: Some(&reply.id), kept_with: None };
    send_direct(tx, &community, &writer, &message)
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

/// Follows the edit of a reply. True when nothing more is to be done: it still is the backing that it was,
/// or it says the one word only now, which backs nothing and is no remark. One that backed and says something
/// else now is taken back, and is a text from then on.
///
/// # Errors
/// The store's fault.
pub(super) fn follow_edit(tx: &mut Tx<'_>, reply: &InboundNote) -> Result<bool, ServiceError> {
    let was_backing = amendments::find_backing_by_reply(tx.conn, &reply.id)?.is_some();
    if is_backing_word(&plain_text(&reply.raw_html)) {
        let is_settled = was_backing || by_reply(tx, reply, false)?;
        if is_settled {
            erase_messages(tx, &reply.id, &reply.author)?;
        }
        return Ok(is_settled);
    }
    if was_backing {
        reply_taken_back(tx, &reply.id, &reply.author)?;
    }
    Ok(false)
}
