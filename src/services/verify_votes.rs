//! Verify everything that was ever voted on: each vote with a roll against its chain, its rows, its
//! record and what other servers were told; each amendment and each document against the votes that
//! decided them. Reads only, changes nothing.

use super::ServiceError;
use super::verify_closed::fault_of_closed;
use super::vote_proof::{Proof, of_open_vote, of_vote};
use crate::db::lead_nominations::find_nomination_of_poll;
use crate::db::polls::{self, Poll};
use crate::db::results::{self, PollResult, find_result};
use crate::db::{AnyConnection, DbError, amendments, chain, documents};
use crate::domain::Urls;
use crate::domain::amendment::AmendmentState;
use crate::domain::nomination::NominationState;
use crate::ids::PollId;
use std::collections::BTreeSet;

/// What was found out about all votes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many votes were looked at.
    pub votes: usize,
    /// How many chain entries.
    pub entries: usize,
    /// Votes that were opened before chains were kept.
    pub without_chain: usize,
    /// What does not hold, one sentence for each vote, amendment or document, with its address.
    pub faults: Vec<String>,
}

/// Verifies every vote, and what hangs on votes.
///
/// # Errors
/// The store's fault.
pub fn verify_votes(conn: &mut AnyConnection, urls: &Urls) -> Result<Verified, ServiceError> {
    let mut verified = Verified::default();
    // A vote leaves traces in several tables, so that it is missed when one of them is emptied.
    let mut all: BTreeSet<PollId> = polls::list_votes(conn)?.into_iter().collect();
    all.extend(chain::list_chained(conn)?);
    all.extend(results::list_decided(conn)?);
    for id in all {
        verified.votes += 1;
        if let Some(sentence) = fault_of(conn, urls, id, &mut verified).or_else(unreadable)? {
            verified.faults.push(format!("{}: {sentence}", urls.poll(id)));
        }
    }
    verified.faults.extend(faults_of_amendments(conn, urls)?);
    verified.faults.extend(faults_of_documents(conn)?);
    Ok(verified)
}

/// What cannot be read does not hold either, and must not hide what else does not.
fn unreadable(fault: ServiceError) -> Result<Option<String>, ServiceError> {
    match fault {
        ServiceError::Broken(DbError::Broken(why)) => Ok(Some(format!("it cannot be read ({why})"))),
        fault => Err(fault),
    }
}

/// The first thing about a vote that does not hold.
fn fault_of(
    conn: &mut AnyConnection,
    urls: &Urls,
    id: PollId,
    verified: &mut Verified,
) -> Result<Option<String>, ServiceError> {
    let Some(poll) = polls::find_poll(conn, id)? else {
        return Ok(Some("the vote itself is missing".to_owned()));
    };
    let Some(frozen) = &poll.frozen else {
        return Ok(Some("nothing froze at its opening".to_owned()));
    };
    let result = find_result(conn, id)?;
    let proof = match &result {
        Some(_) => of_vote(conn, urls, (&poll, frozen))?,
        None => of_open_vote(conn, urls, (&poll, frozen))?,
    };
    verified.entries += usize::try_from(proof.chain.length).unwrap_or(usize::MAX);
    verified.without_chain += usize::from(proof.chain.first.is_none() && proof.faults.is_empty());
    if let Some((_, sentence)) = proof.faults.first() {
        return Ok(Some(sentence.clone()));
    }
    match &result {
        Some(result) => match fault_of_state(conn, &poll, result)? {
            Some(sentence) => Ok(Some(sentence)),
            None => fault_of_closed(conn, (&poll, frozen), (&proof, result)),
        },
        None => Ok(fault_of_open(&poll, &proof)),
    }
}

fn fault_of_open(poll: &Poll, proof: &Proof) -> Option<String> {
    let is_cut_short = poll.closed_at.is_some() && proof.chain.first.is_some();
    is_cut_short.then(|| "it is marked as closed, and its result is missing".to_owned())
}

/// Whether what was voted on stands where the vote put it.
fn fault_of_state(conn: &mut AnyConnection, poll: &Poll, result: &PollResult) -> Result<Option<String>, ServiceError> {
    if let Some(id) = poll.amendment_id {
        let expected = if result.is_carried { AmendmentState::Carried } else { AmendmentState::Lost };
        let amendment = amendments::amendment(conn, id)?;
        let holds = amendment.state == expected && amendment.poll_id == Some(poll.id);
        return Ok((!holds).then(|| "the state of its amendment is not what the vote decided".to_owned()));
    }
    let state = find_nomination_of_poll(conn, poll.id)?.map(|nomination| nomination.state);
    // A nominee who had left the cabal does not lead it.
    let holds =
        state == Some(NominationState::NotElected) || (result.is_carried && state == Some(NominationState::Elected));
    Ok((!holds).then(|| "the state of its nomination is not what the vote decided".to_owned()))
}

/// Amendments that say they were put to a vote have one.
fn faults_of_amendments(conn: &mut AnyConnection, urls: &Urls) -> Result<Vec<String>, ServiceError> {
    let mut faults = Vec::new();
    for amendment in amendments::list_amendments(conn, None)? {
        let is_voted_on =
            matches!(amendment.state, AmendmentState::Open | AmendmentState::Carried | AmendmentState::Lost);
        let vote = match amendment.poll_id {
            Some(poll) => match polls::find_poll(conn, poll) {
                Err(DbError::Broken(_)) => continue, // told with the vote
                vote => vote?.filter(|vote| vote.amendment_id == Some(amendment.id)),
            },
            None => None,
        };
        if is_voted_on != vote.is_some() {
            faults.push(format!("{}: its state does not follow from a vote", urls.amendment(amendment.id)));
        }
    }
    Ok(faults)
}

/// Each version of a document after the first was brought by the vote that carried its amendment,
/// and says what its fingerprint says; the newest is in force.
fn faults_of_documents(conn: &mut AnyConnection) -> Result<Vec<String>, ServiceError> {
    let mut faults = Vec::new();
    for document in documents::list_documents(conn)? {
        let versions = documents::list_versions(conn, document.id)?;
        let mut fault = |number: i32, sentence: &str| {
            faults.push(format!("version {number} of “{}”: {sentence}", document.title));
        };
        if versions.first().map(|newest| newest.id) != Some(document.version.id) {
            fault(document.version.number, "it is in force, and a newer one is there");
        }
        for (version, number) in versions.iter().rev().zip(1..) {
            let brought_by = match version.amendment_id {
                Some(amendment) => amendments::amendment(conn, amendment)?.poll_id,
                None => None,
            };
            let result = match brought_by {
                Some(poll) => find_result(conn, poll)?,
                None => None,
            };
            if version.number != number {
                fault(number, "it is missing");
            } else if number > 1 && result.is_none_or(|result| result.version_id != Some(version.id)) {
                fault(number, "no vote brought it");
            } else if !documents::is_as_fingerprinted(conn, version)? {
                fault(number, "its text or its rule is not the one of its fingerprint");
            }
        }
    }
    Ok(faults)
}
