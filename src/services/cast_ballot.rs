//! Cast a ballot, from every channel (rules A6, A7, A10, A11): a vote in any fediverse program,
//! a reply of a single word, the web and the API all come here.

use super::ServiceError;
use super::answer_voter::{give_receipt, tell};
use super::confirm_time::check_end_is_known;
use super::given_password::{check_is_themselves, is_their_own};
use crate::App;
use crate::clock::Stamp;
use crate::crash_point::crash_point;
use crate::db::ballots::{self, Ballot, ReceiptOf, Said, Standing, Voter};
use crate::db::polls::{self, Poll};
use crate::db::soundings::{remove_soundings_of, save_sounding};
use crate::db::vote_senders::{Sent, note_sender};
use crate::db::{DbError, Tx, chain, linked_actors, roll};
use crate::domain::Refusal;
use crate::domain::ballot::{Choices, Decision, Uncounted, VoteOutcome, find_option, reply_word};
use crate::federation::inbound::clean::plain_text;
use crate::federation::inbound::note::{InboundNote, InboundVote, poll_id};
use crate::federation::inbound::recognise::{Recognised, recognise};
use crate::ids::{MemberId, PollId};

/// A vote that came from another server: one per chosen option, or the word of a reply.
#[derive(Debug, Clone)]
pub struct FediverseVote<'a> {
    /// The poll.
    pub poll: PollId,
    /// Who voted; their signature was checked.
    pub actor_url: &'a str,
    /// Its id at its home server.
    pub vote_id: &'a str,
    /// The option's name, as it was sent.
    pub choice: &'a str,
    /// The moment of the transaction that stored the vote at our server.
    pub received_at: Stamp,
}

impl<'a> FediverseVote<'a> {
    /// A vote as it was read from what an actor sent.
    pub fn received(vote: &'a InboundVote, actor_url: &'a str, received_at: Stamp) -> Self {
        Self { poll: vote.poll, actor_url, vote_id: &vote.vote_id, choice: &vote.choice, received_at }
    }
}

/// What a voter on the web gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The random code that finds the ballot in the published record (A13).
    pub code: String,
    /// Whether it replaced an earlier ballot. Whether that said the same is not told: nobody can be made to
    /// show how they had voted.
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
            chain::seal(tx)?;
            crash_point("vote: sealed");
        }
        Err(reason) => ballots::count_uncounted(tx, poll.id, reason)?,
    }
    Ok(vote)
}

fn count_on_the_web(tx: &mut Tx<'_>, poll: &Poll, by: MemberId, choices: Choices) -> Result<WebVote, ServiceError> {
    let received_at = tx.deadline();
    if let Some(reason) = untimely(poll, received_at) {
        return Ok(Err(reason));
    }
    check_end_is_known(tx, poll.closes_at)?;
    if poll.has_roll() && !roll::is_on_roll(tx.conn, poll.id, by)? {
        return Ok(Err(Uncounted::OffRoll));
    }
    check_is_themselves(tx.conn, poll, by)?;
    let (outcome, ballot) = cast(tx, poll, &Voter::member(by, None), Said { choices, received_at })?;
    if outcome == VoteOutcome::Unchanged {
        ballots::count_uncounted(tx, poll.id, Uncounted::Duplicate)?;
    }
    let receipt = |ballot: Ballot| Receipt { code: ballot.receipt, is_changed: outcome == VoteOutcome::Changed };
    Ok(ballot.map(receipt).ok_or(Uncounted::Duplicate))
}

