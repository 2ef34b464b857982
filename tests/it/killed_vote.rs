//! A vote of a community during which the server is killed again and again: fifty votes a second
//! come in from members' own servers, each member changes their mind now and then, and at the end
//! the result is exactly what was acknowledged last (A6, A16, I-7).
//!
//! `CAUCUS_KILLS` says how many times the server is killed; 20 unless told.

use super::support::app::beside;
use super::support::peer::{Peer, Person};
use super::support::process::{Process, free_port};
use super::support::store::Store;
use super::support::votes::amending;
use super::support::world::{found_community, kept_member};
use caucus::App;
use caucus::clock::{Clock, FixedClock, SystemClock};
use caucus::db::linked_actors::insert_link;
use caucus::db::{DbError, results};
use caucus::domain::Urls;
use caucus::federation::keys::ensure_instance_actor;
use caucus::ids::{MemberId, PollId};
use caucus::services::verify_votes::verify_votes;
use caucus::services::{ServiceError, back_amendment, open_ballot, propose_amendment};
use caucus::workers::{inbound, timers};
use chrono::TimeDelta;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const MEMBERS: usize = 40;
const EVERY: Duration = Duration::from_millis(20);
const WORDS: [&str; 3] = ["For", "Against", "Abstain"];

/// A member who votes from their own server: one vote at a time, until it is acknowledged.
struct Voter {
    person: Person,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// On its way now.
    is_sending: bool,
    /// Not acknowledged yet: the activity and what it says.
    waiting: Option<(Value, usize)>,
    /// What was acknowledged last.
    chosen: Option<usize>,
    sent: usize,
}

/// The vote, its voters and what was acknowledged.
struct Booth {
    base: String,
    urls: Arc<Urls>,
    poll: PollId,
    peer: Peer,
    voters: Vec<Voter>,
    acknowledged: AtomicUsize,
    unanswered: AtomicUsize,
}

