//! Back an amendment, or take the backing back (rule A3). By reply: `back_by_reply`.

use super::ServiceError;
use super::announce_proposal::tell_of_state;
use super::hold_amendment::hold_proposed;
use super::tell_member::tell_proposer;
use crate::db::Tx;
use crate::db::amendments::{self, Amendment};
use crate::domain::Refusal;
use crate::domain::amendment::{AmendmentState, Move};
use crate::ids::{AmendmentId, MemberId};

/// Backs an amendment of another member. Backing twice changes nothing.
///
/// # Errors
/// Forbidden to the proposer; conflict unless it waits for its opening.
pub fn back_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    back(tx, by, id, None)
}

/// The same; `reply` is the id of the reply by which it was done, if it was one.
pub(super) fn back(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId, reply: Option<&str>) -> Result<(), ServiceError> {
    let amendment = hold_proposed(tx, id)?;
    if amendment.proposer_id == by {
        return Err(ServiceError::Forbidden(
            "You proposed this amendment, so another member has to back it.".to_owned(),
        ));
    }
    let before = amendment.state_at(tx.now);
    let state = before.after(Move::Back).map_err(ServiceError::Conflict)?;
    amendments::add_backing(tx, id, by, reply)?;
    if state == before {
        return Ok(());
    }
    amendments::set_state(tx, id, state)?;
    let sentence = format!(
        "Another member backs your amendment “{}”. You may open its vote now, or announce a day for it.",
        amendment.title
    );
    tell_proposer(tx, &amendment, &sentence)?;
    tell_of_state(tx, id)
}

/// Takes the backing back, which may be done until the opening, announced or not.
///
/// # Errors
/// Conflict once opened or when the member does not back it.
pub fn take_backing_back(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    let amendment = hold_proposed(tx, id)?;
    amendment.state_at(tx.now).after(Move::LoseBacking).map_err(ServiceError::Conflict)?;
    if !amendments::remove_backing(tx, id, by)? {
        return Err(ServiceError::Conflict(Refusal::new("not_a_backer", "You do not back this amendment.")));
    }
    if amendments::list_backers(tx.conn, id)?.is_empty() {
        lose_backing(tx, &amendment)?;
    }
    Ok(())
}

/// What follows when nobody backs an amendment any more: it seeks backing again, and an opening that was
/// announced is off. Its proposer is told.
///
/// # Errors
/// Conflict unless it was backed; the store's fault.
pub(super) fn lose_backing(tx: &mut Tx<'_>, amendment: &Amendment) -> Result<(), ServiceError> {
    let before = amendment.state_at(tx.now);
    amendments::set_state(tx, amendment.id, before.after(Move::LoseBacking).map_err(ServiceError::Conflict)?)?;
    let consequence = match before {
        AmendmentState::Announced => "so its vote does not open on the day that was announced. It needs a backer again",
        _ => "so it needs a backer again before its vote can open",
    };
    let sentence = format!("Nobody backs your amendment “{}” any more, {consequence}.", amendment.title);
    tell_proposer(tx, amendment, &sentence)?;
    tell_of_state(tx, amendment.id)
}
