//! What happened to the server itself: times without it, a wrong clock, a return from a backup.

use super::connection::AnyConnection;
use super::schema::incidents;
use super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::domain::incident::{Incident, IncidentKind, merged};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// What is noted of clocks that are in doubt, for a query that goes on.
macro_rules! open_doubts {
    () => {
        incidents::table.filter(incidents::kind.eq("clock")).filter(incidents::ended_at.is_null())
    };
}

type Row = (String, NaiveDateTime, Option<NaiveDateTime>);

fn incident((kind, began_at, ended_at): Row) -> Result<Incident, DbError> {
    Ok(Incident {
        kind: convert::word(&kind, IncidentKind::stored)?,
        began_at: began_at.and_utc(),
        ended_at: ended_at.map(|at| at.and_utc()),
    })
}

/// What happened at any moment between the two, each thing once, the first first.
///
/// # Errors
/// The store's fault.
pub fn list_incidents(conn: &mut AnyConnection, from: Stamp, to: Stamp) -> Result<Vec<Incident>, DbError> {
    let rows: Vec<Row> = incidents::table
        .filter(incidents::began_at.le(to.naive_utc()))
        .filter(incidents::ended_at.is_null().or(incidents::ended_at.ge(from.naive_utc())))
        .order((incidents::began_at, incidents::id))
        .select((incidents::kind, incidents::began_at, incidents::ended_at))
        .load(conn)?;
    Ok(merged(rows.into_iter().map(incident).collect::<Result<_, _>>()?))
}

/// The newest incidents first.
///
/// # Errors
/// The store's fault.
pub fn list_newest(conn: &mut AnyConnection, limit: i64) -> Result<Vec<Incident>, DbError> {
    let rows: Vec<Row> = incidents::table
        .order((incidents::began_at.desc(), incidents::id.desc()))
        .limit(limit)
        .select((incidents::kind, incidents::began_at, incidents::ended_at))
        .load(conn)?;
    rows.into_iter().map(incident).collect()
}

/// Notes what happened, as this process saw it.
///
/// # Errors
/// The store's fault.
pub fn note_incident(tx: &mut Tx<'_>, process: &str, incident: &Incident) -> Result<(), DbError> {
    diesel::insert_into(incidents::table)
        .values((
            incidents::id.eq(tx.next_id().to_string()),
            incidents::kind.eq(incident.kind.as_str()),
            incidents::began_at.eq(incident.began_at.naive_utc()),
            incidents::ended_at.eq(incident.ended_at.map(|at| at.naive_utc())),
            incidents::process.eq(process),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Whether the clock of this process is noted to be in doubt.
///
/// # Errors
/// The store's fault.
pub fn is_doubt_noted(conn: &mut AnyConnection, process: &str) -> Result<bool, DbError> {
    let open = open_doubts!().filter(incidents::process.eq(process));
    Ok(open.select(incidents::id).first::<String>(conn).optional()?.is_some())
}

/// Ends at this moment what is noted of the clock of this process, if anything is.
///
/// # Errors
/// The store's fault.
pub fn end_doubt(tx: &mut Tx<'_>, process: &str, at: Stamp) -> Result<(), DbError> {
    diesel::update(open_doubts!().filter(incidents::process.eq(process)))
        .set(incidents::ended_at.eq(Some(at.naive_utc())))
        .execute(tx.conn)?;
    Ok(())
}

/// Ends what processes noted of their clocks that live no longer.
///
/// # Errors
/// The store's fault.
pub fn end_doubts_of_the_dead(tx: &mut Tx<'_>, living: &[String]) -> Result<(), DbError> {
    let dead = incidents::process.is_null().or(incidents::process.ne_all(living));
    diesel::update(open_doubts!().filter(dead))
        .set(incidents::ended_at.eq(Some(tx.certain().naive_utc())))
        .execute(tx.conn)?;
    Ok(())
}
