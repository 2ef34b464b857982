//! Close a poll: tally, publish, and if carried amend the document (rule A8). Exactly once,
//! whoever comes first: a timer, a reader, another process (A16).

use super::ballot_words::{self, ResultWords};
use super::cast_ballot::{self, FediverseVote};
use super::publish_poll::question_now;
use super::{ServiceError, found};
use crate::App;
use crate::db::amendments::{self, Amendment};
use crate::db::documents::{self, Document};
use crate::db::inbox::{Naming, Received};
use crate::db::local_actors::actor;
use crate::db::polls::{self, Frozen, Poll};
use crate::db::posts::{self, PostKind};
use crate::db::results::{self, PollResult};
use crate::db::{DbError, Tx, ballot_secrecy, ballots, inbox};
use crate::domain::amendment::{AmendmentState, Change, Move, apply};
use crate::domain::ballot::{Choices, totals};
use crate::domain::record::{FrozenVote, Record, sha256_hex};
use crate::domain::tally::Tally;
use crate::domain::visibility::Visibility;
use crate::federation::inbound::recognise::{Recognised, recognise};
use crate::federation::outbound::documents::{Extra, NoteParts, note};
use crate::federation::outbound::publish::{Audience, NewPost, publish, update};
use crate::ids::{AmendmentId, ClauseId, InboxId, PollId, PostId, VersionId};

/// The fewest soundings that are printed, so that nobody is singled out (A10).
const FEWEST_SOUNDINGS: u64 = 3;

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
    if app.db.is_shared() {
        // Votes that other transactions are storing at this moment have to be seen by the close.
        // It changes nothing, so it must not ring for the very worker that calls it.
        app.write_aside(|tx| inbox::wait_for_stores(tx).map_err(ServiceError::from)).await?;
    }
    let (mut seen, mut tries) = (None, 0);
    loop {
        match app.write(move |tx| close_due(tx, poll, seen)).await {
            Ok(Closing::Closed) => return Ok(true),
            Ok(Closing::NothingToDo) => return Ok(false),
            Ok(Closing::VotesWaiting(last)) => seen = Some(last),
            Err(ServiceError::Broken(DbError::Busy(_))) if tries < TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
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
    if !poll.is_due(tx.now) {
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
    if !polls::claim_close(tx, id)? {
        return Ok(Closing::NothingToDo);
    }
    let counted = ballots::count_ballots(tx.conn, id)?;
    let totals = totals(&counted, poll.options.len());
    polls::save_totals(tx, id, &totals, counted.iter().map(|(_, total)| total).sum())?;
    let poll = polls::poll(tx.conn, id)?;
    let audience = Audience::followers(poll.actor_id).and(ballot_secrecy::list_remote_voters(tx.conn, id)?);
    let question = question_now(tx.conn, &poll, tx.now)?;
    update(tx, id.into(), &question, &audience)?;
    posts::set_pinned(tx, id.into(), false)?;
    if let (Some(amendment), Some(frozen)) = (poll.amendment_id, &poll.frozen) {
        decide(tx, &Closed { poll: &poll, frozen, tally: Tally::of(&totals), audience }, amendment)?;
    }
    ballot_secrecy::destroy_links(tx, id)?;
    Ok(Closing::Closed)
}

/// Votes that our server received before the end count, even when the worker did not come to them.
fn receive_votes(tx: &mut Tx<'_>, poll: PollId, waiting: &[Received]) -> Result<(), ServiceError> {
    let mut received = Vec::with_capacity(waiting.len());
    for activity in waiting {
        match tx.separately(|tx| receive_vote(tx, poll, activity)) {
            Ok(true) => received.push(activity.id),
            Ok(false) => {}
            // One that fails must not keep the poll open for ever.
            Err(fault) => {
                tracing::error!(activity = %activity.activity_id, %fault, "a vote could not be counted at the close");
            }
        }
    }
    Ok(inbox::mark_all_done(tx, &received)?)
}

/// Casts the ballots in an activity; false when it holds something else.
fn receive_vote(tx: &mut Tx<'_>, poll: PollId, waiting: &Received) -> Result<bool, ServiceError> {
    let Ok(body) = serde_json::from_str(&waiting.body) else { return Ok(false) };
    let votes: Vec<(PollId, String)> = match recognise(&body, &waiting.actor_url, tx.urls) {
        Recognised::Votes(votes) => votes.into_iter().map(|vote| (vote.poll, vote.choice)).collect(),
        Recognised::Note(reply) => {
            cast_ballot::ballot_word(tx, &reply)?.map(|(poll, word)| (poll, word.to_owned())).into_iter().collect()
        }
        _ => Vec::new(),
    };
    if votes.is_empty() || votes.iter().any(|(voted, _)| *voted != poll) {
        return Ok(false);
    }
    for (_, choice) in &votes {
        let (actor_url, received_at) = (waiting.actor_url.as_str(), waiting.received_at);
        cast_ballot::from_fediverse(tx, &FediverseVote { poll, actor_url, choice, received_at })?;
    }
    Ok(true)
}

/// A ballot whose time is over and whose numbers are final.
struct Closed<'a> {
    poll: &'a Poll,
    frozen: &'a Frozen,
    tally: Tally,
    audience: Audience,
}

fn decide(tx: &mut Tx<'_>, closed: &Closed<'_>, id: AmendmentId) -> Result<(), ServiceError> {
    let document = amendments::amendment(tx.conn, id)?.document_id;
    let document = documents::hold_document(tx, document)?;
    let amendment = amendments::hold_amendment(tx, id)?;
    let changes = amendments::list_changes(tx.conn, id)?;
    let frozen = as_it_froze(tx, closed, &amendment, &changes)?;
    let is_carried = closed.tally.is_carried(closed.frozen.rule, u64::from(closed.frozen.roll_size));
    let state = amendment.state.after(if is_carried { Move::Carry } else { Move::Lose })?;
    amendments::set_state(tx, id, state)?;
    let version = if is_carried { amend(tx, &document, id, &changes)? } else { None };
    let soundings = ballots::count_soundings(tx.conn, closed.poll.id)?;
    let soundings = Some(Tally::of(&totals(&soundings, 3))).filter(|tally| tally.ballots() >= FEWEST_SOUNDINGS);
    let uncounted = ballots::list_uncounted(tx.conn, closed.poll.id)?;
    let new_fingerprint = match version {
        Some(id) => documents::find_version(tx.conn, id)?.map(|version| version.fingerprint),
        None => None,
    };
    let record = Record {
        poll: &tx.urls.poll(closed.poll.id),
        frozen: &frozen,
        ballots: receipts_and_choices(tx, closed.poll)?,
        tally: closed.tally,
        uncounted: &uncounted,
        soundings,
        is_carried,
        new_fingerprint: new_fingerprint.as_deref(),
    }
    .canonical();
    let words = ResultWords {
        amendment: &amendment,
        document: &document,
        rule: closed.frozen.rule,
        uncounted: &uncounted,
        soundings,
    };
    let result = PollResult {
        poll_id: closed.poll.id,
        amendment_id: id,
        tally: closed.tally,
        roll_size: closed.frozen.roll_size,
        is_carried,
        post_id: PostId::from_uuid(tx.next_id()),
        record_sha256: sha256_hex(&record),
        record_json: record,
        version_id: version,
        closed_at: tx.now,
    };
    tell(tx, closed, &words, &result)
}

/// What froze at the opening, and proof that it still says the same.
fn as_it_froze<'a>(
    tx: &mut Tx<'_>,
    closed: &Closed<'_>,
    amendment: &Amendment,
    changes: &'a [Change],
) -> Result<FrozenVote<'a>, ServiceError> {
    let base = found(
        documents::find_version(tx.conn, amendment.base_version_id).and_then(|v| v.ok_or(DbError::NotFound)),
        "version",
    )?;
    let frozen = FrozenVote {
        amendment: amendment.id,
        base_fingerprint: base.fingerprint,
        changes,
        rule: closed.frozen.rule,
        roll_size: closed.frozen.roll_size,
        roll_fingerprint: closed.frozen.roll_fingerprint.clone(),
        opens_at: closed.poll.opens_at,
        closes_at: closed.poll.closes_at,
    };
    if amendment.frozen_hash.as_deref() == Some(frozen.hash().as_str()) {
        Ok(frozen)
    } else {
        Err(DbError::Broken(format!("what froze at the opening of {} was changed in the database", closed.poll.id))
            .into())
    }
}

