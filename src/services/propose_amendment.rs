//! Write, propose, edit, renew and withdraw an amendment (rules A2, A3).

use super::ServiceError;
use super::announce_proposal::{announce_proposal, tell_of_state};
use super::hold_amendment::{Held, check_own, hold_own, hold_text, hold_to_edit};
use super::tell_member::{tell_backers, tell_concerned};
use crate::db::Tx;
use crate::db::amendments::{self, Amendment, Wording};
use crate::domain::Refusal;
use crate::domain::amendment::{Act, AmendmentState, Change, Move, NewAmendment, Place, Standing};
use crate::ids::{AmendmentId, ClauseId, MemberId, VersionId};
use chrono::TimeDelta;

/// The most amendments that a member writes within a day, drafts included.
const MOST_A_DAY: i64 = 30;

/// Proposes a change of a document and tells the followers of the community (A2); or keeps it as a
/// draft, which nobody else sees.
///
/// # Errors
/// Refused when something that it changes is not there or would stay as it is; conflict after thirty within
/// a day, and for the very same once more.
pub fn propose_amendment(tx: &mut Tx<'_>, by: MemberId, new: &NewAmendment) -> Result<AmendmentId, ServiceError> {
    check_has_not_written_too_much(tx, by, None)?;
    let (document, standing) = hold_text(tx, new.document, new.renames())?;
    let changes = against(tx, new, &standing)?;
    check_is_new(tx, by, new, &changes)?;
    let id = amendments::insert_amendment(tx, document.id, by, wording(new, document.version.id))?;
    amendments::insert_changes(tx, id, &changes)?;
    if !new.is_draft {
        announce_proposal(tx, id)?;
    }
    Ok(id)
}

/// Every proposal goes to all who follow the community. A draft that is proposed counts on that day, however long
/// it had been kept.
fn check_has_not_written_too_much(
    tx: &mut Tx<'_>,
    by: MemberId,
    draft: Option<AmendmentId>,
) -> Result<(), ServiceError> {
    if amendments::count_written_by(tx.conn, (by, draft), tx.now - TimeDelta::days(1))? < MOST_A_DAY {
        return Ok(());
    }
    let sentence = format!("You have written {MOST_A_DAY} amendments within a day. Please go on tomorrow.");
    Err(ServiceError::Conflict(Refusal::new("too_many_amendments", sentence)))
}

/// Whoever goes back in the browser and sends a sheet once more gets no second proposal of it.
fn check_is_new(tx: &mut Tx<'_>, by: MemberId, new: &NewAmendment, changes: &[Change]) -> Result<(), ServiceError> {
    for other in amendments::list_titled(tx.conn, (by, &new.title), new.is_draft)? {
        let is_same = (&other.summary, &other.values_fit, other.document_id)
            == (&new.summary, &new.values_fit, new.document)
            && other.state_at(tx.now) != AmendmentState::Lapsed
            && what_they_do(&amendments::list_changes(tx.conn, other.id)?) == what_they_do(changes);
        if is_same {
            let sentence = if new.is_draft {
                "You keep this very draft already. You find it on the page Amendments."
            } else {
                "You have proposed exactly this already. You find it on the page Amendments."
            };
            return Err(ServiceError::Conflict(Refusal::new("proposed_already", sentence)));
        }
    }
    Ok(())
}

/// What changes do, without the ids of new clauses, which are others each time.
fn what_they_do(changes: &[Change]) -> Vec<(&str, &str, &str, Option<Place>)> {
    let is_new = |id: ClauseId| changes.iter().any(|change| change.clause == id && matches!(change.act, Act::Add(_)));
    let place = |change: &Change| change.act.place().filter(|place| !place.anchor().is_some_and(is_new));
    changes
        .iter()
        .map(|change| (change.number.as_str(), change.new_text.as_str(), change.act.as_str(), place(change)))
        .collect()
}

