//! Cast a ballot, from every channel (rules A6, A7, A10, A11): a vote in any fediverse program,
//! a reply of a single word, the web and the API all come here.

use super::confirm_time::check_end_is_known;
use super::direct_message::{Message, send_direct};
use super::seal_ballots::seal_ballots;
use super::{ServiceError, ballot_words};
use crate::App;
use crate::clock::Stamp;
use crate::crash_point::crash_point;
use crate::db::ballots::{self, Ballot, Voter};
use crate::db::local_actors::actor;
use crate::db::polls::{self, Poll};
use crate::db::remote_actors::find_remote_actor;
use crate::db::{DbError, Tx, linked_actors};
use crate::domain::Refusal;
use crate::domain::ballot::{Choices, Decision, Uncounted, VoteOutcome, find_option, reply_word};
use crate::federation::inbound::clean::plain_text;
use crate::federation::inbound::note::{InboundNote, poll_id};
use crate::ids::{MemberId, PollId};

/// A vote that came from another server: one per chosen option, or the word of a reply.
#[derive(Debug, Clone)]
pub struct FediverseVote<'a> {
    /// The poll.
    pub poll: PollId,
    /// Who voted; their signature was checked.
    pub actor_url: &'a str,
    /// The option's name, as it was sent.
    pub choice: &'a str,
    /// The moment of the transaction that stored the vote at our server.
    pub received_at: Stamp,
}

/// What a voter on the web gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The random code that finds the ballot in the published record (A13).
    pub code: String,
    /// Whether it replaced an earlier ballot.
    pub is_changed: bool,
}

/// What became of a vote on the web: a receipt, or why it does not count. The latter is counted in
/// the same transaction, so it must not undo it.
pub type WebVote = Result<Receipt, Uncounted>;

/// Casts a member's ballot from the web or the API. `choices` are positions of options.
///
/// # Errors
/// As [`on_the_web`], but that a vote which does not count is no error here.
pub fn try_on_the_web(tx: &mut Tx<'_>, by: MemberId, poll: PollId, choices: &[u32]) -> Result<WebVote, ServiceError> {
    let poll = polls::hold_poll(tx, poll)?.ok_or(ServiceError::NotFound("poll"))?;
    let choices = web_choices(&poll, choices)?;
    let vote = count_on_the_web(tx, &poll, by, choices)?;
    match vote {
        Ok(_) => {
            seal_ballots(tx, poll.id)?;
            crash_point("vote: sealed");
        }
        Err(reason) => ballots::count_uncounted(tx, poll.id, reason)?,
    }
    Ok(vote)
}

fn count_on_the_web(tx: &mut Tx<'_>, poll: &Poll, by: MemberId, choices: Choices) -> Result<WebVote, ServiceError> {
    if !poll.is_open(tx.deadline()) {
        return Ok(Err(Uncounted::Late));
    }
    check_end_is_known(tx, poll.closes_at)?;
    if poll.has_roll() && !polls::is_on_roll(tx.conn, poll.id, by)? {
        return Ok(Err(Uncounted::OffRoll));
    }
    let (outcome, ballot) = cast(tx, poll, &Voter::member(by, None), choices)?;
    let receipt = |ballot: Ballot| Receipt { code: ballot.receipt, is_changed: outcome == VoteOutcome::Changed };
    Ok(ballot.map(receipt).ok_or(Uncounted::Duplicate))
}

/// Casts a member's ballot from the web or the API, and counts by reason what does not count (A11).
///
/// # Errors
/// Refused without or with too many choices; forbidden off the roll; conflict when not open, or
/// when a ballot stands already in an advisory poll.
pub async fn on_the_web(app: &App, by: MemberId, poll: PollId, choices: Vec<u32>) -> Result<Receipt, ServiceError> {
    match app.write(move |tx| try_on_the_web(tx, by, poll, &choices)).await? {
        Ok(receipt) => Ok(receipt),
        Err(reason) => {
            let poll = app.read(move |conn| polls::poll(conn, poll)).await?;
            Err(why_not_on_the_web(&poll, reason))
        }
    }
}

/// The answer to a vote on the web that does not count.
fn why_not_on_the_web(poll: &Poll, reason: Uncounted) -> ServiceError {
    match reason {
        Uncounted::OffRoll if poll.is_lead_vote() => ServiceError::Forbidden(
            "Only those who were in the cabal when this vote opened choose who leads it.".to_owned(),
        ),
        Uncounted::OffRoll => ServiceError::Forbidden(
            "You joined after this vote opened, so you cannot vote on it. The next vote is yours too.".to_owned(),
        ),
        Uncounted::Late | Uncounted::Early => ServiceError::Conflict(Refusal::new(
            "poll_closed",
            "This vote is closed, so your choice could not be counted.",
        )),
        _ => ServiceError::Conflict(Refusal::new(
            "already_voted",
            "Your ballot in this poll stands already. In advisory polls the first one counts.",
        )),
    }
}

