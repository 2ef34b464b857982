//! Verify every vote on an amendment: its chain entry by entry, what froze at the opening against
//! the rows that hold it, the ballots against what the chain is committed to, and the result, its
//! record and its text against one another. Reads only, changes nothing.

use super::ServiceError;
use super::frozen_vote::as_stored;
use crate::db::ballot_secrecy::list_ballots;
use crate::db::chain::{self, ChainEntry};
use crate::db::polls::{self, Frozen, Poll};
use crate::db::results::{PollResult, find_result};
use crate::db::{AnyConnection, DbError, amendments, ballots, documents, posts};
use crate::domain::Urls;
use crate::domain::amendment::AmendmentState;
use crate::domain::ballot::totals;
use crate::domain::chain::{BEGINNING, BallotSum, EntryKind, closing, link, opening};
use crate::domain::document::fingerprint;
use crate::domain::record::{roll_fingerprint, sha256_hex};
use crate::domain::tally::Tally;
use crate::ids::AmendmentId;
use serde_json::Value;

/// What was found out about all votes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many votes were looked at.
    pub votes: usize,
    /// How many chain entries.
    pub entries: usize,
    /// Votes that were opened before chains were kept.
    pub without_chain: usize,
    /// What does not hold, one sentence for each vote, with its address.
    pub faults: Vec<String>,
}

/// A sentence that says what does not hold.
type Check = Result<(), String>;

/// Verifies every vote on an amendment.
///
/// # Errors
/// The store's fault.
pub fn verify_votes(conn: &mut AnyConnection, urls: &Urls) -> Result<Verified, ServiceError> {
    let mut verified = Verified::default();
    for id in polls::list_amendment_polls(conn)? {
        verified.votes += 1;
        let entries = match chain::list_entries(conn, id) {
            Ok(entries) => entries,
            Err(DbError::Broken(why)) => {
                verified.faults.push(format!("{}: its chain cannot be read ({why})", urls.poll(id)));
                continue;
            }
            Err(fault) => return Err(fault.into()),
        };
        verified.entries += entries.len();
        let vote = Vote { poll: polls::poll(conn, id)?, entries, result: find_result(conn, id)?, urls };
        if vote.entries.is_empty() && vote.poll.amendment_id.is_none() {
            verified.without_chain += 1;
        }
        if let Err(sentence) = vote.verify(conn)? {
            verified.faults.push(format!("{}: {sentence}", urls.poll(id)));
        }
    }
    Ok(verified)
}

struct Vote<'a> {
    poll: Poll,
    entries: Vec<ChainEntry>,
    result: Option<PollResult>,
    urls: &'a Urls,
}

