//! Back an amendment, or take the backing back (rule A3).

use super::ServiceError;
use crate::db::{Tx, amendments};
use crate::domain::Refusal;
use crate::domain::amendment::{AmendmentState, Move};
use crate::ids::{AmendmentId, MemberId};

/// Backs an amendment of another member. Backing twice changes nothing.
///
/// # Errors
/// Forbidden to the proposer; conflict unless it waits for its opening.
pub fn back_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    let amendment = super::found(amendments::hold_amendment(tx, id), "amendment")?;
    if amendment.proposer_id == by {
        return Err(ServiceError::Forbidden(
            "You proposed this amendment, so another member has to back it.".to_owned(),
        ));
    }
    let state = amendment.state_at(tx.now).after(Move::Back).map_err(ServiceError::Conflict)?;
    amendments::add_backing(tx, id, by)?;
    amendments::set_state(tx, id, state)?;
    Ok(())
}

/// Takes the backing back, which may be done until the opening.
///
/// # Errors
/// Conflict once opened or when the member does not back it.
pub fn take_backing_back(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    let amendment = super::found(amendments::hold_amendment(tx, id), "amendment")?;
    let state = amendment.state_at(tx.now).after(Move::LoseBacking).map_err(ServiceError::Conflict)?;
    if !amendments::remove_backing(tx, id, by)? {
        return Err(ServiceError::Conflict(Refusal::new("not_a_backer", "You do not back this amendment.")));
    }
    if state == AmendmentState::SeekingBacking && amendments::list_backers(tx.conn, id)?.is_empty() {
        amendments::set_state(tx, id, state)?;
    }
    Ok(())
}
