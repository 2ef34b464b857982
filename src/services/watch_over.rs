//! Watch over the server itself: note that it lives, when it was down, when its clock was doubted
//! and when its data was put back from a backup. The minutes of votes tell of it.

use super::ServiceError;
use super::confirm_time::{Word, last_word};
use super::tell_member::tell_stewards;
use crate::clock::{Cause, Doubt, Ended, Stamp, iso_seconds};
use crate::db::facts::{find_fact, set_fact};
use crate::db::heartbeats::{self, SILENCE};
use crate::db::{AnyConnection, DbError, Tx, chain, inbox_doubt, incidents, polls};
use crate::domain::chain::{EntryKind, restored};
use crate::domain::incident::{Incident, IncidentKind};
use chrono::SubsecRound as _;

/// The fact that counts the heartbeats of all processes. The same number is kept in a file outside
/// the database: where the file has more, the database is an older one.
const BEATS: &str = "heartbeats";
/// How far the count goes on at once when the data is found to be older: beyond what the files of
/// other processes know, so that only one of them tells of it.
const TOLD_ONCE: u64 = 1_000;

/// What a process brings to its heartbeat.
#[derive(Debug, Clone)]
pub struct Beat {
    /// Its name.
    pub process: String,
    /// The number in its file: how many heartbeats it knows of.
    pub known: Option<u64>,
    /// Whether a missing file means that the data was moved here without it.
    pub needs_file: bool,
    /// Whether it was silent for long itself, by a clock that nobody can set; or begins now.
    pub was_silent: bool,
    /// What is wrong with its clock.
    pub doubt: Option<Doubt>,
    /// Doubts that ended since the last heartbeat.
    pub ended: Vec<Ended>,
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
}

/// What the store knows of the time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The latest heartbeat of any process.
    pub latest: Option<Stamp>,
    /// What time it is by other processes that do not doubt their clocks.
    pub others: Option<Stamp>,
    /// What the clock of a database says that several processes may share.
    pub database: Option<Stamp>,
    /// What stewards said of the time last.
    pub word: Word,
}

/// Reads what the store knows of the time, before the heartbeat of a process.
///
/// # Errors
/// The store's fault.
pub fn standing(conn: &mut AnyConnection, process: &str) -> Result<Standing, DbError> {
    Ok(Standing {
        latest: heartbeats::find_latest(conn)?,
        others: heartbeats::find_time_of_others(conn, process)?,
        database: heartbeats::database_time(conn)?,
        word: last_word(conn)?,
    })
}

/// Notes that a process lives, and what it missed.
///
/// # Errors
/// The store's fault.
pub fn beat(tx: &mut Tx<'_>, beat: &Beat) -> Result<Pulse, ServiceError> {
    let beats: u64 = find_fact(tx.conn, BEATS)?.and_then(|text| text.parse().ok()).unwrap_or(0);
    let before = heartbeats::find_latest(tx.conn)?;
    let is_first = heartbeats::beat(tx, &beat.process, beat.doubt.as_ref())?;
    // A process need not have been started for that: PostgreSQL is put back while it runs, and the row
    // of the process may be in the backup.
    let is_restored = match beat.known {
        Some(known) => beats < known,
        None => beat.needs_file && is_first && beats > 0,
    };
    let was_down_since = before.filter(|&at| !is_restored && was_silent(tx, beat, at));
    if is_restored {
        note_restored(tx, &beat.process, before)?;
    } else if let Some(began_at) = was_down_since {
        note(tx, &beat.process, IncidentKind::Down, (began_at, Some(tx.now)))?;
    }
    note_doubts(tx, beat, is_first)?;
    if beat.doubt.is_none() {
        inbox_doubt::decide(tx)?;
    }
    let beats = if is_restored { beats.max(beat.known.unwrap_or(0)) + TOLD_ONCE } else { beats + 1 };
    set_fact(tx, BEATS, &beats.to_string())?;
    Ok(Pulse { beats, is_restored, was_down_since })
}

