//! Warn whoever proposed an amendment that it will lapse within three days (A3).

use super::ServiceError;
use super::tell_member::tell_member;
use crate::db::amendment_deadlines::note_warned;
use crate::db::{Tx, amendments};
use crate::domain::amendment::Move;
use crate::ids::AmendmentId;

/// Warns once; false when there is nothing to warn of any more.
///
/// # Errors
/// The store's fault.
pub fn warn_of_lapse(tx: &mut Tx<'_>, id: AmendmentId) -> Result<bool, ServiceError> {
    let amendment = amendments::hold_amendment(tx, id)?;
    if amendment.state_at(tx.now).after(Move::Lapse).is_err() || !note_warned(tx, id)? {
        return Ok(false);
    }
    let sentence = format!(
        "Your amendment “{}” lapses on {}, because nobody backs it. You can renew it for another 30 days with one press.",
        amendment.title,
        amendment.lapses_at.format("%-d %B %Y")
    );
    tell_member(tx, amendment.proposer_id, &sentence, &format!("/amendments/{id}"))?;
    Ok(true)
}
