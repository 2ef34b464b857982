//! Join and leave a cabal (rule C2).

use super::ServiceError;
use crate::db::Tx;
use crate::ids::{CabalId, MemberId};

/// Joins a cabal; `contribution` is the one line that says what the member will do.
///
/// # Errors
/// When the line is missing or the member is in the cabal already.
pub fn join_cabal(tx: &mut Tx<'_>, by: MemberId, cabal: CabalId, contribution: &str) -> Result<(), ServiceError> {
    let _ = (tx, by, cabal, contribution);
    todo!()
}

/// Leaves a cabal.
///
/// # Errors
/// When the member is not in it.
pub fn leave_cabal(tx: &mut Tx<'_>, by: MemberId, cabal: CabalId) -> Result<(), ServiceError> {
    let _ = (tx, by, cabal);
    todo!()
}
