//! What we know of each server that we deliver to: whether it answers, when to try again, which
//! signature scheme it understood, and which process holds its lane.
//!
//! A lane is held by a lease. A process that dies holds nothing longer than its lease, and two
//! processes never hold the same lane (F4: in order per server).

use super::connection::AnyBackend;
use super::schema::{deliveries, remote_hosts};
use super::{AnyConnection, DbError, Tx};
use crate::clock::Stamp;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use std::collections::BTreeSet;

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureScheme {
    /// The draft that everybody understands.
    Cavage,
    /// RFC 9421.
    Rfc9421,
}

impl SignatureScheme {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cavage => "cavage",
            Self::Rfc9421 => "rfc9421",
        }
    }

    /// The other one, for the second knock (fediverse.md 3.4).
    pub fn other(self) -> Self {
        match self {
            Self::Cavage => Self::Rfc9421,
            Self::Rfc9421 => Self::Cavage,
        }
    }
}

/// A lane that this process may work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The host with the port where there is one.
    pub host: String,
    /// How many attempts in a row have failed.
    pub failures: i32,
    /// Since when.
    pub failing_since: Option<Stamp>,
    /// What it understood last, if that is not too long ago.
    pub scheme: SignatureScheme,
}

/// Who asks for lanes, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Names the process, so that it gives back only what is its own.
    pub holder: String,
    /// Until when it holds a lane without a word.
    pub until: Stamp,
    /// How many lanes of hosts that answered last time.
    pub healthy: usize,
    /// How many lanes of hosts that failed last time; apart, so that they never fill all lanes.
    pub failing: usize,
}

/// Makes sure that each host has a lane and says that something waits in it. A lane that says so
/// already is locked and not written: whoever gives it back looks after this is committed.
///
/// # Errors
/// When the store fails.
pub(super) fn mark_waiting(conn: &mut AnyConnection, now: Stamp, hosts: &BTreeSet<String>) -> Result<(), DbError> {
    use diesel::query_dsl::methods::FilterDsl as _;
    let rows = hosts.iter().map(|host| {
        let now = now.naive_utc();
        (remote_hosts::host.eq(host), remote_hosts::next_try_at.eq(now), remote_hosts::is_waiting.eq(true))
    });
    macro_rules! mark {
        ($c:ident, $values:expr) => {
            diesel::insert_into(remote_hosts::table)
                .values($values)
                .on_conflict(remote_hosts::host)
                .do_update()
                .set(remote_hosts::is_waiting.eq(true))
                .filter(remote_hosts::is_waiting.eq(false))
                .execute($c)?
        };
    }
    match conn {
        AnyConnection::Postgres(c) => {
            for some in rows.collect::<Vec<_>>().chunks(1000) {
                mark!(c, some);
            }
        }
        AnyConnection::Sqlite(c) => {
            for row in rows {
                mark!(c, row);
            }
        }
    }
    Ok(())
}

/// Takes the lanes that are due and that nobody holds.
///
/// # Errors
/// When the store fails.
pub fn claim_lanes(tx: &mut Tx<'_>, claim: &Claim) -> Result<Vec<Lane>, DbError> {
    let mut lanes = due(tx.conn, tx.now, false, claim.healthy)?;
    lanes.extend(due(tx.conn, tx.now, true, claim.failing)?);
    let hosts: Vec<&str> = lanes.iter().map(|lane| lane.host.as_str()).collect();
    for some in hosts.chunks(400) {
        diesel::update(remote_hosts::table.filter(remote_hosts::host.eq_any(some)))
            .set((remote_hosts::held_until.eq(claim.until.naive_utc()), remote_hosts::held_by.eq(&claim.holder)))
            .execute(tx.conn)?;
    }
    Ok(lanes)
}

type LaneRow = (String, i32, Option<NaiveDateTime>, String, Option<NaiveDateTime>);

fn due(conn: &mut AnyConnection, now: Stamp, is_failing: bool, limit: usize) -> Result<Vec<Lane>, DbError> {
    let moment = now.naive_utc();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    if limit == 0 {
        return Ok(Vec::new());
    }
    macro_rules! query {
        () => {
            remote_hosts::table
                .filter(remote_hosts::is_waiting.eq(true))
                .filter(remote_hosts::is_resting.eq(false))
                .filter(remote_hosts::next_try_at.le(moment))
                .filter(remote_hosts::held_until.is_null().or(remote_hosts::held_until.le(moment)))
                .filter(remote_hosts::failing_since.is_not_null().eq(is_failing))
                .order(remote_hosts::next_try_at)
                .limit(limit)
                .select((
                    remote_hosts::host,
                    remote_hosts::failures,
                    remote_hosts::failing_since,
                    remote_hosts::signature_scheme,
                    remote_hosts::scheme_known_until,
                ))
        };
    }
    let rows: Vec<LaneRow> = match conn {
        AnyConnection::Postgres(c) => query!().for_update().skip_locked().load(c)?,
        AnyConnection::Sqlite(c) => query!().load(c)?,
    };
    Ok(rows.into_iter().map(|row| lane(row, moment)).collect())
}

