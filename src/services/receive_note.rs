//! A text from another server: decide whether it is an offer (H2), a ballot by word (A7) or a
//! message, and follow its edits and its deletion (H6).

use super::ServiceError;
use super::answer_voter;
use super::back_by_reply;
use super::cast_ballot;
use super::credit_helper::take_answer;
use super::record_message::{edit_message, record_message};
use super::record_offer::{edit_offer, record_fediverse_offer, withdraw_offer};
use crate::clock::Stamp;
use crate::db::cabals::is_member;
use crate::db::help_requests::{HelpRequest, find_help_request};
use crate::db::linked_actors::find_member_of;
use crate::db::local_actors::{LocalActor, find_actor_by_handle};
use crate::db::messages::{erase_messages, list_messages_by_note};
use crate::db::offer_course::{is_on_it, note_word_of};
use crate::db::offers::find_offer_by_note;
use crate::db::posts::{Post, find_post};
use crate::db::tombstones;
use crate::db::{DbError, Tx};
use crate::domain::visibility::Visibility;
use crate::domain::{OurUrl, Urls};
use crate::federation::inbound::note::InboundNote;
use crate::ids::{ActorId, CabalId, HelpRequestId, PollId};
use chrono::TimeDelta;

/// How long a deletion is remembered of something that we had not seen: longer than any server
/// still tries to deliver it.
const REMEMBER_UNSEEN_FOR: TimeDelta = TimeDelta::days(30);

/// When and at which inbox something arrived.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The handle of the personal inbox, if it was one.
    pub inbox_handle: Option<&'a str>,
    /// By our own clock, when it was stored.
    pub received_at: Stamp,
}

/// Takes a new text.
///
/// # Errors
/// The store's fault.
pub fn receive(tx: &mut Tx<'_>, note: &InboundNote, arrival: Arrival<'_>) -> Result<(), ServiceError> {
    take(tx, note, arrival, true)
}

/// Follows an edit. A text that we have not seen is taken as new: its Create may have been
/// overtaken (IN-10). An edit casts no ballot (V-17).
///
/// # Errors
/// The store's fault.
pub fn receive_edit(tx: &mut Tx<'_>, note: &InboundNote, arrival: Arrival<'_>) -> Result<(), ServiceError> {
    if let Some(vote) = cast_ballot::ballot_word(tx, note)? {
        // It casts no ballot, and a choice is never kept as a text (A12).
        erase_messages(tx, &note.id, &note.author)?;
        return answer_voter::tell_of_edit(tx, vote.poll, &note.author);
    }
    if back_by_reply::follow_edit(tx, note)? {
        return Ok(());
    }
    let edited_at = note.edited_before(arrival.received_at).unwrap_or(arrival.received_at);
    if let Some(offer) = find_offer_by_note(tx.conn, &note.id)? {
        let is_theirs = offer.offerer_actor.as_deref() == Some(note.author.as_str());
        return if is_theirs { Ok(edit_offer(tx, &offer, note, edited_at)?) } else { Ok(()) };
    }
    let messages = list_messages_by_note(tx.conn, &note.id)?;
    for message in messages.iter().filter(|message| message.sender_actor == note.author) {
        edit_message(tx, message, note, edited_at)?;
    }
    if messages.is_empty() { take(tx, note, arrival, false) } else { Ok(()) }
}

/// Follows a deletion: the text goes, the fact stays, and it can never come back.
///
/// # Errors
/// The store's fault.
pub fn receive_deletion(tx: &mut Tx<'_>, note_id: &str, actor_url: &str) -> Result<(), DbError> {
    let offer = find_offer_by_note(tx.conn, note_id)?;
    let is_offer = offer.as_ref().is_some_and(|offer| offer.offerer_actor.as_deref() == Some(actor_url));
    if let Some(offer) = offer.filter(|_| is_offer) {
        withdraw_offer(tx, &offer)?;
    }
    let was_backing = back_by_reply::reply_taken_back(tx, note_id, actor_url).or_else(only_faults)?;
    let erased = erase_messages(tx, note_id, actor_url)?;
    let is_known = is_offer || was_backing || erased > 0;
    let until = (!is_known).then(|| tx.now + REMEMBER_UNSEEN_FOR);
    tombstones::remember(tx, note_id, actor_url, until)
}

