//! What becomes of other proposals when a vote has changed the text or the name of the community: each
//! still fits, and names clauses by their new numbers, or it falls into conflict (A15).

use super::ServiceError;
use super::announce_proposal::tell_of_state;
use super::standing::standing;
use super::tell_member::{tell_backers, tell_member};
use crate::db::Tx;
use crate::db::amendments::{self, Amendment};
use crate::db::documents::{self, Document, document};
use crate::domain::amendment::{AmendmentState, Change, Move, Standing, Subject, new_name};
use crate::ids::{AmendmentId, DocumentId};

/// Looks at every proposal that no vote is open on: those of this document, and when the community has
/// another name, those of every document that would change it. The document and the name are held.
///
/// # Errors
/// The store's fault.
pub(super) fn mark_conflicts(tx: &mut Tx<'_>, of: DocumentId, carried: &[Change]) -> Result<(), ServiceError> {
    let document_now = document(tx.conn, of)?;
    let now = standing(tx.conn, &document_now)?;
    let mut concerned = amendments::list_undecided(tx.conn, of)?;
    if new_name(carried).is_some() {
        let name = Subject::name(now.community.0);
        concerned.extend(amendments::list_touching(tx.conn, &[name], &AmendmentState::UNDECIDED)?);
    }
    concerned.sort_unstable();
    concerned.dedup();
    for id in concerned {
        let amendment = amendments::hold_amendment(tx, id)?;
        if amendment.document_id == of {
            look_at(tx, &amendment, (&document_now, &now))?;
        } else {
            let document = documents::document(tx.conn, amendment.document_id)?;
            let now = standing(tx.conn, &document)?;
            look_at(tx, &amendment, (&document, &now))?;
        }
    }
    Ok(())
}

fn look_at(
    tx: &mut Tx<'_>,
    amendment: &Amendment,
    (document, now): (&Document, &Standing),
) -> Result<(), ServiceError> {
    // One that is in conflict already, or has lapsed meanwhile, stays as it is.
    if amendment.state_at(tx.now).after(Move::FallIntoConflict).is_err() {
        return Ok(());
    }
    if !follow_numbers(tx, amendment.id, (document, now))? {
        return fall_into_conflict(tx, amendment);
    }
    tell_of_state(tx, amendment.id)
}

/// Gives what an amendment changes the numbers that its clauses have now, and bases it on the version in
/// force. False when it does not fit that.
///
/// # Errors
/// The store's fault.
pub(super) fn follow_numbers(
    tx: &mut Tx<'_>,
    id: AmendmentId,
    (document, now): (&Document, &Standing),
) -> Result<bool, ServiceError> {
    let mut changes = amendments::list_changes(tx.conn, id)?;
    let Ok(after) = now.with(&changes) else { return Ok(false) };
    now.number(&mut changes, &after);
    amendments::set_numbers(tx, id, &changes)?;
    amendments::set_base(tx, id, document.version.id)?;
    Ok(true)
}

/// An amendment no longer fits what stands: nobody backs it any more, and its proposer and its backers are
/// told.
///
/// # Errors
/// The store's fault.
pub(super) fn fall_into_conflict(tx: &mut Tx<'_>, amendment: &Amendment) -> Result<(), ServiceError> {
    let state = amendment.state_at(tx.now).after(Move::FallIntoConflict).map_err(ServiceError::Conflict)?;
    let to_backers = format!(
        "A vote has changed the text that “{}” starts from, which you backed, so your backing has ended. Once its \
         proposer has edited it, you may back it again.",
        amendment.title
    );
    tell_backers(tx, amendment, &to_backers)?;
    amendments::set_state(tx, amendment.id, state)?;
    amendments::clear_backings(tx, amendment.id)?;
    let to_proposer = format!(
        "The text that your amendment “{}” changes was changed by a vote. Please look at what is new and edit yours; \
         then it needs backing again.",
        amendment.title
    );
    tell_member(tx, amendment.proposer_id, &to_proposer, &format!("/amendments/{}/rebase", amendment.id))?;
    tell_of_state(tx, amendment.id)
}
