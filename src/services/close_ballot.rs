//! Close a poll: tally, publish, and if carried amend the document (rule A8). Exactly once,
//! whoever comes first: a timer, a reader, another process (A16).

use super::cast_ballot::{self, FediverseVote};
use super::decide_vote::{Closed, decide};
use super::publish_poll::question_now;
use super::{ServiceError, found};
use crate::App;
use crate::clock::Stamp;
use crate::crash_point::crash_point;
use crate::db::facts::{delete_fact, find_fact, set_fact};
use crate::db::inbox::{Naming, Received};
use crate::db::polls::Poll;
use crate::db::results::insert_result;
use crate::db::{AnyConnection, DbError, Tx, ballot_secrecy, ballots, chain, inbox, polls, posts, vote_senders};
use crate::domain::ballot::{Uncounted, totals};
use crate::domain::tally::Tally;
use crate::federation::outbound::publish::{Audience, update};
use crate::ids::{InboxId, PollId};

/// How many votes that still wait are counted in one transaction, so that no other write has to
/// wait for long.
const MOST_WAITING: i64 = 200;
/// How often a close is tried that has to wait too long for another process at the same work.
const TRIES: u32 = 5;

/// What a try to close a poll did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// It is closed now, by this try.
    Closed,
    /// It was closed before, or its time is not over.
    NothingToDo,
    /// Activities that had arrived in time were looked through up to this one; more may wait, so
    /// try again from there.
    VotesWaiting(InboxId),
}