/// A clock that was set ahead is no absence, and one that nobody can vouch for may lie about it.
fn was_silent(tx: &Tx<'_>, beat: &Beat, before: Stamp) -> bool {
    beat.was_silent && beat.doubt.is_none() && tx.now - before > SILENCE
}

fn note(
    tx: &mut Tx<'_>,
    process: &str,
    kind: IncidentKind,
    (began_at, ended_at): (Stamp, Option<Stamp>),
) -> Result<(), DbError> {
    incidents::note_incident(tx, process, &Incident { kind, began_at, ended_at })
}

/// The vote goes on with what is left of it, and its chain says so: the head that other servers
/// were told shows the gap.
fn note_restored(tx: &mut Tx<'_>, process: &str, before: Option<Stamp>) -> Result<(), DbError> {
    let began_at = before.unwrap_or(tx.now).min(tx.now);
    note(tx, process, IncidentKind::Restored, (began_at, Some(tx.now)))?;
    let entry = restored(&iso_seconds(tx.now));
    for id in polls::list_votes(tx.conn)? {
        let poll = polls::hold_poll(tx, id)?;
        if poll.is_some_and(|poll| poll.closed_at.is_none()) && chain::find_head(tx.conn, id)?.is_some() {
            chain::append(tx, id, EntryKind::Restored, &entry)?;
        }
    }
    Ok(())
}

/// Notes doubts that are over as what they turned out to be, each once: times without the server, or a clock
/// that was wrong. The close of a vote does not wait for the next heartbeat with it, because its minutes tell
/// them.
///
/// # Errors
/// The store's fault.
pub(super) fn note_ended(tx: &mut Tx<'_>, process: &str, ended: &[Ended]) -> Result<(), DbError> {
    for ended in ended {
        // As exactly as both databases keep it.
        let since = ended.doubt.since.trunc_subsecs(6);
        match ended.doubt.cause {
            Cause::Absence { started_at } if ended.was_right => {
                let is_long = started_at - since > SILENCE;
                if is_long && !is_noted(tx, IncidentKind::Down, (since, started_at))? {
                    note(tx, process, IncidentKind::Down, (since, Some(started_at)))?;
                }
            }
            _ => {
                let until = ended.until().trunc_subsecs(6).max(since);
                if !is_noted(tx, IncidentKind::Clock, (since, until))? {
                    note(tx, process, IncidentKind::Clock, (since, Some(until)))?;
                }
            }
        }
    }
    Ok(())
}

/// Whether something of a kind is noted that holds all of this time.
fn is_noted(tx: &mut Tx<'_>, kind: IncidentKind, (from, to): (Stamp, Stamp)) -> Result<bool, DbError> {
    let holds = |known: &Incident| {
        known.kind == kind && known.began_at <= from && known.ended_at.is_none_or(|ended_at| ended_at >= to)
    };
    Ok(incidents::list_incidents(tx.conn, from, to)?.iter().any(holds))
}

fn note_doubts(tx: &mut Tx<'_>, beat: &Beat, is_first: bool) -> Result<(), ServiceError> {
    let process = beat.process.as_str();
    if is_first {
        let living = heartbeats::list_living(tx.conn, process)?;
        incidents::end_doubts_of_the_dead(tx, &living)?;
    }
    for ended in &beat.ended {
        if !(ended.was_right && matches!(ended.doubt.cause, Cause::Absence { .. })) {
            incidents::end_doubt(tx, process, ended.until().max(ended.doubt.since))?;
        }
    }
    note_ended(tx, process, &beat.ended)?;
    // Whether an absence was one is told when it is known.
    if let Some(doubt) = beat.doubt.filter(|doubt| doubt.cause == Cause::Jump)
        && !incidents::is_doubt_noted(tx.conn, process)?
    {
        note(tx, process, IncidentKind::Clock, (doubt.since, None))?;
        let sentence =
            "The clock of the server is in doubt, so no vote is opened or closed. Please look whether it is right.";
        tell_stewards(tx, sentence, "/steward/time")?;
    }
    Ok(())
}