/// A rule's no ends the matter; a fault of the store is told.
fn only_faults(error: ServiceError) -> Result<bool, DbError> {
    match error {
        ServiceError::Broken(fault) => Err(fault),
        _ => Ok(false),
    }
}

fn take(tx: &mut Tx<'_>, note: &InboundNote, arrival: Arrival<'_>, may_vote: bool) -> Result<(), ServiceError> {
    let parent = parent_of(tx, note)?;
    let is_for_us = parent.is_some() || !note.addressed.is_empty() || arrival.inbox_handle.is_some();
    if !is_for_us || tombstones::is_gone(tx.conn, &note.id, &note.author, tx.now)? {
        return Ok(());
    }
    let Some(parent) = parent else { return Ok(record_for_addressees(tx, note, arrival)?) };
    if cast_ballot::ballot_word(tx, note)?.is_some() {
        // Whether it counts or not, a choice is secret and must not be kept as a text.
        return if may_vote { cast_ballot::by_reply(tx, note, arrival.received_at).map(|_| ()) } else { Ok(()) };
    }
    if may_vote && take_answer(tx, note, &parent)? {
        return Ok(());
    }
    if back_by_reply::by_reply(tx, note, may_vote)? {
        return Ok(());
    }
    if let Some(request) = request_open_to(tx, note, &parent)? {
        return Ok(record_fediverse_offer(tx, &request, note, arrival.received_at)?);
    }
    // In private whoever runs a server could ask so, unseen, who of its people has a ballot here (J5).
    if may_vote && matches!(note.visibility, Visibility::Public | Visibility::Unlisted) {
        answer_voter::tell_of_remark(tx, PollId::from_uuid(parent.id.uuid()), &note.author)?;
    }
    note_word_of(tx, &note.author, CabalId::from_uuid(parent.actor_id.uuid()))?;
    Ok(record_message(tx, parent.actor_id, note, arrival.received_at)?)
}

/// The post of ours that a text answers, under the one URL that it has.
fn parent_of(tx: &mut Tx<'_>, note: &InboundNote) -> Result<Option<Post>, DbError> {
    let Some(url) = note.in_reply_to.as_deref() else { return Ok(None) };
    let Some(OurUrl::Post(id)) = tx.urls.recognise(url) else { return Ok(None) };
    let is_its_url = |urls: &Urls| {
        let uuid = id.uuid();
        url == urls.note(id)
            || url == urls.help_request(HelpRequestId::from_uuid(uuid))
            || url == urls.poll(PollId::from_uuid(uuid))
            || url == urls.progress(id)
    };
    if is_its_url(tx.urls) { find_post(tx.conn, id) } else { Ok(None) }
}

/// The help request to which a reply is an offer (H2): it takes offers still, and the writer is
/// no member of its cabal and not on it already.
fn request_open_to(tx: &mut Tx<'_>, note: &InboundNote, parent: &Post) -> Result<Option<HelpRequest>, DbError> {
    let id = HelpRequestId::from_uuid(parent.id.uuid());
    let Some(request) = find_help_request(tx.conn, id)? else { return Ok(None) };
    if request.state(tx.now).check_takes_offers().is_err() || is_on_it(tx.conn, id, &note.author)? {
        return Ok(None);
    }
    let is_of_the_cabal = match find_member_of(tx.conn, &note.author)? {
        Some(member) => is_member(tx.conn, request.cabal_id, member)?,
        None => false,
    };
    Ok((!is_of_the_cabal).then_some(request))
}

fn record_for_addressees(tx: &mut Tx<'_>, note: &InboundNote, arrival: Arrival<'_>) -> Result<(), DbError> {
    for to in addressees(tx, note, arrival)? {
        record_message(tx, to, note, arrival.received_at)?;
    }
    Ok(())
}

/// Our living actors to whom a text is addressed; the owner of the inbox where it names none.
fn addressees(tx: &mut Tx<'_>, note: &InboundNote, arrival: Arrival<'_>) -> Result<Vec<ActorId>, DbError> {
    const MOST: usize = 10;
    let mut found = Vec::new();
    let by_inbox = arrival.inbox_handle.filter(|_| note.addressed.is_empty());
    for handle in note.addressed.iter().map(String::as_str).take(MOST).chain(by_inbox) {
        let living = |actor: &LocalActor| actor.deleted_at.is_none();
        found.extend(find_actor_by_handle(tx.conn, handle)?.filter(living).map(|actor| actor.id));
    }
    Ok(found)
}
