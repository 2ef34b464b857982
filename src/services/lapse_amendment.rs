//! Let a proposal lapse whose thirty days are over, and warn its proposer three days before (A3).

use super::ServiceError;
use super::announce_proposal::tell_of_state;
use super::tell_member::tell_proposer;
use crate::db::Tx;
use crate::db::amendment_deadlines::note_warned;
use crate::db::amendments;
use crate::domain::amendment::{AmendmentState, Move};
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
    let why = match amendment.state {
        AmendmentState::InConflict => {
            "unless you edit it so that it fits the text of today, and another member backs it"
        }
        _ => "unless another member backs it",
    };
    let sentence = format!(
        "Your amendment “{}” lapses on {}, {why}. You can renew it for another 30 days with one press.",
        amendment.title,
        amendment.lapses_at.format("%-d %B %Y")
    );
    tell_proposer(tx, &amendment, &sentence)?;
    Ok(true)
}

/// Notes that a proposal has lapsed, and tells its proposer; false when it has not.
///
/// # Errors
/// The store's fault.
pub fn lapse_amendment(tx: &mut Tx<'_>, id: AmendmentId) -> Result<bool, ServiceError> {
    let amendment = amendments::hold_amendment(tx, id)?;
    let Ok(state) = amendment.state.after(Move::Lapse) else { return Ok(false) };
    if tx.now < amendment.lapses_at {
        return Ok(false);
    }
    amendments::set_state(tx, id, state)?;
    let why = match amendment.state {
        AmendmentState::InConflict => "it was not edited to fit the text of today",
        _ => "nobody backed it in time",
    };
    let sentence = format!("Your amendment “{}” has lapsed, because {why}. You may propose it anew.", amendment.title);
    tell_proposer(tx, &amendment, &sentence)?;
    tell_of_state(tx, id)?;
    Ok(true)
}
