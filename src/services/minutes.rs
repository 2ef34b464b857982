//! The minutes of a decided vote, put together for the page, the API and whoever asks (A8, A9, A11).
//! Everything in them is frozen but the counts of late votes, which go on arriving.

use super::ServiceError;
use crate::db::amendments::{self, Amendment};
use crate::db::documents::{self, Document};
use crate::db::objections::{Objection, list_objections};
use crate::db::polls::{self, Frozen, Poll};
use crate::db::results::{PollResult, find_result};
use crate::db::{AnyConnection, ballots, chain, incidents, members};
use crate::domain::amendment::Change;
use crate::domain::ballot::Uncounted;
use crate::domain::incident::{Incident, IncidentKind};
use crate::domain::tally::Tally;
use crate::ids::PollId;
use chrono::TimeDelta;
use serde_json::Value;

/// What the minutes of a vote tell.
#[derive(Debug, Clone)]
pub struct Minutes {
    /// The vote.
    pub poll: Poll,
    /// What froze at its opening.
    pub frozen: Frozen,
    /// What it decided.
    pub amendment: Amendment,
    /// The document, as it is now.
    pub document: Document,
    /// The text before and after.
    pub changes: Vec<Change>,
    /// The result.
    pub result: PollResult,
    /// Votes that did not count, by reason, up to now.
    pub uncounted: Vec<(Uncounted, u32)>,
    /// Votes of supporters; when there were three or more.
    pub soundings: Option<Tally>,
    /// What happened to the server from the opening to the close.
    pub incidents: Vec<Incident>,
    /// The head of the chain after the close.
    pub chain_head: Option<String>,
    /// False when the ballots were changed in the database before the close.
    pub is_as_sealed: bool,
    /// The objections that stood beside the ballot (A14).
    pub objections: Vec<Objection>,
    /// Who proposed it; for members only (J5).
    pub mover: String,
    /// Who backed it; for members only (J5).
    pub backers: Vec<String>,
}

impl Minutes {
    /// For how long no process of the server lived while the vote was open.
    pub fn downtime(&self) -> TimeDelta {
        let (opens_at, closes_at) = (self.poll.opens_at, self.poll.closes_at);
        let within = |incident: &Incident| {
            let ended_at = incident.ended_at.unwrap_or(closes_at).min(closes_at);
            (ended_at - incident.began_at.max(opens_at)).max(TimeDelta::zero())
        };
        self.incidents.iter().filter(|incident| incident.kind == IncidentKind::Down).map(within).sum()
    }
}

/// The minutes of a closed vote on an amendment.
///
/// # Errors
/// Not found before there is a result, and for advisory polls.
pub fn minutes(conn: &mut AnyConnection, id: PollId) -> Result<Minutes, ServiceError> {
    let result = find_result(conn, id)?.ok_or(ServiceError::NotFound("minutes"))?;
    let poll = polls::poll(conn, id)?;
    let frozen = poll.frozen.clone().ok_or(ServiceError::NotFound("minutes"))?;
    let amendment = amendments::amendment(conn, result.amendment_id)?;
    let record: Value = serde_json::from_str(&result.record_json).unwrap_or_default();
    let backers = amendments::list_backers(conn, amendment.id)?;
    Ok(Minutes {
        document: documents::document(conn, amendment.document_id)?,
        changes: amendments::list_changes(conn, amendment.id)?,
        uncounted: ballots::list_uncounted(conn, id)?,
        soundings: record.get("soundings").and_then(tally),
        incidents: incidents::list_incidents(conn, poll.opens_at, result.closed_at)?,
        chain_head: chain::find_head(conn, id)?,
        is_as_sealed: record.get("is_as_sealed") != Some(&Value::Bool(false)),
        objections: list_objections(conn, amendment.id)?,
        mover: members::member(conn, amendment.proposer_id)?.name,
        backers: members::list_members(conn, &backers)?.into_iter().map(|member| member.name).collect(),
        poll,
        frozen,
        amendment,
        result,
    })
}

fn tally(totals: &Value) -> Option<Tally> {
    let total = |option: &str| totals.get(option).and_then(Value::as_u64);
    Some(Tally { votes_for: total("For")?, against: total("Against")?, abstain: total("Abstain")? })
}
