//! Decide what was put to the vote when it closes: look whether the vote holds, tally, carry out what
//! it decided, write the record, end the chain and publish the result; part of the transaction of
//! [`super::close_ballot`] (rules A8, A9, A13, C3). What is special about amendments and about leads
//! is in their own files.

use super::result_words::{self, ResultWords};
use super::tell_member::tell_stewards;
use super::vote_proof::{Proof, of_open_vote};
use super::watch_over::note_ended;
use super::{ServiceError, decide_amendment, elect_lead};
use crate::db::local_actors::{LocalActor, actor};
use crate::db::polls::{Frozen, Poll};
use crate::db::posts::PostKind;
use crate::db::results::PollResult;
use crate::db::soundings::count_soundings;
use crate::db::{Tx, ballot_secrecy, ballots, chain, incidents};
use crate::domain::ballot::{Choices, Uncounted, totals};
use crate::domain::chain::{EntryKind, closing};
use crate::domain::incident::Incident;
use crate::domain::outcome::Outcome;
use crate::domain::record::{Fault, Minutes, RecordWriter, canonical_json, sha256_hex};
use crate::domain::tally::Tally;
use crate::domain::visibility::Visibility;
use crate::federation::outbound::documents::{Extra, NoteParts, note};
use crate::federation::outbound::publish::{Audience, NewPost, publish};
use crate::ids::{PostId, VersionId};
use serde_json::json;

/// The fewest soundings that are printed, so that nobody is singled out (A10).
const FEWEST_SOUNDINGS: u64 = 3;

/// A vote whose time is over and whose numbers are final.
pub(super) struct Closed<'a> {
    /// The poll, closed.
    pub poll: &'a Poll,
    /// What froze at its opening.
    pub frozen: &'a Frozen,
    /// Somebody had marked it as closed before it was.
    pub is_cut_short: bool,
    /// How its ballots fell.
    pub tally: Tally,
    /// Who is told.
    pub audience: Audience,
}

/// What the tally says, and whether it is to be believed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict {
    /// Something about the vote did not hold.
    pub is_void: bool,
    /// What was put to the vote is carried.
    pub is_carried: bool,
}

/// What came of carrying out what a vote decided.
pub(super) struct Effect {
    /// What came of it, if the vote holds.
    pub outcome: Outcome,
    /// What was put to the vote, as HTML.
    pub asked_html: String,
    /// The new version of the document, with its fingerprint.
    pub version: Option<(VersionId, String)>,
    /// The objections that stood beside the ballot, each with its answer.
    pub objections: Vec<(String, Option<String>)>,
}

/// The result of a vote with its record, to be saved when nothing leads to a ballot any more.
pub(super) struct Decided {
    /// The result.
    pub result: PollResult,
    /// The record, canonical JSON.
    pub record: String,
}

/// What was counted beside the tally.
struct Beside {
    uncounted: Vec<(Uncounted, u32)>,
    soundings: Option<Tally>,
    faults: Vec<Fault>,
}

/// Decides a closed vote and publishes what came of it. One that does not hold decides nothing, and
/// says so.
///
/// # Errors
/// The store's fault.
pub(super) fn decide(tx: &mut Tx<'_>, closed: &Closed<'_>) -> Result<Decided, ServiceError> {
    let mut proof = of_open_vote(tx.conn, tx.urls, (closed.poll, closed.frozen))?;
    proof.add(Fault::Frozen, closed.is_cut_short.then(|| "it was marked as closed before it was counted".to_owned()));
    for (fault, sentence) in &proof.faults {
        tracing::error!(poll = %closed.poll.id, fault = fault.as_str(), "a vote decides nothing: {sentence}");
    }
    if let Some((_, sentence)) = proof.faults.first() {
        let question = &closed.poll.question;
        let sentence =
            format!("The vote “{question}” decided nothing, because something about it does not hold: {sentence}.");
        tell_stewards(tx, &sentence, &format!("/polls/{}/minutes", closed.poll.id))?;
    }
    let roll_size = closed.frozen.roll_size;
    let is_carried = proof.faults.is_empty() && closed.tally.is_carried(closed.frozen.rule, u64::from(roll_size));
    let verdict = Verdict { is_void: !proof.faults.is_empty(), is_carried };
    let effect = match closed.poll.amendment_id {
        Some(amendment) => decide_amendment::carry_out(tx, amendment, verdict)?,
        None => elect_lead::carry_out(tx, closed.poll, verdict)?,
    };
    let beside = beside(tx, closed, &proof)?;
    let (minutes_json, record) = write_record(tx, closed, (&proof, &effect), (&beside, is_carried))?;
    let result = PollResult {
        poll_id: closed.poll.id,
        amendment_id: closed.poll.amendment_id,
        tally: closed.tally,
        roll_size,
        is_carried,
        post_id: PostId::from_uuid(tx.next_id()),
        record_sha256: sha256_hex(&record),
        minutes_json,
        version_id: effect.version.as_ref().map(|(id, _)| *id),
        closed_at: tx.deadline(),
    };
    tell(tx, closed, (&effect, &beside), &result)?;
    Ok(Decided { result, record })
}

