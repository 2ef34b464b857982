//! The program under the history: one or two processes' worth of it over one store, with one clock.

use super::acts::Act;
use super::model::{Model, Vote};
use crate::support::app::{beside, test_start};
use crate::support::store::Store;
use crate::support::votes::amending;
use crate::support::world::{found_community, kept_member};
use caucus::App;
use caucus::clock::{Clock, FixedClock, Stamp};
use caucus::db::inbox::{NewReceived, store_once};
use caucus::db::linked_actors::insert_link;
use caucus::db::members::list_roll;
use caucus::db::polls;
use caucus::db::remote_actors::save_remote_actor;
use caucus::db::{AnyConnection, DbError};
use caucus::ids::{AmendmentId, MemberId};
use caucus::services::{ServiceError, back_amendment, cast_ballot, link_actor, open_ballot, propose_amendment};
use caucus::workers::{inbound, timers};
use chrono::TimeDelta;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

pub const BASE: &str = "http://town.localhost";
const ACTORS: usize = 8;
const CLAUSES: [&str; 3] = ["1", "2.1", "2.2"];
const WORDS: [&str; 3] = ["For", "Against", "Abstain"];

/// A community and what the model says of it.
pub struct Town {
    pub model: Model,
    pub nodes: Vec<Arc<App>>,
    clock: Arc<FixedClock>,
    latest: Stamp,
    /// Which process acts next.
    turn: usize,
    sent: usize,
    last: Option<Arrived>,
    /// To look at what is stored.
    conn: AnyConnection,
    // Declared last: the store goes after everything that uses it.
    store: Store,
}

/// An activity as it came.
#[derive(Clone)]
struct Arrived {
    actor: String,
    activity_id: String,
    body: String,
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
            sent: 0,
            last: None,
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

