//! Verify a closed vote: its result, its record, its minutes, its ballots, the end of its chain and
//! what other servers were told, against one another. Reads only.

use super::ServiceError;
use super::vote_proof::Proof;
use crate::clock::Stamp;
use crate::db::ballot_secrecy::each_ballot;
use crate::db::objections::list_objections;
use crate::db::polls::{Frozen, Poll};
use crate::db::results::{PollResult, find_record};
use crate::db::{AnyConnection, ballots, chain, documents, incidents, posts};
use crate::domain::ballot::{Choices, totals};
use crate::domain::chain::{EntryKind, closing};
use crate::domain::incident::Incident;
use crate::domain::record::{Fault, canonical_json, sha256_hex};
use crate::domain::tally::Tally;
use chrono::{DateTime, SubsecRound as _};
use serde_json::{Value, json};

/// The first version of the record that tells everything about a vote.
const WHOLE: u64 = 3;

/// The vote, its result and what stands beside it, as they are compared.
struct Closed<'a> {
    poll: &'a Poll,
    frozen: &'a Frozen,
    proof: &'a Proof,
    result: &'a PollResult,
    record: Value,
    totals: Vec<u32>,
}

/// The first thing about a closed vote that does not hold.
///
/// # Errors
/// The store's fault.
pub(super) fn fault_of_closed(
    conn: &mut AnyConnection,
    (poll, frozen): (&Poll, &Frozen),
    (proof, result): (&Proof, &PollResult),
) -> Result<Option<String>, ServiceError> {
    let text = find_record(conn, poll.id)?.unwrap_or_default();
    if result.record_sha256 != sha256_hex(&text) {
        return Ok(Some("its record is not the one of its hash".to_owned()));
    }
    let record: Value = serde_json::from_str(&text).unwrap_or_default();
    let totals = totals(&ballots::count_ballots(conn, poll.id)?, poll.options.len());
    let closed = Closed { poll, frozen, proof, result, record, totals };
    let mut found = closed.counts(conn)?;
    found = found.or(closed.outcome(conn)?);
    found = found.or(closed.what_stood_beside(conn)?);
    found = found.or(closed.end_of_chain(conn)?);
    found = found.or(closed.what_was_told(conn)?);
    Ok(found.map(str::to_owned).or_else(|| closed.own_word()))
}

