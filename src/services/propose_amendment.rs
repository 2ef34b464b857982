//! Write, propose, edit, renew and withdraw an amendment (rules A2, A3).

use super::ServiceError;
use super::announce_proposal::{announce_proposal, update_proposal};
use super::standing::standing;
use super::tell_member::tell_member;
use crate::db::amendments::{self, Amendment, Wording};
use crate::db::{Tx, documents};
use crate::domain::amendment::{AmendmentState, Change, Move, NewAmendment};
use crate::ids::{AmendmentId, ClauseId, MemberId, VersionId};

/// Proposes a change of a document and tells the followers of the community (A2); or keeps it as a
/// draft, which nobody else sees.
///
/// # Errors
/// Refused when something that it changes is not there or would stay as it is.
pub fn propose_amendment(tx: &mut Tx<'_>, by: MemberId, new: &NewAmendment) -> Result<AmendmentId, ServiceError> {
    let (base, changes) = against_the_text_in_force(tx, new)?;
    let id = amendments::insert_amendment(tx, new.document, by, wording(new, base))?;
    amendments::insert_changes(tx, id, &changes)?;
    if !new.is_draft {
        announce_proposal(tx, id)?;
    }
    Ok(id)
}

/// Changes the text; all backings are cancelled (A3), whoever backed it is told, and it is based on
/// the version in force again (A15). A draft is kept, or proposed when it is whole.
///
/// # Errors
/// Forbidden to others than the proposer; conflict once opened, decided or lapsed.
pub fn edit_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId, new: &NewAmendment) -> Result<(), ServiceError> {
    let amendment = hold_own(tx, by, id)?;
    let before = amendment.state_at(tx.now);
    let is_draft = before == AmendmentState::Draft;
    let step = if is_draft && !new.is_draft { Move::Propose } else { Move::Edit };
    let state = before.after(step).map_err(ServiceError::Conflict)?;
    if new.document != amendment.document_id {
        return Err(ServiceError::NotFound("clause in the document of this amendment"));
    }
    let (base, changes) = against_the_text_in_force(tx, new)?;
    amendments::reword_amendment(tx, id, wording(new, base))?;
    amendments::insert_changes(tx, id, &changes)?;
    if step == Move::Propose {
        amendments::end_draft(tx, id)?;
    }
    cancel_backing(tx, &amendment, &new.title)?;
    amendments::set_state(tx, id, state)?;
    match step {
        Move::Propose => announce_proposal(tx, id),
        _ if is_draft => Ok(()),
        _ => update_proposal(tx, id),
    }
}

/// Takes a proposal back before its vote opens, or throws a draft away.
///
/// # Errors
/// Forbidden to others than the proposer; conflict once opened or decided.
pub fn withdraw_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    let amendment = hold_own(tx, by, id)?;
    let before = amendment.state_at(tx.now);
    let state = before.after(Move::Withdraw).map_err(ServiceError::Conflict)?;
    if before == AmendmentState::Draft {
        return Ok(amendments::delete_draft(tx, id)?);
    }
    amendments::set_state(tx, id, state)?;
    update_proposal(tx, id)
}

/// Gives an unbacked proposal another thirty days.
///
/// # Errors
/// Forbidden to others than the proposer; conflict unless it waits for a backer.
pub fn renew_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    let amendment = hold_own(tx, by, id)?;
    amendment.state_at(tx.now).after(Move::Renew).map_err(ServiceError::Conflict)?;
    Ok(amendments::renew(tx, id)?)
}

/// Cancels all backings, and tells those who backed that they are asked again (A3).
fn cancel_backing(tx: &mut Tx<'_>, amendment: &Amendment, title: &str) -> Result<(), ServiceError> {
    let backers = amendments::list_backers(tx.conn, amendment.id)?;
    amendments::clear_backings(tx, amendment.id)?;
    let sentence = format!(
        "The amendment “{title}” that you backed was edited, so your backing has ended. Please read the new text, and \
         back it again if you like."
    );
    for backer in backers {
        tell_member(tx, backer, &sentence, &format!("/amendments/{}", amendment.id))?;
    }
    Ok(())
}

/// The amendment of this very member, held until the end of the transaction. Others are not told
/// that there is a draft.
pub(super) fn hold_own(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<Amendment, ServiceError> {
    let amendment = super::found(amendments::hold_amendment(tx, id), "amendment")?;
    if amendment.proposer_id == by {
        return Ok(amendment);
    }
    if amendment.state == AmendmentState::Draft {
        return Err(ServiceError::NotFound("amendment"));
    }
    Err(ServiceError::Forbidden("Only the member who proposed this amendment may change it.".to_owned()))
}

fn against_the_text_in_force(tx: &mut Tx<'_>, new: &NewAmendment) -> Result<(VersionId, Vec<Change>), ServiceError> {
    let document = super::found(documents::document(tx.conn, new.document), "document")?;
    let standing = standing(tx.conn, &document)?;
    let changes = new.against(&standing, || ClauseId::from_uuid(tx.next_id()))?;
    Ok((document.version.id, changes))
}

fn wording(new: &NewAmendment, base: VersionId) -> Wording<'_> {
    Wording { base, title: &new.title, summary: &new.summary, values_fit: &new.values_fit, is_draft: new.is_draft }
}
