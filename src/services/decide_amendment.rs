//! What the close of a vote does to its amendment: carried with the new version of the document, or
//! lost; part of the transaction of [`super::close_ballot`] (rules A8, A9).

use super::ServiceError;
use super::amend_document::amend_document;
use super::announce_proposal::{shelves, tell_of_state};
use super::ballot_words::clauses;
use super::decide_vote::{Effect, Verdict};
use super::tell_member::{tell_concerned, tell_proposer};
use crate::db::objections::list_objections;
use crate::db::{DbError, Tx, amendments, documents};
use crate::domain::amendment::{AmendmentState, Move};
use crate::domain::outcome::Outcome;
use crate::domain::text::escape_html;
use crate::ids::AmendmentId;

/// Moves the amendment on, and amends the document when it is carried.
///
/// # Errors
/// The store's fault.
pub(super) fn carry_out(tx: &mut Tx<'_>, id: AmendmentId, verdict: Verdict) -> Result<Effect, ServiceError> {
    let Verdict { is_void, is_carried } = verdict;
    let document = amendments::amendment(tx.conn, id)?.document_id;
    let document = documents::hold_document(tx, document)?;
    let amendment = amendments::hold_amendment(tx, id)?;
    let state = match is_void {
        // Its state may be what does not hold.
        true => AmendmentState::Lost,
        false => amendment.state.after(if is_carried { Move::Carry } else { Move::Lose })?,
    };
    amendments::set_state(tx, id, state)?;
    let changes = amendments::list_changes(tx.conn, id)?;
    let version = if is_carried { amend_document(tx, &document, id, &changes)? } else { None };
    let version = match version {
        Some(id) => Some((id, documents::find_version(tx.conn, id)?.ok_or(DbError::NotFound)?.fingerprint)),
        None => None,
    };
    let objections = list_objections(tx.conn, id)?;
    let (shelf, numbers) = shelves(tx, &amendment)?;
    tell_of_state(tx, id)?;
    let outcome = Outcome::of_amendment(is_void, is_carried, version.is_some());
    let sentence = format!("The vote on the amendment “{}” is over. {}.", amendment.title, outcome.words());
    tell_proposer(tx, &amendment, &sentence)?;
    tell_concerned(tx, &amendment, &sentence)?;
    Ok(Effect {
        outcome,
        asked_html: format!(
            "<strong>{}</strong> ({}{})",
            shelf.html(&amendment.title),
            escape_html(&document.title),
            clauses(&changes, &numbers)
        ),
        version,
        objections: objections.into_iter().map(|objection| (objection.reason, objection.answer)).collect(),
    })
}
