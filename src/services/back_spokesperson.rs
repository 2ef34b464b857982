//! Back a member who volunteers to speak for the community, or take that back (V2).

use super::announce_spokesperson::{announce_spokesperson, withdraw_announcement};
use super::tell_member::tell_member;
use super::volunteer_to_speak::{check_is_member, speaks_until};
use super::{ServiceError, found};
use crate::db::Tx;
use crate::db::members::count_members;
use crate::db::spokespeople::{Backing, Spokesperson, hold_spokesperson, list_of_member, set_backing};
use crate::domain::Refusal;
use crate::domain::spokesperson::SpokespersonState;
use crate::ids::{MemberId, SpokespersonId};

/// The page that all this is about.
pub(super) const REGISTER: &str = "/spokespeople";

/// Backs another member. From now on they speak for the community; whoever speaks already goes on when
/// their present time is over.
///
/// # Errors
/// Forbidden to whoever volunteered, and to whoever backed the time before this one, as long as there is
/// anybody else (C4); conflict unless it waits.
pub fn back_spokesperson(tx: &mut Tx<'_>, by: MemberId, id: SpokespersonId) -> Result<(), ServiceError> {
    check_is_member(tx, by)?;
    let one = found(hold_spokesperson(tx, id), "spokesperson")?;
    if one.member_id == by {
        let words = "You volunteered yourself, so another member has to back you.";
        return Err(ServiceError::Forbidden(words.to_owned()));
    }
    let now = tx.deadline();
    if one.state_at(now) != SpokespersonState::Waiting {
        let words = "This does not wait for a backer any more.";
        return Err(ServiceError::Conflict(Refusal::new("not_waiting", words)));
    }
    let theirs = list_of_member(tx.conn, one.member_id)?;
    check_is_another_backer(tx, by, &theirs)?;
    let begins_at = speaks_until(&theirs, now).unwrap_or(now);
    let note_id = announce_spokesperson(tx, &one, begins_at)?;
    set_backing(tx, id, Some(Backing { by, begins_at, note_id }))?;
    let until = one.times.last_moment().format("%-d %B %Y");
    let sentence = format!("Another member has backed you: you speak for the community until {until}.");
    tell_member(tx, one.member_id, &sentence, REGISTER)
}

/// Whoever goes on needs somebody else's word than last time: a structure that lasts is looked at by
/// several people.
fn check_is_another_backer(tx: &mut Tx<'_>, by: MemberId, theirs: &[Spokesperson]) -> Result<(), ServiceError> {
    let now = tx.deadline();
    let before = theirs.iter().rev().find(|one| one.times.goes_on_at(now));
    let backed_before = before.is_some_and(|one| one.backer_id == Some(by));
    if !backed_before || count_members(tx.conn)? <= 2 {
        return Ok(());
    }
    let words = "You backed them the last time. Please let another member back them this time.";
    Err(ServiceError::Forbidden(words.to_owned()))
}

/// Takes the backing back, until it has begun.
///
/// # Errors
/// Conflict once it has begun, or when the member does not back it.
pub fn take_backing_back(tx: &mut Tx<'_>, by: MemberId, id: SpokespersonId) -> Result<(), ServiceError> {
    let one = found(hold_spokesperson(tx, id), "spokesperson")?;
    let conflict = |code, words: &str| Err(ServiceError::Conflict(Refusal::new(code, words)));
    if one.backer_id != Some(by) {
        return conflict("not_a_backer", "You do not back this.");
    }
    match one.state_at(tx.deadline()) {
        SpokespersonState::Backed => {}
        SpokespersonState::InForce => {
            return conflict("in_force", "They speak for the community already. Only they themselves can end it now.");
        }
        _ => return conflict("has_ended", "This has ended already."),
    }
    withdraw_announcement(tx, &one)?;
    set_backing(tx, id, None)?;
    let sentence = "The member who backed you has taken that back. You wait for another backer.";
    tell_member(tx, one.member_id, sentence, REGISTER)
}
