//! Works through received activities: many in one write transaction. One that fails never holds
//! up or undoes another: the batch is then done again with a savepoint for each. No network here.

use crate::App;
use crate::clock::Stamp;
use crate::crash_point::crash_point;
use crate::db::inbox::{self, Received};
use crate::db::inbox_doubt;
use crate::db::remote_actors::mark_stale;
use crate::db::{DbError, Tx, polls};
use crate::federation::inbound::follow_limit::FollowLimit;
use crate::federation::inbound::note::InboundVote;
use crate::federation::inbound::recognise::{Recognised, recognise};
use crate::ids::InboxId;
use crate::services::ServiceError;
use crate::services::cast_ballot::{self, FediverseVote};
use crate::services::follow::{self, Pair};
use crate::services::receive_note::{self, Arrival};
use crate::services::receive_report::receive_report;
use crate::services::remove_actor::remove_actor;
use chrono::TimeDelta;
use serde_json::Value;
use std::sync::Arc;

/// The most activities in one transaction.
const BATCH: i64 = 200;
/// How often an activity is tried before it is given up: over about six hours.
const MOST_ATTEMPTS: i32 = 10;

/// Deals with the activities that wait, the oldest first; says how many it took.
///
/// # Errors
/// The store's fault; the activities wait on then.
pub async fn step(app: &App) -> Result<usize, DbError> {
    let deadline = app.deadline();
    // A write makes ready answers stale and wakes the other workers: only when there is something.
    if !app.read(move |conn| inbox::has_due(conn, deadline)).await? {
        return Ok(0);
    }
    let limit = Arc::clone(&app.federation.follow_limit);
    let taken = app.write(move |tx| work_through(tx, &limit)).await?;
    crash_point("inbox: committed");
    Ok(taken)
}

fn work_through(tx: &mut Tx<'_>, limit: &FollowLimit) -> Result<usize, DbError> {
    let waiting = inbox::claim_waiting(tx, BATCH)?;
    // A savepoint for each costs as much as a small act, and hardly any of them fails.
    let together = tx.separately(|tx| {
        let mut done = Vec::with_capacity(waiting.len());
        for received in &waiting {
            done.extend(handle(tx, received, limit)?.then_some(received.id));
        }
        Ok::<_, DbError>(done)
    });
    let done = match together {
        Ok(done) => done,
        Err(_) => one_by_one(tx, &waiting, limit)?,
    };
    if !done.is_empty() {
        inbox::mark_all_done(tx, &done)?;
    }
    crash_point("inbox: worked through");
    Ok(waiting.len())
}

/// Deals with each apart from the others, so that the one that fails is put aside alone.
fn one_by_one(tx: &mut Tx<'_>, waiting: &[Received], limit: &FollowLimit) -> Result<Vec<InboxId>, DbError> {
    let mut done = Vec::with_capacity(waiting.len());
    for received in waiting {
        match tx.separately(|tx| handle(tx, received, limit)) {
            Ok(is_done) => done.extend(is_done.then_some(received.id)),
            Err(error) => put_aside(tx, received, &error)?,
        }
    }
    Ok(done)
}

fn put_aside(tx: &mut Tx<'_>, received: &Received, error: &DbError) -> Result<(), DbError> {
    let note = error.to_string();
    if received.attempts + 1 >= MOST_ATTEMPTS {
        tracing::error!(activity = %received.activity_id, %error, "an activity was given up");
        cast_ballot::give_up(tx, &received.body, &received.actor_url)?;
        return inbox::mark_failed(tx, received.id, &note);
    }
    tracing::warn!(activity = %received.activity_id, %error, "an activity will be tried again");
    let doublings = received.attempts.clamp(0, 12).unsigned_abs();
    let delay = TimeDelta::seconds(20 << doublings);
    inbox::try_later(tx, received.id, delay, &note)
}

/// A rule's no is the end of an activity; a fault of the store is not.
fn settle(outcome: Result<(), ServiceError>) -> Result<(), DbError> {
    match outcome {
        Ok(()) => Ok(()),
        Err(ServiceError::Broken(error)) => Err(error),
        Err(refusal) => {
            tracing::debug!(%refusal, "an activity had no effect");
            Ok(())
        }
    }
}

