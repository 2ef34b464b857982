//! Open the ballot of an amendment (rules A4, A5).

use super::ServiceError;
use super::ballot_words::{self, Proposed};
use super::confirm_time::check_time_is_known;
use super::standing::standing;
use crate::crash_point::crash_point;
use crate::db::amendments::{self, Amendment};
use crate::db::citations::Library;
use crate::db::documents::{self, Document};
use crate::db::local_actors::{LocalActor, find_community};
use crate::db::polls::{self, PollToInsert, RollOf};
use crate::db::posts::PostKind;
use crate::db::{AnyConnection, Tx, chain, members};
use crate::domain::Refusal;
use crate::domain::amendment::{AmendmentState, Change, Move, NOTICE_MAX, touched};
use crate::domain::chain::{BEGINNING, EntryKind, link, opening as chain_entry};
use crate::domain::poll::{BALLOT_OPTIONS, BALLOT_WEEK};
use crate::domain::record::{FrozenVote, roll_fingerprint};
use crate::domain::visibility::Visibility;
use crate::federation::outbound::documents::{Extra, NoteParts, QuestionParts, question};
use crate::federation::outbound::publish::{Audience, NewPost, publish};
use crate::ids::{AmendmentId, MemberId, PollId};
use chrono::{SubsecRound as _, TimeDelta};
use serde_json::json;

