//! The program under the history: one or two processes' worth of it over one store, with one clock.

use super::acts::Act;
use super::checks::count;
use super::model::{Model, Vote};
use super::voting::{Arrived, Words, actor_url};
use crate::support::app::{beside, test_start};
use crate::support::store::Store;
use crate::support::world::{found_community, kept_member};
use caucus::App;
use caucus::clock::{Clock, FixedClock, Stamp};
use caucus::db::amendment_deadlines::list_to_open;
use caucus::db::linked_actors::insert_link;
use caucus::db::remote_actors::save_remote_actor;
use caucus::db::{AnyConnection, DbError};
use caucus::services::leave_community::leave_community;
use caucus::services::{ServiceError, link_actor};
use caucus::workers::timers;
use chrono::TimeDelta;
use std::sync::Arc;

pub const BASE: &str = "http://town.localhost";
pub const ACTORS: usize = 8;

/// A community and what the model says of it.
pub struct Town {
    pub model: Model,
    pub nodes: Vec<Arc<App>>,
    clock: Arc<FixedClock>,
    latest: Stamp,
    /// Which process acts next.
    turn: usize,
    joined: usize,
    /// What came from afar, the last one at the end.
    pub sent: Vec<Arrived>,
    /// To look at what is stored.
    conn: AnyConnection,
    // Declared last: the store goes after everything that uses it.
    store: Store,
}

impl Town {
    pub async fn found(processes: usize) -> Self {
        let store = Store::fresh();
        let clock = Arc::new(FixedClock::at(test_start()));
        let nodes = start(&store, &clock, processes);
        let mut model = Model::default();
        model.members.push(found_community(&nodes[0]).await);
        for number in 1..5 {
            model.members.push(kept_member(&nodes[0], &format!("member{number}")).await);
        }
        let town = Self {
            model,
            nodes,
            clock,
            turn: 0,
            joined: 0,
            sent: Vec::new(),
            latest: test_start(),
            conn: store.connect(),
            store,
        };
        for number in 0..ACTORS {
            let actor = crate::support::votes::remote_actor("far.example", &format!("a{number}"), town.now());
            town.node().write::<_, DbError>(move |tx| save_remote_actor(tx, &actor)).await.unwrap();
        }
        town
    }

    pub fn now(&self) -> Stamp {
        self.clock.now()
    }

    /// A connection beside those of the processes.
    pub fn conn(&mut self) -> &mut AnyConnection {
        &mut self.conn
    }

    /// No two ballots come at the very same time.
    pub fn a_moment_passes(&self) {
        self.clock.advance(TimeDelta::milliseconds(1));
    }

    /// The moment by which deadlines are judged: setting the clock back gives no vote its time back.
    pub fn deadline(&self) -> Stamp {
        self.latest.max(self.now())
    }

    /// The latest time that the clock has shown.
    pub fn latest(&self) -> Stamp {
        self.latest
    }

    /// The process whose turn it is.
    pub fn node(&self) -> &Arc<App> {
        &self.nodes[self.turn % self.nodes.len()]
    }

    pub async fn play(&mut self, act: &Act) {
        self.turn += 1;
        match *act {
            Act::Join => self.join().await,
            Act::Link { actor, member } => self.link(actor, member).await,
            Act::Unlink { actor } => self.unlink(actor).await,
            Act::Propose { by, clause } => self.propose(by, clause).await,
            Act::Edit { amendment, by } => self.edit(amendment, by).await,
            Act::Back { amendment, by } => self.back(amendment, by).await,
            Act::TakeBackingBack { amendment, by } => self.take_backing_back(amendment, by).await,
            Act::Leave { member } => self.leave(member).await,
            Act::Withdraw { amendment, by } => self.withdraw(amendment, by).await,
            Act::Announce { amendment, by, days } => self.announce(amendment, by, days).await,
            Act::Object { amendment, by, backer } => self.object(amendment, by, backer).await,
            Act::Open { amendment, by } => self.open(amendment, by).await,
            Act::OpenAndDie { amendment, by } => self.open_and_die(amendment, by).await,
            Act::VoteOnTheWeb { poll, member, choice } => self.vote_on_the_web(poll, member, choice).await,
            Act::VoteFromAfar { poll, actor, choice } => {
                self.vote_from_afar(poll, actor, Words::Name(choice)).await;
                self.work().await;
            }
            Act::VoteByWord { poll, actor, choice } => {
                self.vote_from_afar(poll, actor, Words::Reply(choice)).await;
                self.work().await;
            }
            Act::VoteThatWaits { poll, actor, choice } => {
                self.vote_from_afar(poll, actor, Words::Name(choice)).await;
                if self.now() < self.latest {
                    self.work().await;
                }
            }
            Act::Work => self.work().await,
            Act::Replay { which } => self.replay(which).await,
            Act::Repeat => self.repeat().await,
            Act::Pass { hours } => self.clock.advance(TimeDelta::hours(hours)),
            Act::SetBack { hours } => {
                // Of two votes that come while the clock catches up, nobody could tell later which was the first.
                self.work().await;
                self.clock.advance(TimeDelta::hours(-hours));
            }
            Act::JumpAndBack { hours } => self.jump_and_back(hours).await,
            Act::Tick => self.tick().await,
            Act::Restart => self.nodes = start(&self.store, &self.clock, self.nodes.len()),
        }
        self.look_at_the_clock();
        if count(self.conn(), "polls") > self.model.votes.len() {
            self.find_opened().await;
        }
        if matches!(act, Act::Restart | Act::Leave { .. } | Act::OpenAndDie { .. }) {
            super::checks::fits_together(self);
        }
    }

