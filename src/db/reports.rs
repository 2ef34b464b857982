//! What other servers reported to us, for stewards (K2).

use super::connection::AnyConnection;
use super::schema::reports;
use super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::ids::{MemberId, RowId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// The most reports that are read at once.
const MOST_SHOWN: i64 = 200;

/// A report that nobody has settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its row.
    pub id: RowId,
    /// Who sent it; often the actor of a server, so that nobody learns who complained.
    pub reporter: String,
    /// The URLs of ours that it is about.
    pub about: Vec<String>,
    /// What was said; untrusted plain text.
    pub words: String,
    /// When it was received.
    pub received_at: Stamp,
}

/// Saves a report.
///
/// # Errors
/// The store's fault.
pub fn insert_report(tx: &mut Tx<'_>, reporter: &str, about: &[String], words: &str) -> Result<(), DbError> {
    let about = serde_json::to_string(about).map_err(|e| DbError::Broken(e.to_string()))?;
    diesel::insert_into(reports::table)
        .values((
            reports::id.eq(tx.next_id().to_string()),
            reports::reporter_actor.eq(reporter),
            reports::about.eq(about),
            reports::words.eq(words),
            reports::received_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// How many reports an actor has sent since a moment.
///
/// # Errors
/// The store's fault.
pub fn count_reports_by(conn: &mut AnyConnection, reporter: &str, since: Stamp) -> Result<i64, DbError> {
    Ok(reports::table
        .filter(reports::reporter_actor.eq(reporter))
        .filter(reports::received_at.gt(since.naive_utc()))
        .count()
        .get_result(conn)?)
}

/// How many reports nobody has settled.
///
/// # Errors
/// The store's fault.
pub fn count_open_reports(conn: &mut AnyConnection) -> Result<i64, DbError> {
    Ok(reports::table.filter(reports::settled_at.is_null()).count().get_result(conn)?)
}

/// The reports that nobody has settled, the oldest first.
///
/// # Errors
/// The store's fault.
pub fn list_open_reports(conn: &mut AnyConnection) -> Result<Vec<Report>, DbError> {
    let rows: Vec<(String, String, String, String, NaiveDateTime)> = reports::table
        .filter(reports::settled_at.is_null())
        .order(reports::id)
        .limit(MOST_SHOWN)
        .select((reports::id, reports::reporter_actor, reports::about, reports::words, reports::received_at))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, reporter, about, words, received_at)| {
            let about = serde_json::from_str(&about).map_err(|e| DbError::Broken(e.to_string()))?;
            Ok(Report { id: convert::id(&id)?, reporter, about, words, received_at: received_at.and_utc() })
        })
        .collect()
}

/// Notes that a report has been dealt with. False when it was before, or is not there.
///
/// # Errors
/// The store's fault.
pub fn settle(tx: &mut Tx<'_>, id: RowId, by: MemberId) -> Result<bool, DbError> {
    let open = reports::table.filter(reports::id.eq(id.to_string())).filter(reports::settled_at.is_null());
    let settled = diesel::update(open)
        .set((reports::settled_by.eq(Some(by.to_string())), reports::settled_at.eq(Some(tx.now.naive_utc()))))
        .execute(tx.conn)?;
    Ok(settled > 0)
}
