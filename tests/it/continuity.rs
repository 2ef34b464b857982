//! Accounts elsewhere whose keys change: a rotation goes unnoticed, but whoever takes an abandoned
//! domain over does not vote for the member who once had an account there (AC-16, SG-15, V-29).

use crate::support::keys::CONTENT_TYPE;
use crate::support::peer::{Person, actor_document};
use crate::support::rows::{dump, on_their_way};
use crate::support::{Peer, TestApp, TestKey};
use caucus::db::linked_actors::insert_link;
use caucus::db::{ballots, linked_actors};
use caucus::domain::ballot::Uncounted;
use caucus::ids::{MemberId, PollId};
use caucus::services::link_actor::{confirm_code, request_code};
use caucus::workers::inbound;
use chrono::TimeDelta;
use serde_json::{Value, json};

/// A member whose account elsewhere we heard from, and an open vote.
struct Scene {
    app: TestApp,
    peer: Peer,
    ada: MemberId,
    bob: Person,
}

impl Scene {
    async fn start() -> Self {
        let (app, ada) = TestApp::with_community().await;
        let peer = Peer::start(&app).await;
        let bob = peer.person("bob");
        let scene = Self { app, peer, ada, bob };
        scene.serve(&[&scene.bob.key], "2020-01-01T00:00:00Z");
        scene.say(&scene.bob, json!({"type": "Like", "object": "https://elsewhere.example/1"})).await;
        let url = scene.bob.url.clone();
        assert!(scene.app.app.write(move |tx| insert_link(tx, &url, ada)).await.unwrap());
        scene
    }

    /// What the server says of bob from now on.
    fn serve(&self, keys: &[&TestKey], published: &str) {
        let mut document = actor_document(&self.peer.base, "bob", "");
        document["published"] = json!(published);
        document["publicKey"] = (0..)
            .zip(keys)
            .map(|(n, key)| {
                let id = if n == 0 { self.bob.key_id.clone() } else { format!("{}#key-{n}", self.bob.url) };
                json!({"id": id, "owner": self.bob.url, "publicKeyPem": key.public_pem})
            })
            .collect();
        self.peer.serve("/users/bob", CONTENT_TYPE, &document);
    }

    async fn say(&self, person: &Person, mut activity: Value) {
        activity["id"] = json!(self.peer.fresh_url("activities"));
        activity["actor"] = json!(person.url);
        let (status, reason) = self.peer.send(person, &self.app.url("/inbox"), &activity).await;
        assert_eq!(status, 202, "{reason}");
        while inbound::step(&self.app.app).await.unwrap() > 0 {}
    }

    async fn open(&self) -> PollId {
        let bea = self.app.member("bea").await;
        self.app.open_vote(self.ada, bea).await.1
    }

    async fn vote(&self, person: &Person, poll: PollId) {
        let note = json!({
            "type": "Note", "id": self.peer.fresh_url("votes"), "attributedTo": person.url, "name": "For",
            "inReplyTo": self.app.app.urls.poll(poll), "to": [self.app.url("/c/commons")],
        });
        self.say(person, json!({"type": "Create", "object": note})).await;
    }

    /// Bob with another key.
    fn somebody_else(&self) -> Person {
        let key = TestKey::kept(0);
        assert_ne!(key.public_pem, self.bob.key.public_pem);
        Person {
            url: self.bob.url.clone(),
            handle: self.bob.handle.clone(),
            key_id: self.bob.key_id.clone(),
            key,
            ..self.peer.person("bob")
        }
    }

    async fn uncounted(&self, poll: PollId) -> Vec<(Uncounted, u32)> {
        self.app.app.read(move |conn| ballots::list_uncounted(conn, poll)).await.unwrap()
    }
}

#[tokio::test]
async fn an_account_that_comes_back_with_new_keys_after_a_month_waits_for_its_member() {
    let scene = Scene::start().await;
    scene.app.advance(TimeDelta::days(31));
    let poll = scene.open().await;
    let stranger = scene.somebody_else();
    scene.serve(&[&stranger.key], "2020-01-01T00:00:00Z");
    let before = on_their_way(&scene.app).len();

    scene.vote(&stranger, poll).await;

    assert_eq!(scene.uncounted(poll).await, [(Uncounted::OnHold, 1)]);
    let rows = dump(&scene.app);
    assert_eq!((rows["ballots"].len(), rows["soundings"].len()), (0, 0));
    assert_eq!(on_their_way(&scene.app).len(), before, "a stranger is told nothing");
    let mut browser = scene.app.signed_in("ada").await;
    assert!(browser.get("/account").await.text().contains("On hold since 1 April 2026"));

    // Ada has her account again, and proves it.
    assert_eq!(request_code(&scene.app.app, scene.ada, &stranger.handle).await.unwrap(), stranger.handle);
    let sent = on_their_way(&scene.app);
    let content = sent.last().unwrap().1["object"]["content"].as_str().unwrap().to_owned();
    let code: String = content.split("your code is ").nth(1).unwrap().chars().take(6).collect();
    confirm_code(&scene.app.app, scene.ada, &code).await.unwrap();
    scene.vote(&stranger, poll).await;

    assert_eq!(dump(&scene.app)["ballots"].len(), 1);
    assert!(!browser.get("/account").await.text().contains("On hold"));
}

#[tokio::test]
async fn an_old_key_beside_the_new_one_proves_nothing_after_a_month() {
    let scene = Scene::start().await;
    scene.app.advance(TimeDelta::days(31));
    let poll = scene.open().await;
    let stranger = scene.somebody_else();
    // A key is public: anybody can list it.
    scene.serve(&[&scene.bob.key], "2020-01-01T00:00:00Z");
    request_code(&scene.app.app, scene.ada, &scene.bob.handle).await.unwrap_err();
    scene.app.advance(TimeDelta::hours(25));
    scene.serve(&[&stranger.key, &scene.bob.key], "2020-01-01T00:00:00Z");

    scene.vote(&stranger, poll).await;

    assert_eq!(scene.uncounted(poll).await, [(Uncounted::OnHold, 1)]);
}

#[tokio::test]
async fn an_account_that_was_made_anew_waits_for_its_member_at_once() {
    let scene = Scene::start().await;
    let poll = scene.open().await;
    let stranger = scene.somebody_else();
    scene.serve(&[&stranger.key], "2026-02-28T00:00:00Z");

    scene.vote(&stranger, poll).await;

    assert_eq!(scene.uncounted(poll).await, [(Uncounted::OnHold, 1)]);
    let url = scene.bob.url.clone();
    assert_eq!(scene.app.app.read(move |conn| linked_actors::find_member_of(conn, &url)).await.unwrap(), None);
}

#[tokio::test]
async fn a_rotated_key_of_somebody_who_was_heard_within_a_month_goes_on_voting() {
    let scene = Scene::start().await;
    scene.app.advance(TimeDelta::days(20));
    scene.say(&scene.bob, json!({"type": "Like", "object": "https://elsewhere.example/2"})).await;
    scene.app.advance(TimeDelta::days(20));
    let poll = scene.open().await;
    let bob = scene.somebody_else();
    scene.serve(&[&bob.key], "2020-01-01T00:00:00Z");

    scene.vote(&bob, poll).await;

    assert_eq!(dump(&scene.app)["ballots"].len(), 1);
    assert_eq!(scene.uncounted(poll).await, []);
}
