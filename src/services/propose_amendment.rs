//! Propose, edit and withdraw an amendment (rules A2, A3).

use super::ServiceError;
use crate::db::Tx;
use crate::domain::amendment::NewAmendment;
use crate::ids::{AmendmentId, MemberId};

/// Proposes a change of a document (A2).
///
/// # Errors
/// Refused when a clause is not of the document or its words would not change.
pub fn propose_amendment(tx: &mut Tx<'_>, by: MemberId, new: &NewAmendment) -> Result<AmendmentId, ServiceError> {
    let _ = (tx, by, new);
    todo!()
}

/// Changes the text; all backings are cancelled (A3), and it is based on the version in force again (A15).
///
/// # Errors
/// Forbidden to others than the proposer; conflict once opened, decided or lapsed.
pub fn edit_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId, new: &NewAmendment) -> Result<(), ServiceError> {
    let _ = (tx, by, id, new);
    todo!()
}

/// Takes a proposal back before its vote opens.
///
/// # Errors
/// Forbidden to others than the proposer; conflict once opened or decided.
pub fn withdraw_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    let _ = (tx, by, id);
    todo!()
}