fn web_choices(poll: &Poll, positions: &[u32]) -> Result<Choices, Refusal> {
    let are_options = positions.iter().all(|position| poll.options.iter().any(|option| option.position == *position));
    match Choices::of(positions).filter(|_| are_options) {
        None if positions.is_empty() => Err(Refusal::field("choice", "Please choose an option.")),
        None => Err(Refusal::field("choice", "Please choose one of the options shown.")),
        Some(choices) if !poll.is_multiple && choices.positions().len() > 1 => {
            Err(Refusal::field("choice", "Please choose only one option."))
        }
        Some(choices) => Ok(choices),
    }
}

/// Casts a ballot that came from the fediverse. What does not count is answered once and counted
/// by reason, so it is no error.
///
/// # Errors
/// Not found for an unknown poll, or the store's fault.
pub fn from_fediverse(tx: &mut Tx<'_>, vote: &FediverseVote<'_>) -> Result<VoteOutcome, ServiceError> {
    let poll = polls::hold_poll(tx, vote.poll)?.ok_or(ServiceError::NotFound("poll"))?;
    let (outcome, ballot) = judge(tx, &poll, vote)?;
    if let VoteOutcome::Uncounted(reason) = outcome {
        ballots::count_uncounted(tx, poll.id, reason)?;
    }
    tell(tx, &poll, vote.actor_url, outcome)?;
    if let Some((voter, ballot)) = ballot.filter(|_| poll.has_roll()) {
        give_receipt(tx, &poll, &voter, &ballot)?;
    }
    Ok(outcome)
}

/// Casts the ballot that a reply to the Question of a vote with a roll may be (A7). `None` when the reply is
/// an ordinary text; when it is a ballot it must not be kept as a text, for it is secret.
///
/// # Errors
/// The store's fault.
pub fn by_reply(tx: &mut Tx<'_>, reply: &InboundNote, received_at: Stamp) -> Result<Option<VoteOutcome>, ServiceError> {
    let Some((poll, choice)) = ballot_word(tx, reply)? else { return Ok(None) };
    from_fediverse(tx, &FediverseVote { poll, actor_url: &reply.author, choice, received_at }).map(Some)
}

/// The vote with a roll and the option that a reply names by a single word, if it does (A7).
///
/// # Errors
/// The store's fault.
pub fn ballot_word(tx: &mut Tx<'_>, reply: &InboundNote) -> Result<Option<(PollId, &'static str)>, DbError> {
    let poll = reply.in_reply_to.as_deref().and_then(|url| poll_id(url, tx.urls));
    let word = reply_word(&plain_text(&reply.raw_html));
    let (Some(poll), Some(choice)) = (poll, word) else { return Ok(None) };
    let has_roll = polls::find_poll(tx.conn, poll)?.is_some_and(|poll| poll.has_roll());
    Ok(has_roll.then_some((poll, choice)))
}

/// What becomes of a vote, and the ballot that stands for its voter afterwards.
type Judged = (VoteOutcome, Option<(Voter, Ballot)>);

fn judge(tx: &mut Tx<'_>, poll: &Poll, vote: &FediverseVote<'_>) -> Result<Judged, ServiceError> {
    let uncounted = |reason| Ok((VoteOutcome::Uncounted(reason), None));
    if vote.received_at < poll.opens_at {
        return uncounted(Uncounted::Early);
    }
    if poll.closed_at.is_some() || vote.received_at >= poll.closes_at {
        return uncounted(Uncounted::Late);
    }
    let names = poll.options.iter().map(|option| option.name.as_str());
    let Some(choices) = find_option(names, vote.choice).and_then(Choices::one) else {
        return uncounted(Uncounted::UnknownOption);
    };
    let member = linked_actors::find_member_of(tx.conn, vote.actor_url)?;
    if member.is_none() && linked_actors::is_on_hold(tx.conn, vote.actor_url)? {
        return uncounted(Uncounted::OnHold);
    }
    let voter = match (poll.has_roll(), member) {
        // Who leads a cabal is for the cabal alone, so nothing is kept of what others wish (C3).
        (true, None) if poll.is_lead_vote() => return uncounted(Uncounted::OffRoll),
        (true, None) => {
            ballots::save_sounding(tx, poll.id, vote.actor_url, choices)?;
            return Ok((VoteOutcome::Sounding, None));
        }
        (true, Some(member)) if !polls::is_on_roll(tx.conn, poll.id, member)? => {
            return uncounted(Uncounted::OffRoll);
        }
        (_, Some(member)) => Voter::member(member, Some(vote.actor_url)),
        (false, None) => Voter::actor(vote.actor_url),
    };
    let (outcome, ballot) = cast(tx, poll, &voter, choices)?;
    Ok((outcome, ballot.map(|ballot| (voter, ballot))))
}

