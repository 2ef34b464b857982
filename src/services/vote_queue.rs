//! Which proposals concern the same clauses, in the order in which their votes come: one vote is open on a clause
//! at a time, and the others wait (rule A15).

use super::ServiceError;
use crate::clock::Stamp;
use crate::db::amendments::{self, Amendment};
use crate::db::{AnyConnection, documents, polls};
use crate::domain::amendment::{AmendmentState, Change, Place, touched};
use crate::domain::document::Clause;
use crate::ids::{AmendmentId, ClauseId, DocumentId};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A proposal that is not decided.
#[derive(Debug, Clone)]
pub struct Queued {
    /// The proposal.
    pub amendment: Amendment,
    /// Where it stands now.
    pub state: AmendmentState,
    /// When its vote closes, or opens as announced.
    pub at: Option<Stamp>,
    /// What it changes and where it puts things.
    named: Vec<ClauseId>,
    /// All that its vote holds, so that no other may be open on it.
    held: Vec<ClauseId>,
}

/// All proposals that are not decided, in the order in which their votes come: those that are open, those that
/// are announced by their moment, those that are backed, the others; of each kind the oldest first.
#[derive(Debug)]
pub struct VoteQueue(Vec<Queued>);

impl VoteQueue {
    /// Reads the queue as it stands at `now`.
    ///
    /// # Errors
    /// The store's fault.
    pub fn load(conn: &mut AnyConnection, now: Stamp) -> Result<Self, ServiceError> {
        let mut texts: BTreeMap<DocumentId, Vec<Clause>> = BTreeMap::new();
        let mut queue = Vec::new();
        for amendment in amendments::list_amendments(conn, None)? {
            let state = amendment.state_at(now);
            if rank(state).is_none() {
                continue;
            }
            let clauses = match texts.entry(amendment.document_id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    let document = documents::document(conn, amendment.document_id)?;
                    unknown.insert(documents::list_clauses(conn, document.version.id)?)
                }
            };
            let changes = amendments::list_changes(conn, amendment.id)?;
            let (named, held) = (named(&changes), touched(&changes, clauses));
            let closes_at =
                amendment.poll_id.map(|poll| polls::poll(conn, poll)).transpose()?.map(|poll| poll.closes_at);
            let at = closes_at.or(amendment.opens_at);
            queue.push(Queued { amendment, state, at, named, held });
        }
        queue.sort_by_key(|one| (rank(one.state), one.at, one.amendment.id));
        Ok(Self(queue))
    }

    /// Those whose vote holds a clause: they change it, put something beside it, or move something into it.
    pub fn about(&self, clause: ClauseId) -> impl Iterator<Item = &Queued> {
        self.0.iter().filter(move |one| one.held.contains(&clause))
    }

    /// An amendment together with every other one that waits for it or for which it waits. Nothing when it is
    /// alone, or decided.
    pub fn beside(&self, id: AmendmentId) -> Vec<&Queued> {
        let Some(this) = self.0.iter().find(|one| one.amendment.id == id) else { return Vec::new() };
        let meets = |one: &&Queued| {
            let is_in = |named: &[ClauseId], held: &[ClauseId]| named.iter().any(|id| held.contains(id));
            one.amendment.id == id || is_in(&one.named, &this.held) || is_in(&this.named, &one.held)
        };
        let found: Vec<&Queued> = self.0.iter().filter(meets).collect();
        if found.len() > 1 { found } else { Vec::new() }
    }
}

fn named(changes: &[Change]) -> Vec<ClauseId> {
    let anchors = changes.iter().filter_map(|change| change.act.place().and_then(Place::anchor));
    changes.iter().map(|change| change.clause).chain(anchors).collect()
}

/// Which kind comes first; nothing for what is decided or gone.
fn rank(state: AmendmentState) -> Option<u8> {
    match state {
        AmendmentState::Open => Some(0),
        AmendmentState::Announced => Some(1),
        AmendmentState::Backed => Some(2),
        AmendmentState::SeekingBacking => Some(3),
        AmendmentState::InConflict => Some(4),
        AmendmentState::Draft
        | AmendmentState::Carried
        | AmendmentState::Lost
        | AmendmentState::Lapsed
        | AmendmentState::Withdrawn => None,
    }
}
