//! Volunteer to speak for the community, step down, and leave the register with the community (V2, J4).

use super::announce_spokesperson::{tell_end, withdraw_announcement};
use super::{ServiceError, found};
use crate::clock::Stamp;
use crate::db::Tx;
use crate::db::members::hold_member;
use crate::db::spokespeople::{
    Spokesperson, delete_spokesperson, end_spokesperson, hold_all_of, hold_spokesperson, insert_spokesperson,
    list_backed_by, list_of_member,
};
use crate::domain::Refusal;
use crate::domain::spokesperson::{NewSpokesperson, SpokespersonFields, SpokespersonState};
use crate::ids::{MemberId, SpokespersonId};

/// Volunteers. It waits for another member who backs it; whoever speaks already goes on when their
/// present time is over.
///
/// # Errors
/// Refused with the fields concerned; conflict while another of theirs waits.
pub fn volunteer(tx: &mut Tx<'_>, by: MemberId, fields: &SpokespersonFields) -> Result<SpokespersonId, ServiceError> {
    check_is_member(tx, by)?;
    let now = tx.deadline();
    let new = NewSpokesperson::parse(fields, now)?;
    let theirs = list_of_member(tx.conn, by)?;
    if theirs.iter().any(|one| one.state_at(now) == SpokespersonState::Waiting) {
        let words = "You have volunteered already and wait for a backer. Take that back first to change it.";
        return Err(ServiceError::Conflict(Refusal::new("already_volunteered", words)));
    }
    if let Some(until) = speaks_until(&theirs, now).filter(|until| new.ends_at <= *until) {
        let last = (until - chrono::TimeDelta::seconds(1)).format("%-d %B %Y");
        let words = format!("You speak for the community until {last} already. Please choose a later day.");
        return Err(Refusal::field("ends_on", words).into());
    }
    Ok(insert_spokesperson(tx, by, &new)?)
}

/// Only members on the roll, now.
///
/// # Errors
/// Forbidden to those who have left.
pub(super) fn check_is_member(tx: &mut Tx<'_>, by: MemberId) -> Result<(), ServiceError> {
    if hold_member(tx, by)? {
        return Ok(());
    }
    Err(ServiceError::Forbidden("Only members of the community may do this.".to_owned()))
}

/// Until when somebody speaks by what is in force or backed.
pub(super) fn speaks_until(theirs: &[Spokesperson], now: Stamp) -> Option<Stamp> {
    let goes_on =
        |one: &&Spokesperson| matches!(one.state_at(now), SpokespersonState::InForce | SpokespersonState::Backed);
    theirs.iter().filter(goes_on).map(|one| one.times.over_at()).max()
}

/// Steps down at once, or takes back what has not begun.
///
/// # Errors
/// Forbidden to everybody else; conflict once it has ended.
pub fn step_down(tx: &mut Tx<'_>, by: MemberId, id: SpokespersonId) -> Result<(), ServiceError> {
    let theirs = found(hold_spokesperson(tx, id), "spokesperson")?;
    if theirs.member_id != by {
        return Err(ServiceError::Forbidden("Only the one who volunteered can end this.".to_owned()));
    }
    let now = tx.deadline();
    match theirs.state_at(now) {
        SpokespersonState::Waiting => Ok(end_spokesperson(tx, id, now)?),
        SpokespersonState::Backed => {
            withdraw_announcement(tx, &theirs)?;
            Ok(end_spokesperson(tx, id, now)?)
        }
        SpokespersonState::InForce => {
            end_spokesperson(tx, id, now)?;
            tell_end(tx, id)
        }
        SpokespersonState::Ended | SpokespersonState::Lapsed => {
            Err(ServiceError::Conflict(Refusal::new("has_ended", "This has ended already.")))
        }
    }
}

/// What becomes of the register when a member leaves: what they were is ended and told under their
/// name no more, what never came into force is forgotten, and what they backed and has not begun
/// waits for another backer.
///
/// # Errors
/// The store's fault.
pub(super) fn leave_register(tx: &mut Tx<'_>, by: MemberId) -> Result<(), ServiceError> {
    hold_member(tx, by)?;
    hold_all_of(tx, by)?;
    let now = tx.deadline();
    for one in list_of_member(tx.conn, by)? {
        withdraw_announcement(tx, &one)?;
        match one.state_at(now) {
            SpokespersonState::InForce => end_spokesperson(tx, one.id, now)?,
            SpokespersonState::Ended => {}
            SpokespersonState::Waiting | SpokespersonState::Backed | SpokespersonState::Lapsed => {
                delete_spokesperson(tx, one.id)?;
            }
        }
    }
    for backed in list_backed_by(tx.conn, by)? {
        match super::back_spokesperson::take_backing_back(tx, by, backed.id) {
            // What has begun keeps its backing.
            Ok(()) | Err(ServiceError::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
