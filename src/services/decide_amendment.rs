//! Decide an amendment when its vote closes: tally, record, chain, result, and if carried the new
//! version of the document; part of the transaction of [`super::close_ballot`] (rules A8, A9, A13).

use super::ServiceError;
use super::amend_document::amend_document;
use super::ballot_words::{self, Proposed, ResultWords};
use super::frozen_vote::as_it_froze;
use crate::db::amendments::{self, Amendment};
use crate::db::citations::Library;
use crate::db::documents::{self, Document};
use crate::db::local_actors::actor;
use crate::db::polls::{Frozen, Poll};
use crate::db::posts::PostKind;
use crate::db::results::{self, PollResult};
use crate::db::soundings::count_soundings;
use crate::db::{Tx, ballot_secrecy, ballots, chain, incidents};
use crate::domain::amendment::{Change, Move};
use crate::domain::ballot::{Choices, Uncounted, totals};
use crate::domain::chain::{EntryKind, closing};
use crate::domain::record::{FrozenVote, Record, sha256_hex};
use crate::domain::tally::Tally;
use crate::domain::visibility::Visibility;
use crate::federation::outbound::documents::{Extra, NoteParts, note};
use crate::federation::outbound::publish::{Audience, NewPost, publish};
use crate::ids::{AmendmentId, PostId, VersionId};
use serde_json::json;

/// The fewest soundings that are printed, so that nobody is singled out (A10).
const FEWEST_SOUNDINGS: u64 = 3;

/// A ballot whose time is over and whose numbers are final.
pub(super) struct Closed<'a> {
    /// The poll, closed.
    pub poll: &'a Poll,
    /// What froze at its opening.
    pub frozen: &'a Frozen,
    /// How its ballots fell.
    pub tally: Tally,
    /// Who is told.
    pub audience: Audience,
}

/// What was decided, and what was counted beside the tally.
struct Decision<'a> {
    amendment: &'a Amendment,
    document: &'a Document,
    changes: &'a [Change],
    is_carried: bool,
    version: Option<VersionId>,
    uncounted: Vec<(Uncounted, u32)>,
    soundings: Option<Tally>,
}

/// Decides the amendment of a closed vote, keeps the record and publishes the result.
///
/// # Errors
/// When something that froze was changed in the database, or the store fails.
pub(super) fn decide(tx: &mut Tx<'_>, closed: &Closed<'_>, id: AmendmentId) -> Result<(), ServiceError> {
    let document = amendments::amendment(tx.conn, id)?.document_id;
    let document = documents::hold_document(tx, document)?;
    let amendment = amendments::hold_amendment(tx, id)?;
    let changes = amendments::list_changes(tx.conn, id)?;
    let frozen = as_it_froze(tx.conn, (closed.poll, closed.frozen), &amendment, &changes)?;
    let is_carried = closed.tally.is_carried(closed.frozen.rule, u64::from(closed.frozen.roll_size));
    let state = amendment.state.after(if is_carried { Move::Carry } else { Move::Lose })?;
    amendments::set_state(tx, id, state)?;
    let soundings = count_soundings(tx.conn, closed.poll.id)?;
    let decision = Decision {
        amendment: &amendment,
        document: &document,
        changes: &changes,
        is_carried,
        version: if is_carried { amend_document(tx, &document, id, &changes)? } else { None },
        uncounted: ballots::list_uncounted(tx.conn, closed.poll.id)?,
        soundings: Some(Tally::of(&totals(&soundings, 3))).filter(|tally| tally.ballots() >= FEWEST_SOUNDINGS),
    };
    let record = record(tx, closed, &decision, &frozen)?;
    let result = PollResult {
        poll_id: closed.poll.id,
        amendment_id: id,
        tally: closed.tally,
        roll_size: closed.frozen.roll_size,
        is_carried,
        post_id: PostId::from_uuid(tx.next_id()),
        record_sha256: sha256_hex(&record),
        record_json: record,
        version_id: decision.version,
        closed_at: tx.deadline(),
    };
    tell(tx, closed, &decision, &result)
}

/// The record of the vote as it is published.
fn record(
    tx: &mut Tx<'_>,
    closed: &Closed<'_>,
    decision: &Decision<'_>,
    frozen: &FrozenVote<'_>,
) -> Result<String, ServiceError> {
    let poll = closed.poll;
    let new_fingerprint = match decision.version {
        Some(id) => documents::find_version(tx.conn, id)?.map(|version| version.fingerprint),
        None => None,
    };
    let all = ballot_secrecy::list_ballots(tx.conn, poll.id)?;
    let (standing, linked) = ballots::sum_of_ballots(tx.conn, poll.id)?;
    let is_as_sealed = chain::find_commitment(tx.conn, poll.id)?
        .is_none_or(|sealed| sealed == standing && u32::try_from(all.len()) == Ok(linked));
    if !is_as_sealed {
        tracing::error!(poll = %poll.id, "the ballots of a vote were changed in the database; its record says so");
    }
    let (head, happened) =
        (chain::find_head(tx.conn, poll.id)?, incidents::list_incidents(tx.conn, poll.opens_at, tx.deadline())?);
    let name = |choices: Choices| poll.options.iter().find(|option| choices.has(option.position));
    let record = Record {
        poll: &tx.urls.poll(poll.id),
        frozen,
        ballots: all.into_iter().filter_map(|b| name(b.choices).map(|o| (b.receipt, o.name.as_str()))).collect(),
        took_part: ballots::count_voters(tx.conn, poll.id)?,
        tally: closed.tally,
        uncounted: &decision.uncounted,
        soundings: decision.soundings,
        is_carried: decision.is_carried,
        new_fingerprint: new_fingerprint.as_deref(),
        chain: head.as_deref(),
        is_as_sealed,
        incidents: &happened,
    };
    Ok(record.canonical())
}

/// Adds the close to the chain, keeps the result and publishes it as a reply to the Question.
fn tell(
    tx: &mut Tx<'_>,
    closed: &Closed<'_>,
    decision: &Decision<'_>,
    result: &PollResult,
) -> Result<(), ServiceError> {
    let author = actor(tx.conn, closed.poll.actor_id)?;
    let entry = closing(&result.record_sha256, result.tally, result.is_carried);
    let head = chain::append(tx, result.poll_id, EntryKind::Closing, &entry)?;
    let (url, question) = (tx.urls.note(result.post_id), tx.urls.poll(closed.poll.id));
    let (amendment, document) = (decision.amendment, decision.document);
    let shelf = Library::new(tx.urls).at(tx.conn, amendment.written())?;
    let words = ResultWords {
        proposed: Proposed { amendment, document, changes: decision.changes, shelf: &shelf },
        rule: closed.frozen.rule,
        uncounted: &decision.uncounted,
        soundings: decision.soundings,
        chain_head: &head,
    };
    let content = ballot_words::result(tx.urls, &words, result);
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
        extra: Extra::default().with("recordSha256", json!(result.record_sha256)).with("chainHead", json!(head)),
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
