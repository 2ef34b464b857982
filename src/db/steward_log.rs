//! The public log of what stewards did, without personal details (K2).

use super::schema::{members, steward_log};
use super::{AnyConnection, DbError, Tx, convert};
use crate::clock::Stamp;
use crate::ids::{MemberId, StewardActId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// One act of a steward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StewardAct {
    /// Its id; a later act has a greater one.
    pub id: StewardActId,
    /// The handle of the steward, who chose a public role; none for what was done at the command line
    /// of the server without a name.
    pub steward: Option<String>,
    /// What they did, in plain words.
    pub act: String,
    /// To what.
    pub subject: String,
    /// When.
    pub at: Stamp,
}

/// Writes an act down: that of a steward, or of whoever works at the command line of the server.
///
/// # Errors
/// The store's fault.
pub fn record_act(
    tx: &mut Tx<'_>,
    steward: impl Into<Option<MemberId>>,
    act: &str,
    subject: &str,
) -> Result<(), DbError> {
    let id = StewardActId::from_uuid(tx.next_id());
    diesel::insert_into(steward_log::table)
        .values((
            steward_log::id.eq(id.to_string()),
            steward_log::member_id.eq(steward.into().map(|steward| steward.to_string())),
            steward_log::act.eq(act),
            steward_log::subject.eq(subject),
            steward_log::at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// One page of the acts, newest first: those before `before`, at most `limit`.
///
/// # Errors
/// The store's fault.
pub fn list_acts(
    conn: &mut AnyConnection,
    before: Option<StewardActId>,
    limit: i64,
) -> Result<Vec<StewardAct>, DbError> {
    let mut query = steward_log::table
        .left_join(members::table)
        .order(steward_log::id.desc())
        .limit(limit)
        .select((steward_log::id, members::handle.nullable(), steward_log::act, steward_log::subject, steward_log::at))
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(steward_log::id.lt(before.to_string()));
    }
    let rows: Vec<(String, Option<String>, String, String, NaiveDateTime)> = query.load(conn)?;
    rows.into_iter()
        .map(|(id, steward, act, subject, at)| {
            Ok(StewardAct { id: convert::id(&id)?, steward, act, subject, at: at.and_utc() })
        })
        .collect()
}
