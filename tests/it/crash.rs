//! A node may die at any instant (A16, F4, F5): a real server under load is killed at random
//! moments and started again. Whatever it acknowledged has its effect exactly once, and whatever
//! it promised arrives, in order.

use super::support::load::{Ledger, Stage, set_up};
use super::support::process::{Process, free_port};
use super::support::store::{Store, postgres_server};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// The hosts of the peers.
const HOSTS: [&str; 3] = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];

/// How long the server may take in the end to deal with all that it took.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A server on a fresh store, and the stage on which people act.
async fn begin() -> (Store, u16, Process, Arc<Stage>) {
    let (store, port) = (Store::fresh(), free_port());
    let base = format!("http://127.0.0.1:{port}");
    let token = set_up(&store, &base);
    let process = Process::serve(&store, port).await;
    let stage = Stage::set(&process, &token, &HOSTS).await;
    (store, port, process, stage)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_being_killed_at_any_moment() {
    let rounds = if postgres_server().is_some() { 20 } else { 50 };
    let (store, port, mut process, stage) = begin().await;

    let mut killed = 0;
    // On a slow machine it takes more rounds until enough of each kind was acknowledged.
    while killed < rounds || (killed < rounds * 5 && stage.ledger().least() <= rounds / 4) {
        killed += 1;
        let moment = Duration::from_millis(rand::random_range(0..50));
        let enough = stage.acknowledged() + rand::random_range(0..40);
        let doomed = process;
        stage
            .while_busy(async {
                stage.until_acknowledged(enough).await;
                tokio::time::sleep(moment).await;
                doomed.kill();
            })
            .await;
        process = Process::serve(&store, port).await;
    }

    stage.finish_errands().await;
    come_to_rest(&store, &process).await;
    let ledger = stage.ledger();
    assert!(ledger.least() > rounds / 4, "there was little load: {:?}", ledger.counts());
    check(&store, &stage, &ledger);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_stop_under_load_loses_nothing() {
    let (store, port, mut process, stage) = begin().await;

    for _ in 0..3 {
        let enough = stage.acknowledged() + 25;
        let ending = process;
        let status = stage
            .while_busy(async {
                stage.until_acknowledged(enough).await;
                tokio::time::timeout(Duration::from_secs(10), ending.terminate()).await.unwrap()
            })
            .await;
        assert!(status.success(), "{status}");
        process = Process::serve(&store, port).await;
    }

    stage.finish_errands().await;
    come_to_rest(&store, &process).await;
    check(&store, &stage, &stage.ledger());
}

/// Waits until nothing waits, neither to be dealt with nor to be delivered.
async fn come_to_rest(store: &Store, process: &Process) {
    let quiet = async {
        while store.count("inbox_activities", "state = 'waiting'") + store.count("deliveries", "true") > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    if tokio::time::timeout(PATIENCE, quiet).await.is_err() {
        let hosts = store.values("SELECT host || ' ' || coalesce(last_problem, '') AS value FROM remote_hosts");
        panic!("work is left over: {hosts:?}\n{}", process.log());
    }
}

fn check(store: &Store, stage: &Stage, ledger: &Ledger) {
    check_follows(store, stage, ledger);
    check_votes(store, stage, ledger);
    check_offers(store, stage, ledger);
    check_progress(store, stage, ledger);
    assert_eq!(store.count("inbox_activities", "state = 'failed'"), 0);
}

/// Each acknowledged follow is one follower and one Accept, which arrived.
fn check_follows(store: &Store, stage: &Stage, ledger: &Ledger) {
    let followers = counted(store.values("SELECT follow_id AS value FROM followers"));
    let kept = store.values("SELECT CAST(followers_count AS TEXT) AS value FROM local_actors WHERE handle = 'bees'");

    assert_eq!(followers, counted(ledger.follows.iter().map(|(_, _, id)| id.clone())));
    assert_eq!(kept, [ledger.follows.len().to_string()]);
    for (number, peer) in stage.peers.iter().enumerate() {
        let accepts = ids_by(peer.activities("Accept"), |accept| accept["object"]["id"].clone());
        for (_, actor, follow) in ledger.follows.iter().filter(|(peer, ..)| *peer == number) {
            assert_eq!(accepts.get(follow).map(BTreeSet::len), Some(1), "Accepts for {actor}");
        }
    }
}

/// Each acknowledged vote is one ballot of one voter.
fn check_votes(store: &Store, stage: &Stage, ledger: &Ledger) {
    let poll = &stage.poll;
    let ours = format!("poll_id = '{poll}'");
    let voters = store.values(&format!("SELECT actor_url AS value FROM poll_voters WHERE {ours}"));
    let shown = store.values(&format!("SELECT CAST(voters_count AS TEXT) AS value FROM polls WHERE id = '{poll}'"));

    assert_eq!(counted(voters), counted(ledger.votes.clone()));
    assert_eq!(store.count("ballots", &ours), ledger.votes.len());
    assert_eq!(shown, [ledger.votes.len().to_string()]);
    assert_eq!(store.count("uncounted_votes", &ours), 0);
}

/// Each acknowledged reply is one offer, and whoever made it was told, once.
fn check_offers(store: &Store, stage: &Stage, ledger: &Ledger) {
    let offers = counted(store.values("SELECT note_id AS value FROM offers"));

    assert_eq!(offers, counted(ledger.replies.iter().map(|(_, note)| note.clone())));
    for (number, peer) in stage.peers.iter().enumerate() {
        let told = ids_by(peer.activities("Create"), |create| create["object"]["inReplyTo"].clone());
        for (_, note) in ledger.replies.iter().filter(|(peer, _)| *peer == number) {
            assert_eq!(told.get(note).map(BTreeSet::len), Some(1), "answers to {note}");
        }
    }
}

/// Each acknowledged update stands once and came to every follower's server, in order.
fn check_progress(store: &Store, stage: &Stage, ledger: &Ledger) {
    let rows = store.values("SELECT id || ' ' || text AS value FROM statements ORDER BY id");
    let standing: Vec<(&str, &str)> = rows.iter().map(|row| row.split_once(' ').unwrap()).collect();
    let texts = counted(standing.iter().map(|(_, text)| (*text).to_owned()));

    assert!(texts.values().all(|count| *count == 1), "{texts:?}");
    assert!(ledger.posts.iter().all(|text| texts.contains_key(text)), "an acknowledged update is missing");
    assert!(texts.keys().all(|text| ledger.posts.contains(text) || ledger.unsure.contains(text)));
    for peer in &stage.peers {
        let mut arrived = Vec::new();
        let creates = peer.activities("Create");
        for create in &creates {
            let id = create["object"]["id"].as_str().unwrap().to_owned();
            if id.contains("/progress/") && !arrived.contains(&id) {
                arrived.push(id);
            }
        }
        let expected: Vec<String> = standing.iter().map(|(id, _)| format!("{}/progress/{id}", stage.base)).collect();
        assert_eq!(arrived, expected, "what {} got, in order", peer.host);
        let creates = ids_by(creates, |create| create["object"]["id"].clone());
        assert!(creates.values().all(|ids| ids.len() == 1), "one post, several activities");
    }
}

fn counted(texts: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    texts.into_iter().fold(BTreeMap::new(), |mut counts, text| {
        *counts.entry(text).or_default() += 1;
        counts
    })
}

/// The distinct ids of activities, by what they are about.
fn ids_by(activities: Vec<Value>, about: impl Fn(&Value) -> Value) -> BTreeMap<String, BTreeSet<String>> {
    activities.iter().fold(BTreeMap::new(), |mut ids: BTreeMap<String, BTreeSet<String>>, activity| {
        if let Some(subject) = about(activity).as_str() {
            ids.entry(subject.to_owned()).or_default().insert(activity["id"].as_str().unwrap().to_owned());
        }
        ids
    })
}

/// How many different activities there are.
pub fn distinct_ids(activities: &[Value]) -> usize {
    activities.iter().map(|activity| activity["id"].to_string()).collect::<BTreeSet<_>>().len()
}
