//! Leave the community (rule J4): personal data goes at once; anonymous tallies stay, and the
//! public thanks that the person chose to keep.

use super::ServiceError;
use super::back_amendment::take_backing_back;
use super::credit_helper::withdraw_credit;
use super::join_cabal::leave_cabal;
use super::propose_amendment::withdraw_of_who_leaves;
use super::publish_statement::forget_speaker;
use super::volunteer_to_speak::leave_register;
use crate::db::amendments::{list_backed_by, list_proposed_by};
use crate::db::cabals::list_cabals_of;
use crate::db::credits::{Credit, forget_consent, list_credits_to};
use crate::db::leaving::erase_member;
use crate::db::linked_actors::list_linked_actors;
use crate::db::members::member;
use crate::db::{AnyConnection, DbError, Tx};
use crate::ids::{AmendmentId, MemberId, PostId};
use std::collections::BTreeSet;

/// The public thanks to a person, through whatever actor they have linked.
///
/// # Errors
/// The store's fault.
pub fn credits_of(conn: &mut AnyConnection, by: MemberId) -> Result<Vec<Credit>, DbError> {
    let mut found = Vec::new();
    for linked in list_linked_actors(conn, by)? {
        found.extend(list_credits_to(conn, &linked.actor_url)?);
    }
    Ok(found)
}

/// Leaves. Of the public thanks those in `kept` stay, the others are deleted wherever they went.
///
/// # Errors
/// The store's fault.
pub fn leave_community(tx: &mut Tx<'_>, by: MemberId, kept: &[PostId]) -> Result<(), ServiceError> {
    let who = member(tx.conn, by)?;
    leave_register(tx, by)?;
    leave_proposals(tx, by)?;
    for cabal in list_cabals_of(tx.conn, by)? {
        leave_cabal(tx, by, cabal.id)?;
    }
    for credit in credits_of(tx.conn, by)?.iter().filter(|credit| !kept.contains(&credit.id)) {
        withdraw_credit(tx, credit)?;
    }
    for linked in list_linked_actors(tx.conn, by)? {
        forget_consent(tx, &linked.actor_url)?;
    }
    erase_member(tx, by, &who.handle)?;
    forget_speaker(tx, by)
}

/// Takes their backing back, and withdraws what they proposed and no vote was opened on. What is open or
/// decided already stays as it froze. In the order of ids, as whoever holds several holds them.
fn leave_proposals(tx: &mut Tx<'_>, by: MemberId) -> Result<(), ServiceError> {
    let (backed, proposed) = (list_backed_by(tx.conn, by)?, list_proposed_by(tx.conn, by)?);
    let all: BTreeSet<AmendmentId> = backed.iter().chain(&proposed).copied().collect();
    for amendment in all {
        if proposed.contains(&amendment) {
            withdraw_of_who_leaves(tx, amendment)?;
            continue;
        }
        match take_backing_back(tx, by, amendment) {
            Ok(()) | Err(ServiceError::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
