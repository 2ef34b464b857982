//! Accept or decline an offer (rule H3): the answer goes to the offerer's own server.

use super::ServiceError;
use crate::db::Tx;
use crate::ids::{MemberId, OfferId};

/// Accepts an offer; the request is taken then.
///
/// # Errors
/// When the member is not in the cabal, the words are missing, or the offer waits no longer.
pub fn accept_offer(tx: &mut Tx<'_>, by: MemberId, id: OfferId, words: &str) -> Result<(), ServiceError> {
    let _ = (tx, by, id, words);
    todo!()
}

/// Declines an offer.
///
/// # Errors
/// When the member is not in the cabal, the words are missing, or the offer waits no longer.
pub fn decline_offer(tx: &mut Tx<'_>, by: MemberId, id: OfferId, words: &str) -> Result<(), ServiceError> {
    let _ = (tx, by, id, words);
    todo!()
}
