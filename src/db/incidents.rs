//! What happened to the server itself: times without it, a wrong clock, a return from a backup.

use super::connection::AnyConnection;
use super::schema::incidents;
use super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::domain::incident::{Incident, IncidentKind};
use chrono::NaiveDateTime;
use diesel::prelude::*;

type Row = (String, NaiveDateTime, Option<NaiveDateTime>);

fn incident((kind, began_at, ended_at): Row) -> Result<Incident, DbError> {
    Ok(Incident {
        kind: convert::word(&kind, IncidentKind::stored)?,
        began_at: began_at.and_utc(),
        ended_at: ended_at.map(|at| at.and_utc()),
    })
}

/// What happened at any moment between the two, the first first.
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
    rows.into_iter().map(incident).collect()
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

/// Notes what happened.
///
/// # Errors
/// The store's fault.
pub fn note_incident(tx: &mut Tx<'_>, incident: &Incident) -> Result<(), DbError> {
    diesel::insert_into(incidents::table)
        .values((
            incidents::id.eq(tx.next_id().to_string()),
            incidents::kind.eq(incident.kind.as_str()),
            incidents::began_at.eq(incident.began_at.naive_utc()),
            incidents::ended_at.eq(incident.ended_at.map(|at| at.naive_utc())),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Whether something of this kind lasts.
///
/// # Errors
/// The store's fault.
pub fn has_open(conn: &mut AnyConnection, kind: IncidentKind) -> Result<bool, DbError> {
    let open = incidents::table.filter(incidents::kind.eq(kind.as_str())).filter(incidents::ended_at.is_null());
    Ok(open.select(incidents::id).first::<String>(conn).optional()?.is_some())
}

/// Ends what lasts of this kind; answers whether anything did.
///
/// # Errors
/// The store's fault.
pub fn end_incidents(tx: &mut Tx<'_>, kind: IncidentKind) -> Result<bool, DbError> {
    let ended = diesel::update(
        incidents::table.filter(incidents::kind.eq(kind.as_str())).filter(incidents::ended_at.is_null()),
    )
    .set(incidents::ended_at.eq(Some(tx.now.naive_utc())))
    .execute(tx.conn)?;
    Ok(ended > 0)
}
