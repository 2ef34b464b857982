//! When each serving process said last that it lives. The latest of them is also how late it was
//! already, for a program that starts with a clock that stands wrong.

use super::schema::heartbeats;
use super::{AnyConnection, DbError, Tx};
use crate::clock::{Doubt, Stamp};
use crate::on_each_backend;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use diesel::sql_types::Timestamp;

/// How long the row of a process that is gone is kept.
const KEPT: TimeDelta = TimeDelta::days(1);
/// A process that shares the database and says nothing for this long is gone.
pub const SILENCE: TimeDelta = TimeDelta::seconds(60);

/// A process whose clock was in doubt at its last heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubting {
    /// Since when.
    pub since: Stamp,
    /// What its clock claimed.
    pub claimed: Stamp,
    /// How far that was ahead of the time that surely had passed.
    pub ahead: TimeDelta,
}

/// When any process lived last.
///
/// # Errors
/// The store's fault.
pub fn find_latest(conn: &mut AnyConnection) -> Result<Option<Stamp>, DbError> {
    let latest: Option<NaiveDateTime> = heartbeats::table.select(diesel::dsl::max(heartbeats::last_at)).first(conn)?;
    Ok(latest.map(|at| at.and_utc()))
}

/// What the clock of the database says, where several processes may share it.
///
/// # Errors
/// The store's fault.
pub fn database_time(conn: &mut AnyConnection) -> Result<Option<Stamp>, DbError> {
    #[derive(QueryableByName)]
    struct Told {
        #[diesel(sql_type = Timestamp)]
        at: NaiveDateTime,
    }
    let AnyConnection::Postgres(conn) = conn else { return Ok(None) };
    let told: Told = diesel::sql_query("SELECT clock_timestamp() AT TIME ZONE 'UTC' AS at").get_result(conn)?;
    Ok(Some(told.at.and_utc()))
}

/// What time it is by the latest of the other processes that live and do not doubt their clocks.
///
/// # Errors
/// The store's fault.
pub fn find_time_of_others(conn: &mut AnyConnection, process: &str) -> Result<Option<Stamp>, DbError> {
    let Some(now) = database_time(conn)? else { return Ok(None) };
    let living: Vec<(NaiveDateTime, Option<NaiveDateTime>)> = heartbeats::table
        .filter(heartbeats::process.ne(process))
        .filter(heartbeats::doubted_since.is_null())
        .filter(heartbeats::seen_at.gt((now - SILENCE).naive_utc()))
        .select((heartbeats::last_at, heartbeats::seen_at))
        .load(conn)?;
    let theirs = |(last, seen): (NaiveDateTime, Option<NaiveDateTime>)| Some(last.and_utc() + (now - seen?.and_utc()));
    Ok(living.into_iter().filter_map(theirs).max())
}

/// The processes whose clocks were in doubt when they were heard of last.
///
/// # Errors
/// The store's fault.
pub fn list_doubting(conn: &mut AnyConnection) -> Result<Vec<Doubting>, DbError> {
    let rows: Vec<(NaiveDateTime, Option<NaiveDateTime>, Option<NaiveDateTime>)> = heartbeats::table
        .filter(heartbeats::doubted_since.is_not_null())
        .select((heartbeats::last_at, heartbeats::doubted_since, heartbeats::claimed_at))
        .load(conn)?;
    let doubting = |(last, since, claimed): (NaiveDateTime, Option<NaiveDateTime>, Option<NaiveDateTime>)| {
        let (since, claimed) = (since?.and_utc(), claimed?.and_utc());
        Some(Doubting { since, claimed, ahead: claimed - last.and_utc() })
    };
    Ok(rows.into_iter().filter_map(doubting).collect())
}

/// Notes that this process lives, and whether its clock is in doubt; true the first time.
///
/// # Errors
/// The store's fault.
pub fn beat(tx: &mut Tx<'_>, process: &str, doubt: Option<&Doubt>) -> Result<bool, DbError> {
    let now = tx.deadline().naive_utc();
    let seen_at = database_time(tx.conn)?.map(|at| at.naive_utc());
    let changes = (
        heartbeats::last_at.eq(now),
        heartbeats::doubted_since.eq(doubt.map(|doubt| doubt.since.naive_utc())),
        heartbeats::claimed_at.eq(doubt.map(|doubt| doubt.claimed.naive_utc())),
        heartbeats::seen_at.eq(seen_at),
    );
    let is_first = diesel::update(heartbeats::table.find(process)).set(changes).execute(tx.conn)? == 0;
    if is_first {
        let row = (heartbeats::process.eq(process), heartbeats::started_at.eq(now), changes);
        on_each_backend!(tx.conn, |c| diesel::insert_into(heartbeats::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(c))?;
        let old = heartbeats::table.filter(heartbeats::last_at.lt(now - KEPT));
        diesel::delete(old.filter(heartbeats::process.ne(process))).execute(tx.conn)?;
    }
    Ok(is_first)
}

/// The processes that live. On SQLite that is the one which asks.
///
/// # Errors
/// The store's fault.
pub fn list_living(conn: &mut AnyConnection, asking: &str) -> Result<Vec<String>, DbError> {
    let Some(now) = database_time(conn)? else { return Ok(vec![asking.to_owned()]) };
    let living = heartbeats::table.filter(heartbeats::seen_at.gt((now - SILENCE).naive_utc()));
    Ok(living.select(heartbeats::process).load(conn)?)
}

/// Forgets that it was later than `now` once.
///
/// # Errors
/// The store's fault.
pub fn put_back(tx: &mut Tx<'_>, now: Stamp) -> Result<(), DbError> {
    let now = now.naive_utc();
    diesel::update(heartbeats::table.filter(heartbeats::last_at.gt(now)))
        .set(heartbeats::last_at.eq(now))
        .execute(tx.conn)?;
    Ok(())
}