/// The sentence of the first check that does not hold.
fn first(checks: &[(bool, &'static str)]) -> Option<&'static str> {
    checks.iter().find(|(holds, _)| !holds).map(|(_, sentence)| *sentence)
}

impl Closed<'_> {
    fn is_whole(&self) -> bool {
        self.record.get("version").and_then(Value::as_u64).is_some_and(|version| version >= WHOLE)
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.record.get(key).and_then(Value::as_u64)
    }

    /// Ballots, totals and who took part.
    fn counts(&self, conn: &mut AnyConnection) -> Result<Option<&'static str>, ServiceError> {
        let voters = ballots::count_voters(conn, self.poll.id)?;
        let shown: Vec<u32> = self.poll.options.iter().map(|option| option.total).collect();
        let is_recorded = self.is_recorded(conn)?;
        Ok(first(&[
            (is_recorded, "its ballots are not those of its record"),
            (
                self.totals == shown && Tally::of(&self.totals) == self.result.tally,
                "its totals are not those of its ballots",
            ),
            (
                voters == self.poll.voters_count
                    && self.number("took_part").is_none_or(|told| told == u64::from(voters)),
                "its number of voters is not the one of its close",
            ),
        ]))
    }

    /// Whether the ballots are, receipt by receipt, those of the record.
    fn is_recorded(&self, conn: &mut AnyConnection) -> Result<bool, ServiceError> {
        let named = |choices: Choices| {
            self.poll
                .options
                .iter()
                .find(|option| Some(choices) == Choices::one(option.position))
                .map(|o| o.name.as_str())
        };
        let Some(recorded) = self.record.get("ballots").and_then(Value::as_array) else { return Ok(false) };
        let (mut recorded, mut are_alike) = (recorded.iter(), true);
        each_ballot(conn, self.poll.id, |receipt, choices| {
            let told = recorded.next().and_then(Value::as_array).map(Vec::as_slice);
            are_alike &= matches!((told, named(choices)), (Some([code, choice]), Some(name)) if code == receipt && choice == name);
        })?;
        Ok(are_alike && recorded.next().is_none())
    }

    /// The outcome follows from the totals, and the version that was brought is that of the record.
    fn outcome(&self, conn: &mut AnyConnection) -> Result<Option<&'static str>, ServiceError> {
        let version = match self.result.version_id {
            Some(id) => documents::find_version(conn, id)?,
            None => None,
        };
        let is_its_version = match &version {
            Some(version) => {
                documents::is_as_fingerprinted(conn, version)?
                    && self.record.get("new_fingerprint") == Some(&json!(version.fingerprint))
                    && version.amendment_id == self.poll.amendment_id
            }
            None => self.record.get("new_fingerprint").is_none_or(Value::is_null),
        };
        let has_faults = self.record.get("faults").and_then(Value::as_array).is_some_and(|faults| !faults.is_empty());
        let follows = !has_faults && self.result.tally.is_carried(self.frozen.rule, u64::from(self.frozen.roll_size));
        Ok(first(&[
            (
                follows == self.result.is_carried
                    && self.record.get("is_carried") == Some(&json!(self.result.is_carried))
                    && self.result.roll_size == self.frozen.roll_size,
                "its result does not follow from its totals",
            ),
            (is_its_version, "the version that it brought is not the one of its record"),
        ]))
    }

    /// What froze, objections, incidents and uncounted votes, against the record.
    fn what_stood_beside(&self, conn: &mut AnyConnection) -> Result<Option<&'static str>, ServiceError> {
        if !self.is_whole() {
            return Ok(None);
        }
        let frozen = self.record.get("frozen").cloned().unwrap_or_default();
        let minutes = self.record.as_object().map(|fields| {
            let rest = fields.iter().filter(|(key, _)| !matches!(key.as_str(), "ballots" | "checksum"));
            Value::Object(rest.map(|(key, value)| (key.clone(), value.clone())).collect())
        });
        let objections: Vec<Value> = match self.poll.amendment_id {
            Some(amendment) => list_objections(conn, amendment)?
                .into_iter()
                .map(|objection| json!({"reason": objection.reason, "answer": objection.answer}))
                .collect(),
            None => Vec::new(),
        };
        let has_incidents = self.has_incidents(conn)?;
        let has_uncounted = self.has_uncounted(conn)?;
        Ok(first(&[
            (canonical_json(&frozen) == canonical_json(&self.proof.frozen), "what froze is not what its record says"),
            (
                minutes.is_some_and(|minutes| canonical_json(&minutes) == self.result.minutes_json),
                "its minutes are not those of its record",
            ),
            (
                self.record.get("objections") == Some(&Value::Array(objections)),
                "its objections are not those of its record",
            ),
            (has_incidents, "what happened to the server is not what its record says"),
            (has_uncounted, "the votes that did not count are not those of its record"),
        ]))
    }

    fn has_incidents(&self, conn: &mut AnyConnection) -> Result<bool, ServiceError> {
        let until =
            self.record.get("closed_at").and_then(Value::as_str).and_then(moment).unwrap_or(self.result.closed_at);
        let kept = incidents::list_incidents(conn, self.poll.opens_at, until)?;
        let told = self.record.get("incidents").and_then(Value::as_array).cloned().unwrap_or_default();
        // One that lasted at the close has an end by now, and another process may have noticed it earlier.
        let is_kept = |told: Incident| {
            kept.iter().any(|kept| {
                kept.kind == told.kind
                    && kept.began_at.trunc_subsecs(0) <= told.began_at
                    && kept.ended_at.is_none_or(|end| end >= told.began_at)
            })
        };
        Ok(told.iter().all(|told| Incident::read(told).is_some_and(is_kept)))
    }

    /// Late votes go on arriving, so there may be more by now, and never fewer.
    fn has_uncounted(&self, conn: &mut AnyConnection) -> Result<bool, ServiceError> {
        let kept = ballots::list_uncounted(conn, self.poll.id)?;
        let told = self.record.get("uncounted").and_then(Value::as_object);
        Ok(told.is_some_and(|told| {
            told.iter().all(|(reason, total)| {
                kept.iter().any(|(kept, now)| kept.as_str() == reason && total.as_u64() <= Some(u64::from(*now)))
            })
        }))
    }

    /// The published result and the final Question.
    fn what_was_told(&self, conn: &mut AnyConnection) -> Result<Option<&'static str>, ServiceError> {
        let object = |post: Option<posts::Post>| -> Value {
            post.and_then(|post| serde_json::from_str(&post.object).ok()).unwrap_or_default()
        };
        let note = object(posts::find_post(conn, self.result.post_id)?);
        let text = |key: &str| note.get(key).and_then(Value::as_str).unwrap_or_default();
        let sha256 = self.result.record_sha256.as_str();
        let is_told = text("recordSha256") == sha256 && text("content").contains(sha256);
        let head = self.proof.chain.last.as_ref().map(|last| last.hash.as_str());
        let is_head = head.is_none_or(|head| text("chainHead") == head && text("content").contains(head));
        Ok(first(&[
            (is_told, "its published result is not the one of its record"),
            (is_head, "the head of its chain is not the one that was published with its result"),
        ]))
    }

    /// The last entry of the chain holds the hash of the record and the result.
    fn end_of_chain(&self, conn: &mut AnyConnection) -> Result<Option<&'static str>, ServiceError> {
        let Some(last) = &self.proof.chain.last else { return Ok(None) };
        let entry = closing(&self.result.record_sha256, self.result.tally, self.result.is_carried);
        let before = match last.position.checked_sub(1) {
            Some(place) => chain::list_entries(conn, self.poll.id, place, 1)?.first().map(|entry| entry.hash.clone()),
            None => None,
        };
        Ok(first(&[
            (last.kind == EntryKind::Closing, "the close is missing at the end of its chain"),
            (last.entry == entry, "the last entry of its chain (closing) is not what stands in the database"),
            (self.poll.closed_at.is_some(), "it is closed and not marked so"),
            (
                self.record.get("chain") == Some(&json!(before)),
                "the chain before its close is not the one of its record",
            ),
        ]))
    }

    /// What the record itself says did not hold at the close. That the data came from a backup is told in the
    /// minutes and is nobody's tampering.
    fn own_word(&self) -> Option<String> {
        let told = self.record.get("faults").and_then(Value::as_array)?.iter();
        let fault = told.filter_map(|fault| Fault::stored(fault.as_str()?)).find(|fault| *fault != Fault::Restored)?;
        Some(format!("it decided nothing, and its record says why: {}", fault.sentence()))
    }
}

fn moment(text: &str) -> Option<Stamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc())
}
