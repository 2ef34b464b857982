//! Delivery: once to each server, in order, whatever the other side answers, and across crashes.

use crate::support::TestApp;
use crate::support::faulty::{FaultyPeer, Rule};
use crate::support::peer::{Peer, Received};
use crate::support::world::kept_pair;
use caucus::App;
use caucus::clock::Stamp;
use caucus::db::deliveries::{HostQueue, queue_by_host};
use caucus::db::followers::{Follower, add_follower, count_followers};
use caucus::db::local_actors::{self, ActorKind, NewActor, create_actor};
use caucus::db::posts::PostKind;
use caucus::db::remote_actors::{RemoteActor, save_remote_actor};
use caucus::db::remote_hosts::{Claim, claim_lanes};
use caucus::db::{Database, DbError, outbox};
use caucus::domain::visibility::Visibility;
use caucus::federation::outbound::documents::{Extra, Mention, NoteParts, note};
use caucus::federation::outbound::publish::{self, Audience, NewPost};
use caucus::ids::{ActorId, PostId};
use caucus::workers::delivery::step;
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::sync::Arc;

/// A cabal with followers on peers.
struct Scene {
    app: TestApp,
    cabal: ActorId,
}

impl Scene {
    async fn begin() -> Self {
        let app = TestApp::start().await;
        let cabal = app
            .app
            .write::<_, DbError>(|tx| {
                let keys = kept_pair(0);
                let (kind, handle, name, summary) = (ActorKind::Cabal, "search", "Search", "");
                create_actor(tx, &NewActor { kind, handle, name, summary, keys: &keys })
            })
            .await
            .unwrap();
        Self { app, cabal }
    }

    async fn follow(&self, peer: &FaultyPeer, name: &str, inbox: &str) {
        let follower = Follower {
            actor_id: self.cabal,
            follower_url: peer.url(&format!("/users/{name}")),
            follow_id: peer.url(&format!("/follows/{name}")),
            inbox: peer.url(inbox),
            host: peer.host.clone(),
        };
        self.app.app.write::<_, DbError>(move |tx| add_follower(tx, &follower)).await.unwrap();
    }

    async fn publish(&self, text: &str) -> PostId {
        self.publish_for(text, Visibility::Public, Audience::followers(self.cabal)).await
    }

    async fn publish_for(&self, text: &str, visibility: Visibility, audience: Audience) -> PostId {
        let (cabal, text) = (self.cabal, text.to_owned());
        self.app
            .app
            .write::<_, DbError>(move |tx| {
                let id = PostId::from_uuid(tx.next_id());
                let (url, author) = (tx.urls.note(id), tx.urls.actor("search"));
                let mentions = audience.actors.iter().map(|actor| Mention { href: actor.clone(), name: "@a@b".into() });
                let object = note(
                    &NoteParts {
                        id: &url,
                        author: &author,
                        content_html: &text,
                        language: "en",
                        published: tx.now,
                        updated: None,
                        in_reply_to: None,
                        visibility,
                        mentions: mentions.collect(),
                        hashtags: Vec::new(),
                        extra: Extra::default(),
                    },
                    tx.urls,
                );
                let kind = PostKind::Notice;
                let new =
                    NewPost { id, actor_id: cabal, kind, visibility, in_reply_to: None, object, is_pinned: false };
                publish::publish(tx, new, &audience)?;
                Ok(id)
            })
            .await
            .unwrap()
    }

    async fn meet(&self, peer: &FaultyPeer, name: &str) -> String {
        let url = peer.url(&format!("/users/{name}"));
        let actor = RemoteActor {
            url: url.clone(),
            kind: "Person".to_owned(),
            host: peer.host.clone(),
            username: name.to_owned(),
            name: name.to_owned(),
            profile_url: url.clone(),
            inbox: peer.url(&format!("/users/{name}/inbox")),
            shared_inbox: Some(peer.url("/inbox")),
            followers_url: None,
            fetched_at: self.app.app.now(),
            refresh_tried_at: None,
            unreachable_since: None,
            gone_at: None,
            keys: Vec::new(),
        };
        self.app.app.write::<_, DbError>(move |tx| save_remote_actor(tx, &actor)).await.unwrap();
        url
    }

    async fn step(&self) -> usize {
        step(&self.app.app).await.unwrap()
    }

    async fn queue(&self) -> Vec<HostQueue> {
        self.app.app.read::<_, DbError>(queue_by_host).await.unwrap()
    }

    async fn followers(&self) -> i64 {
        let cabal = self.cabal;
        let (counted, stored) = self
            .app
            .app
            .read::<_, DbError>(move |conn| {
                Ok((count_followers(conn, cabal)?, local_actors::actor(conn, cabal)?.followers_count))
            })
            .await
            .unwrap();
        assert_eq!(counted, i64::from(stored));
        counted
    }
}