/// Freezes text, rule and roll and publishes the Question, all in one transaction.
///
/// # Errors
/// Forbidden to others than the proposer; conflict unless backed, unchanged underneath and alone
/// on its clauses (A15).
pub fn open_ballot(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<PollId, ServiceError> {
    super::propose_amendment::hold_own(tx, by, id)?;
    open(tx, id)
}

/// Announces that the vote opens by itself after some days, 1 to 30, so that people can prepare.
///
/// # Errors
/// Forbidden to others than the proposer; refused for other numbers of days; conflict unless backed.
pub fn announce_opening(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId, days: u32) -> Result<(), ServiceError> {
    let amendment = super::propose_amendment::hold_own(tx, by, id)?;
    if !(1..=NOTICE_MAX).contains(&days) {
        let sentence = format!("Please give a notice of 1 to {NOTICE_MAX} days, or open the vote at once.");
        return Err(Refusal::field("days", sentence).into());
    }
    let state = amendment.state_at(tx.now).after(Move::Announce).map_err(ServiceError::Conflict)?;
    amendments::set_state(tx, id, state)?;
    Ok(amendments::announce(tx, id, tx.now + TimeDelta::days(i64::from(days)))?)
}

/// Opens a vote whose announced moment has come. One that nobody backs any more seeks backing
/// again instead; false when it has to wait for another vote (A15).
///
/// # Errors
/// The store's fault.
pub fn open_announced(tx: &mut Tx<'_>, id: AmendmentId) -> Result<bool, ServiceError> {
    let amendment = super::found(amendments::hold_amendment(tx, id), "amendment")?;
    if amendment.opens_at.is_none_or(|opens_at| tx.now < opens_at) {
        return Ok(false);
    }
    if amendments::list_backers(tx.conn, id)?.is_empty() {
        let state = amendment.state.after(Move::LoseBacking)?;
        amendments::set_state(tx, id, state)?;
        return Ok(true);
    }
    match open(tx, id) {
        Ok(_) => Ok(true),
        Err(ServiceError::Conflict(_)) => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// The open votes that an amendment has to wait for (A15).
///
/// # Errors
/// The store's fault.
pub fn list_blocking(conn: &mut AnyConnection, amendment: &Amendment) -> Result<Vec<Amendment>, ServiceError> {
    let document = documents::document(conn, amendment.document_id)?;
    let clauses = documents::list_clauses(conn, document.version.id)?;
    let held = touched(&amendments::list_changes(conn, amendment.id)?, &clauses);
    let ids = amendments::list_touching(conn, &held, &[AmendmentState::Open])?;
    let others = ids.into_iter().filter(|id| *id != amendment.id);
    Ok(others.map(|id| amendments::amendment(conn, id)).collect::<Result<_, _>>()?)
}

fn open(tx: &mut Tx<'_>, id: AmendmentId) -> Result<PollId, ServiceError> {
    let document = super::found(amendments::amendment(tx.conn, id), "amendment")?.document_id;
    let document = documents::hold_document(tx, document)?;
    let amendment = amendments::hold_amendment(tx, id)?;
    let changes = amendments::list_changes(tx.conn, id)?;
    check(tx, &amendment, &document, &changes)?;
    let community = find_community(tx.conn)?.ok_or(ServiceError::NotFound("community"))?;
    let opening = Opening::of(tx, &amendment, &document, &changes)?;
    let entry = opening.entry(tx);
    opening.publish(tx, &community, &link(BEGINNING, &entry))?;
    crash_point("open: published");
    opening.freeze(tx, &community)?;
    crash_point("open: frozen");
    chain::append(tx, opening.poll, EntryKind::Opening, &entry)?;
    crash_point("open: written");
    Ok(opening.poll)
}

fn check(tx: &mut Tx<'_>, amendment: &Amendment, document: &Document, changes: &[Change]) -> Result<(), ServiceError> {
    amendment.state_at(tx.now).after(Move::Open).map_err(ServiceError::Conflict)?;
    if amendments::list_backers(tx.conn, amendment.id)?.is_empty() {
        let unbacked = AmendmentState::SeekingBacking.after(Move::Open);
        return unbacked.map(|_| ()).map_err(ServiceError::Conflict);
    }
    if !standing(tx.conn, document)?.fits(changes) {
        let conflict = AmendmentState::InConflict.after(Move::Open);
        return conflict.map(|_| ()).map_err(ServiceError::Conflict);
    }
    match list_blocking(tx.conn, amendment)?.first() {
        None => Ok(()),
        Some(other) => Err(ServiceError::Conflict(Refusal::new(
            "vote_on_clause_open",
            format!(
                "The vote on “{}” is open, and it concerns the same clauses. Please open this one when that one has closed.",
                other.title
            ),
        ))),
    }
}

/// Everything that freezes.
struct Opening<'a> {
    poll: PollId,
    amendment: &'a Amendment,
    document: &'a Document,
    frozen: FrozenVote<'a>,
}

impl<'a> Opening<'a> {
    fn of(
        tx: &mut Tx<'_>,
        amendment: &'a Amendment,
        document: &'a Document,
        changes: &'a [Change],
    ) -> Result<Self, ServiceError> {
        let roll: Vec<String> = members::list_roll(tx.conn)?.iter().map(ToString::to_string).collect();
        check_time_is_known(tx)?;
        // Other servers are told whole seconds, so the vote begins and ends on one.
        let opens_at = tx.deadline().trunc_subsecs(0);
        let frozen = FrozenVote {
            amendment: amendment.id,
            base_fingerprint: document.version.fingerprint.clone(),
            changes,
            rule: document.rule,
            roll_size: u32::try_from(roll.len()).unwrap_or(u32::MAX),
            roll_fingerprint: roll_fingerprint(roll.iter().map(String::as_str)),
            opens_at,
            closes_at: opens_at + BALLOT_WEEK,
        };
        Ok(Self { poll: PollId::from_uuid(tx.next_id()), amendment, document, frozen })
    }

    /// The first entry of the chain of this vote.
    fn entry(&self, tx: &Tx<'_>) -> String {
        chain_entry(&tx.urls.poll(self.poll), &self.amendment.title, &BALLOT_OPTIONS, &self.frozen)
    }

    fn publish(&self, tx: &mut Tx<'_>, community: &LocalActor, chain_head: &str) -> Result<(), ServiceError> {
        let url = tx.urls.poll(self.poll);
        let shelf = Library::new(tx.urls).at(tx.conn, self.amendment.written())?;
        let proposed = Proposed {
            amendment: self.amendment,
            document: self.document,
            changes: self.frozen.changes,
            shelf: &shelf,
        };
        let content = ballot_words::ballot(tx.urls, &proposed, &self.frozen);
        let note = NoteParts {
            id: &url,
            author: &community.url(tx.urls),
            content_html: &content,
            language: "en",
            published: self.frozen.opens_at,
            updated: None,
            in_reply_to: None,
            visibility: Visibility::Public,
            mentions: Vec::new(),
            hashtags: Vec::new(),
            extra: Extra::default()
                .with("rollSize", json!(self.frozen.roll_size))
                .with("rollFingerprint", json!(self.frozen.roll_fingerprint))
                .with("frozenHash", json!(self.frozen.hash()))
                .with("chainHead", json!(chain_head)),
        };
        let parts = QuestionParts {
            note,
            options: BALLOT_OPTIONS.iter().map(|&name| (name.to_owned(), 0)).collect(),
            is_multiple: false,
            end_time: self.frozen.closes_at,
            closed: None,
            voters_count: 0,
        };
        let post = NewPost {
            id: self.poll.into(),
            actor_id: community.id,
            kind: PostKind::Poll,
            visibility: Visibility::Public,
            in_reply_to: None,
            object: question(&parts, tx.urls),
            is_pinned: true,
        };
        publish(tx, post, &Audience::followers(community.id))?;
        Ok(())
    }

    fn freeze(&self, tx: &mut Tx<'_>, community: &LocalActor) -> Result<(), ServiceError> {
        let new = PollToInsert {
            id: self.poll,
            actor_id: community.id,
            amendment_id: Some(self.amendment.id),
            published_by: self.amendment.proposer_id,
            question: &self.amendment.title,
            options: &BALLOT_OPTIONS.map(str::to_owned),
            is_multiple: false,
            totals_hidden: true,
            language: "en",
            opens_at: self.frozen.opens_at,
            closes_at: self.frozen.closes_at,
        };
        polls::insert_poll(tx, &new)?;
        let roll = polls::freeze_roll(tx, self.poll, RollOf::Community, self.frozen.rule)?;
        if roll.roll_fingerprint != self.frozen.roll_fingerprint {
            return Err(ServiceError::Conflict(Refusal::new(
                "roll_changed",
                "Somebody joined or left at this very moment. Please open the vote again.",
            )));
        }
        // The vote is on the text in force now, which other amendments may have brought meanwhile.
        amendments::set_base(tx, self.amendment.id, self.document.version.id)?;
        Ok(amendments::freeze(tx, self.amendment.id, self.poll, &self.frozen.hash())?)
    }
}