/// Puts the ballot of somebody who may vote in place. Gives the ballot that stands then, unless
/// the vote was one too many.
fn cast(
    tx: &mut Tx<'_>,
    poll: &Poll,
    voter: &Voter,
    choices: Choices,
) -> Result<(VoteOutcome, Option<Ballot>), ServiceError> {
    let one_too_many = (VoteOutcome::Uncounted(Uncounted::Duplicate), None);
    if !poll.has_roll() && ballots::has_voted_otherwise(tx.conn, poll.id, voter)? {
        return Ok(one_too_many);
    }
    let standing = if ballots::add_voter(tx, poll.id, voter)? {
        None
    } else {
        // Of somebody who has left the community it is known that they voted, and no longer how.
        let Some(standing) = ballots::find_ballot(tx.conn, poll.id, &voter.key)? else { return Ok(one_too_many) };
        Some(standing)
    };
    if let Some(member) = voter.member_id().filter(|_| poll.has_roll()) {
        ballots::remove_soundings_of(tx, poll.id, member)?;
    }
    let decision = poll.manner().decide(standing.as_ref().map(|ballot| ballot.choices), choices);
    match (decision, standing) {
        (Decision::Set(choices), None) => {
            crash_point("vote: voter noted");
            let ballot = ballots::add_ballot(tx, poll, voter, choices)?;
            crash_point("vote: ballot in");
            count_live(tx, poll, choices.positions())?;
            Ok((VoteOutcome::Counted, Some(ballot)))
        }
        (Decision::Set(choices), Some(standing)) => {
            ballots::change_ballot(tx, poll, &standing, choices)?;
            note_actor(tx, poll, voter)?;
            let added = choices.positions().into_iter().filter(|&position| !standing.choices.has(position)).collect();
            count_live(tx, poll, added)?;
            Ok((VoteOutcome::Changed, Some(Ballot { choices, ..standing })))
        }
        (Decision::Keep, standing) => {
            note_actor(tx, poll, voter)?;
            Ok((VoteOutcome::Unchanged, standing))
        }
        (Decision::Refuse, _) => Ok(one_too_many),
    }
}

/// In an advisory poll the actor of the first ballot stays noted: it has voted, linked or not.
fn note_actor(tx: &mut Tx<'_>, poll: &Poll, voter: &Voter) -> Result<(), DbError> {
    if poll.has_roll() { ballots::note_actor(tx, poll.id, voter) } else { Ok(()) }
}

fn count_live(tx: &mut Tx<'_>, poll: &Poll, positions: Vec<u32>) -> Result<(), ServiceError> {
    if poll.totals_hidden {
        return Ok(());
    }
    Ok(ballots::count_live(tx, poll.id, &positions)?)
}

/// Tells a voter once, kindly, why their vote is not a ballot. Neither the choice nor anything
/// that leads to a ballot is in the message.
fn tell(tx: &mut Tx<'_>, poll: &Poll, actor_url: &str, outcome: VoteOutcome) -> Result<(), ServiceError> {
    let Some(notice) = ballot_words::notice(poll, outcome) else { return Ok(()) };
    if !ballots::note_told(tx, poll.id, actor_url, notice.kind)? {
        return Ok(());
    }
    let Some(voter) = find_remote_actor(tx.conn, actor_url)? else { return Ok(()) };
    let author = actor(tx.conn, poll.actor_id)?;
    let question = tx.urls.poll(poll.id);
    let message =
        Message { sentence: &notice.sentence, about: &question, in_reply_to: Some(&question), kept_with: None };
    send_direct(tx, &author, &voter, &message)
}

/// Sends the voter their receipt, once for each vote and without their choice (A13). What carries
/// it is forgotten at the close, should it be on its way still.
fn give_receipt(tx: &mut Tx<'_>, poll: &Poll, voter: &Voter, ballot: &Ballot) -> Result<(), ServiceError> {
    let Some(actor_url) = &voter.actor_url else { return Ok(()) };
    if !ballots::note_told(tx, poll.id, &voter.key, "receipt")? {
        return Ok(());
    }
    let Some(to) = find_remote_actor(tx.conn, actor_url)? else { return Ok(()) };
    let author = actor(tx.conn, poll.actor_id)?;
    let (question, sentence) = (tx.urls.poll(poll.id), ballot_words::receipt(poll, &ballot.receipt));
    let message = Message {
        sentence: &sentence,
        about: &tx.urls.secrecy(poll.id),
        in_reply_to: Some(&question),
        kept_with: Some(poll.id.into()),
    };
    send_direct(tx, &author, &to, &message)
}
