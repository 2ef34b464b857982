//! What a history must come to, in the fewest words: the rules A4, A6, A9 and A10 once more,
//! written without a look at how the program keeps them.

use caucus::clock::Stamp;
use caucus::ids::{AmendmentId, MemberId, PollId};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

/// A vote on an amendment.
#[derive(Debug, Clone)]
pub struct Vote {
    pub poll: PollId,
    pub amendment: AmendmentId,
    pub roll: BTreeSet<MemberId>,
    pub opens_at: Stamp,
    pub ballots: BTreeMap<MemberId, usize>,
    /// It was seen closed; from then on nothing opens it again, whatever the clock says.
    pub is_closed: bool,
}

impl Vote {
    pub fn closes_at(&self) -> Stamp {
        self.opens_at + TimeDelta::seconds(604_800)
    }

    pub fn is_open(&self, now: Stamp) -> bool {
        !self.is_closed && self.opens_at <= now && now < self.closes_at()
    }

    /// A member chooses. Only whom the roll names has a say, and only until the end; the last
    /// choice stands.
    pub fn choose(&mut self, member: MemberId, choice: usize, now: Stamp) {
        if self.is_open(now) && self.roll.contains(&member) {
            self.ballots.insert(member, choice);
        }
    }

    pub fn totals(&self) -> [usize; 3] {
        let count = |choice| self.ballots.values().filter(|&&chosen| chosen == choice).count();
        [count(0), count(1), count(2)]
    }

    /// Two thirds of the votes cast, and at least two.
    pub fn is_carried(&self) -> bool {
        let [agree, against, _] = self.totals();
        3 * agree >= 2 * (agree + against) && agree >= 2
    }
}

/// Everything that the history did.
#[derive(Debug, Default)]
pub struct Model {
    pub members: Vec<MemberId>,
    pub links: BTreeMap<String, MemberId>,
    pub amendments: Vec<(AmendmentId, MemberId)>,
    pub votes: Vec<Vote>,
    /// What was seen of the closed ones: it may never change.
    pub results: BTreeMap<PollId, String>,
}

impl Model {
    pub fn member(&self, number: usize) -> MemberId {
        self.members[number % self.members.len()]
    }

    /// A vote from another server: a supporter's has no say.
    pub fn vote_from_afar(&mut self, poll: usize, actor: &str, choice: usize, now: Stamp) {
        if let Some(&member) = self.links.get(actor) {
            self.votes[poll].choose(member, choice, now);
        }
    }
}
