//! Object to an amendment, with a reason and with one backer; and answer (rule A14). No veto: an
//! objection stands beside the ballot and stops nothing.

use super::ServiceError;
use super::tell_member::tell_member;
use crate::db::amendments::{self, Amendment};
use crate::db::objections::{self, Objection};
use crate::db::{DbError, Tx};
use crate::domain::amendment::AmendmentState;
use crate::domain::{Refusal, text};
use crate::ids::{AmendmentId, MemberId, ObjectionId};

/// The most characters of a reason or an answer.
pub const OBJECTION_MAX: usize = 500;

/// Raises an objection to a proposed or open amendment. It stands beside the ballot once another
/// member backs it.
///
/// # Errors
/// Refused without a reason or with too long a one; conflict once decided, or with one of the same
/// member standing already.
pub fn raise_objection(
    tx: &mut Tx<'_>,
    by: MemberId,
    id: AmendmentId,
    reason: &str,
) -> Result<ObjectionId, ServiceError> {
    let amendment = undecided(tx, id)?;
    let reason = text::paragraphs("reason", reason, OBJECTION_MAX)?;
    if objections::list_all_objections(tx.conn, id)?.iter().any(|objection| objection.member_id == by) {
        return Err(ServiceError::Conflict(Refusal::new(
            "objection_stands",
            "Your objection stands already. To say it otherwise, take it back first.",
        )));
    }
    let objection = objections::insert_objection(tx, id, by, &reason)?;
    if amendment.proposer_id != by {
        let sentence = format!("Somebody objects to your amendment “{}”. You may answer.", amendment.title);
        tell_member(tx, amendment.proposer_id, &sentence, &page(&amendment))?;
    }
    Ok(objection)
}

/// Backs the objection of another member, so that it stands beside the ballot.
///
/// # Errors
/// Forbidden to whoever raised it; conflict once the amendment is decided.
pub fn back_objection(tx: &mut Tx<'_>, by: MemberId, id: ObjectionId) -> Result<(), ServiceError> {
    let (objection, _) = standing(tx, id)?;
    if objection.member_id == by {
        return Err(ServiceError::Forbidden("You raised this objection, so another member has to back it.".to_owned()));
    }
    Ok(objections::back_objection(tx, id, by)?)
}

/// Keeps the proposer's answer; an empty one takes an earlier one away.
///
/// # Errors
/// Forbidden to others than the proposer; refused when too long, or empty where there is none; conflict once
/// decided.
pub fn answer_objection(tx: &mut Tx<'_>, by: MemberId, id: ObjectionId, answer: &str) -> Result<(), ServiceError> {
    let (objection, amendment) = standing(tx, id)?;
    if amendment.proposer_id != by {
        return Err(ServiceError::Forbidden("Only the member who proposed this amendment may answer.".to_owned()));
    }
    let answer = match (text::clean(answer).is_empty(), &objection.answer) {
        (true, None) => return Err(Refusal::field("answer", "Please write your answer.").into()),
        (true, Some(_)) => None,
        (false, _) => Some(text::paragraphs("answer", answer, OBJECTION_MAX)?),
    };
    objections::answer_objection(tx, id, answer.as_deref())?;
    if answer.is_some() && objection.member_id != by {
        let sentence = format!("Your objection to “{}” was answered.", amendment.title);
        tell_member(tx, objection.member_id, &sentence, &page(&amendment))?;
    }
    Ok(())
}

/// Takes one's own objection back, until the amendment is decided.
///
/// # Errors
/// Forbidden to others than whoever raised it; conflict once decided.
pub fn withdraw_objection(tx: &mut Tx<'_>, by: MemberId, id: ObjectionId) -> Result<(), ServiceError> {
    let (objection, _) = standing(tx, id)?;
    if objection.member_id != by {
        return Err(ServiceError::Forbidden("Only the member who raised this objection may take it back.".to_owned()));
    }
    Ok(objections::withdraw_objection(tx, id)?)
}

fn page(amendment: &Amendment) -> String {
    format!("/amendments/{}", amendment.id)
}

fn standing(tx: &mut Tx<'_>, id: ObjectionId) -> Result<(Objection, Amendment), ServiceError> {
    let objection = objections::find_objection(tx.conn, id)?.ok_or(ServiceError::NotFound("objection"))?;
    let amendment = undecided(tx, objection.amendment_id)?;
    Ok((objection, amendment))
}

fn undecided(tx: &mut Tx<'_>, id: AmendmentId) -> Result<Amendment, ServiceError> {
    let amendment = super::found(amendments::hold_amendment(tx, id), "amendment")?;
    let is_over = match amendment.poll_id {
        // The clock decides, before any timer closes the poll.
        Some(poll) => !crate::db::polls::poll(tx.conn, poll)?.is_open(tx.now),
        None => false,
    };
    match amendment.state_at(tx.now) {
        AmendmentState::Draft => Err(DbError::NotFound.into()),
        AmendmentState::SeekingBacking
        | AmendmentState::Backed
        | AmendmentState::Announced
        | AmendmentState::InConflict => Ok(amendment),
        AmendmentState::Open if !is_over => Ok(amendment),
        _ => Err(ServiceError::Conflict(Refusal::new(
            "not_undecided",
            "This amendment is not before us any more, so objections to it have come to an end.",
        ))),
    }
}
