//! Open the ballot of an amendment (rules A4, A5).

use super::ServiceError;
use crate::db::Tx;
use crate::ids::{AmendmentId, MemberId, PollId};

/// Freezes text, rule and roll and publishes the Question, all in one transaction.
///
/// # Errors
/// Forbidden to others than the proposer; conflict unless backed, unchanged underneath and alone
/// on its clauses (A15).
pub fn open_ballot(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<PollId, ServiceError> {
    let _ = (tx, by, id);
    todo!()
}
