//! A write transaction as the services see it: the connection, and what every act needs beside
//! it. Time is read once, so that everything an act writes bears one moment, and once more by acts
//! that had to wait for another one to end.

use super::chain;
use super::connection::{AnyConnection, in_savepoint};
use super::error::DbError;
use super::remote_hosts::mark_waiting;
use crate::clock::{Clock, Doubt, Ended, Stamp};
use crate::domain::Urls;
use crate::domain::chain::BallotSum;
use crate::ids::{Ids, PollId};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What an act leaves for its end.
#[derive(Default)]
struct Left {
    wakes_delivery: bool,
    /// How the ballots of votes have changed since the newest entry of their chains.
    ballots: BTreeMap<PollId, BallotSum>,
    /// Hosts for which something waits now. Their rows are written once at the end of the act and
    /// in the order of their names: a batch of acts touches the same hosts again and again, and
    /// whoever delivers should wait for those rows as briefly as possible.
    hosts: BTreeSet<String>,
}

/// One write transaction.
pub struct Tx<'a> {
    /// The connection, inside the open transaction.
    pub conn: &'a mut AnyConnection,
    /// The moment of this act.
    pub now: Stamp,
    /// Every URL that we mint.
    pub urls: &'a Urls,
    /// The same moment, as deadlines are judged.
    deadline: Stamp,
    clock: &'a dyn Clock,
    ids: &'a Ids,
    left: &'a RefCell<Left>,
}

impl<'a> Tx<'a> {
    /// Runs `act` with what an act needs, and seals the ballots that it changed. Answers also whether
    /// it left work for the delivery.
    ///
    /// # Errors
    /// What `act` answers, or the store's fault.
    pub(crate) fn run<T, E: From<DbError>>(
        conn: &mut AnyConnection,
        clock: &dyn Clock,
        urls: &Urls,
        ids: &Ids,
        act: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<(T, bool), E> {
        let (now, deadline, left) = (clock.now(), clock.deadline(), RefCell::default());
        let mut tx = Tx { conn: &mut *conn, now, urls, deadline, clock, ids, left: &left };
        let value = act(&mut tx)?;
        chain::seal(&mut tx)?;
        let Left { wakes_delivery, hosts, .. } = left.into_inner();
        mark_waiting(conn, now, &hosts)?;
        Ok((value, wakes_delivery || !hosts.is_empty()))
    }

    /// Says that the delivery has work once this is committed.
    pub(crate) fn wake_delivery(&self) {
        self.left.borrow_mut().wakes_delivery = true;
    }

    /// Says that something waits for a host once this is committed.
    pub(crate) fn leave_for(&self, host: &str) {
        let mut left = self.left.borrow_mut();
        if !left.hosts.contains(host) {
            left.hosts.insert(host.to_owned());
        }
    }

    /// Takes note of a change to the ballots of a vote. What they are committed to is kept in the
    /// chain alone, so that whoever changes rows has no sum beside them to change along.
    pub(super) fn commit_to(&self, poll: PollId, change: impl FnOnce(BallotSum) -> BallotSum) {
        let mut left = self.left.borrow_mut();
        let sum = left.ballots.remove(&poll).unwrap_or_else(BallotSum::nothing);
        left.ballots.insert(poll, change(sum));
    }

    /// The changes to ballots that no chain holds yet; from now on somebody else's to keep.
    pub(super) fn take_changes(&self) -> BTreeMap<PollId, BallotSum> {
        std::mem::take(&mut self.left.borrow_mut().ballots)
    }

    /// Reads the clock anew, after this act had to wait for another one: what it does now must not
    /// bear the time at which it began to wait (V-9).
    pub(super) fn catch_up(&mut self) {
        (self.now, self.deadline) = (self.clock.now(), self.clock.deadline());
    }

    /// The moment by which the deadlines of votes are judged: never earlier than any before it,
    /// even when the clock is set back, and never moved by a clock that is in doubt.
    pub fn deadline(&self) -> Stamp {
        self.deadline
    }

    /// The latest moment that has surely passed: what ends for good, ends by it.
    pub fn certain(&self) -> Stamp {
        self.now.min(self.deadline)
    }

    /// What is wrong with the clock, if anything is.
    pub fn doubt(&self) -> Option<Doubt> {
        self.clock.doubt()
    }

    /// Doubts that are over and may not be noted yet.
    pub fn ended(&self) -> Vec<Ended> {
        self.clock.ended()
    }

    /// Whether it cannot be known at present if this moment has passed.
    pub fn is_undecided(&self, moment: Stamp) -> bool {
        self.clock.is_undecided(moment)
    }

    /// What the machine's own clock says, believed or not.
    pub fn claimed(&self) -> Stamp {
        self.clock.claimed()
    }

    /// A new id.
    pub fn next_id(&self) -> Uuid {
        self.ids.next(self.now)
    }

    /// Runs `work` so that its failure undoes it alone and not the rest of the transaction.
    ///
    /// # Errors
    /// What `work` answers.
    pub fn separately<T, E: From<DbError>>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let (now, urls, deadline, clock, ids, left) =
            (self.now, self.urls, self.deadline, self.clock, self.ids, self.left);
        let before = left.borrow().ballots.clone();
        let outcome = in_savepoint(self.conn, |conn| work(&mut Tx { conn, now, urls, deadline, clock, ids, left }));
        if outcome.is_err() {
            left.borrow_mut().ballots = before;
        }
        outcome
    }
}
