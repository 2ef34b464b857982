//! Look whether a vote is what it was at its opening: its chain, what froze, its roll, who took part
//! and its ballots. The close asks it before it decides anything, `caucus verify` whenever somebody
//! wishes to know. Reads only.

use super::ServiceError;
use super::frozen_vote::as_stored;
use crate::clock::iso_seconds;
use crate::db::chain::{self, ChainEntry};
use crate::db::lead_nominations::find_nomination_of_poll;
use crate::db::polls::{Frozen, Poll};
use crate::db::{AnyConnection, DbError, amendments, ballots, posts, roll};
use crate::domain::Urls;
use crate::domain::amendment::AmendmentState;
use crate::domain::chain::{BEGINNING, EntryKind, link};
use crate::domain::nomination::NominationState;
use crate::domain::record::{Fault, FrozenVote, canonical_json, sha256_hex};
use crate::ids::PollId;
use serde_json::Value;

/// What was found.
pub(super) struct Proof {
    /// What froze, as the chain holds it.
    pub frozen: Value,
    /// What was found along the chain.
    pub chain: Walk,
    /// What does not hold, each with a sentence; nothing in an honest vote.
    pub faults: Vec<(Fault, String)>,
}

/// What was found along the chain of a vote.
#[derive(Default)]
pub(super) struct Walk {
    /// How many entries there are.
    pub length: u32,
    /// The first entry.
    pub first: Option<ChainEntry>,
    /// The last one.
    pub last: Option<ChainEntry>,
    /// The last one about ballots.
    ballots: Option<ChainEntry>,
    /// When the data was put back from a backup, the last time.
    restored_at: Option<String>,
    /// The first thing that does not hold, which names the entry.
    broken: Option<String>,
}

/// Looks at a vote whose ballots are still linked to what the chain is committed to.
///
/// # Errors
/// The store's fault.
pub(super) fn of_open_vote(
    conn: &mut AnyConnection,
    urls: &Urls,
    vote: (&Poll, &Frozen),
) -> Result<Proof, ServiceError> {
    let mut proof = of_vote(conn, urls, vote)?;
    if proof.chain.last.as_ref().is_some_and(|last| last.kind == EntryKind::Closing) {
        proof.add(Fault::Chain, Some("its chain says that it is closed, and its result is missing".to_owned()));
    }
    proof.add(Fault::Frozen, decided_before(conn, vote.0)?);
    let broken = broken_ballots(conn, vote.0, &proof.chain)?;
    proof.add(Fault::Ballots, broken);
    // A result may have been told that the backup does not know; there must never be a second one.
    let is_late = proof.chain.restored_at.as_ref().is_some_and(|at| *at >= iso_seconds(vote.0.closes_at));
    proof.add(Fault::Restored, is_late.then(|| "the data was put back from a backup when it was over".to_owned()));
    Ok(proof)
}

