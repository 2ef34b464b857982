//! The history of one clause: each version that changed it, with the amendment and the vote that
//! did (rule A1).

use super::amendments::{Amendment, count_backers_at, find_amendment, list_backers};
use super::connection::AnyConnection;
use super::documents::{Version, list_clauses, list_states_of_clause, list_versions};
use super::error::DbError;
use super::polls;
use super::results::{PollResult, find_result};
use crate::domain::document::{Clause, ClauseStep, compare};
use crate::ids::{ClauseId, DocumentId, MemberId};

/// What one version did to a clause.
#[derive(Debug, Clone)]
pub struct ClauseEvent {
    /// What happened.
    pub step: ClauseStep,
    /// The version that brought it.
    pub version: Version,
    /// As the clause was before.
    pub old: Option<Clause>,
    /// As it was afterwards.
    pub new: Option<Clause>,
    /// How it was decided; nothing for an import.
    pub passed: Option<Passed>,
}

/// The amendment that brought a version.
#[derive(Debug, Clone)]
pub struct Passed {
    /// The amendment.
    pub amendment: Amendment,
    /// Who backed it. Who that is, is for members only (J5).
    pub backers: Vec<MemberId>,
    /// How many backed it when its vote opened, those included who left since.
    pub backers_count: u32,
    /// How the vote went.
    pub result: Option<PollResult>,
}

/// What happened to a clause, the latest first; nothing when the document never had it.
///
/// # Errors
/// The store's fault.
pub fn clause_history(
    conn: &mut AnyConnection,
    document: DocumentId,
    clause: ClauseId,
) -> Result<Vec<ClauseEvent>, DbError> {
    let states = list_states_of_clause(conn, document, clause)?;
    let mut versions = list_versions(conn, document)?;
    versions.reverse();
    let mut events = Vec::new();
    let mut before: Option<(Version, Option<Clause>)> = None;
    for version in versions {
        let new = states.iter().find(|(id, _)| *id == version.id).map(|(_, state)| state.clone());
        let (last, old) = before.map_or((None, None), |(version, state)| (Some(version), state));
        if let Some(step) = step_between(conn, last.as_ref(), &version, (old.as_ref(), new.as_ref()))? {
            let passed = passed(conn, &version)?;
            events.push(ClauseEvent { step, version: version.clone(), old, new: new.clone(), passed });
        }
        before = Some((version, new));
    }
    events.reverse();
    Ok(events)
}

fn step_between(
    conn: &mut AnyConnection,
    last: Option<&Version>,
    version: &Version,
    states: (Option<&Clause>, Option<&Clause>),
) -> Result<Option<ClauseStep>, DbError> {
    match (last, states) {
        (_, (None, None)) => Ok(None),
        (None, _) | (_, (None, _)) => Ok(Some(ClauseStep::Added)),
        (_, (_, None)) => Ok(Some(ClauseStep::Removed)),
        (Some(last), (Some(old), Some(new))) => {
            // A number tells that a clause stands among its neighbours as before; of text without one
            // the place does, but it may have moved only because others came or went.
            let is_in_place = old.number == new.number && (!new.number.is_empty() || old.position == new.position);
            if old.text == new.text && old.parent == new.parent && is_in_place {
                return Ok(None);
            }
            let (was, is) = (list_clauses(conn, last.id)?, list_clauses(conn, version.id)?);
            Ok(compare(&was, &is).into_iter().find(|one| one.new.as_ref() == Some(new)).and_then(|one| one.step))
        }
    }
}

fn passed(conn: &mut AnyConnection, version: &Version) -> Result<Option<Passed>, DbError> {
    let Some(id) = version.amendment_id else { return Ok(None) };
    let Some(amendment) = find_amendment(conn, id)? else { return Ok(None) };
    let Some(poll) = amendment.poll_id else { return Ok(None) };
    let opened_at = polls::poll(conn, poll)?.opens_at;
    Ok(Some(Passed {
        backers: list_backers(conn, id)?,
        backers_count: count_backers_at(conn, id, opened_at)?,
        result: find_result(conn, poll)?,
        amendment,
    }))
}
