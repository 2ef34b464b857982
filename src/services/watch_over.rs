//! Watch over the server itself: note that it lives, when it was down, when its clock was doubted
//! and when its data was put back from a backup. The minutes of votes tell of it.

use super::ServiceError;
use crate::App;
use crate::clock::Stamp;
use crate::clock::iso_seconds;
use crate::db::facts::{find_fact, set_fact};
use crate::db::{DbError, Tx, chain, heartbeats, incidents, members, polls, steward_log};
use crate::domain::chain::{EntryKind, restored};
use crate::domain::incident::{Incident, IncidentKind};
use crate::ids::{MemberId, random_receipt};
use chrono::TimeDelta;

/// A server that says nothing for this long was down.
const SILENCE: TimeDelta = TimeDelta::seconds(60);
/// The fact that counts the heartbeats of all processes. The same number is kept in a file outside
/// the database: where the file has more, the database is an older one.
const BEATS: &str = "heartbeats";
/// How far the count goes on at once when the data is found to be older: beyond what the files of
/// other processes know, so that only one of them tells of it.
const TOLD_ONCE: u64 = 1_000;
/// The fact that changes with each confirmation of the time by a steward.
const CONFIRMED: &str = "time_confirmed";

/// What a process brings to its heartbeat.
#[derive(Debug, Clone)]
pub struct Beat {
    /// Its name.
    pub process: String,
    /// The number in its file: how many heartbeats it knows of.
    pub known: Option<u64>,
    /// Whether a missing file means that the data was moved here without it.
    pub needs_file: bool,
    /// Since when it doubts its clock.
    pub doubts_since: Option<Stamp>,
}

/// What a heartbeat found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    /// The number for the file.
    pub beats: u64,
    /// True when the data is older than the file says.
    pub is_restored: bool,
    /// Since when the server had been down.
    pub was_down_since: Option<Stamp>,
    /// The word of the newest confirmation of the time.
    pub confirmation: Option<String>,
}

/// Notes that a process lives, and what it missed.
///
/// # Errors
/// The store's fault.
pub fn beat(tx: &mut Tx<'_>, beat: &Beat) -> Result<Pulse, DbError> {
    let beats: u64 = find_fact(tx.conn, BEATS)?.and_then(|text| text.parse().ok()).unwrap_or(0);
    let before = heartbeats::find_latest(tx.conn)?;
    let is_first = heartbeats::beat(tx, &beat.process)?;
    // A process need not have been started for that: PostgreSQL is put back while it runs, and the row
    // of the process may be in the backup.
    let is_restored = match beat.known {
        Some(known) => beats < known,
        None => beat.needs_file && is_first && beats > 0,
    };
    let silent_since = before.filter(|&at| tx.now - at > SILENCE);
    if is_restored {
        note_restored(tx, before)?;
    } else if let Some(began_at) = silent_since {
        let down = Incident { kind: IncidentKind::Down, began_at, ended_at: Some(tx.now) };
        incidents::note_incident(tx, &down)?;
    }
    note_doubt(tx, beat.doubts_since)?;
    let beats = if is_restored { beats.max(beat.known.unwrap_or(0)) + TOLD_ONCE } else { beats + 1 };
    set_fact(tx, BEATS, &beats.to_string())?;
    let confirmation = find_fact(tx.conn, CONFIRMED)?;
    Ok(Pulse { beats, is_restored, was_down_since: silent_since.filter(|_| !is_restored), confirmation })
}

/// The vote goes on with what is left of it, and its chain says so: the head that other servers
/// were told shows the gap.
fn note_restored(tx: &mut Tx<'_>, before: Option<Stamp>) -> Result<(), DbError> {
    let began_at = before.unwrap_or(tx.now).min(tx.now);
    incidents::note_incident(tx, &Incident { kind: IncidentKind::Restored, began_at, ended_at: Some(tx.now) })?;
    let entry = restored(&iso_seconds(tx.now));
    for id in polls::list_amendment_polls(tx.conn)? {
        let poll = polls::hold_poll(tx, id)?;
        if poll.is_some_and(|poll| poll.closed_at.is_none() && poll.commitment.is_some()) {
            chain::append(tx, id, EntryKind::Restored, &entry)?;
        }
    }
    Ok(())
}

fn note_doubt(tx: &mut Tx<'_>, since: Option<Stamp>) -> Result<(), DbError> {
    let is_noted = incidents::has_open(tx.conn, IncidentKind::Clock)?;
    match since {
        Some(began_at) if !is_noted => {
            incidents::note_incident(tx, &Incident { kind: IncidentKind::Clock, began_at, ended_at: None })
        }
        None if is_noted => incidents::end_incidents(tx, IncidentKind::Clock).map(drop),
        _ => Ok(()),
    }
}

/// A steward says that the machine's clock is right. It holds for every process.
///
/// # Errors
/// Forbidden to others than stewards, or the store's fault.
pub fn confirm_time(tx: &mut Tx<'_>, by: MemberId) -> Result<(), ServiceError> {
    if !members::member(tx.conn, by)?.is_steward {
        return Err(ServiceError::Forbidden("Only a steward may confirm the time.".to_owned()));
    }
    set_fact(tx, CONFIRMED, &random_receipt())?;
    steward_log::record_act(tx, by, "confirmed the time of the server", "")?;
    Ok(())
}

/// The same from the web: this process believes it at once.
///
/// # Errors
/// As [`confirm_time`].
pub async fn confirm_time_here(app: &App, by: MemberId) -> Result<(), ServiceError> {
    app.write(move |tx| confirm_time(tx, by)).await?;
    app.time.confirm();
    Ok(())
}