fn lane((host, failures, failing_since, scheme, known_until): LaneRow, now: NaiveDateTime) -> Lane {
    let is_rfc = scheme == SignatureScheme::Rfc9421.as_str() && known_until.is_some_and(|until| now < until);
    Lane {
        host,
        failures,
        failing_since: failing_since.map(|at| at.and_utc()),
        scheme: if is_rfc { SignatureScheme::Rfc9421 } else { SignatureScheme::Cavage },
    }
}

/// Prolongs the lease of a lane. False when another process has taken it meanwhile.
///
/// # Errors
/// When the store fails.
pub fn hold_longer(tx: &mut Tx<'_>, host: &str, holder: &str, until: Stamp) -> Result<bool, DbError> {
    let held = diesel::update(
        remote_hosts::table.filter(remote_hosts::host.eq(host)).filter(remote_hosts::held_by.eq(holder)),
    )
    .set(remote_hosts::held_until.eq(until.naive_utc()))
    .execute(tx.conn)?;
    Ok(held > 0)
}

/// Takes the rows of several hosts in the order of their names byte by byte, as `mark_waiting`
/// does, so that two processes never wait for each other. SQLite has one writer and needs no such
/// thing.
///
/// # Errors
/// When the store fails.
pub fn lock_hosts(tx: &mut Tx<'_>, hosts: &BTreeSet<&str>) -> Result<(), DbError> {
    if let AnyConnection::Postgres(c) = tx.conn {
        remote_hosts::table
            .filter(remote_hosts::host.eq_any(hosts.iter().copied()))
            .order(diesel::dsl::sql::<diesel::sql_types::Text>("host COLLATE \"C\""))
            .for_update()
            .select(remote_hosts::host)
            .load::<String>(c)?;
    }
    Ok(())
}

/// Gives lanes back and notes in each whether something still waits. Answers true when so in any.
///
/// # Errors
/// When the store fails.
pub fn release_lanes(tx: &mut Tx<'_>, hosts: &[String], holder: &str) -> Result<bool, DbError> {
    let mut is_waiting = false;
    for some in hosts.chunks(400) {
        // This statement takes the rows' locks: whoever stores a delivery for one of these hosts
        // has either committed it when the next statement looks, or marks the host afterwards.
        diesel::update(
            remote_hosts::table.filter(remote_hosts::host.eq_any(some)).filter(remote_hosts::held_by.eq(holder)),
        )
        .set((remote_hosts::held_until.eq(None::<NaiveDateTime>), remote_hosts::held_by.eq(None::<String>)))
        .execute(tx.conn)?;
        let busy: Vec<String> = deliveries::table
            .filter(deliveries::host.eq_any(some))
            .select(deliveries::host)
            .distinct()
            .load(tx.conn)?;
        let idle: Vec<&String> = some.iter().filter(|host| !busy.contains(host)).collect();
        diesel::update(remote_hosts::table.filter(remote_hosts::host.eq_any(idle)))
            .set(remote_hosts::is_waiting.eq(false))
            .execute(tx.conn)?;
        is_waiting |= !busy.is_empty();
    }
    Ok(is_waiting)
}

/// Gives back every lane. Only for a database that no other process serves.
///
/// # Errors
/// When the store fails.
pub fn release_all_lanes(tx: &mut Tx<'_>) -> Result<(), DbError> {
    diesel::update(remote_hosts::table.filter(remote_hosts::held_by.is_not_null()))
        .set((remote_hosts::held_until.eq(None::<NaiveDateTime>), remote_hosts::held_by.eq(None::<String>)))
        .execute(tx.conn)?;
    Ok(())
}