/// Brings the new version, unless the text was changed meanwhile, and marks what now conflicts.
fn amend(
    tx: &mut Tx<'_>,
    document: &Document,
    id: AmendmentId,
    changes: &[Change],
) -> Result<Option<VersionId>, ServiceError> {
    let clauses = documents::list_clauses(tx.conn, document.version.id)?;
    let Ok(clauses) = apply(changes, clauses) else { return Ok(None) };
    let version = documents::insert_version(tx, document.id, &clauses, Some(id))?;
    let touched: Vec<ClauseId> = changes.iter().map(|change| change.clause).collect();
    let waiting = [AmendmentState::SeekingBacking, AmendmentState::Backed];
    for other in amendments::list_touching(tx.conn, &touched, &waiting)? {
        let state = amendments::hold_amendment(tx, other)?.state;
        if let Ok(state) = state.after(Move::FallIntoConflict) {
            amendments::set_state(tx, other, state)?;
            amendments::clear_backings(tx, other)?;
        }
    }
    Ok(Some(version))
}

fn receipts_and_choices<'a>(tx: &mut Tx<'_>, poll: &'a Poll) -> Result<Vec<(String, &'a str)>, ServiceError> {
    let name = |choices: Choices| poll.options.iter().find(|option| choices.has(option.position));
    let ballots = ballot_secrecy::list_ballots(tx.conn, poll.id)?;
    Ok(ballots
        .into_iter()
        .filter_map(|ballot| name(ballot.choices).map(|option| (ballot.receipt, option.name.as_str())))
        .collect())
}

/// Publishes the result as a reply to the Question and keeps it.
fn tell(
    tx: &mut Tx<'_>,
    closed: &Closed<'_>,
    words: &ResultWords<'_>,
    result: &PollResult,
) -> Result<(), ServiceError> {
    let author = actor(tx.conn, closed.poll.actor_id)?;
    let (url, question) = (tx.urls.note(result.post_id), tx.urls.poll(closed.poll.id));
    let content = ballot_words::result(tx.urls, words, result);
    let parts = NoteParts {
        id: &url,
        author: &author.url(tx.urls),
        content_html: &content,
        language: "en",
        published: tx.now,
        updated: None,
        in_reply_to: Some(&question),
        visibility: Visibility::Public,
        mentions: Vec::new(),
        hashtags: Vec::new(),
        extra: Extra::default(),
    };
    let post = NewPost {
        id: result.post_id,
        actor_id: author.id,
        kind: PostKind::Result,
        visibility: Visibility::Public,
        in_reply_to: Some(question.clone()),
        object: note(&parts, tx.urls),
        is_pinned: false,
    };
    publish(tx, post, &closed.audience)?;
    results::insert_result(tx, result)?;
    Ok(())
}