/// Casts a member's ballot from the web or the API, and counts by reason what does not count (A11).
///
/// # Errors
/// Refused without or with too many choices; forbidden off the roll; conflict when not open, or
/// when a ballot stands already in an advisory poll.
pub async fn on_the_web(app: &App, by: MemberId, poll: PollId, choices: Vec<u32>) -> Result<Receipt, ServiceError> {
    let vote = app.write(move |tx| try_on_the_web(tx, by, poll, &choices)).await?;
    crash_point("vote: committed");
    match vote {
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
        Uncounted::Late => ServiceError::Conflict(Refusal::new(
            "poll_closed",
            "This vote is closed, so your choice could not be counted.",
        )),
        Uncounted::Early => ServiceError::Conflict(Refusal::new(
            "poll_not_open",
            "This vote is not open yet. Please vote again once it is.",
        )),
        // Another process took a newer vote of theirs, or a backup was put back without what leads to their ballot.
        _ if poll.has_roll() => ServiceError::Conflict(Refusal::new(
            "already_voted",
            "You have voted already, and this vote could not take the place of that one. Please try again. If it stays so, \
             the server was put back from a backup, and your vote can no longer be changed.",
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
    if let Some(reason) = outcome.why_uncounted() {
        ballots::count_uncounted(tx, poll.id, reason)?;
    }
    let is_answered = match ballot.filter(|_| poll.has_roll()) {
        Some((voter, ballot)) => give_receipt(tx, &poll, &voter, &ballot)?,
        None => false,
    };
    if !is_answered {
        tell(tx, &poll, vote.actor_url, outcome)?;
    }
    Ok(outcome)
}

/// Casts the ballot that a reply to the Question of a vote with a roll may be (A7). `None` when the reply is
/// an ordinary text; when it is a ballot it must not be kept as a text, for it is secret.
///
/// # Errors
/// The store's fault.
pub fn by_reply(tx: &mut Tx<'_>, reply: &InboundNote, received_at: Stamp) -> Result<Option<VoteOutcome>, ServiceError> {
    let Some(vote) = ballot_word(tx, reply)? else { return Ok(None) };
    from_fediverse(tx, &FediverseVote::received(&vote, &reply.author, received_at)).map(Some)
}

/// Counts the votes in an activity that this server failed at for good, so that the minutes tell of
/// them.
///
/// # Errors
/// The store's fault.
pub fn give_up(tx: &mut Tx<'_>, body: &str, actor_url: &str) -> Result<(), DbError> {
    for vote in votes_in(tx, body, actor_url)? {
        if polls::find_poll(tx.conn, vote.poll)?.is_some() {
            ballots::count_uncounted(tx, vote.poll, Uncounted::Failed)?;
        }
    }
    Ok(())
}

/// The votes in the body of an activity: choices, or the word of a reply.
///
/// # Errors
/// The store's fault.
pub fn votes_in(tx: &mut Tx<'_>, body: &str, actor_url: &str) -> Result<Vec<InboundVote>, DbError> {
    let Ok(body) = serde_json::from_str(body) else { return Ok(Vec::new()) };
    Ok(match recognise(&body, actor_url, tx.urls) {
        Recognised::Votes(votes) => votes,
        Recognised::Note(reply) => ballot_word(tx, &reply)?.into_iter().collect(),
        _ => Vec::new(),
    })
}

/// The vote that a reply of a single word is, in a poll with a roll (A7).
///
/// # Errors
/// The store's fault.
pub fn ballot_word(tx: &mut Tx<'_>, reply: &InboundNote) -> Result<Option<InboundVote>, DbError> {
    let poll = reply.in_reply_to.as_deref().and_then(|url| poll_id(url, tx.urls));
    let word = reply_word(&plain_text(&reply.raw_html));
    let (Some(poll), Some(choice)) = (poll, word) else { return Ok(None) };
    let has_roll = polls::find_poll(tx.conn, poll)?.is_some_and(|poll| poll.has_roll());
    Ok(has_roll.then(|| InboundVote { poll, choice: choice.to_owned(), vote_id: reply.id.clone() }))
}

/// What becomes of a vote, and the ballot that stands for its voter afterwards.
type Judged = (VoteOutcome, Option<(Voter, Ballot)>);

/// Why a vote received at this moment comes too early or too late.
fn untimely(poll: &Poll, received_at: Stamp) -> Option<Uncounted> {
    if received_at < poll.opens_at {
        return Some(Uncounted::Early);
    }
    (poll.closed_at.is_some() || received_at >= poll.closes_at).then_some(Uncounted::Late)
}

/// Whether a stranger may have the account by now (AC-16), or a steward may have linked it for a member (V-54).
fn may_be_somebody_elses(
    tx: &mut Tx<'_>,
    poll: &Poll,
    (member, is_on_roll): (Option<MemberId>, bool),
    actor_url: &str,
) -> Result<bool, DbError> {
    match member {
        None => linked_actors::is_on_hold(tx.conn, actor_url),
        Some(member) => Ok(is_on_roll && !is_their_own(tx.conn, poll, (member, actor_url))?),
    }
}

fn judge(tx: &mut Tx<'_>, poll: &Poll, vote: &FediverseVote<'_>) -> Result<Judged, ServiceError> {
    let uncounted = |reason| Ok((VoteOutcome::Uncounted(reason), None));
    if let Some(reason) = untimely(poll, vote.received_at) {
        return uncounted(reason);
    }
    let member = linked_actors::find_member_of(tx.conn, vote.actor_url)?;
    let is_on_roll = match member {
        Some(member) if poll.has_roll() => roll::is_on_roll(tx.conn, poll.id, member)?,
        _ => false,
    };
    let sent = Sent { poll: poll.id, actor_url: vote.actor_url, vote_id: vote.vote_id, by_member: is_on_roll };
    let is_held = may_be_somebody_elses(tx, poll, (member, is_on_roll), vote.actor_url)?;
    if !note_sender(tx, &sent)? && poll.has_roll() {
        // A vote that was dealt with: whoever has changed their ballot since meant to.
        let theirs = member.filter(|_| is_on_roll && !is_held).map(|member| Voter::member(member, None));
        return Ok((repeated(tx, poll, theirs)?, None));
    }
    let names = poll.options.iter().map(|option| option.name.as_str());
    let Some(choices) = find_option(names, vote.choice).and_then(Choices::one) else {
        return uncounted(Uncounted::UnknownOption);
    };
    if is_held {
        return uncounted(Uncounted::OnHold);
    }
    let voter = match (poll.has_roll(), member) {
        // Who leads a cabal is for the cabal alone, so nothing is kept of what others wish (C3).
        (true, None) if poll.is_lead_vote() => return uncounted(Uncounted::OffRoll),
        (true, None) => {
            save_sounding(tx, poll.id, vote.actor_url, choices)?;
            return Ok((VoteOutcome::Sounding, None));
        }
        (true, Some(_)) if !is_on_roll => return uncounted(Uncounted::OffRoll),
        (_, Some(member)) => Voter::member(member, Some(vote.actor_url)),
        (false, None) => Voter::actor(vote.actor_url),
    };
    let (outcome, ballot) = cast(tx, poll, &voter, Said { choices, received_at: vote.received_at })?;
    Ok((outcome, ballot.map(|ballot| (voter, ballot))))
}

/// What a vote is that came before: whoever has a ballot is told that it changes nothing.
fn repeated(tx: &mut Tx<'_>, poll: &Poll, voter: Option<Voter>) -> Result<VoteOutcome, DbError> {
    let Some(voter) = voter else { return Ok(VoteOutcome::Repeated) };
    let standing = ballots::find_ballot(tx.conn, poll.id, &voter.key)?;
    Ok(standing.map_or(VoteOutcome::Repeated, |_| VoteOutcome::Uncounted(Uncounted::Duplicate)))
}

/// What became of a vote of somebody who may vote, and the ballot that stands then; none when the
/// vote was one too many.
type Cast = (VoteOutcome, Option<Ballot>);

/// Puts the ballot of somebody who may vote in place.
fn cast(tx: &mut Tx<'_>, poll: &Poll, voter: &Voter, said: Said) -> Result<Cast, ServiceError> {
    let one_too_many = (VoteOutcome::Uncounted(Uncounted::Duplicate), None);
    if !poll.has_roll() && ballots::has_voted_otherwise(tx.conn, poll.id, voter)? {
        return Ok(one_too_many);
    }
    let is_first = ballots::add_voter(tx, poll, voter)?;
    if let Some(member) = voter.member_id().filter(|_| poll.has_roll()) {
        remove_soundings_of(tx, poll.id, member)?;
    }
    if is_first {
        crash_point("vote: voter noted");
        let ballot = ballots::add_ballot(tx, poll, voter, said)?;
        crash_point("vote: ballot in");
        count_live(tx, poll, said.choices.positions())?;
        return Ok((VoteOutcome::Counted, Some(ballot)));
    }
    // Of somebody who has left the community it is known that they voted, and no longer how.
    let Some(standing) = ballots::find_ballot(tx.conn, poll.id, &voter.key)? else {
        return Ok((VoteOutcome::Repeated, None));
    };
    if standing.received_at.is_some_and(|standing| said.received_at < standing) {
        // It was received before the ballot that stands, and had to wait (A6).
        return Ok(one_too_many);
    }
    cast_again(tx, poll, (voter, &standing), said)
}

/// A vote of somebody whose ballot stands already.
fn cast_again(
    tx: &mut Tx<'_>,
    poll: &Poll,
    (voter, standing): (&Voter, &Standing),
    said: Said,
) -> Result<Cast, ServiceError> {
    let choices = match poll.manner().decide(Some(standing.ballot.choices), said.choices) {
        Decision::Set(choices) => choices,
        Decision::Keep => standing.ballot.choices,
        Decision::Refuse => return Ok((VoteOutcome::Uncounted(Uncounted::Duplicate), None)),
    };
    let added = choices.positions().into_iter().filter(|&position| !standing.ballot.choices.has(position)).collect();
    let is_same = choices == standing.ballot.choices;
    let receipt = receipt_of(poll, voter);
    if is_same && receipt == ReceiptOf::Before {
        ballots::confirm_ballot(tx, poll, voter, said)?;
        return Ok((VoteOutcome::Unchanged, Some(standing.ballot.clone())));
    }
    let ballot = ballots::change_ballot(tx, poll, (voter, standing), Said { choices, ..said }, receipt)?;
    crash_point("vote: changed");
    count_live(tx, poll, added)?;
    Ok((VoteOutcome::Changed, Some(ballot)))
}

/// Whoever votes again on the web gets a new receipt, whatever they say: the old one may be known to the
/// server that carried it, which could find in the record what they changed their mind to; and one that
/// stayed would tell whoever looks on that the ballot had said the same.
fn receipt_of(poll: &Poll, voter: &Voter) -> ReceiptOf {
    let is_on_the_web = voter.actor_url.is_none();
    if poll.has_roll() && is_on_the_web { ReceiptOf::Now } else { ReceiptOf::Before }
}

fn count_live(tx: &mut Tx<'_>, poll: &Poll, positions: Vec<u32>) -> Result<(), ServiceError> {
    if poll.totals_hidden {
        return Ok(());
    }
    Ok(ballots::count_live(tx, poll.id, &positions)?)
}