fn contents(bodies: &[Value]) -> Vec<&str> {
    bodies.iter().filter_map(|body| body["object"]["content"].as_str()).collect()
}

#[tokio::test]
async fn one_copy_goes_to_each_distinct_inbox_with_the_stored_bytes() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    for name in ["ann", "ben", "cas"] {
        scene.follow(&peer, name, "/inbox").await;
    }
    scene.follow(&peer, "dan", "/users/dan/inbox").await;

    let post = scene.publish("<p>Once</p>").await;
    assert_eq!(scene.queue().await[0].waiting, 2);
    assert_eq!((scene.step().await, scene.step().await), (1, 0));

    let mut paths = peer.paths();
    paths.sort();
    assert_eq!(paths, ["/inbox", "/users/dan/inbox"]);
    let stored = scene
        .app
        .app
        .read::<_, DbError>(move |conn| outbox::find_activity(conn, publish::create_id(post)))
        .await
        .unwrap()
        .unwrap();
    for request in peer.requests() {
        assert_eq!(request.body, stored.body);
        assert_eq!(request.headers["content-type"], "application/activity+json");
        assert!(request.headers["signature"].contains("/c/search#main-key\""));
    }
    assert!(scene.queue().await.is_empty());
}

#[tokio::test]
async fn the_audience_is_frozen_when_the_post_is_published() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    let late = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;

    scene.publish("<p>Before</p>").await;
    scene.follow(&late, "ben", "/inbox").await;
    scene.step().await;

    assert_eq!((peer.requests().len(), late.requests().len()), (1, 0));
}

#[tokio::test]
async fn a_follower_who_moved_to_another_inbox_is_followed_there() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/old/inbox").await;

    scene.meet(&peer, "ann").await;
    scene.publish("one").await;
    scene.step().await;

    assert_eq!(peer.paths(), ["/inbox"]);
}

#[tokio::test]
async fn a_direct_message_goes_to_the_personal_inbox_and_is_not_kept_afterwards() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ben", "/inbox").await;
    let ann = scene.meet(&peer, "ann").await;

    let post = scene.publish_for("<p>Your code</p>", Visibility::Direct, Audience::only(vec![ann])).await;
    scene.step().await;

    assert_eq!(peer.paths(), ["/users/ann/inbox"]);
    let id = publish::create_id(post);
    let kept = scene.app.app.read::<_, DbError>(move |conn| outbox::find_activity(conn, id)).await.unwrap();
    assert!(kept.is_none());
}

#[tokio::test]
async fn people_named_and_followers_on_one_server_get_one_copy() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ben", "/inbox").await;
    let (ann, stranger) = (scene.meet(&peer, "ann").await, "https://never.met.example/u".to_owned());

    let audience = Audience::followers(scene.cabal).and([ann, stranger]);
    scene.publish_for("<p>All</p>", Visibility::Public, audience).await;
    scene.step().await;

    assert_eq!(peer.paths(), ["/inbox"]);
}

#[tokio::test]
async fn each_answer_has_its_consequence() {
    // The status, how often it is asked at once, what still waits afterwards, who still follows.
    for (status, asked, waiting, followers) in [
        (200, 1, 0, 1),
        (202, 1, 0, 1),
        (400, 2, 0, 1),
        (401, 2, 1, 1),
        (403, 1, 0, 1),
        (404, 1, 0, 1),
        (408, 1, 1, 1),
        (410, 1, 0, 0),
        (429, 1, 1, 1),
        (500, 1, 1, 1),
        (503, 1, 1, 1),
        (302, 1, 1, 1),
    ] {
        let scene = Scene::begin().await;
        let peer = FaultyPeer::start().await;
        scene.follow(&peer, "ann", "/inbox").await;
        peer.answer(Rule::Status(status, vec![("location", "/elsewhere".to_owned())]));

        scene.publish("<p>Hello</p>").await;
        scene.step().await;

        assert_eq!(peer.paths(), vec!["/inbox"; asked], "{status}");
        assert_eq!(scene.queue().await.iter().map(|queue| queue.waiting).sum::<i64>(), waiting, "{status}");
        assert_eq!(scene.followers().await, followers, "{status}");
        assert_eq!(scene.step().await, 0, "{status}: it is not tried again at once");
    }
}