#[expect(clippy::print_stdout, reason = "with --no-capture it is a command that prints its counts")]
#[tokio::test(flavor = "multi_thread")]
async fn a_vote_during_which_the_server_is_killed_comes_to_what_was_acknowledged() {
    let kills: usize = std::env::var("CAUCUS_KILLS").ok().map_or(20, |count| count.parse().unwrap());
    let (store, port) = (Store::fresh(), free_port());
    let booth = Arc::new(Booth::build(&store, port).await);

    let mut process = Process::serve(&store, port).await;
    for _ in 0..kills {
        let enough = booth.acknowledged.load(Ordering::SeqCst) + rand::random_range(3..30);
        let moment = Duration::from_millis(rand::random_range(0..20));
        booth
            .while_voting(async {
                while booth.acknowledged.load(Ordering::SeqCst) < enough {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                tokio::time::sleep(moment).await;
                process.kill();
            })
            .await;
        booth.holds(&store);
        process = Process::serve(&store, port).await;
    }
    booth.finish().await;
    assert!(process.terminate().await.success());

    let (acknowledged, unanswered) = (&booth.acknowledged, &booth.unanswered);
    println!(
        "{kills} kills, {} votes acknowledged, {} not answered and sent again",
        acknowledged.load(Ordering::SeqCst),
        unanswered.load(Ordering::SeqCst)
    );
    booth.check(&store).await;
}

impl Booth {
    /// A community of members with linked accounts on a peer, and an open vote.
    async fn build(store: &Store, port: u16) -> Self {
        let base = format!("http://127.0.0.1:{port}");
        let app = beside(store, &base, Arc::new(SystemClock));
        ensure_instance_actor(&app).await.unwrap();
        let peer = Peer::start_by(Arc::new(SystemClock), "127.0.0.1").await;
        let mut members = vec![found_community(&app).await];
        for number in 1..MEMBERS {
            members.push(kept_member(&app, &format!("member{number}")).await);
        }
        let mut voters = Vec::new();
        for (number, member) in members.iter().copied().enumerate() {
            let person = peer.person(&format!("voter{number}"));
            let url = person.url.clone();
            assert!(app.write::<_, DbError>(move |tx| insert_link(tx, &url, member)).await.unwrap());
            voters.push(Voter { person, state: Mutex::default() });
        }
        let poll = open_vote(&app, members[0], members[1]).await;
        let (acknowledged, unanswered) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { urls: Arc::clone(&app.urls), base, poll, peer, voters, acknowledged, unanswered }
    }

    /// Lets fifty votes a second go out while `until` runs.
    async fn while_voting(self: &Arc<Self>, until: impl Future<Output = ()>) {
        let mut sending = JoinSet::new();
        let mut ticks = tokio::time::interval(EVERY);
        tokio::pin!(until);
        loop {
            tokio::select! {
                () = &mut until => break,
                _ = ticks.tick() => {
                    if let Some(number) = self.next_voter() {
                        let booth = Arc::clone(self);
                        sending.spawn(async move { booth.send(number).await });
                    }
                }
            }
        }
        while let Some(sent) = sending.join_next().await {
            sent.unwrap();
        }
    }

    /// Somebody who is not sending already, chosen by chance.
    fn next_voter(&self) -> Option<usize> {
        let number = rand::random_range(0..self.voters.len());
        let mut state = self.voters[number].state.lock();
        let is_free = !state.is_sending;
        state.is_sending = true;
        is_free.then_some(number)
    }

    /// Sends what is not acknowledged yet, or a new choice.
    async fn send(&self, number: usize) {
        let voter = &self.voters[number];
        let (vote, choice) = {
            let mut state = voter.state.lock();
            if state.waiting.is_none() {
                state.sent += 1;
                let choice = rand::random_range(0..3);
                state.waiting = Some((self.vote(&voter.person, state.sent, choice), choice));
            }
            state.waiting.clone().unwrap()
        };
        let answer = self.peer.try_send(&voter.person, &format!("{}/inbox", self.base), &vote).await;
        let mut state = voter.state.lock();
        state.is_sending = false;
        match answer {
            Ok((202, _)) => {
                (state.waiting, state.chosen) = (None, Some(choice));
                self.acknowledged.fetch_add(1, Ordering::SeqCst);
            }
            Ok((status, words)) if status < 500 => panic!("{status} {words}"),
            _ => drop(self.unanswered.fetch_add(1, Ordering::SeqCst)),
        }
    }

    fn vote(&self, voter: &Person, number: usize, choice: usize) -> Value {
        let (me, community) = (&voter.url, format!("{}/c/commons", self.base));
        let question = format!("{}/polls/{}", self.base, self.poll);
        let id = format!("{me}#votes/{number}");
        let note = json!({"id": id, "type": "Note", "attributedTo": me, "to": community, "inReplyTo": question,
            "name": WORDS[choice]});
        json!({"@context": "https://www.w3.org/ns/activitystreams", "id": format!("{id}/activity"),
            "type": "Create", "actor": me, "to": community, "object": note})
    }

    /// Whatever was not acknowledged is sent until it is.
    async fn finish(&self) {
        for number in 0..self.voters.len() {
            while self.voters[number].state.lock().waiting.is_some() {
                self.send(number).await;
            }
        }
    }

    /// What the killed process left fits together: chain, ballots, links and voters (D3).
    fn holds(&self, store: &Store) {
        let verified = verify_votes(&mut store.connect(), &self.urls).unwrap();
        assert_eq!((verified.votes, verified.faults), (1, Vec::<String>::new()));
    }

    /// Lets the week pass and compares the result with what was acknowledged.
    async fn check(&self, store: &Store) {
        let clock = Arc::new(FixedClock::at(SystemClock.now() + TimeDelta::days(7)));
        let app = beside(store, &self.base, clock);
        while inbound::step(&app).await.unwrap() > 0 {}
        timers::step(&app).await.unwrap();
        let (poll, urls) = (self.poll, app.urls.clone());
        let read: Result<_, ServiceError> =
            app.read(move |conn| Ok((results::find_result(conn, poll)?, verify_votes(conn, &urls)?))).await;
        let (result, verified) = read.unwrap();
        let tally = result.unwrap().tally;
        let mut chosen = [0; 3];
        for choice in self.voters.iter().filter_map(|voter| voter.state.lock().chosen) {
            chosen[choice] += 1;
        }
        assert_eq!([tally.votes_for, tally.against, tally.abstain], chosen, "what was acknowledged last, once each");
        assert_eq!(verified.faults, Vec::<String>::new());
        assert_eq!(store.count("inbox_activities", "state = 'failed'"), 0);
    }
}

async fn open_vote(app: &App, by: MemberId, backer: MemberId) -> PollId {
    let new = amending(app, "2.1", "Everybody has one vote, whatever happens.").await;
    let opened: Result<PollId, ServiceError> = app
        .write(move |tx| {
            let id = propose_amendment::propose_amendment(tx, by, &new)?;
            back_amendment::back_amendment(tx, backer, id)?;
            open_ballot::open_ballot(tx, by, id)
        })
        .await;
    opened.unwrap()
}
