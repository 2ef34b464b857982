//! The minutes of a vote with a roll, put together for the page, the API and whoever asks (A8, A9,
//! A11). They tell what the record holds, which is frozen and hashed; live are only the count of late votes,
//! which go on arriving, and names, which go with whoever leaves.

use super::ServiceError;
use crate::clock::Stamp;
use crate::db::amendments::{self, Amendment};
use crate::db::ballot_secrecy::list_ballots;
use crate::db::ballots::Ballot;
use crate::db::documents::{self, Document};
use crate::db::lead_nominations::find_nomination_of_poll;
use crate::db::local_actors::{LocalActor, actor};
use crate::db::polls::{self, Frozen, Poll};
use crate::db::results::{PollResult, find_record, find_result};
use crate::db::{AnyConnection, ballots, chain, members};
use crate::domain::amendment::Change;
use crate::domain::ballot::Uncounted;
use crate::domain::incident::{Incident, IncidentKind};
use crate::domain::nomination::NominationState;
use crate::domain::outcome::Outcome;
use crate::domain::record::{Fault, faults_in};
use crate::domain::tally::Tally;
use crate::ids::PollId;
use chrono::{DateTime, TimeDelta};
use serde_json::Value;

/// What the minutes of a vote tell.
#[derive(Debug, Clone)]
pub struct Minutes {
    /// The vote.
    pub poll: Poll,
    /// What froze at its opening.
    pub frozen: Frozen,
    /// The result.
    pub result: PollResult,
    /// What it decided.
    pub subject: Subject,
    /// When the result was worked out, at the end or later.
    pub counted_at: Stamp,
    /// Votes that did not count, by reason, up to the close.
    pub uncounted: Vec<(Uncounted, u32)>,
    /// Those that arrived afterwards, up to now.
    pub uncounted_since: Vec<(Uncounted, u32)>,
    /// Votes of supporters; when there were three or more.
    pub soundings: Option<Tally>,
    /// What happened to the server from the opening to the close.
    pub incidents: Vec<Incident>,
    /// What did not hold at the close; such a vote decided nothing.
    pub faults: Vec<Fault>,
    /// The objections that stood beside the ballot, each with its answer (A14).
    pub objections: Vec<(String, Option<String>)>,
    /// The head of the chain after the close.
    pub chain_head: Option<String>,
    /// The ballots in the order of their receipts, when they are few enough to be read on a page.
    pub ballots: Vec<Ballot>,
}

/// What a vote decided.
#[derive(Debug, Clone)]
pub enum Subject {
    /// An amendment of a document.
    Amendment(Box<Amended>),
    /// Who leads a cabal.
    Lead {
        /// The cabal.
        cabal: Box<LocalActor>,
        /// Whether its nominee leads it since.
        is_elected: bool,
    },
}

/// An amendment that was voted on.
#[derive(Debug, Clone)]
pub struct Amended {
    /// The amendment.
    pub amendment: Amendment,
    /// The document, as it is now.
    pub document: Document,
    /// The text before and after.
    pub changes: Vec<Change>,
    /// Who proposed it; for members only (J5).
    pub mover: String,
    /// Who backed it and is still here; for members only (J5).
    pub backers: Vec<String>,
    /// How many backed it when its vote opened.
    pub backers_count: u32,
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

    /// The words of what a ballot says.
    pub fn choice(&self, ballot: &Ballot) -> &str {
        let chosen = self.poll.options.iter().find(|option| ballot.choices.has(option.position));
        chosen.map_or("", |option| option.name.as_str())
    }

    /// The amendment, when it was one.
    pub fn amended(&self) -> Option<&Amended> {
        match &self.subject {
            Subject::Amendment(amended) => Some(amended),
            Subject::Lead { .. } => None,
        }
    }

    /// What came of the vote.
    pub fn outcome(&self) -> Outcome {
        let is_elected = match self.subject {
            Subject::Amendment(_) => None,
            Subject::Lead { is_elected, .. } => Some(is_elected),
        };
        outcome(&self.result, is_elected)
    }
}

/// The result of a vote and what came of it, once it is closed.
///
/// # Errors
/// The store's fault.
pub fn find_outcome(conn: &mut AnyConnection, id: PollId) -> Result<Option<(PollResult, Outcome)>, ServiceError> {
    let Some(result) = find_result(conn, id)? else { return Ok(None) };
    let is_elected = match result.amendment_id {
        Some(_) => None,
        None => Some(is_elected(conn, id)?),
    };
    let outcome = outcome(&result, is_elected);
    Ok(Some((result, outcome)))
}

