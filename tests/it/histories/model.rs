//! What a history must come to, in the fewest words: the rules A4, A6, A9 and A10 once more,
//! written without a look at how the program keeps them.

use super::counts::Counts;
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
    /// What each chose, and when that was received.
    pub ballots: BTreeMap<MemberId, (usize, Stamp)>,
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

    /// A member chose. Only whom the roll names has a say, and only until the end; the choice that was
    /// received last stands. True when it took the place of another one.
    pub fn choose(&mut self, member: MemberId, choice: usize, received: Stamp) -> bool {
        let stands = self.ballots.get(&member).copied();
        let is_newest = stands.is_none_or(|(_, standing)| received >= standing);
        if !self.is_open(received) || !self.roll.contains(&member) || !is_newest {
            return false;
        }
        self.ballots.insert(member, (choice, received));
        stands.is_some_and(|(chosen, _)| chosen != choice)
    }

    pub fn totals(&self) -> [usize; 3] {
        let count = |choice| self.ballots.values().filter(|&&(chosen, _)| chosen == choice).count();
        [count(0), count(1), count(2)]
    }

    /// Two thirds of the votes cast, and at least two.
    pub fn is_carried(&self) -> bool {
        let [agree, against, _] = self.totals();
        3 * agree >= 2 * (agree + against) && agree >= 2
    }
}

/// A vote from another server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The number of the vote.
    pub poll: usize,
    pub actor: String,
    /// Its id at its server.
    pub id: String,
    pub choice: usize,
    pub received: Stamp,
}

/// Everything that the history did.
#[derive(Debug, Default)]
pub struct Model {
    /// Those who are members now, the founder first.
    pub members: Vec<MemberId>,
    pub links: BTreeMap<String, MemberId>,
    pub amendments: Vec<(AmendmentId, MemberId)>,
    pub votes: Vec<Vote>,
    /// Votes to which no worker has come yet, as they arrived.
    waiting: Vec<Sent>,
    /// The votes that were dealt with: sent again they change nothing.
    dealt_with: BTreeSet<(usize, String, String)>,
    /// How many votes did not count, by the reason under which the minutes tell it (A11).
    pub uncounted: BTreeMap<&'static str, usize>,
    /// What was seen of the closed ones: it may never change.
    pub results: BTreeMap<PollId, String>,
    pub counts: Counts,
}

impl Model {
    pub fn member(&self, number: usize) -> MemberId {
        self.members[number % self.members.len()]
    }

    pub fn was_opened(&self, id: AmendmentId) -> bool {
        self.votes.iter().any(|vote| vote.amendment == id)
    }

    /// A vote came in; nobody has looked at it.
    pub fn arrives(&mut self, sent: Sent) {
        self.waiting.push(sent);
    }

    /// Whatever waits is looked at.
    pub fn work(&mut self) {
        for sent in std::mem::take(&mut self.waiting) {
            self.deal_with(sent);
        }
    }

    /// A vote has ended: what had come in time for it counts, although nobody had looked at it.
    pub fn end(&mut self, poll: usize) {
        let end = self.votes[poll].closes_at();
        let (in_time, others) =
            std::mem::take(&mut self.waiting).into_iter().partition(|sent| sent.poll == poll && sent.received < end);
        self.waiting = others;
        let in_time: Vec<Sent> = in_time;
        self.counts.counted_at_the_close += in_time.len();
        in_time.into_iter().for_each(|sent| self.deal_with(sent));
        self.votes[poll].is_closed = true;
    }

    /// Nothing is kept of what came from the accounts of somebody who leaves.
    pub fn forget(&mut self, member: MemberId) {
        let links = std::mem::take(&mut self.links);
        let (theirs, others): (BTreeMap<_, _>, _) = links.into_iter().partition(|(_, owner)| *owner == member);
        self.dealt_with.retain(|(_, actor, _)| !theirs.contains_key(actor));
        self.links = others;
    }

    /// A vote that changes nothing (A11).
    fn counts_not(&mut self, reason: &'static str) {
        *self.uncounted.entry(reason).or_default() += 1;
    }

    /// A vote on the web: a change of mind even if it says the same, for it brings a new receipt.
    pub fn chooses_on_the_web(&mut self, poll: usize, member: MemberId, (choice, now): (usize, Stamp)) {
        let vote = &mut self.votes[poll];
        if !vote.is_open(now) {
            self.counts_not("late");
        } else if !vote.roll.contains(&member) {
            self.counts_not("off_roll");
        } else {
            self.counts.changed += usize::from(vote.choose(member, choice, now));
        }
    }

    /// A supporter's vote has no say.
    fn deal_with(&mut self, sent: Sent) {
        let vote = &self.votes[sent.poll];
        if !vote.is_open(sent.received) {
            self.counts.late += 1;
            return self.counts_not("late");
        }
        if !self.dealt_with.insert((sent.poll, sent.actor.clone(), sent.id.clone())) {
            self.counts.replayed += 1;
            return self.counts_not("duplicate");
        }
        let Some(&member) = self.links.get(&sent.actor) else { return };
        if !vote.roll.contains(&member) {
            return self.counts_not("off_roll");
        }
        let stood = vote.ballots.get(&member).copied();
        let is_changed = self.votes[sent.poll].choose(member, sent.choice, sent.received);
        self.counts.changed += usize::from(is_changed);
        if stood.is_some() && !is_changed {
            self.counts_not("duplicate");
        }
    }
}