/// Looks at everything that is still there when a vote is closed.
///
/// # Errors
/// The store's fault.
pub(super) fn of_vote(
    conn: &mut AnyConnection,
    urls: &Urls,
    (poll, stored): (&Poll, &Frozen),
) -> Result<Proof, ServiceError> {
    let question: Value = posts::find_post(conn, poll.id.into())?
        .and_then(|post| serde_json::from_str(&post.object).ok())
        .unwrap_or_default();
    let mut walk = walk(conn, poll.id)?;
    // Votes that were opened before chains were kept told other servers no head.
    if walk.broken.is_none() && walk.first.is_none() && question.get("chainHead").is_some() {
        walk.broken = Some("entry 0 of its chain is missing".to_owned());
    }
    let broken_chain = walk.broken.clone();
    let mut proof = Proof { frozen: Value::Null, chain: walk, faults: Vec::new() };
    proof.add(Fault::Chain, broken_chain);
    let rows = as_stored(conn, urls, (poll, stored))?;
    let opening = proof.chain.first.as_ref().and_then(|first| serde_json::from_str::<Value>(&first.entry).ok());
    let told = opening.as_ref().and_then(|entry| entry.get("frozen"));
    // The first chains held less, and votes on amendments that were opened before any froze just that.
    let is_of_first_kind = told.map_or(poll.amendment_id.is_some(), |told| told.get("decides").is_none());
    let in_rows = if is_of_first_kind { rows.json_of_the_first_kind() } else { rows.json() };
    let frozen = told.cloned().unwrap_or_else(|| in_rows.clone());
    let is_as_opened = canonical_json(&frozen) == canonical_json(&in_rows)
        && opening.as_ref().filter(|_| is_of_first_kind).is_none_or(|entry| is_asked_alike(entry, &rows))
        && poll.totals_hidden
        && !poll.is_multiple;
    let broken = "its text, rule, question or times are not those of the opening";
    proof.add(Fault::Frozen, (!is_as_opened).then(|| broken.to_owned()));
    proof.frozen = if is_of_first_kind { rows.json() } else { frozen.clone() };
    let hash = sha256_hex(&canonical_json(&frozen));
    let unlike = unlike_the_promise(&question, poll, (&hash, proof.chain.first.as_ref()));
    proof.add(Fault::Frozen, unlike.or(other_hash(conn, poll, &hash)?));
    let (size, fingerprint) = roll::fingerprint_of_entries(conn, poll.id)?;
    let is_its_roll = (size, &fingerprint) == (stored.roll_size, &stored.roll_fingerprint);
    proof.add(Fault::Roll, (!is_its_roll).then(|| "its roll is not the one of the opening".to_owned()));
    let strangers = roll::count_voters_off_roll(conn, poll.id)?;
    proof.add(Fault::Voters, (strangers > 0).then(|| "somebody took part who is not on its roll".to_owned()));
    Ok(proof)
}

/// The first chains held question and options beside what froze.
fn is_asked_alike(opening: &Value, rows: &FrozenVote) -> bool {
    opening.get("question") == Some(&Value::from(rows.question.clone()))
        && opening.get("options") == Some(&Value::from(rows.options.clone()))
}

impl Proof {
    /// Takes a fault in, if there is one.
    pub fn add(&mut self, fault: Fault, sentence: Option<String>) {
        self.faults.extend(sentence.map(|sentence| (fault, sentence)));
    }

    /// The kinds of faults, each once.
    pub fn kinds(&self) -> Vec<Fault> {
        Fault::ALL.into_iter().filter(|kind| self.faults.iter().any(|(fault, _)| fault == kind)).collect()
    }
}

/// How many entries are looked at together.
const PAGE: i64 = 1_000;

/// Every entry follows from the one before, from the opening to the close.
fn walk(conn: &mut AnyConnection, poll: PollId) -> Result<Walk, DbError> {
    let mut walk = Walk::default();
    loop {
        let entries = match chain::list_entries(conn, poll, walk.length, PAGE) {
            Ok(entries) => entries,
            Err(DbError::Broken(why)) => {
                walk.broken = Some(format!("its chain cannot be read ({why})"));
                return Ok(walk);
            }
            Err(fault) => return Err(fault),
        };
        if entries.is_empty() {
            return Ok(walk);
        }
        for entry in entries {
            walk.broken = walk.step(&entry);
            if walk.broken.is_some() {
                return Ok(walk);
            }
            walk.length += 1;
            if walk.first.is_none() {
                walk.first = Some(entry.clone());
            }
            match entry.kind {
                EntryKind::Ballots => walk.ballots = Some(entry.clone()),
                EntryKind::Restored => walk.restored_at = moment_of(&entry),
                EntryKind::Opening | EntryKind::Closing => {}
            }
            walk.last = Some(entry);
        }
    }
}

/// When the thing happened of which an entry tells, as it is written there.
fn moment_of(entry: &ChainEntry) -> Option<String> {
    let told: Value = serde_json::from_str(&entry.entry).ok()?;
    told.get("at").and_then(Value::as_str).map(str::to_owned)
}

