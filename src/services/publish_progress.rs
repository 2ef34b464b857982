//! Publish, edit and withdraw a progress update.

use super::ServiceError;
use crate::db::Tx;
use crate::domain::progress::NewProgress;
use crate::ids::{CabalId, MemberId, ProgressId};

/// Publishes progress of a cabal.
///
/// # Errors
/// When the member is not in the cabal.
pub fn publish_progress(
    tx: &mut Tx<'_>,
    by: MemberId,
    cabal: CabalId,
    new: &NewProgress,
) -> Result<ProgressId, ServiceError> {
    let _ = (tx, by, cabal, new);
    todo!()
}

/// Replaces what a progress update says.
///
/// # Errors
/// When the member is not in the cabal.
pub fn edit_progress(tx: &mut Tx<'_>, by: MemberId, id: ProgressId, new: &NewProgress) -> Result<(), ServiceError> {
    let _ = (tx, by, id, new);
    todo!()
}

/// Takes a progress update back; it is deleted wherever it went.
///
/// # Errors
/// When the member is not in the cabal.
pub fn withdraw_progress(tx: &mut Tx<'_>, by: MemberId, id: ProgressId) -> Result<(), ServiceError> {
    let _ = (tx, by, id);
    todo!()
}