/// Deals with an activity; false when it has to wait until the time is known.
fn handle(tx: &mut Tx<'_>, received: &Received, limit: &FollowLimit) -> Result<bool, DbError> {
    let Ok(body) = serde_json::from_str::<Value>(&received.body) else {
        return Err(DbError::Broken("a stored activity is not JSON".to_owned()));
    };
    let recognised = recognise(&body, &received.actor_url, tx.urls);
    if may_be_late(tx, received, &recognised)? {
        inbox_doubt::wait(tx, received.id)?;
        return Ok(false);
    }
    obey(tx, received, recognised, limit)?;
    Ok(true)
}

/// Whether an activity holds a vote of which it is not known yet if it came in time: the clock was in
/// doubt.
fn may_be_late(tx: &mut Tx<'_>, received: &Received, recognised: &Recognised) -> Result<bool, DbError> {
    let Some(claimed_at) = received.claimed_at else { return Ok(false) };
    let votes = match recognised {
        Recognised::Votes(votes) => votes.iter().map(|vote| vote.poll).collect(),
        Recognised::Note(reply) => cast_ballot::ballot_word(tx, reply)?.map(|vote| vote.poll).into_iter().collect(),
        _ => Vec::new(),
    };
    for poll in votes {
        let end = polls::find_poll(tx.conn, poll)?.map(|poll| poll.closes_at);
        if end.is_some_and(|end| received.received_at < end && end <= claimed_at) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn obey(tx: &mut Tx<'_>, received: &Received, asked: Recognised, limit: &FollowLimit) -> Result<(), DbError> {
    let actor = received.actor_url.as_str();
    let arrival = Arrival { inbox_handle: received.inbox_handle.as_deref(), received_at: received.received_at };
    match asked {
        Recognised::Votes(votes) => cast_all(tx, &votes, received),
        Recognised::Note(note) => settle(receive_note::receive(tx, &note, arrival)),
        Recognised::NoteUpdate(note) => settle(receive_note::receive_edit(tx, &note, arrival)),
        Recognised::NoteDelete { note_id } => receive_note::receive_deletion(tx, &note_id, actor),
        Recognised::Follow { follow_id, target: Some(target) } => {
            if limit.allows(actor, &target, tx.now) {
                return take_follow(tx, Pair { follower: actor, target: &target }, &follow_id, received.signed_at);
            }
            tracing::info!(host = %host_of(actor), "one follower follows too often in a minute");
            Ok(())
        }
        Recognised::UndoFollow { target, follow_id } => {
            inbox::label(tx, received.id, &undo_label(&target))?;
            let undo = follow::Undo {
                id: &received.activity_id,
                follow_id: follow_id.as_deref(),
                is_repeated: received.is_repeated,
            };
            follow::unfollow(tx, Pair { follower: actor, target: &target }, undo)
        }
        Recognised::UndoById { id } => follow::undo_by_id(tx, actor, &id),
        Recognised::Block { target } => follow::block(tx, Pair { follower: actor, target: &target }),
        Recognised::Flag { about, words } => receive_report(tx, actor, &about, &words).map(drop),
        Recognised::ActorDelete => remove_actor(tx, actor),
        Recognised::ActorUpdate => mark_stale(tx, actor),
        Recognised::Follow { target: None, .. }
        | Recognised::AnswerToFollow
        | Recognised::Move
        | Recognised::Reaction => Ok(()),
        Recognised::Ignored(why) => {
            tracing::debug!(why, "an activity asks nothing of us");
            Ok(())
        }
        Recognised::Refused(objection) => {
            tracing::info!(%objection, host = %host_of(actor), "an activity was not believed");
            Ok(())
        }
    }
}

fn cast_all(tx: &mut Tx<'_>, votes: &[InboundVote], received: &Received) -> Result<(), DbError> {
    for vote in votes {
        let vote = FediverseVote::received(vote, &received.actor_url, received.received_at);
        settle(cast_ballot::from_fediverse(tx, &vote).map(|_| ()))?;
    }
    Ok(())
}

fn take_follow(tx: &mut Tx<'_>, pair: Pair<'_>, follow_id: &str, signed_at: Stamp) -> Result<(), DbError> {
    inbox::expect_again(tx, pair.follower, &undo_label(pair.target), signed_at)?;
    follow::follow(tx, pair, follow_id).map(|_| ())
}

fn undo_label(target: &str) -> String {
    format!("undo follow {target}")
}

fn host_of(actor_url: &str) -> &str {
    actor_url.split('/').nth(2).unwrap_or_default()
}
