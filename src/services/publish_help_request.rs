//! Publish, edit and withdraw a help request (rules H1, H3).

use super::ServiceError;
use crate::db::Tx;
use crate::domain::help_request::NewHelpRequest;
use crate::ids::{CabalId, HelpRequestId, MemberId};

/// Publishes a help request of a cabal.
///
/// # Errors
/// When the member is not in the cabal.
pub fn publish_help_request(
    tx: &mut Tx<'_>,
    by: MemberId,
    cabal: CabalId,
    new: &NewHelpRequest,
) -> Result<HelpRequestId, ServiceError> {
    let _ = (tx, by, cabal, new);
    todo!()
}

/// Replaces what a help request says; followers and helpers get an `Update`.
///
/// # Errors
/// When the member is not in the cabal or the request is over.
pub fn edit_help_request(
    tx: &mut Tx<'_>,
    by: MemberId,
    id: HelpRequestId,
    new: &NewHelpRequest,
) -> Result<(), ServiceError> {
    let _ = (tx, by, id, new);
    todo!()
}

/// Takes a help request back; it is deleted wherever it went.
///
/// # Errors
/// When the member is not in the cabal or the request is over.
pub fn withdraw_help_request(tx: &mut Tx<'_>, by: MemberId, id: HelpRequestId) -> Result<(), ServiceError> {
    let _ = (tx, by, id);
    todo!()
}
