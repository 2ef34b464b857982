//! Answer whoever voted from elsewhere: with their receipt, or with why their vote changes nothing
//! (A10, A11, A13).

use super::ServiceError;
use super::ballot_words::{self, Notice};
use super::direct_message::{Message, send_direct};
use super::given_password::is_their_own;
use crate::db::Tx;
use crate::db::ballots::{Ballot, Voter};
use crate::db::linked_actors::find_member_of;
use crate::db::local_actors::actor;
use crate::db::member_notices::insert_notice;
use crate::db::polls::{self, Poll};
use crate::db::remote_actors::find_remote_actor;
use crate::db::roll::is_on_roll;
use crate::db::vote_senders::note_told;
use crate::domain::ballot::VoteOutcome;
use crate::ids::PollId;

/// Under which it is noted that a voter was sent their receipt.
const RECEIPT: &str = "receipt";

/// Tells a voter once, kindly, why their vote is not a ballot. Neither the choice nor anything
/// that leads to a ballot is in the message.
///
/// # Errors
/// The store's fault.
pub(super) fn tell(tx: &mut Tx<'_>, poll: &Poll, actor_url: &str, outcome: VoteOutcome) -> Result<(), ServiceError> {
    let Some(notice) = ballot_words::notice(poll, outcome) else { return Ok(()) };
    tell_once(tx, poll, actor_url, &notice)
}

/// Tells whoever edits a reply to a choice, once, that an edit casts no ballot (V-17).
///
/// # Errors
/// The store's fault.
pub(super) fn tell_of_edit(tx: &mut Tx<'_>, poll: PollId, actor_url: &str) -> Result<(), ServiceError> {
    match polls::find_poll(tx.conn, poll)? {
        Some(poll) if poll.is_open(tx.deadline()) => tell_once(tx, &poll, actor_url, &ballot_words::edited()),
        _ => Ok(()),
    }
}

/// Tells whoever has a ballot in an open vote and replies to it in their own words, once, that this casts none.
/// Nothing of it depends on whether they have voted.
///
/// # Errors
/// The store's fault.
pub(super) fn tell_of_remark(tx: &mut Tx<'_>, poll: PollId, actor_url: &str) -> Result<(), ServiceError> {
    let deadline = tx.deadline();
    let Some(poll) = polls::find_poll(tx.conn, poll)?.filter(|poll| poll.has_roll() && poll.is_open(deadline)) else {
        return Ok(());
    };
    match find_member_of(tx.conn, actor_url)? {
        Some(member) if is_on_roll(tx.conn, poll.id, member)? && is_their_own(tx.conn, &poll, (member, actor_url))? => {
            tell_once(tx, &poll, actor_url, &ballot_words::remarked())
        }
        _ => Ok(()),
    }
}

fn tell_once(tx: &mut Tx<'_>, poll: &Poll, actor_url: &str, notice: &Notice) -> Result<(), ServiceError> {
    if !note_told(tx, poll.id, actor_url, notice.kind)? {
        return Ok(());
    }
    let Some(voter) = find_remote_actor(tx.conn, actor_url)? else { return Ok(()) };
    let author = actor(tx.conn, poll.actor_id)?;
    let question = tx.urls.poll(poll.id);
    let message =
        Message { sentence: &notice.sentence, about: &question, in_reply_to: Some(&question), kept_with: None };
    send_direct(tx, &author, &voter, &message)
}

/// Sends the voter their receipt, once for each vote and without their choice (A13); false when they
/// have it. What carries it is forgotten at the close, should it be on its way still. Their page here says
/// that they voted, because the server that carried the vote could have made it up and could keep the
/// receipt from them (V-30).
///
/// # Errors
/// The store's fault.
pub(super) fn give_receipt(tx: &mut Tx<'_>, poll: &Poll, voter: &Voter, ballot: &Ballot) -> Result<bool, ServiceError> {
    let Some(actor_url) = &voter.actor_url else { return Ok(false) };
    if !note_told(tx, poll.id, &voter.key, RECEIPT)? {
        return Ok(false);
    }
    if let Some(member) = voter.member_id() {
        insert_notice(tx, member, &ballot_words::arrived(poll), &format!("/polls/{}", poll.id))?;
    }
    let Some(to) = find_remote_actor(tx.conn, actor_url)? else { return Ok(false) };
    let author = actor(tx.conn, poll.actor_id)?;
    let (question, sentence) = (tx.urls.poll(poll.id), ballot_words::receipt(poll, &ballot.receipt));
    let message = Message {
        sentence: &sentence,
        about: &tx.urls.secrecy(poll.id),
        in_reply_to: Some(&question),
        kept_with: Some(poll.id.into()),
    };
    send_direct(tx, &author, &to, &message)?;
    Ok(true)
}
