//! Join, adopt and leave a cabal (rules C2, C6), and the check that somebody is in it (rule C3).

use super::ServiceError;
use crate::db::Tx;
use crate::db::cabals::{end_cabal_membership, find_cabal, is_member, log_act, save_cabal_member};
use crate::db::lead_nominations::decline_waiting_of;
use crate::domain::Refusal;
use crate::domain::cabal::{Freshness, parse_contribution};
use crate::ids::{CabalId, MemberId};

/// Joins a cabal; `contribution` is the one line that says what the member will do. Whoever joins
/// a resting cabal adopts it and leads it (C6).
///
/// # Errors
/// When the line is missing or the member is in the cabal already.
pub fn join_cabal(tx: &mut Tx<'_>, by: MemberId, cabal: CabalId, contribution: &str) -> Result<(), ServiceError> {
    let contribution = parse_contribution(contribution)?;
    let found = find_cabal(tx.conn, cabal)?.ok_or(ServiceError::NotFound("cabal"))?;
    let adopts = found.freshness(tx.now) == Freshness::Resting;
    if is_member(tx.conn, cabal, by)? {
        return Err(ServiceError::Conflict(Refusal::new("already_in_cabal", "You are in this cabal already.")));
    }
    save_cabal_member(tx, cabal, by, adopts, &contribution)?;
    if adopts {
        log_act(tx, cabal, by, "adopted the cabal", &found.name)?;
    }
    log_act(tx, cabal, by, "joined", &contribution)?;
    Ok(())
}

/// Leaves a cabal.
///
/// # Errors
/// When the member is not in it.
pub fn leave_cabal(tx: &mut Tx<'_>, by: MemberId, cabal: CabalId) -> Result<(), ServiceError> {
    if !end_cabal_membership(tx, cabal, by)? {
        return Err(ServiceError::Conflict(Refusal::new("not_in_cabal", "You are not in this cabal.")));
    }
    decline_waiting_of(tx, cabal, by)?;
    log_act(tx, cabal, by, "left", "")?;
    Ok(())
}

/// Any member of a cabal may act for it, a lead no more than another (C3).
///
/// # Errors
/// Forbidden for everybody else.
pub fn check_is_in_cabal(tx: &mut Tx<'_>, by: MemberId, cabal: CabalId) -> Result<(), ServiceError> {
    if is_member(tx.conn, cabal, by)? {
        return Ok(());
    }
    Err(ServiceError::Forbidden("Only members of this cabal may do this. You can join it on its page.".to_owned()))
}