#[tokio::test]
async fn a_failing_host_is_tried_after_growing_pauses_and_in_order() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    peer.answer(Rule::Status(500, Vec::new()));
    for text in ["one", "two", "three"] {
        scene.publish(text).await;
    }

    scene.step().await;
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let queue = scene.queue().await.remove(0);
        assert_eq!(queue.waiting, 3);
        assert_eq!(queue.last_problem.as_deref(), Some("the server answers 500"));
        let pause = queue.next_try_at - scene.app.app.now();
        pauses.push(pause.num_seconds());
        scene.app.advance(pause - TimeDelta::seconds(1));
        assert_eq!(scene.step().await, 0);
        scene.app.advance(TimeDelta::seconds(1));
        assert_eq!(scene.step().await, 1);
    }
    for (pause, minutes) in pauses.iter().zip([1, 2, 4, 8]) {
        assert!((minutes * 60..=minutes * 75).contains(pause), "{pauses:?}");
    }
    assert_eq!(contents(&peer.bodies()), vec!["one"; 5]);

    peer.answer(Rule::Status(202, Vec::new()));
    scene.app.advance(TimeDelta::hours(1));
    scene.step().await;

    assert_eq!(contents(&peer.bodies())[5..], ["one", "two", "three"]);
    assert!(scene.queue().await.is_empty());
}

#[tokio::test]
async fn a_refused_delivery_does_not_hold_up_the_next_one() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    peer.answer_once(Rule::Status(403, Vec::new()));
    scene.publish("one").await;
    scene.publish("two").await;

    scene.step().await;

    assert_eq!(contents(&peer.bodies()), ["one", "two"]);
    assert!(scene.queue().await.is_empty());
}

#[tokio::test]
async fn a_server_is_left_alone_for_as_long_as_it_asks() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    peer.answer(Rule::Status(429, vec![("retry-after", "7200".to_owned())]));
    scene.publish("one").await;

    scene.step().await;

    assert_eq!(scene.queue().await[0].next_try_at, scene.app.app.now() + TimeDelta::hours(2));
}

#[tokio::test]
async fn a_server_that_wants_the_other_signature_gets_it_and_is_remembered_for_a_day() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    peer.answer(Rule::OnlyRfc9421);
    let knocks = || peer.requests().iter().map(|r| r.headers.contains_key("signature-input")).collect::<Vec<_>>();

    scene.publish("one").await;
    scene.step().await;
    assert_eq!(knocks(), [false, true]);

    scene.publish("two").await;
    scene.step().await;
    assert_eq!(knocks(), [false, true, true]);

    scene.app.advance(TimeDelta::hours(25));
    scene.publish("three").await;
    scene.step().await;
    assert_eq!(knocks(), [false, true, true, false, true]);
    assert_eq!(contents(&peer.bodies()), ["one", "one", "two", "three", "three"]);
}

#[tokio::test]
async fn a_signature_that_is_never_believed_is_given_up_after_five_tries() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    peer.answer(Rule::Status(401, Vec::new()));
    scene.publish("one").await;

    for _ in 0..6 {
        scene.step().await;
        scene.app.advance(TimeDelta::days(1));
    }

    assert_eq!(peer.requests().len(), 10);
    assert!(scene.queue().await.is_empty());
}

#[tokio::test]
async fn after_fourteen_days_a_host_rests_until_it_is_heard_from() {
    let scene = Scene::begin().await;
    let peer = Peer::start(&scene.app).await;
    let ann = peer.person("ann");
    let follower = Follower {
        actor_id: scene.cabal,
        follower_url: ann.url.clone(),
        follow_id: peer.fresh_url("follows"),
        inbox: format!("{}/inbox", peer.base),
        host: peer.host.clone(),
    };
    scene.app.app.write::<_, DbError>(move |tx| add_follower(tx, &follower)).await.unwrap();
    caucus::federation::keys::ensure_instance_actor(&scene.app.app).await.unwrap();
    peer.answer_posts_with(500);
    scene.publish("too old by then").await;
    for fifteen_hours in 0..28 {
        if fifteen_hours == 16 {
            scene.publish("old").await;
        }
        scene.step().await;
        scene.app.advance(TimeDelta::hours(15));
    }
    assert!(scene.queue().await[0].is_resting);
    let asked = peer.received().len();
    peer.answer_posts_with(202);

    scene.publish("new").await;
    scene.app.advance(TimeDelta::days(1));
    assert_eq!(scene.step().await, 0);

    let like = json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": peer.fresh_url("likes"),
        "type": "Like",
        "actor": ann.url,
        "object": scene.app.url("/c/search"),
    });
    let (status, said) = peer.send(&ann, &scene.app.url("/inbox"), &like).await;
    assert_eq!(status, 202, "{said}");
    assert_eq!(scene.step().await, 1);

    let bodies: Vec<Value> = peer.received()[asked..].iter().map(Received::json).collect();
    assert_eq!(contents(&bodies), ["old", "new"]);
    assert!(scene.queue().await.is_empty());
}