impl Vote<'_> {
    /// The first thing that does not hold.
    fn verify(&self, conn: &mut AnyConnection) -> Result<Check, ServiceError> {
        let (Some(amendment), Some(frozen)) = (self.poll.amendment_id, &self.poll.frozen) else {
            return Ok(Err("nothing froze at its opening".to_owned()));
        };
        if let Err(broken) = self.chain() {
            return Ok(Err(broken));
        }
        if let Err(changed) = self.opening(conn, amendment, frozen)? {
            return Ok(Err(changed));
        }
        match &self.result {
            Some(result) => self.closed(conn, result),
            None => self.open(conn),
        }
    }

    /// Every entry follows from the one before; the first bad one is named.
    fn chain(&self) -> Check {
        let mut before = BEGINNING;
        for (place, entry) in (0..).zip(&self.entries) {
            let kind = serde_json::from_str::<Value>(&entry.entry).ok();
            let says = kind.as_ref().and_then(|entry| entry.get("kind")).and_then(Value::as_str);
            if entry.position != place {
                return Err(format!("entry {place} of its chain is missing"));
            }
            if entry.hash != link(before, &entry.entry) || says != Some(entry.kind.as_str()) {
                return Err(format!("entry {place} of its chain ({}) is not what was written", entry.kind.as_str()));
            }
            before = &entry.hash;
        }
        let is_kind = |kind| move |entry: &&ChainEntry| entry.kind == kind;
        let after_close = self.entries.iter().rev().skip(1).find(is_kind(EntryKind::Closing));
        match (self.entries.first(), self.entries.last()) {
            _ if after_close.is_some() => Err("its chain goes on after the close".to_owned()),
            (None, _) => Err("entry 0 of its chain is missing".to_owned()),
            (Some(first), _) if first.kind != EntryKind::Opening => {
                Err("entry 0 of its chain is not the opening".to_owned())
            }
            (_, Some(last)) if self.result.is_some() && last.kind != EntryKind::Closing => {
                Err(format!("entry {} of its chain, the close, is missing", self.entries.len()))
            }
            (_, Some(last)) if self.result.is_none() && last.kind == EntryKind::Closing => {
                Err("its chain says that it is closed, and its result is missing".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Text, rule, times, options and roll are those of the opening.
    fn opening(&self, conn: &mut AnyConnection, id: AmendmentId, stored: &Frozen) -> Result<Check, ServiceError> {
        let roll: Vec<String> = polls::list_roll_entries(conn, self.poll.id)?;
        if roll_fingerprint(roll.iter().map(String::as_str)) != stored.roll_fingerprint
            || u32::try_from(roll.len()) != Ok(stored.roll_size)
        {
            return Ok(Err("its roll is not the one of the opening".to_owned()));
        }
        let (amendment, changes) = (amendments::amendment(conn, id)?, amendments::list_changes(conn, id)?);
        let frozen = as_stored(conn, (&self.poll, stored), &amendment, &changes)?;
        if amendment.frozen_hash.as_deref() != Some(frozen.hash().as_str()) {
            return Ok(Err("its text, rule or times are not those of the opening".to_owned()));
        }
        let options: Vec<&str> = self.poll.options.iter().map(|option| option.name.as_str()).collect();
        let entry = opening(&self.urls.poll(self.poll.id), &amendment.title, &options, &frozen);
        if self.poll.question != amendment.title
            || self.entries.first().is_some_and(|first| first.kind == EntryKind::Opening && first.entry != entry)
        {
            return Ok(Err("entry 0 of its chain (opening) is not what stands in the database".to_owned()));
        }
        let is_decided = matches!(amendment.state, AmendmentState::Carried | AmendmentState::Lost);
        let is_carried = self.result.as_ref().is_some_and(|result| result.is_carried);
        if is_decided != self.result.is_some() || is_carried != (amendment.state == AmendmentState::Carried) {
            return Ok(Err("the state of its amendment is not what the vote decided".to_owned()));
        }
        Ok(Ok(()))
    }

    /// While a vote is open its ballots are those to which the chain is committed.
    fn open(&self, conn: &mut AnyConnection) -> Result<Check, ServiceError> {
        let all = list_ballots(conn, self.poll.id)?;
        let voters = ballots::count_voters(conn, self.poll.id)?;
        if u32::try_from(all.len()) != Ok(voters) || voters != self.poll.voters_count {
            return Ok(Err("it has not as many ballots as voters".to_owned()));
        }
        let (sum, linked) = ballots::sum_of_ballots(conn, self.poll.id)?;
        if linked != voters {
            return Ok(Err("it has not as many ballots as voters".to_owned()));
        }
        let newest = self.entries.iter().rev().find(|entry| entry.kind == EntryKind::Ballots);
        let nothing = BallotSum::nothing().hex();
        let told = match newest {
            Some(entry) => serde_json::from_str::<Value>(&entry.entry)
                .ok()
                .and_then(|entry| entry.get("commitment").and_then(Value::as_str).map(str::to_owned))
                .unwrap_or_default(),
            None => nothing,
        };
        if sum.hex() == told {
            return Ok(Ok(()));
        }
        let place = newest.map_or(0, |entry| entry.position);
        Ok(Err(format!("its ballots are not those of entry {place} of its chain")))
    }

    /// The result, the record, the ballots, the published text and the chain say the same.
    fn closed(&self, conn: &mut AnyConnection, result: &PollResult) -> Result<Check, ServiceError> {
        let counted = ballots::count_ballots(conn, self.poll.id)?;
        let totals = totals(&counted, self.poll.options.len());
        let shown: Vec<u32> = self.poll.options.iter().map(|option| option.total).collect();
        let voters = ballots::count_voters(conn, self.poll.id)?;
        let entry = closing(&result.record_sha256, result.tally, result.is_carried);
        let place = self.entries.len().saturating_sub(1);
        let is_recorded = self.is_recorded(conn, result)?;
        let text = match result.version_id {
            Some(id) => {
                let version = documents::find_version(conn, id)?.ok_or(ServiceError::NotFound("version"))?;
                fingerprint(version.fingerprint_of, &documents::list_clauses(conn, id)?, version.rule)
                    == version.fingerprint
                    && result.record_json.contains(&version.fingerprint)
            }
            None => true,
        };
        let minutes = posts::post(conn, result.post_id)?.object;
        let check = |holds: bool, sentence: &str| if holds { Ok(()) } else { Err(sentence.to_owned()) };
        Ok(check(result.record_sha256 == sha256_hex(&result.record_json), "its record is not the one of its hash")
            .and(check(is_recorded, "its ballots are not those of its record"))
            .and(check(
                totals == shown && Tally::of(&totals) == result.tally,
                "its totals are not those of its ballots",
            ))
            .and(check(voters == self.poll.voters_count, "its number of voters is not the one of its close"))
            .and(check(
                self.poll.frozen.as_ref().map(|f| result.tally.is_carried(f.rule, u64::from(f.roll_size)))
                    == Some(result.is_carried),
                "its result does not follow from its totals",
            ))
            .and(check(text, "the version that it brought is not the one of its record"))
            .and(check(minutes.contains(&result.record_sha256), "its published result is not the one of its record"))
            .and(check(
                self.entries.last().is_none_or(|last| last.entry == entry),
                &format!("entry {place} of its chain (closing) is not what stands in the database"),
            ))
            .and(check(
                !result.record_json.contains("\"is_as_sealed\":false"),
                "its ballots were changed in the database before the close, and its record says so",
            )))
    }

    /// Whether the ballots are, receipt by receipt, those of the record.
    fn is_recorded(&self, conn: &mut AnyConnection, result: &PollResult) -> Result<bool, ServiceError> {
        let record: Value = serde_json::from_str(&result.record_json).unwrap_or_default();
        let name = |position: u32| self.poll.options.iter().find(|o| o.position == position).map(|o| o.name.as_str());
        let standing: Vec<Value> = list_ballots(conn, self.poll.id)?
            .iter()
            .map(|b| serde_json::json!([b.receipt, b.choices.positions().first().copied().and_then(name)]))
            .collect();
        Ok(record.get("ballots") == Some(&Value::Array(standing)))
    }
}
