//! Several real servers: two that federate with each other, and two that share one database.

use super::crash::{PATIENCE, distinct_ids};
use super::support::api::Api;
use super::support::app::beside;
use super::support::load::{command, set_up};
use super::support::peer::Peer;
use super::support::process::{Process, caucus, free_port};
use super::support::store::{Store, skipped};
use caucus::App;
use caucus::clock::SystemClock;
use caucus::db::{DbError, local_actors};
use caucus::federation::actors::find_by_url;
use caucus::federation::outbound::publish::{Audience, send};
use caucus::ids::random_receipt;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Waits until `is_so` answers true.
async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "never: {what}");
}

/// A server of its own with a community, the cabal `bees` and a token of its steward.
struct Node {
    store: Store,
    process: Process,
    api: Api,
}

impl Node {
    async fn start() -> Self {
        let (store, port) = (Store::fresh(), free_port());
        let token = set_up(&store, &format!("http://127.0.0.1:{port}"));
        let process = Process::serve(&store, port).await;
        let api = Api::at(&process.base).with(&token);
        Self { store, process, api }
    }

    fn cabal(&self) -> String {
        format!("{}/c/bees", self.process.base)
    }

    /// Another hand on the store of this node, to send what its pages have no button for.
    fn beside(&self) -> App {
        beside(&self.store, &self.process.base, Arc::new(SystemClock))
    }

    /// The cabal of this node sends an activity to an actor of another.
    async fn send(&self, to: &str, activity: Value) {
        let app = self.beside();
        find_by_url(&app, to).await.unwrap();
        let audience = Audience::only(vec![to.to_owned()]);
        let sent: Result<_, DbError> = app
            .write(move |tx| {
                let from = local_actors::find_actor_by_handle(tx.conn, "bees")?.unwrap();
                send(tx, &from, activity, &audience)
            })
            .await;
        sent.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_follow_publish_and_vote_across() {
    let (here, there) = (Node::start().await, Node::start().await);
    let follow = json!({"type": "Follow", "actor": there.cabal(), "object": here.cabal()});

    there.send(&here.cabal(), follow).await;
    eventually("the follow is taken", || here.store.count("followers", "true") == 1).await;
    eventually("the Accept came", || there.store.count("inbox_activities", "true") == 1).await;
    let help = json!({"what": "Build hives", "skills": ["carpentry"], "hours": 2});
    here.api.post("/cabals/bees/help-requests", help).await.created();
    eventually("the help request came", || there.store.count("inbox_activities", "true") == 2).await;
    let poll = json!({"question": "When?", "options": ["Saturday", "Sunday"], "duration_minutes": 60});
    let poll = here.api.post("/cabals/bees/polls", poll).await.created();
    let question = format!("{}/polls/{poll}", here.process.base);
    let note = json!({"id": format!("{}#vote-{}", there.cabal(), random_receipt()), "type": "Note",
        "attributedTo": there.cabal(), "to": [here.cabal()], "inReplyTo": question, "name": "Sunday"});
    let vote = json!({"type": "Create", "actor": there.cabal(), "to": [here.cabal()], "object": note});
    there.send(&here.cabal(), vote).await;

    let shown = async || here.api.get(&format!("/polls/{poll}")).await.json()["voters_count"].clone();
    let counted = async {
        while shown().await != 1 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, counted).await.is_ok(), "the vote was not counted");
    for node in [&here, &there] {
        eventually("everything arrived", || node.store.count("deliveries", "true") == 0).await;
        assert_eq!(node.store.count("inbox_activities", "state = 'failed'"), 0);
        let troubled = node.store.values("SELECT host AS value FROM remote_hosts WHERE failing_since IS NOT NULL");
        assert!(troubled.is_empty(), "{troubled:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_database_do_everything_once() {
    let Some(store) = Store::on_postgres_if_there_is_one() else {
        return skipped("only processes on PostgreSQL share a database");
    };
    let ports = [free_port(), free_port()];
    let base = format!("http://127.0.0.1:{}", ports[0]);
    let ada = set_up(&store, &base);
    command(&store, &base, &["member", "add", "grace", "--password-stdin"]);
    let grace = command(&store, &base, &["token", "create", "--member", "grace"]);
    let mut processes = Vec::new();
    for port in ports {
        let mut serve = caucus(&store);
        serve.args(["--public-url", &base]);
        processes.push(Process::start(serve, &store, port).await);
    }
    let [one, two] = [&processes[0], &processes[1]].map(|process| Api::at(&process.base));
    let peer = Peer::start_by(Arc::new(SystemClock), "127.0.0.2").await;
    let fan = peer.person("fan");
    for handle in ["commons", "bees"] {
        let target = format!("{base}/c/{handle}");
        let follow =
            json!({"id": format!("{}/follow/{handle}", fan.url), "type": "Follow", "actor": fan.url, "object": target});
        assert_eq!(peer.send(&fan, &format!("{base}/inbox"), &follow).await.0, 202);
    }
    eventually("both follows are taken", || store.count("followers", "true") == 2).await;

    for number in 0..30 {
        let api = if number % 2 == 0 { &one } else { &two };
        let text = json!({"text": format!("Update {number}")});
        api.with(&ada).post("/cabals/bees/progress", text).await.created();
    }
    let poll = json!({"question": "When?", "options": ["Saturday", "Sunday"], "duration_minutes": 60});
    let poll = one.with(&ada).post("/cabals/bees/polls", poll).await.created();
    for (api, token) in [(&one, &ada), (&two, &grace)] {
        api.with(token).post(&format!("/polls/{poll}/ballot"), json!({"choices": ["Sunday"]})).await.must_be(201);
    }
    let soon = "now() AT TIME ZONE 'utc' + interval '1 second'";
    store.execute(&format!("UPDATE polls SET closes_at = {soon} WHERE id = '{poll}'"));
    eventually("the poll is closed", || store.count("polls", "closed_at IS NOT NULL") == 1).await;
    eventually("everything arrived", || store.count("deliveries", "true") == 0).await;

    let totals =
        format!("SELECT name || ' ' || total AS value FROM poll_options WHERE poll_id = '{poll}' ORDER BY position");
    assert_eq!(store.values(&totals), ["Saturday 0", "Sunday 2"]);
    assert_eq!(peer.activities("Update").iter().filter(|u| u["object"]["type"] == "Question").count(), 1);
    let all = peer.received();
    let ids = distinct_ids(&all.iter().map(|one| one.json()).collect::<Vec<_>>());
    assert_eq!(ids, all.len(), "something came twice");
    let updates =
        peer.activities("Create").iter().filter(|c| c["object"]["id"].as_str().unwrap().contains("/progress/")).count();
    assert_eq!(updates, 30);
    for process in processes {
        assert!(process.terminate().await.success());
    }
}
