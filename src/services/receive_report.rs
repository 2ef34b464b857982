//! Keep what another server reports about us for the stewards (K2, IN-8). Nothing follows by itself.

use crate::db::reports::{count_open_reports, count_reports_by, insert_report};
use crate::db::{DbError, Tx};
use chrono::TimeDelta;

/// The most reports by one actor in a day.
const REPORTS_PER_DAY: i64 = 10;
/// The most reports that wait for a steward; more would be read by nobody.
const MOST_OPEN: i64 = 1_000;

/// Saves a report. False when there are too many already.
///
/// # Errors
/// The store's fault.
pub fn receive_report(tx: &mut Tx<'_>, reporter: &str, about: &[String], words: &str) -> Result<bool, DbError> {
    let since = tx.now - TimeDelta::days(1);
    if count_reports_by(tx.conn, reporter, since)? >= REPORTS_PER_DAY || count_open_reports(tx.conn)? >= MOST_OPEN {
        return Ok(false);
    }
    insert_report(tx, reporter, about, words)?;
    Ok(true)
}
