//! Back an amendment, or take the backing back (rule A3).

use super::ServiceError;
use crate::db::Tx;
use crate::ids::{AmendmentId, MemberId};

/// Backs an amendment of another member. Backing twice changes nothing.
///
/// # Errors
/// Forbidden to the proposer; conflict unless it waits for its opening.
pub fn back_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    let _ = (tx, by, id);
    todo!()
}

/// Takes the backing back, which may be done until the opening.
///
/// # Errors
/// Conflict once opened or when the member does not back it.
pub fn take_backing_back(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    let _ = (tx, by, id);
    todo!()
}
