//! The proposals of a history, until their vote opens.

use super::model::Vote;
use super::town::{Town, no_fault};
use crate::support::rows::dump_over;
use crate::support::votes::amending;
use caucus::db::members::list_roll;
use caucus::db::{DbError, amendments, polls};
use caucus::ids::{AmendmentId, MemberId, PollId};
use caucus::services::{
    ServiceError, announce_opening, back_amendment, open_ballot, propose_amendment, raise_objection,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const CLAUSES: [&str; 3] = ["1", "2.1", "2.2"];

impl Town {
    pub async fn propose(&mut self, by: usize, clause: usize) {
        let by = self.model.member(by);
        let text = format!("Said anew, {} times.", self.model.amendments.len() + 2);
        let new = amending(self.node(), CLAUSES[clause % 3], &text).await;
        let proposed = self.node().write(move |tx| propose_amendment::propose_amendment(tx, by, &new)).await;
        self.model.amendments.push((proposed.unwrap(), by));
    }

    fn amendment(&self, number: usize) -> Option<(AmendmentId, MemberId)> {
        let count = self.model.amendments.len();
        (count > 0).then(|| self.model.amendments[number % count])
    }

    pub async fn edit(&mut self, amendment: usize, by: usize) {
        let Some((id, proposer)) = self.amendment(amendment) else { return };
        let by = self.model.member(by);
        let new = amending(self.node(), CLAUSES[amendment % 3], "Said quite differently.").await;
        let edited = self.node().write(move |tx| propose_amendment::edit_amendment(tx, by, id, &new)).await;
        assert!(edited.is_err() || by == proposer, "nobody else edits a proposal");
        assert!(edited.is_err() || !self.model.was_opened(id), "a frozen text is never edited (I-5)");
        no_fault(edited);
    }

    pub async fn back(&mut self, amendment: usize, by: usize) {
        let Some((id, proposer)) = self.amendment(amendment) else { return };
        let by = self.model.member(by);
        let backed = self.node().write(move |tx| back_amendment::back_amendment(tx, by, id)).await;
        assert!(backed.is_err() || by != proposer, "nobody backs their own proposal");
        no_fault(backed);
    }

    pub async fn take_backing_back(&mut self, amendment: usize, by: usize) {
        let Some((id, _)) = self.amendment(amendment) else { return };
        let by = self.model.member(by);
        no_fault(self.node().write(move |tx| back_amendment::take_backing_back(tx, by, id)).await);
    }

    /// Mostly whoever may do it; others are refused, and that is soon seen.
    fn who_may_or_not(&self, by: usize, proposer: MemberId) -> MemberId {
        if by % 8 == 7 { self.model.member(by) } else { proposer }
    }

    pub async fn withdraw(&mut self, amendment: usize, by: usize) {
        let Some((id, proposer)) = self.amendment(amendment) else { return };
        let by = self.who_may_or_not(by, proposer);
        let withdrawn = self.node().write(move |tx| propose_amendment::withdraw_amendment(tx, by, id)).await;
        assert!(withdrawn.is_err() || by == proposer, "nobody else withdraws a proposal");
        assert!(withdrawn.is_err() || !self.model.was_opened(id), "an open vote is never withdrawn (A4)");
        self.model.counts.withdrawn += usize::from(withdrawn.is_ok());
        no_fault(withdrawn);
    }

    pub async fn announce(&mut self, amendment: usize, by: usize, days: u32) {
        let Some((id, proposer)) = self.amendment(amendment) else { return };
        let by = self.who_may_or_not(by, proposer);
        let announced = self.node().write(move |tx| announce_opening::announce_opening(tx, by, id, days)).await;
        assert!(announced.is_err() || by == proposer, "nobody else announces it");
        no_fault(announced);
    }

    pub async fn object(&mut self, amendment: usize, by: usize, backer: usize) {
        let Some((id, _)) = self.amendment(amendment) else { return };
        let (by, backer) = (self.model.member(by), self.model.member(backer));
        let raised: Result<(), ServiceError> = self
            .node()
            .write(move |tx| {
                let objection = raise_objection::raise_objection(tx, by, id, "It says too little.")?;
                if by == backer { Ok(()) } else { raise_objection::back_objection(tx, backer, objection) }
            })
            .await;
        self.model.counts.objections += usize::from(raised.is_ok());
        no_fault(raised);
    }

    pub async fn open(&mut self, amendment: usize, by: usize) {
        let Some((id, proposer)) = self.amendment(amendment) else { return };
        let by = self.who_may_or_not(by, proposer);
        let opened = self.node().write(move |tx| open_ballot::open_ballot(tx, by, id)).await;
        let Ok(poll) = opened else { return no_fault(opened.map(drop)) };
        assert_eq!(by, proposer, "only the proposer opens a vote (A4)");
        assert!(!self.model.was_opened(id), "a vote opens once (I-12)");
        self.model.counts.opened += 1;
        self.opened(id, poll).await;
    }

    /// A vote has opened: everybody who is a member now has a say in it.
    async fn opened(&mut self, amendment: AmendmentId, poll: PollId) {
        let read = self.node().read::<_, DbError>(move |conn| Ok((polls::poll(conn, poll)?, list_roll(conn)?)));
        let (row, roll) = read.await.unwrap();
        assert_eq!(roll.len(), self.model.members.len());
        self.model.votes.push(Vote {
            poll,
            amendment,
            roll: roll.into_iter().collect(),
            opens_at: row.opens_at,
            ballots: BTreeMap::new(),
            is_closed: false,
        });
    }

    /// Takes note of votes that opened by themselves.
    pub async fn find_opened(&mut self) {
        let waiting: Vec<_> =
            self.model.amendments.iter().map(|(id, _)| *id).filter(|id| !self.model.was_opened(*id)).collect();
        for id in waiting {
            let found = self.node().read::<_, DbError>(move |conn| amendments::amendment(conn, id)).await.unwrap();
            if let Some(poll) = found.poll_id {
                self.model.counts.opened_by_themselves += 1;
                self.opened(id, poll).await;
            }
        }
    }

    pub async fn open_and_die(&mut self, amendment: usize, by: usize) {
        let Some((id, proposer)) = self.amendment(amendment) else { return };
        let (by, before) = (self.who_may_or_not(by, proposer), dump_over(self.conn()));
        let was_done = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&was_done);
        let died = self.node().write::<(), ServiceError>(move |tx| {
            open_ballot::open_ballot(tx, by, id)?;
            done.store(true, Ordering::Release);
            Err(DbError::Panicked.into())
        });
        assert!(died.await.is_err());
        self.model.counts.died += usize::from(was_done.load(Ordering::Acquire));
        assert_eq!(dump_over(self.conn()), before, "nothing is left of an opening that died");
    }
}
