//! Announce when a vote opens by itself, move that to a later moment, take it back; and open the vote when
//! the moment has come (rules A4, A15). The notice binds: nobody opens an announced vote earlier, nor after
//! the announcement was taken back or the text edited.

use super::announce_proposal::tell_of_state;
use super::back_amendment::lose_backing;
use super::ballot_words::moment;
use super::confirm_time::check_time_is_known;
use super::hold_amendment::{hold_own, hold_with_text};
use super::mark_conflicts::fall_into_conflict;
use super::open_ballot::open_held;
use super::standing::standing;
use super::tell_member::{tell_concerned, tell_proposer};
use super::{ServiceError, found};
use crate::clock::Stamp;
use crate::db::amendment_deadlines as deadlines;
use crate::db::amendments::{self, Amendment};
use crate::db::said_once::{say_once, was_said};
use crate::db::{AnyConnection, Tx, documents};
use crate::domain::Refusal;
use crate::domain::amendment::{AmendmentState, Move, NOTICE_MAX, touched};
use crate::ids::{AmendmentId, MemberId};
use chrono::TimeDelta;

/// Announces that the vote opens by itself after some days from now, 1 to 30, so that people can prepare; or
/// moves an opening that is announced already to a later moment. Backers and objectors are told.
///
/// # Errors
/// Forbidden to others than the proposer; refused for other numbers of days, or for an earlier moment than
/// was announced; conflict unless backed, and while the clock is in doubt.
pub fn announce_opening(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId, days: u32) -> Result<(), ServiceError> {
    let amendment = hold_own(tx, by, id)?;
    let before = amendment.state_at(tx.now);
    let step = if before == AmendmentState::Announced { Move::Postpone } else { Move::Announce };
    let state = before.after(step).map_err(ServiceError::Conflict)?;
    // Who does not know what time it is can promise no day.
    check_time_is_known(tx)?;
    if !(1..=NOTICE_MAX).contains(&days) {
        let sentence = format!("Please give a notice of 1 to {NOTICE_MAX} days, or open the vote at once.");
        return Err(Refusal::field("days", sentence).into());
    }
    // As its end is judged: after the clock was set back, "in a day" is still a day away.
    let opens_at = tx.deadline() + TimeDelta::days(i64::from(days));
    let is_too_early = |at: &Stamp| opens_at < *at || (step == Move::Postpone && opens_at == *at);
    if let Some(announced) = amendment.not_before.filter(is_too_early) {
        let sentence = format!(
            "This vote was announced for {}, and people rely on that. Please choose a later day.",
            moment(announced)
        );
        return Err(Refusal::field("days", sentence).into());
    }
    amendments::set_state(tx, id, state)?;
    amendments::announce(tx, id, opens_at)?;
    let what = if step == Move::Postpone { "opens later than was announced, on" } else { "opens on" };
    let sentence = format!("The vote on “{}” {what} {}.", amendment.title, moment(opens_at));
    tell_concerned(tx, &amendment, &sentence)?;
    tell_of_state(tx, id)
}

/// Takes an announcement back: the amendment is backed still, and its proposer opens the vote later, on the
/// announced day at the earliest. Backers and objectors are told.
///
/// # Errors
/// Forbidden to others than the proposer; conflict unless announced.
pub fn take_announcement_back(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
    let amendment = hold_own(tx, by, id)?;
    let state = amendment.state_at(tx.now).after(Move::TakeAnnouncementBack).map_err(ServiceError::Conflict)?;
    amendments::set_state(tx, id, state)?;
    let sentence = format!(
        "The vote on “{}” does not open by itself on the day that was announced. Its proposer will choose when, and not \
         before that day.",
        amendment.title
    );
    tell_concerned(tx, &amendment, &sentence)?;
    tell_of_state(tx, id)
}

/// What was announced by a clock that was wrong binds for no longer than a notice may. Everybody concerned is
/// told the new day.
///
/// # Errors
/// The store's fault.
pub(super) fn bring_forward(tx: &mut Tx<'_>) -> Result<(), ServiceError> {
    let latest = tx.now + TimeDelta::days(i64::from(NOTICE_MAX));
    for id in deadlines::list_announced_beyond(tx.conn, latest)? {
        let amendment = amendments::hold_amendment(tx, id)?;
        deadlines::bring_forward(tx, id, latest)?;
        let sentence = format!(
            "The clock of this server was put right. The day that is announced for the vote on “{}” is {} now.",
            amendment.title,
            moment(latest)
        );
        tell_proposer(tx, &amendment, &sentence)?;
        tell_concerned(tx, &amendment, &sentence)?;
        tell_of_state(tx, id)?;
    }
    Ok(())
}