    /// The moment by which deadlines are judged: setting the clock back gives no vote its time back.
    fn deadline(&self) -> Stamp {
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
            Act::Open { amendment, by } => self.open(amendment, by).await,
            Act::OpenAndDie { amendment, by } => self.open_and_die(amendment, by).await,
            Act::VoteOnTheWeb { poll, member, choice } => self.vote_on_the_web(poll, member, choice).await,
            Act::VoteFromAfar { poll, actor, choice } => self.vote_from_afar(poll, actor, choice, false).await,
            Act::VoteByWord { poll, actor, choice } => self.vote_from_afar(poll, actor, choice, true).await,
            Act::Repeat => self.repeat().await,
            Act::Pass { hours } => self.clock.advance(TimeDelta::hours(hours)),
            Act::SetBack { hours } => self.clock.advance(TimeDelta::hours(-hours)),
            Act::Tick => self.tick().await,
            Act::Restart => self.nodes = start(&self.store, &self.clock, self.nodes.len()),
        }
        self.look_at_the_clock();
    }

    /// Every process sees how late it is, or knows it from the last heartbeat before it was started.
    fn look_at_the_clock(&mut self) {
        self.latest = self.deadline();
        self.nodes.iter().for_each(|node| node.time.resume(self.latest));
    }

    /// Lets every vote come to its end.
    pub async fn finish(&mut self) {
        let last = self.model.votes.iter().map(Vote::closes_at).max().unwrap_or_else(|| self.now());
        self.nodes = start(&self.store, &self.clock, self.nodes.len());
        self.clock.set(last.max(self.now()));
        self.look_at_the_clock();
        self.tick().await;
    }

    async fn join(&mut self) {
        if self.model.members.len() < 8 {
            let handle = format!("joiner{}", self.model.members.len());
            let joined = kept_member(self.node(), &handle).await;
            self.model.members.push(joined);
        }
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

    async fn propose(&mut self, by: usize, clause: usize) {
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

    async fn edit(&mut self, amendment: usize, by: usize) {
        let Some((id, proposer)) = self.amendment(amendment) else { return };
        let by = self.model.member(by);
        let new = amending(self.node(), CLAUSES[amendment % 3], "Said quite differently.").await;
        let edited = self.node().write(move |tx| propose_amendment::edit_amendment(tx, by, id, &new)).await;
        assert!(edited.is_err() || by == proposer, "nobody else edits a proposal");
        assert!(edited.is_err() || !self.was_opened(id), "a frozen text is never edited (I-5)");
        no_fault(edited);
    }

    fn was_opened(&self, id: AmendmentId) -> bool {
        self.model.votes.iter().any(|vote| vote.amendment == id)
    }

    async fn back(&mut self, amendment: usize, by: usize) {
        let Some((id, proposer)) = self.amendment(amendment) else { return };
        let by = self.model.member(by);
        let backed = self.node().write(move |tx| back_amendment::back_amendment(tx, by, id)).await;
        assert!(backed.is_err() || by != proposer, "nobody backs their own proposal");
        no_fault(backed);
    }

    async fn take_backing_back(&mut self, amendment: usize, by: usize) {
        let Some((id, _)) = self.amendment(amendment) else { return };
        let by = self.model.member(by);
        no_fault(self.node().write(move |tx| back_amendment::take_backing_back(tx, by, id)).await);
    }

    async fn open(&mut self, amendment: usize, by: usize) {
        let Some((id, proposer)) = self.amendment(amendment) else { return };
        let by = self.model.member(by);
        let opened = self.node().write(move |tx| open_ballot::open_ballot(tx, by, id)).await;
        let Ok(poll) = opened else { return no_fault(opened.map(drop)) };
        assert_eq!(by, proposer, "only the proposer opens a vote (A4)");
        assert!(!self.was_opened(id), "a vote opens once (I-12)");
        let read = self.node().read::<_, DbError>(move |conn| Ok((polls::poll(conn, poll)?, list_roll(conn)?)));
        let (row, roll) = read.await.unwrap();
        assert_eq!(roll.len(), self.model.members.len());
        self.model.votes.push(Vote {
            poll,
            amendment: id,
            roll: roll.into_iter().collect(),
            opens_at: row.opens_at,
            ballots: BTreeMap::new(),
            is_closed: false,
        });
    }

    async fn open_and_die(&mut self, amendment: usize, by: usize) {
        let Some((id, _)) = self.amendment(amendment) else { return };
        let by = self.model.member(by);
        let died = self.node().write::<(), ServiceError>(move |tx| {
            open_ballot::open_ballot(tx, by, id)?;
            Err(DbError::Panicked.into())
        });
        assert!(died.await.is_err());
    }

    async fn vote_on_the_web(&mut self, poll: usize, member: usize, choice: usize) {
        let Some(poll) = self.vote_number(poll) else { return };
        let (member, now) = (self.model.member(member), self.deadline());
        let id = self.model.votes[poll].poll;
        let choices = vec![u32::try_from(choice).unwrap()];
        let cast = cast_ballot::on_the_web(self.node(), member, id, choices).await;
        let vote = &mut self.model.votes[poll];
        assert_eq!(cast.is_ok(), vote.is_open(now) && vote.roll.contains(&member), "who may vote, and when (A6)");
        vote.choose(member, choice, now);
    }

    fn vote_number(&self, number: usize) -> Option<usize> {
        let count = self.model.votes.len();
        (count > 0).then(|| number % count)
    }

    async fn vote_from_afar(&mut self, poll: usize, actor: usize, choice: usize, is_word: bool) {
        let Some(poll) = self.vote_number(poll) else { return };
        self.sent += 1;
        let question = self.node().urls.poll(self.model.votes[poll].poll);
        let arrived = arrived(&actor_url(actor), self.sent, (&question, WORDS[choice], is_word));
        self.receive(&arrived).await;
        let now = self.deadline();
        self.model.vote_from_afar(poll, &arrived.actor, choice, now);
        self.last = Some(arrived);
    }

    async fn repeat(&mut self) {
        let Some(arrived) = self.last.clone() else { return };
        self.receive(&arrived).await;
    }

    /// What the inbox does once a signature is believed, and the worker after it.
    async fn receive(&self, arrived: &Arrived) {
        let new = NewReceived {
            actor_url: arrived.actor.clone(),
            activity_id: arrived.activity_id.clone(),
            inbox_handle: Some("commons".to_owned()),
            signed_at: self.now(),
            body: arrived.body.clone(),
        };
        self.node().write::<_, DbError>(move |tx| store_once(tx, &new)).await.unwrap();
        inbound::step(self.node()).await.unwrap();
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

fn actor_url(number: usize) -> String {
    format!("https://far.example/users/a{}", number % ACTORS)
}

fn arrived(actor: &str, number: usize, (question, word, is_word): (&str, &str, bool)) -> Arrived {
    let id = format!("{actor}/votes/{number}");
    let community = format!("{BASE}/c/commons");
    let mut note = json!({"id": id, "type": "Note", "attributedTo": actor, "inReplyTo": question, "to": community});
    let (key, value) = if is_word { ("content", format!("<p>{word}</p>")) } else { ("name", word.to_owned()) };
    note[key] = json!(value);
    let activity = json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": format!("{id}/activity"), "type": "Create", "actor": actor, "to": community, "object": note,
    });
    Arrived { actor: actor.to_owned(), activity_id: format!("{id}/activity"), body: activity.to_string() }
}

/// A refusal is an answer; a fault of the program is not.
fn no_fault(outcome: Result<(), ServiceError>) {
    if let Err(ServiceError::Broken(fault)) = outcome {
        panic!("{fault}");
    }
}
