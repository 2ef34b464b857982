//! Activities that came in while the clock was in doubt. Two moments are kept of each, the one that
//! was certain and the one that the clock claimed; which of them counts is decided once the time is
//! known again (A6).

use super::schema::inbox_activities;
use super::{DbError, Tx};
use crate::ids::InboxId;
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long an activity waits before it is looked at again.
const WAIT: TimeDelta = TimeDelta::seconds(60);

/// Decides when activities were received, for a process whose clock is not in doubt. A claimed moment
/// that has not come yet was wrong; one that has passed was right, for this is asked within seconds
/// of the end of a doubt.
///
/// # Errors
/// The store's fault.
pub fn decide(tx: &mut Tx<'_>) -> Result<(), DbError> {
    let now = tx.deadline().naive_utc();
    let doubted = || {
        inbox_activities::table
            .filter(inbox_activities::state.eq("waiting"))
            .filter(inbox_activities::claimed_at.is_not_null())
    };
    if diesel::select(diesel::dsl::not(diesel::dsl::exists(doubted()))).get_result(tx.conn)? {
        return Ok(());
    }
    diesel::update(doubted().filter(inbox_activities::claimed_at.le(now)))
        .set(inbox_activities::received_at.eq(inbox_activities::claimed_at.assume_not_null()))
        .execute(tx.conn)?;
    diesel::update(doubted())
        .set((inbox_activities::claimed_at.eq(None::<chrono::NaiveDateTime>), inbox_activities::next_try_at.eq(now)))
        .execute(tx.conn)?;
    Ok(())
}

/// Lets an activity wait until the time is known; that is no failed try.
///
/// # Errors
/// The store's fault.
pub fn wait(tx: &mut Tx<'_>, id: InboxId) -> Result<(), DbError> {
    diesel::update(inbox_activities::table.find(id.to_string()))
        .set(inbox_activities::next_try_at.eq((tx.deadline() + WAIT).naive_utc()))
        .execute(tx.conn)?;
    Ok(())
}