    /// Every process sees how late it is, or knows it from the last heartbeat before it was started.
    fn look_at_the_clock(&mut self) {
        self.latest = self.deadline();
        self.nodes.iter().for_each(|node| node.time.resume(self.latest));
    }

    /// Lets every vote come to its end, also those that open meanwhile.
    pub async fn finish(&mut self) {
        let ends = |town: &Self| town.model.votes.iter().filter(|vote| !vote.is_closed).map(Vote::closes_at).max();
        while let Some(end) = ends(self) {
            self.nodes = start(&self.store, &self.clock, self.nodes.len());
            self.clock.set(end.max(self.now()));
            self.look_at_the_clock();
            self.tick().await;
            super::checks::hold(self);
            self.find_opened().await;
        }
        self.work().await;
    }

    async fn join(&mut self) {
        if self.model.members.len() < 8 {
            self.joined += 1;
            let handle = format!("joiner{}", self.joined);
            let joined = kept_member(self.node(), &handle).await;
            self.model.members.push(joined);
        }
    }

    /// The founder stays, and enough others that votes go on.
    async fn leave(&mut self, member: usize) {
        let number = member % self.model.members.len();
        if self.model.members.len() < 4 || number == 0 {
            return;
        }
        let member = self.model.members.remove(number);
        self.model.forget(member);
        let now = self.deadline();
        let has_voted = |vote: &&Vote| vote.is_open(now) && vote.ballots.contains_key(&member);
        self.model.counts.left += self.model.votes.iter().filter(has_voted).count();
        self.node().write(move |tx| leave_community(tx, member, &[])).await.unwrap();
    }

    async fn link(&mut self, actor: usize, member: usize) {
        let (url, member) = (actor_url(actor), self.model.member(member));
        let to_link = url.clone();
        let is_linked = self.node().write::<_, DbError>(move |tx| insert_link(tx, &to_link, member)).await.unwrap();
        let owner = *self.model.links.get(&url).unwrap_or(&member);
        assert_eq!(is_linked, owner == member, "an actor belongs to one member (I-8)");
        self.model.links.entry(url).or_insert(member);
    }

    async fn unlink(&mut self, actor: usize) {
        let url = actor_url(actor);
        if let Some(member) = self.model.links.remove(&url) {
            self.node().write(move |tx| link_actor::unlink_actor(tx, member, &url)).await.unwrap();
        }
    }

    /// No process takes the time of a clock that jumped for the time.
    async fn jump_and_back(&mut self, hours: i64) {
        let rows = |town: &mut Self| ["results", "polls", "document_versions"].map(|table| count(town.conn(), table));
        let before = rows(self);
        let would_end = self.model.votes.iter().filter(|vote| vote.is_open(self.deadline()));
        let would_end = would_end.filter(|vote| vote.closes_at() <= self.now() + TimeDelta::hours(hours)).count();
        // What was due before the jump is due still; what opens may have waited for what ends.
        let deadline = self.deadline();
        let may_end = self.model.votes.iter().any(|vote| !vote.is_closed && vote.closes_at() <= deadline);
        let may_open = may_end || !list_to_open(self.conn(), deadline, 1).unwrap().is_empty();
        self.model.counts.jumps += would_end;
        self.clock.jump(TimeDelta::hours(hours));
        self.tick().await;
        self.clock.jump(TimeDelta::hours(-hours));
        let after = rows(self);
        assert!(may_end || (after[0], after[2]) == (before[0], before[2]), "a jump of the clock ends nothing (V-13)");
        assert!(may_open || after[1] == before[1], "and opens nothing");
    }

    async fn tick(&self) {
        let ticks = self.nodes.iter().map(|node| async move { while timers::step(node).await.unwrap() > 0 {} });
        futures_util::future::join_all(ticks).await;
    }
}

fn start(store: &Store, clock: &Arc<FixedClock>, processes: usize) -> Vec<Arc<App>> {
    let one = |_| Arc::new(beside(store, BASE, Arc::clone(clock) as Arc<dyn Clock>));
    (0..processes).map(one).collect()
}

/// A refusal is an answer; a fault of the program is not.
pub fn no_fault(outcome: Result<(), ServiceError>) {
    if let Err(ServiceError::Broken(fault)) = outcome {
        panic!("{fault}");
    }
}