/// Notes that hosts took something.
///
/// # Errors
/// When the store fails.
pub fn note_success(tx: &mut Tx<'_>, hosts: &[String]) -> Result<(), DbError> {
    for some in hosts.chunks(400) {
        diesel::update(remote_hosts::table.filter(remote_hosts::host.eq_any(some)))
            .set((
                remote_hosts::failures.eq(0),
                remote_hosts::failing_since.eq(None::<NaiveDateTime>),
                remote_hosts::last_problem.eq(None::<String>),
                remote_hosts::last_success_at.eq(tx.now.naive_utc()),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// What a failure leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setback {
    /// The host that failed.
    pub host: String,
    /// How many in a row now.
    pub failures: i32,
    /// Since when.
    pub failing_since: Stamp,
    /// When to try again.
    pub next_try_at: Stamp,
    /// What happened, in plain words.
    pub problem: String,
    /// True after 14 days without an answer: nothing is tried until the host is heard from.
    pub is_resting: bool,
}

/// Notes that a host did not take something.
///
/// # Errors
/// When the store fails.
pub fn note_setback(tx: &mut Tx<'_>, setback: &Setback) -> Result<(), DbError> {
    diesel::update(remote_hosts::table.find(&setback.host))
        .set((
            remote_hosts::failures.eq(setback.failures),
            remote_hosts::failing_since.eq(setback.failing_since.naive_utc()),
            remote_hosts::next_try_at.eq(setback.next_try_at.naive_utc()),
            remote_hosts::last_problem.eq(&setback.problem),
            remote_hosts::is_resting.eq(setback.is_resting),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Remembers which signature scheme a host understood.
///
/// # Errors
/// When the store fails.
pub fn remember_scheme(tx: &mut Tx<'_>, host: &str, scheme: SignatureScheme, until: Stamp) -> Result<(), DbError> {
    diesel::update(remote_hosts::table.find(host))
        .set((
            remote_hosts::signature_scheme.eq(scheme.as_str()),
            remote_hosts::scheme_known_until.eq(until.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Wakes the lane of a host that sent us something: it is there again (F4). Cheap: nothing is
/// written for a host that does not fail.
///
/// # Errors
/// When the store fails.
pub fn heard_from(tx: &mut Tx<'_>, host: &str) -> Result<(), DbError> {
    let failing = remote_hosts::table
        .find(host)
        .filter(remote_hosts::is_resting.eq(true).or(remote_hosts::next_try_at.gt(tx.now.naive_utc())))
        .select(remote_hosts::is_waiting)
        .first::<bool>(tx.conn)
        .optional()?;
    if failing.is_none() {
        return Ok(());
    }
    diesel::update(remote_hosts::table.find(host))
        .set((remote_hosts::is_resting.eq(false), remote_hosts::next_try_at.eq(tx.now.naive_utc())))
        .execute(tx.conn)?;
    tx.wake_delivery();
    Ok(())
}

/// When the next lane that nobody holds becomes due, or the next lease ends, whichever is first.
/// Without `may_take_failing`, lanes of hosts that failed last time are left out.
///
/// # Errors
/// When the store fails.
pub fn find_next_due(conn: &mut AnyConnection, now: Stamp, may_take_failing: bool) -> Result<Option<Stamp>, DbError> {
    let moment = now.naive_utc();
    let waiting = || {
        let lanes = remote_hosts::table
            .filter(remote_hosts::is_waiting.eq(true))
            .filter(remote_hosts::is_resting.eq(false))
            .into_boxed::<AnyBackend>();
        if may_take_failing { lanes } else { lanes.filter(remote_hosts::failing_since.is_null()) }
    };
    // Each alone: a lane that is due but held must not hide one behind it that is free.
    let free: Option<NaiveDateTime> = waiting()
        .filter(remote_hosts::held_until.is_null().or(remote_hosts::held_until.le(moment)))
        .select(diesel::dsl::min(remote_hosts::next_try_at))
        .first(conn)?;
    let freed: Option<NaiveDateTime> = waiting()
        .filter(remote_hosts::held_until.gt(moment))
        .select(diesel::dsl::min(remote_hosts::held_until))
        .first(conn)?;
    Ok(free.into_iter().chain(freed).min().map(|at| at.and_utc()))
}

/// Forgets hosts that nothing waits for and that nobody follows from, so that the table stays
/// bounded by what is of use.
///
/// # Errors
/// When the store fails.
pub fn forget_strangers(tx: &mut Tx<'_>) -> Result<usize, DbError> {
    use super::schema::followers;
    let before = (tx.now - TimeDelta::days(7)).naive_utc();
    let followed = followers::table.filter(followers::host.eq(remote_hosts::host));
    let waiting = deliveries::table.filter(deliveries::host.eq(remote_hosts::host));
    Ok(diesel::delete(
        remote_hosts::table
            .filter(remote_hosts::is_waiting.eq(false))
            .filter(remote_hosts::held_by.is_null())
            .filter(remote_hosts::last_success_at.is_null().or(remote_hosts::last_success_at.lt(before)))
            .filter(remote_hosts::next_try_at.lt(before))
            .filter(diesel::dsl::not(diesel::dsl::exists(followed)))
            .filter(diesel::dsl::not(diesel::dsl::exists(waiting))),
    )
    .execute(tx.conn)?)
}
