//! Open the ballot of an amendment (rules A4, A5).

use super::ServiceError;
use super::ballot_words::{self, Proposed};
use super::frozen_vote::of_amendment;
use super::open_vote::{NewVote, open_vote, opening_moment};
use super::standing::standing;
use crate::crash_point::crash_point;
use crate::db::amendments::{self, Amendment};
use crate::db::citations::Library;
use crate::db::documents::{self, Document};
use crate::db::local_actors::find_community;
use crate::db::roll::RollOf;
use crate::db::{AnyConnection, Tx};
use crate::domain::amendment::{AmendmentState, Change, Move, NOTICE_MAX, touched};
use crate::domain::poll::BALLOT_WEEK;
use crate::domain::record::FrozenVote;
use crate::domain::{Refusal, Urls};
use crate::ids::{AmendmentId, MemberId, PollId};
use chrono::TimeDelta;

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
    let new = NewVote {
        actor: community.id,
        amendment: Some(id),
        called_by: amendment.proposer_id,
        question: &amendment.title,
        decides: of_amendment(tx.conn, &amendment, &document.version.fingerprint)?,
        roll: RollOf::Community,
        rule: document.rule,
        opens_at: opening_moment(tx),
        length: BALLOT_WEEK,
    };
    let shelf = Library::new(tx.urls).at(tx.conn, amendment.written())?;
    let proposed = Proposed { amendment: &amendment, document: &document, changes: &changes, shelf: &shelf };
    let words = |urls: &Urls, _, frozen: &FrozenVote| ballot_words::ballot(urls, &proposed, frozen);
    let opened = open_vote(tx, new, words)?;
    // The vote is on the text in force now, which other amendments may have brought meanwhile.
    amendments::set_base(tx, id, document.version.id)?;
    amendments::freeze(tx, id, opened.poll, &opened.frozen_hash)?;
    crash_point("open: written");
    Ok(opened.poll)
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