#[tokio::test]
async fn a_host_that_hangs_delays_no_other() {
    let scene = Scene::begin().await;
    let (slow, quick) = (FaultyPeer::start().await, FaultyPeer::start().await);
    slow.answer(Rule::Hang);
    for peer in [&slow, &quick] {
        scene.follow(peer, "ann", "/inbox").await;
    }
    scene.publish("one").await;

    let app = Arc::clone(&scene.app.app);
    let stepping = tokio::spawn(async move { step(&app).await });
    quick.wait_for(1).await;
    slow.wait_for(1).await;
    assert!(!stepping.is_finished(), "the slow one still hangs");
    slow.let_go();
    assert_eq!(stepping.await.unwrap().unwrap(), 2);

    let queue = scene.queue().await;
    assert_eq!((queue.len(), queue[0].host.as_str()), (1, slow.host.as_str()));
}

#[tokio::test]
async fn what_a_dead_process_held_is_delivered_once_its_lease_has_ended() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    scene.publish("one").await;
    let until = scene.app.app.now() + TimeDelta::seconds(30);
    let claim = Claim { holder: "the dead".to_owned(), until, healthy: 10, failing: 10 };
    let taken = scene.app.app.write::<_, DbError>(move |tx| claim_lanes(tx, &claim)).await.unwrap();
    assert_eq!(taken.len(), 1);

    assert_eq!(scene.step().await, 0);
    scene.app.advance(TimeDelta::seconds(30));
    assert_eq!(scene.step().await, 1);

    assert_eq!(contents(&peer.bodies()), ["one"]);
}

#[tokio::test]
async fn two_processes_on_one_database_deliver_each_activity_once_and_in_order() {
    let scene = Scene::begin().await;
    let peers = [FaultyPeer::start().await, FaultyPeer::start().await, FaultyPeer::start().await];
    for peer in &peers {
        scene.follow(peer, "ann", "/inbox").await;
    }
    let texts: Vec<String> = (0..25).map(|number| format!("number {number}")).collect();
    for text in &texts {
        scene.publish(text).await;
    }
    let settings = scene.app.app.settings.clone();
    let db = Database::open(&settings.database_url).unwrap();
    let other = Arc::new(App::new(settings, Arc::clone(&scene.app.app.clock), db));

    let (one, two) = tokio::join!(step(&scene.app.app), step(&other));

    assert_eq!(one.unwrap() + two.unwrap(), 3);
    for peer in &peers {
        assert_eq!(contents(&peer.bodies()), texts);
    }
    assert!(scene.queue().await.is_empty());
}

#[tokio::test]
async fn what_is_too_old_is_given_up() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    scene.publish("old").await;
    scene.app.advance(TimeDelta::days(14));
    scene.publish("new").await;

    scene.step().await;

    assert_eq!(contents(&peer.bodies()), ["new"]);
    assert!(scene.queue().await.is_empty());
}

#[tokio::test]
async fn nothing_is_on_its_way_when_the_act_fails() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    let cabal = scene.cabal;

    let failed: Result<(), DbError> = scene
        .app
        .app
        .write(move |tx| {
            publish::send(tx, cabal, json!({"type": "Accept"}), &Audience::followers(cabal))?;
            Err(DbError::NotFound)
        })
        .await;

    assert!(failed.is_err());
    assert_eq!((scene.step().await, peer.requests().len()), (0, 0));
}

#[tokio::test]
async fn an_edit_and_a_withdrawal_follow_the_post() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    let cabal = scene.cabal;
    let post = scene.publish("first").await;
    let edited: Stamp = scene.app.app.now();
    scene
        .app
        .app
        .write::<_, DbError>(move |tx| {
            let object = json!({"@context": "x", "id": tx.urls.note(post), "type": "Note", "content": "second"});
            publish::update(tx, post, &object, &Audience::followers(cabal))?;
            publish::withdraw(tx, post, &Audience::followers(cabal))?;
            assert!(publish::withdraw(tx, post, &Audience::followers(cabal))?.is_none());
            Ok(())
        })
        .await
        .unwrap();

    scene.step().await;

    let bodies = peer.bodies();
    assert_eq!(bodies.iter().map(|body| &body["type"]).collect::<Vec<_>>(), ["Create", "Update", "Delete"]);
    let kept = scene.app.app.read(move |conn| outbox::find_activity(conn, publish::create_id(post))).await.unwrap();
    assert!(kept.is_none(), "what carried a withdrawn post is not kept");
    let ids: std::collections::BTreeSet<&str> = bodies.iter().map(|body| body["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(bodies[2]["object"]["type"], "Tombstone");
    assert_eq!(bodies[2]["object"]["deleted"], caucus::clock::iso_seconds(edited));
}