/// Changes the text; all backings are cancelled (A3), whoever backed it is told, and it is based on
/// the version in force again (A15). A draft is kept, or proposed when it is whole; what is proposed never
/// becomes a draft again.
///
/// # Errors
/// Forbidden to others than the proposer; conflict once opened, decided or lapsed, and for a draft that would be
/// proposed after thirty within a day.
pub fn edit_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId, new: &NewAmendment) -> Result<(), ServiceError> {
    let Held { amendment, document, standing, .. } = hold_to_edit(tx, id, new.renames())?;
    check_own(&amendment, by)?;
    let before = amendment.state_at(tx.now);
    let is_draft = before == AmendmentState::Draft;
    let step = if is_draft && !new.is_draft { Move::Propose } else { Move::Edit };
    let state = before.after(step).map_err(ServiceError::Conflict)?;
    if new.is_draft && !is_draft {
        let sentence =
            "This amendment is proposed already, so it can no longer be a draft. You may edit or withdraw it.";
        return Err(ServiceError::Conflict(Refusal::new("already_proposed", sentence)));
    }
    if new.document != amendment.document_id {
        return Err(ServiceError::NotFound("clause in the document of this amendment"));
    }
    if step == Move::Propose {
        check_has_not_written_too_much(tx, by, Some(id))?;
    }
    let changes = against(tx, new, &standing)?;
    if step == Move::Propose {
        check_is_new(tx, by, new, &changes)?;
    }
    amendments::reword_amendment(tx, id, wording(new, document.version.id))?;
    amendments::insert_changes(tx, id, &changes)?;
    if step == Move::Propose {
        amendments::end_draft(tx, id)?;
    }
    cancel_backing(tx, &amendment)?;
    amendments::set_state(tx, id, state)?;
    match step {
        Move::Propose => announce_proposal(tx, id),
        _ if is_draft => Ok(()),
        _ => tell_of_state(tx, id),
    }
}

/// Takes a proposal back before its vote opens, or throws a draft away. Whoever backed it is told.
///
/// # Errors
/// Forbidden to others than the proposer; conflict once opened or decided.
pub fn withdraw_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    let amendment = hold_own(tx, by, id)?;
    if amendment.state == AmendmentState::Draft {
        return Ok(amendments::delete_draft(tx, id)?);
    }
    withdraw(tx, &amendment, "was withdrawn by the member who proposed it")
}

/// Withdraws what a member proposed and no vote was opened on, because they leave (J4).
///
/// # Errors
/// The store's fault.
pub(super) fn withdraw_of_who_leaves(tx: &mut Tx<'_>, id: AmendmentId) -> Result<(), ServiceError> {
    let amendment = amendments::hold_amendment(tx, id)?;
    if amendment.state_at(tx.now).after(Move::Withdraw).is_err() || amendment.state == AmendmentState::Draft {
        return Ok(());
    }
    withdraw(tx, &amendment, "is withdrawn, because the member who proposed it has left")
}

fn withdraw(tx: &mut Tx<'_>, amendment: &Amendment, how: &str) -> Result<(), ServiceError> {
    let state = amendment.state_at(tx.now).after(Move::Withdraw).map_err(ServiceError::Conflict)?;
    amendments::set_state(tx, amendment.id, state)?;
    tell_backers(tx, amendment, &format!("The amendment “{}” that you backed {how}.", amendment.title))?;
    tell_of_state(tx, amendment.id)
}

/// Gives an unbacked proposal another thirty days.
///
/// # Errors
/// Forbidden to others than the proposer; conflict unless it waits for a backer.
pub fn renew_amendment(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    let amendment = hold_own(tx, by, id)?;
    amendment.state_at(tx.now).after(Move::Renew).map_err(ServiceError::Conflict)?;
    Ok(amendments::renew(tx, id)?)
}

/// Cancels all backings, and tells those who backed that they are asked again (A3). Where a day was
/// announced, whoever objects is told too that it does not stand.
fn cancel_backing(tx: &mut Tx<'_>, amendment: &Amendment) -> Result<(), ServiceError> {
    if amendment.state_at(tx.now) == AmendmentState::Announced {
        let sentence = format!(
            "The amendment “{}” was edited, so its backing has ended and its vote does not open on the day that was \
             announced. Please read the new text.",
            amendment.title
        );
        tell_concerned(tx, amendment, &sentence)?;
        return Ok(amendments::clear_backings(tx, amendment.id)?);
    }
    let sentence = format!(
        "The amendment “{}” that you backed was edited, so your backing has ended. Please read the new text, and back \
         it again if you like.",
        amendment.title
    );
    tell_backers(tx, amendment, &sentence)?;
    Ok(amendments::clear_backings(tx, amendment.id)?)
}

fn against(tx: &Tx<'_>, new: &NewAmendment, standing: &Standing) -> Result<Vec<Change>, ServiceError> {
    Ok(new.against(standing, || ClauseId::from_uuid(tx.next_id()))?)
}

fn wording(new: &NewAmendment, base: VersionId) -> Wording<'_> {
    Wording { base, title: &new.title, summary: &new.summary, values_fit: &new.values_fit, is_draft: new.is_draft }
}