fn is_elected(conn: &mut AnyConnection, id: PollId) -> Result<bool, ServiceError> {
    let state = find_nomination_of_poll(conn, id)?.map(|nomination| nomination.state);
    Ok(state == Some(NominationState::Elected))
}

/// What came of a vote; `is_elected` tells of one on a lead whether its nominee leads since.
pub fn outcome(result: &PollResult, is_elected: Option<bool>) -> Outcome {
    let is_void = !faults_in(&result.minutes_json).is_empty();
    match is_elected {
        None => Outcome::of_amendment(is_void, result.is_carried, result.version_id.is_some()),
        Some(leads) => Outcome::of_lead(is_void, result.is_carried, leads),
    }
}

/// The most ballots that are listed on a page; the record holds them all.
const MOST_LISTED: u32 = 500;

/// The minutes of a closed vote.
///
/// # Errors
/// Not found before there is a result, and for advisory polls.
pub fn minutes(conn: &mut AnyConnection, id: PollId) -> Result<Minutes, ServiceError> {
    let result = find_result(conn, id)?.ok_or(ServiceError::NotFound("minutes"))?;
    let poll = polls::poll(conn, id)?;
    let frozen = poll.frozen.clone().ok_or(ServiceError::NotFound("minutes"))?;
    let told = told(conn, &result)?;
    let uncounted = uncounted(&told);
    let now = ballots::list_uncounted(conn, id)?;
    let before = |reason| uncounted.iter().find(|(told, _)| *told == reason).map_or(0, |(_, total)| *total);
    let since = now.into_iter().map(|(reason, total)| (reason, total.saturating_sub(before(reason))));
    Ok(Minutes {
        subject: subject(conn, &poll)?,
        counted_at: text(&told, "closed_at").and_then(stamp).unwrap_or(result.closed_at),
        uncounted_since: since.filter(|(_, total)| *total > 0).collect(),
        soundings: told.get("soundings").and_then(tally),
        incidents: list(&told, "incidents").filter_map(Incident::read).collect(),
        faults: list(&told, "faults").filter_map(|fault| Fault::stored(fault.as_str()?)).collect(),
        objections: list(&told, "objections").filter_map(objection).collect(),
        chain_head: chain::find_head(conn, id)?,
        ballots: if poll.voters_count > MOST_LISTED { Vec::new() } else { list_ballots(conn, id)? },
        uncounted,
        poll,
        frozen,
        result,
    })
}

/// What the record tells beside the ballots. The first kinds of records hold it among them.
fn told(conn: &mut AnyConnection, result: &PollResult) -> Result<Value, ServiceError> {
    let json = match result.minutes_json.as_str() {
        "" => find_record(conn, result.poll_id)?.unwrap_or_default(),
        minutes => minutes.to_owned(),
    };
    Ok(serde_json::from_str(&json).unwrap_or_default())
}

fn subject(conn: &mut AnyConnection, poll: &Poll) -> Result<Subject, ServiceError> {
    let Some(id) = poll.amendment_id else {
        let is_elected = is_elected(conn, poll.id)?;
        return Ok(Subject::Lead { cabal: Box::new(actor(conn, poll.actor_id)?), is_elected });
    };
    let amendment = amendments::amendment(conn, id)?;
    let backers = amendments::list_backers(conn, id)?;
    Ok(Subject::Amendment(Box::new(Amended {
        document: documents::document(conn, amendment.document_id)?,
        changes: amendments::list_changes(conn, id)?,
        mover: members::member(conn, amendment.proposer_id)?.name,
        backers: members::list_members(conn, &backers)?.into_iter().map(|member| member.name).collect(),
        backers_count: amendments::count_backers_at(conn, id, poll.opens_at)?,
        amendment,
    })))
}

fn text<'a>(told: &'a Value, key: &str) -> Option<&'a str> {
    told.get(key).and_then(Value::as_str)
}

fn list<'a>(told: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    told.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn stamp(text: &str) -> Option<Stamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc())
}

fn uncounted(told: &Value) -> Vec<(Uncounted, u32)> {
    let by_reason = told.get("uncounted").and_then(Value::as_object);
    let read =
        |(reason, total): (&String, &Value)| Some((Uncounted::stored(reason)?, u32::try_from(total.as_u64()?).ok()?));
    by_reason.into_iter().flatten().filter_map(read).collect()
}

fn objection(told: &Value) -> Option<(String, Option<String>)> {
    Some((text(told, "reason")?.to_owned(), text(told, "answer").map(str::to_owned)))
}

fn tally(totals: &Value) -> Option<Tally> {
    let total = |option: &str| totals.get(option).and_then(Value::as_u64);
    Some(Tally { votes_for: total("For")?, against: total("Against")?, abstain: total("Abstain")? })
}