fn beside(tx: &mut Tx<'_>, closed: &Closed<'_>, proof: &Proof) -> Result<Beside, ServiceError> {
    let soundings = Tally::of(&totals(&count_soundings(tx.conn, closed.poll.id)?, 3));
    Ok(Beside {
        uncounted: ballots::list_uncounted(tx.conn, closed.poll.id)?,
        soundings: Some(soundings).filter(|tally| tally.ballots() >= FEWEST_SOUNDINGS),
        faults: proof.kinds(),
    })
}

/// The minutes and the record of the vote, both canonical JSON.
fn write_record(
    tx: &mut Tx<'_>,
    closed: &Closed<'_>,
    (proof, effect): (&Proof, &Effect),
    (beside, is_carried): (&Beside, bool),
) -> Result<(String, String), ServiceError> {
    let (poll, closed_at) = (closed.poll, tx.deadline());
    note_ended(tx, "close", &tx.ended())?;
    let happened: Vec<Incident> = incidents::list_incidents(tx.conn, poll.opens_at, closed_at)?
        .into_iter()
        .map(|incident| incident.until(closed_at))
        .collect();
    let minutes = Minutes {
        poll: &tx.urls.poll(poll.id),
        frozen: &proof.frozen,
        objections: &effect.objections,
        took_part: ballots::count_voters(tx.conn, poll.id)?,
        tally: closed.tally,
        uncounted: &beside.uncounted,
        soundings: beside.soundings,
        faults: &beside.faults,
        is_carried,
        new_fingerprint: effect.version.as_ref().map(|(_, fingerprint)| fingerprint.as_str()),
        chain: proof.chain.last.as_ref().map(|last| last.hash.as_str()),
        incidents: &happened,
        closed_at,
    }
    .json();
    let name = |choices: Choices| poll.options.iter().find(|option| Some(choices) == Choices::one(option.position));
    let mut record = RecordWriter::default();
    ballot_secrecy::each_ballot(tx.conn, poll.id, |receipt, choices| {
        // One that says what is no option was changed by hand; the record has a fault then.
        record.add(receipt, name(choices).map_or("", |option| option.name.as_str()));
    })?;
    Ok((canonical_json(&minutes), record.finish(&minutes)))
}

/// Ends the chain and publishes the result as a reply to the Question.
fn tell(
    tx: &mut Tx<'_>,
    closed: &Closed<'_>,
    (effect, beside): (&Effect, &Beside),
    result: &PollResult,
) -> Result<(), ServiceError> {
    let author = actor(tx.conn, closed.poll.actor_id)?;
    let entry = closing(&result.record_sha256, result.tally, result.is_carried);
    let head = chain::append(tx, result.poll_id, EntryKind::Closing, &entry)?;
    let words = ResultWords {
        outcome: effect.outcome,
        asked_html: &effect.asked_html,
        rule: closed.frozen.rule,
        uncounted: &beside.uncounted,
        soundings: beside.soundings,
        faults: &beside.faults,
        chain_head: &head,
    };
    let extra = Extra::default().with("recordSha256", json!(result.record_sha256)).with("chainHead", json!(head));
    let post = result_post(tx, &author, result, (&result_words::result(tx.urls, &words, result), extra));
    publish(tx, post, &closed.audience)?;
    Ok(())
}

/// The Note that tells the result, a reply to the Question.
fn result_post(tx: &Tx<'_>, author: &LocalActor, result: &PollResult, (content, extra): (&str, Extra)) -> NewPost {
    let question = tx.urls.poll(result.poll_id);
    let parts = NoteParts {
        id: &tx.urls.note(result.post_id),
        author: &author.url(tx.urls),
        content_html: content,
        language: "en",
        published: tx.now,
        updated: None,
        in_reply_to: Some(&question),
        visibility: Visibility::Public,
        mentions: Vec::new(),
        hashtags: Vec::new(),
        extra,
    };
    NewPost {
        id: result.post_id,
        actor_id: author.id,
        kind: PostKind::Result,
        visibility: Visibility::Public,
        object: note(&parts, tx.urls),
        in_reply_to: Some(question),
        is_pinned: false,
    }
}
