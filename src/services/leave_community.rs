//! Leave the community (rule J4): personal data goes at once; anonymous tallies stay, and the
//! public thanks that the person chose to keep.

use super::ServiceError;
use super::back_amendment::take_backing_back;
use super::credit_helper::withdraw_credit;
use super::join_cabal::leave_cabal;
use super::publish_statement::forget_speaker;
use super::volunteer_to_speak::leave_register;
use crate::db::amendments::list_backed_by;
use crate::db::cabals::list_cabals_of;
use crate::db::credits::{Credit, forget_consent, list_credits_to};
use crate::db::leaving::erase_member;
use crate::db::linked_actors::list_linked_actors;
use crate::db::members::member;
use crate::db::{AnyConnection, DbError, Tx};
use crate::ids::{MemberId, PostId};

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
    for amendment in list_backed_by(tx.conn, by)? {
        match take_backing_back(tx, by, amendment) {
            // What is open or decided already keeps its backing.
            Ok(()) | Err(ServiceError::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
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