impl Walk {
    /// What is wrong with the next entry.
    fn step(&self, entry: &ChainEntry) -> Option<String> {
        let place = self.length;
        let before = self.last.as_ref().map_or(BEGINNING, |last| last.hash.as_str());
        let told: Option<Value> = serde_json::from_str(&entry.entry).ok();
        let says = told.as_ref().and_then(|entry| entry.get("kind")).and_then(Value::as_str);
        if entry.position != place {
            return Some(format!("entry {place} of its chain is missing"));
        }
        if entry.hash != link(before, &entry.entry) || says != Some(entry.kind.as_str()) {
            return Some(format!("entry {place} of its chain ({}) is not what was written", entry.kind.as_str()));
        }
        if (place == 0) != (entry.kind == EntryKind::Opening) {
            return Some(format!("entry {place} of its chain ({}) is out of place", entry.kind.as_str()));
        }
        let is_over = self.last.as_ref().is_some_and(|last| last.kind == EntryKind::Closing);
        is_over.then(|| "its chain goes on after the close".to_owned())
    }
}

/// What other servers were told at the opening, against what is there now.
fn unlike_the_promise(question: &Value, poll: &Poll, (hash, first): (&str, Option<&ChainEntry>)) -> Option<String> {
    let names: Vec<&str> = question
        .get("oneOf")
        .and_then(Value::as_array)
        .map(|options| options.iter().filter_map(|option| option.get("name")?.as_str()).collect())
        .unwrap_or_default();
    let text = |key: &str| question.get(key).and_then(Value::as_str);
    let is_alike = names.iter().eq(poll.options.iter().map(|option| &option.name))
        && text("endTime") == Some(iso_seconds(poll.closes_at).as_str())
        && text("chainHead") == first.map(|first| first.hash.as_str())
        // The first votes on a lead told neither.
        && (text("frozenHash") == Some(hash) || first.is_none());
    (!is_alike).then(|| "its published Question is not the one of the opening".to_owned())
}

/// The amendment keeps the hash of what froze with it.
fn other_hash(conn: &mut AnyConnection, poll: &Poll, hash: &str) -> Result<Option<String>, ServiceError> {
    let Some(id) = poll.amendment_id else { return Ok(None) };
    let kept = amendments::amendment(conn, id)?.frozen_hash;
    Ok((kept.as_deref() != Some(hash)).then(|| "its amendment is not the one of the opening".to_owned()))
}

/// What is voted on waits for the close.
fn decided_before(conn: &mut AnyConnection, poll: &Poll) -> Result<Option<String>, ServiceError> {
    let (waits, subject) = match poll.amendment_id {
        Some(id) => {
            let amendment = amendments::amendment(conn, id)?;
            (amendment.state == AmendmentState::Open && amendment.poll_id == Some(poll.id), "amendment")
        }
        None => {
            let state = find_nomination_of_poll(conn, poll.id)?.map(|nomination| nomination.state);
            (state == Some(NominationState::Open), "nomination")
        }
    };
    Ok((!waits).then(|| format!("the state of its {subject} is not that of an open vote")))
}

/// The ballots are those to which the newest entry of the chain is committed, one for each voter.
fn broken_ballots(conn: &mut AnyConnection, poll: &Poll, walk: &Walk) -> Result<Option<String>, ServiceError> {
    let totals: u32 = ballots::count_ballots(conn, poll.id)?.iter().map(|(_, total)| total).sum();
    let voters = ballots::count_voters(conn, poll.id)?;
    if totals != voters || voters != poll.voters_count {
        return Ok(Some("it has not as many ballots as voters".to_owned()));
    }
    if walk.first.is_none() {
        return Ok(None);
    }
    let linked = ballots::linked_ballots(conn, poll.id)?;
    if linked.total != voters {
        return Ok(Some("not every ballot is one that was cast".to_owned()));
    }
    if linked.of_nobody > 0 {
        return Ok(Some("a ballot leads to somebody who did not take part".to_owned()));
    }
    let place = walk.ballots.as_ref().map_or(0, |entry| entry.position);
    let is_sealed = chain::find_commitment(conn, poll.id)? == Some(linked.sum);
    Ok((!is_sealed).then(|| format!("its ballots are not those of entry {place} of its chain")))
}