/// Closes the poll if its time is over; true for exactly one of all who try. Called by the timer
/// and by whoever serves a poll past its end, so that the first reader sees final numbers.
///
/// # Errors
/// Not found, or the store's fault.
pub async fn settle(app: &App, poll: PollId) -> Result<bool, ServiceError> {
    if app.clock.doubt().is_some() {
        // A vote that is closed too early cannot be opened again.
        return Ok(false);
    }
    let deadline = app.deadline();
    if !app.read(move |conn| is_due(conn, poll, deadline)).await? {
        // Whoever only reads causes no write.
        return Ok(false);
    }
    if app.db.is_shared() {
        // Votes that other transactions are storing at this moment have to be seen by the close.
        // It changes nothing, so it must not ring for the very worker that calls it.
        app.write_aside(|tx| inbox::wait_for_stores(tx).map_err(ServiceError::from)).await?;
    }
    let (mut seen, mut tries) = (None, 0);
    loop {
        match app.write(move |tx| close_due(tx, poll, seen)).await {
            Ok(Closing::Closed) => {
                crash_point("close: committed");
                forget_traces(app).await?;
                crash_point("close: erased");
                return Ok(true);
            }
            Ok(Closing::NothingToDo) => return Ok(false),
            Ok(Closing::VotesWaiting(last)) => {
                crash_point("close: some votes that waited are in");
                seen = Some(last);
            }
            Err(ServiceError::Broken(DbError::Busy(_))) if tries < TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Whether the poll has to be closed at this moment.
fn is_due(conn: &mut AnyConnection, id: PollId, deadline: Stamp) -> Result<bool, ServiceError> {
    let poll = found(polls::poll(conn, id), "poll")?;
    Ok(poll.is_due(deadline) || (deadline >= poll.closes_at && polls::is_cut_short(conn, &poll)?))
}

/// The name of the fact that a closed vote may have left traces outside the tables.
const TRACES: &str = "traces_of_votes";

/// Erases what is left of deleted links outside the tables, once nobody reads (A12). What cannot be
/// done now is done by the next step of the timers.
///
/// # Errors
/// The store's fault.
pub async fn forget_traces(app: &App) -> Result<(), ServiceError> {
    let erased = app
        .read(|conn| match find_fact(conn, TRACES)? {
            Some(_) => ballot_secrecy::erase_traces(conn).map(Some),
            None => Ok(None),
        })
        .await?;
    match erased {
        Some(true) => app.write_aside(|tx| delete_fact(tx, TRACES).map(drop)).await?,
        Some(false) => {
            tracing::debug!("somebody reads; what the close destroyed is erased from the log a little later")
        }
        None => {}
    }
    Ok(())
}

/// Closes the poll if its time is over, in one transaction: counts the votes that were received
/// in time and still wait after the activity `seen`, works the result out, publishes it, and
/// destroys the links between voters and ballots. When many votes wait it counts some of them
/// and does no more.
///
/// # Errors
/// Not found, or the store's fault.
pub fn close_due(tx: &mut Tx<'_>, id: PollId, seen: Option<InboxId>) -> Result<Closing, ServiceError> {
    let poll = found(polls::poll(tx.conn, id), "poll")?;
    let is_cut_short = tx.deadline() >= poll.closes_at && polls::is_cut_short(tx.conn, &poll)?;
    if !poll.is_due(tx.deadline()) && !is_cut_short {
        return Ok(Closing::NothingToDo);
    }
    // Activities are held before the poll, in the order of the inbound worker: two who wait for
    // each other would both fail.
    let naming = Naming { id: &id.to_string(), before: poll.closes_at, after: seen };
    let waiting = inbox::claim_naming(tx, &naming, MOST_WAITING)?;
    receive_votes(tx, id, &waiting)?;
    if let Some(last) = waiting.last().filter(|_| i64::try_from(waiting.len()).is_ok_and(|n| n >= MOST_WAITING)) {
        return Ok(Closing::VotesWaiting(last.id));
    }
    let is_ours = if is_cut_short { polls::claim_cut_short(tx, &poll)? } else { polls::claim_close(tx, id)? };
    if !is_ours {
        return Ok(Closing::NothingToDo);
    }
    crash_point("close: claimed");
    count_and_decide(tx, &poll, is_cut_short)?;
    Ok(Closing::Closed)
}

/// Closes a poll that is claimed and in which every vote that came in time is.
fn count_and_decide(tx: &mut Tx<'_>, claimed: &Poll, is_cut_short: bool) -> Result<(), ServiceError> {
    let id = claimed.id;
    // What was still waiting belongs to the chain before the close is added to it.
    chain::seal(tx)?;
    let counted = ballots::count_ballots(tx.conn, id)?;
    let totals = totals(&counted, claimed.options.len());
    polls::save_totals(tx, id, &totals, counted.iter().map(|(_, total)| total).sum())?;
    let poll = polls::poll(tx.conn, id)?;
    let audience = Audience::followers(poll.actor_id).and(vote_senders::list_senders(tx.conn, id)?);
    let question = question_now(tx.conn, &poll)?;
    update(tx, id.into(), &question, &audience)?;
    posts::set_pinned(tx, id.into(), false)?;
    crash_point("close: counted");
    let decided = match &poll.frozen {
        Some(frozen) => {
            Some(decide(tx, &Closed { poll: &poll, frozen, is_cut_short, tally: Tally::of(&totals), audience })?)
        }
        None => None,
    };
    crash_point("close: decided");
    ballot_secrecy::destroy_links(tx, id)?;
    if let Some(decided) = decided {
        // From now on the database refuses every change to what was counted.
        insert_result(tx, &decided.result, &decided.record)?;
    }
    set_fact(tx, TRACES, "yes")?;
    crash_point("close: written");
    Ok(())
}

/// Votes that our server received before the end count, even when the worker did not come to them.
fn receive_votes(tx: &mut Tx<'_>, poll: PollId, waiting: &[Received]) -> Result<(), ServiceError> {
    let mut received = Vec::with_capacity(waiting.len());
    for activity in waiting {
        match tx.separately(|tx| receive_vote(tx, poll, activity)) {
            Ok(true) => received.push(activity.id),
            Ok(false) => {}
            // One that fails must not keep the poll open for ever; it is in the minutes.
            Err(fault) => {
                tracing::error!(activity = %activity.activity_id, %fault, "a vote could not be counted at the close");
                ballots::count_uncounted(tx, poll, Uncounted::Failed)?;
                inbox::mark_failed(tx, activity.id, "it failed at the close of the poll")?;
            }
        }
    }
    Ok(inbox::mark_all_done(tx, &received)?)
}

/// Casts the ballots in an activity; false when it holds something else.
fn receive_vote(tx: &mut Tx<'_>, poll: PollId, waiting: &Received) -> Result<bool, ServiceError> {
    let votes = cast_ballot::votes_in(tx, &waiting.body, &waiting.actor_url)?;
    if votes.is_empty() || votes.iter().any(|vote| vote.poll != poll) {
        return Ok(false);
    }
    for vote in &votes {
        cast_ballot::from_fediverse(tx, &FediverseVote::received(vote, &waiting.actor_url, waiting.received_at))?;
    }
    Ok(true)
}
