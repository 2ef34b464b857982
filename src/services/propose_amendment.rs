//! Propose, edit and withdraw an amendment (rules A2, A3).

use super::ServiceError;
use crate::db::amendments::{self, Amendment, Wording};
use crate::db::{Tx, documents};
use crate::domain::amendment::{Change, Move, NewAmendment};
use crate::ids::{AmendmentId, MemberId, VersionId};

/// Proposes a change of a document (A2).
///
/// # Errors
/// Refused when a clause is not of the document or its words would not change.
pub fn propose_amendment(tx: &mut Tx<'_>, by: MemberId, new: &NewAmendment) -> Result<AmendmentId, ServiceError> {
    let (base, changes) = against_the_text_in_force(tx, new)?;
    let id = amendments::insert_amendment(tx, new.document, by, wording(new, base))?;
    amendments::insert_changes(tx, id, &changes)?;
    Ok(id)
}

/// Changes the text; all backings are cancelled (A3), and it is based on the version in force again (A15).
///
/// # Errors
/// Forbidden to others than the proposer; conflict once opened, decided or lapsed.
pub fn edit_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId, new: &NewAmendment) -> Result<(), ServiceError> {
    let amendment = hold_own(tx, by, id)?;
    let state = amendment.state_at(tx.now).after(Move::Edit).map_err(ServiceError::Conflict)?;
    if new.document != amendment.document_id {
        return Err(ServiceError::NotFound("clause in the document of this amendment"));
    }
    let (base, changes) = against_the_text_in_force(tx, new)?;
    amendments::reword_amendment(tx, id, wording(new, base))?;
    amendments::insert_changes(tx, id, &changes)?;
    amendments::clear_backings(tx, id)?;
    amendments::set_state(tx, id, state)?;
    Ok(())
}

/// Takes a proposal back before its vote opens.
///
/// # Errors
/// Forbidden to others than the proposer; conflict once opened or decided.
pub fn withdraw_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    let amendment = hold_own(tx, by, id)?;
    let state = amendment.state_at(tx.now).after(Move::Withdraw).map_err(ServiceError::Conflict)?;
    Ok(amendments::set_state(tx, id, state)?)
}

fn hold_own(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<Amendment, ServiceError> {
    let amendment = super::found(amendments::hold_amendment(tx, id), "amendment")?;
    if amendment.proposer_id != by {
        return Err(ServiceError::Forbidden("Only the member who proposed this amendment may change it.".to_owned()));
    }
    Ok(amendment)
}

fn against_the_text_in_force(tx: &mut Tx<'_>, new: &NewAmendment) -> Result<(VersionId, Vec<Change>), ServiceError> {
    let document = super::found(documents::document(tx.conn, new.document), "document")?;
    let clauses = documents::list_clauses(tx.conn, document.version.id)?;
    Ok((document.version.id, new.against(&clauses)?))
}

fn wording(new: &NewAmendment, base: VersionId) -> Wording<'_> {
    Wording { base, title: &new.title, summary: &new.summary, values_fit: &new.values_fit }
}
