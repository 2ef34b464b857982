//! When each serving process said last that it lives. The latest of them is also how late it was
//! already, for a program that starts with a clock that stands wrong.

use super::schema::heartbeats;
use super::{AnyConnection, DbError, Tx};
use crate::clock::Stamp;
use crate::on_each_backend;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

/// How long the row of a process that is gone is kept.
const KEPT: TimeDelta = TimeDelta::days(1);

/// When any process lived last.
///
/// # Errors
/// The store's fault.
pub fn find_latest(conn: &mut AnyConnection) -> Result<Option<Stamp>, DbError> {
    let latest: Option<NaiveDateTime> = heartbeats::table.select(diesel::dsl::max(heartbeats::last_at)).first(conn)?;
    Ok(latest.map(|at| at.and_utc()))
}

/// Notes that this process lives; true the first time.
///
/// # Errors
/// The store's fault.
pub fn beat(tx: &mut Tx<'_>, process: &str) -> Result<bool, DbError> {
    let now = tx.deadline().naive_utc();
    let row = (heartbeats::process.eq(process), heartbeats::started_at.eq(now), heartbeats::last_at.eq(now));
    let is_first =
        diesel::update(heartbeats::table.find(process)).set(heartbeats::last_at.eq(now)).execute(tx.conn)? == 0;
    if is_first {
        on_each_backend!(tx.conn, |c| diesel::insert_into(heartbeats::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(c))?;
        let old = heartbeats::table.filter(heartbeats::last_at.lt(now - KEPT));
        diesel::delete(old.filter(heartbeats::process.ne(process))).execute(tx.conn)?;
    }
    Ok(is_first)
}
