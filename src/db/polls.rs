//! Polls, their options and frozen rolls.

use super::{AnyConnection, DbError};
use crate::clock::Stamp;
use crate::domain::tally::Rule;
use crate::ids::{ActorId, AmendmentId, MemberId, PollId};

/// A poll with its options.
#[derive(Debug, Clone)]
pub struct Poll {
    /// Its id.
    pub id: PollId,
    /// The actor that published it.
    pub actor_id: ActorId,
    /// The amendment whose ballot it is; none for an advisory poll.
    pub amendment_id: Option<AmendmentId>,
    /// The member who published it.
    pub published_by: MemberId,
    /// What is asked.
    pub question: String,
    /// Whether a voter may choose several options.
    pub is_multiple: bool,
    /// Whether totals stay hidden until the close.
    pub totals_hidden: bool,
    /// The language of the question.
    pub language: String,
    /// From when ballots count.
    pub opens_at: Stamp,
    /// From when they count no longer; whole seconds.
    pub closes_at: Stamp,
    /// When the result was worked out.
    pub closed_at: Option<Stamp>,
    /// What froze at the opening of an amendment's ballot.
    pub frozen: Option<Frozen>,
    /// How many voters took part so far.
    pub voters_count: u32,
    /// The options in their order.
    pub options: Vec<PollOption>,
}

/// What froze at the opening of an amendment's ballot (A4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// How many members were on the roll.
    pub roll_size: u32,
    /// SHA-256 over their ids.
    pub roll_fingerprint: String,
    /// The rule that decides.
    pub rule: Rule,
}

/// One option of a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollOption {
    /// Its place, from 0.
    pub position: u32,
    /// Its words.
    pub name: String,
    /// What may be shown: live when totals are visible, zero while hidden, final once closed.
    pub total: u32,
}

impl Poll {
    /// Whether a ballot received at `now` may count.
    pub fn is_open(&self, now: Stamp) -> bool {
        self.closed_at.is_none() && now >= self.opens_at && now < self.closes_at
    }

    /// Whether its time is over but its result is not yet worked out.
    pub fn is_due(&self, now: Stamp) -> bool {
        self.closed_at.is_none() && now >= self.closes_at
    }

    /// Whether its totals may be shown to anybody, whoever asks (A8).
    pub fn shows_totals(&self) -> bool {
        !self.totals_hidden || self.closed_at.is_some()
    }
}

/// A poll that must exist.
pub fn poll(conn: &mut AnyConnection, id: PollId) -> Result<Poll, DbError> {
    let _ = (conn, id);
    todo!()
}

/// The poll, if there is one.
pub fn find_poll(conn: &mut AnyConnection, id: PollId) -> Result<Option<Poll>, DbError> {
    let _ = (conn, id);
    todo!()
}

/// The polls of an actor, the newest first.
pub fn list_polls(conn: &mut AnyConnection, actor: ActorId, limit: u32) -> Result<Vec<Poll>, DbError> {
    let _ = (conn, actor, limit);
    todo!()
}

/// Whether the member was on the roll when the ballot opened.
pub fn is_on_roll(conn: &mut AnyConnection, id: PollId, member: MemberId) -> Result<bool, DbError> {
    let _ = (conn, id, member);
    todo!()
}