/// Opens a vote whose announced moment has come, or does what follows when it cannot open: one that nobody
/// backs seeks backing again, one whose text was changed falls into conflict, one that has to wait for
/// another vote waits (A15), and of any other reason its proposer is told. False when nothing was done.
///
/// # Errors
/// The store's fault.
pub fn open_announced(tx: &mut Tx<'_>, id: AmendmentId) -> Result<bool, ServiceError> {
    let held = hold_with_text(tx, id)?;
    let Some(opens_at) = held.amendment.opens_at.filter(|opens_at| *opens_at <= tx.deadline()) else {
        return Ok(false);
    };
    if amendments::list_backers(tx.conn, id)?.is_empty() {
        lose_backing(tx, &held.amendment)?;
        return Ok(true);
    }
    if !held.standing.fits(&held.changes) {
        fall_into_conflict(tx, &held.amendment)?;
        return Ok(true);
    }
    if let Some(other) = list_blocking(tx.conn, &held.amendment)?.first() {
        return tell_that_it_waits(tx, &held.amendment, opens_at, other);
    }
    let amendment = held.amendment.clone();
    // What was written of an opening that fails half-way must not stay.
    match tx.separately(|tx| open_held(tx, held, Move::OpenAsAnnounced)) {
        Ok(_) => Ok(true),
        // What passes by itself is tried again.
        Err(ServiceError::Conflict(refusal)) if matches!(refusal.code, "roll_changed" | "time_in_doubt") => Ok(false),
        Err(ServiceError::Conflict(refusal)) => {
            let state = amendment.state_at(tx.now).after(Move::TakeAnnouncementBack)?;
            amendments::set_state(tx, id, state)?;
            let sentence =
                format!("The vote on your amendment “{}” could not open as announced. {refusal}", amendment.title);
            tell_proposer(tx, &amendment, &sentence)?;
            tell_of_state(tx, id)?;
            Ok(true)
        }
        Err(fault) => Err(fault),
    }
}

/// Tells once for each announcement; false when that was done.
fn tell_that_it_waits(
    tx: &mut Tx<'_>,
    amendment: &Amendment,
    opens_at: Stamp,
    other: &Amendment,
) -> Result<bool, ServiceError> {
    if !say_once(tx, &waiting(amendment.id, opens_at).each_ref().map(String::as_str))? {
        return Ok(false);
    }
    let sentence = format!(
        "The vote on your amendment “{}” waits for the vote on “{}” to close, which concerns the same clauses. Then it \
         opens by itself.",
        amendment.title, other.title
    );
    tell_proposer(tx, amendment, &sentence)?;
    Ok(true)
}

fn waiting(id: AmendmentId, opens_at: Stamp) -> [String; 3] {
    ["waits".to_owned(), id.to_string(), opens_at.to_rfc3339()]
}

/// Whether an announced vote whose moment has come has to wait for another one, and its proposer knows.
///
/// # Errors
/// The store's fault.
pub fn is_known_to_wait(conn: &mut AnyConnection, id: AmendmentId) -> Result<bool, ServiceError> {
    let amendment = amendments::amendment(conn, id)?;
    let Some(opens_at) = amendment.opens_at else { return Ok(false) };
    let is_told = was_said(conn, &waiting(id, opens_at).each_ref().map(String::as_str))?;
    Ok(is_told && !list_blocking(conn, &amendment)?.is_empty())
}

/// The open votes that an amendment has to wait for (A15).
///
/// # Errors
/// The store's fault.
pub fn list_blocking(conn: &mut AnyConnection, amendment: &Amendment) -> Result<Vec<Amendment>, ServiceError> {
    let document = documents::document(conn, amendment.document_id)?;
    let clauses = standing(conn, &document)?.clauses;
    let held = touched(&amendments::list_changes(conn, amendment.id)?, &clauses);
    let ids = amendments::list_touching(conn, &held, &[AmendmentState::Open])?;
    let others = ids.into_iter().filter(|id| *id != amendment.id);
    others.map(|id| found(amendments::amendment(conn, id), "amendment")).collect()
}
