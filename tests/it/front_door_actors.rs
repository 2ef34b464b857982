//! Whose word the inboxes believe: keys, their owners, and actors who change, vanish or never were.

use crate::support::keys::Scheme;
use crate::support::letter::{Letter, like, setting, waiting};
use crate::support::peer::{Person, actor_document};
use crate::support::{FaultPeer, Peer, Reaction, TestApp, TestKey};
use caucus::db::remote_actors;
use chrono::TimeDelta;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn a_never_seen_actor_costs_one_fetch_and_then_none() {
    let (app, peer, bob) = setting().await;
    for scheme in [Scheme::Cavage, Scheme::Rfc9421] {
        let bob = Person { scheme, ..peer.person("bob") };
        let (status, text) = peer.send(&bob, &app.url("/inbox"), &like(&peer, &bob)).await;
        assert_eq!((status, text.as_str()), (202, ""));
    }
    assert_eq!(peer.asked().len(), 1);
    assert_eq!(waiting(&app).await, 2);
    let (url, handle) = (bob.url.clone(), bob.handle.clone());
    let stored = app.app.read(move |conn| remote_actors::find_remote_actor(conn, &url)).await.unwrap().unwrap();
    assert_eq!(stored.handle(), handle);
    assert_eq!(stored.keys[0].key_id, bob.key_id);
}

#[tokio::test]
async fn requests_that_arrive_together_share_one_fetch() {
    let (app, peer, bob) = setting().await;
    let (inbox, peer, bob) = (app.url("/inbox"), &peer, &bob);
    let letters: Vec<Value> = (0..20).map(|_| like(peer, bob)).collect();

    let answers = futures_util::future::join_all(letters.iter().map(|letter| peer.send(bob, &inbox, letter))).await;

    assert!(answers.iter().all(|(status, _)| *status == 202), "{answers:?}");
    assert_eq!(peer.asked().len(), 1);
    assert_eq!(waiting(&app).await, 20);
}

#[tokio::test]
async fn nobody_can_speak_in_the_name_of_another() {
    let (app, peer, bob) = setting().await;
    let evil = Peer::start(&app).await;
    let (mallory, eve) = (evil.person("mallory"), peer.person("eve"));
    assert_ne!(eve.key.public_pem, bob.key.public_pem, "the two keep different keys");
    for kind in [
        "Create", "Update", "Delete", "Follow", "Undo", "Accept", "Reject", "Block", "Flag", "Like", "Announce", "Move",
    ] {
        let mut activity = like(&peer, &bob);
        activity["type"] = json!(kind);
        let mut from_evil = activity.clone();
        from_evil["id"] = json!(evil.fresh_url("a"));
        let key_ids = [mallory.key_id.clone(), bob.key_id.clone()];
        for (person, activity) in [(&mallory, &activity), (&eve, &activity), (&mallory, &from_evil)] {
            for key_id in key_ids.iter().chain([&person.key_id]) {
                let letter = Letter { key_id: key_id.clone(), ..Letter::honest(&app, person, activity) };
                let status = letter.send(&app, &person.key).await;
                assert!(matches!(status, 401 | 403), "{kind} of bob by {} with {key_id}: {status}", person.url);
            }
        }
    }
    assert_eq!(waiting(&app).await, 0);
}

#[tokio::test]
async fn a_key_elsewhere_than_its_actor_is_refused_before_anything_is_fetched() {
    let (app, peer, bob) = setting().await;
    let evil = Peer::start(&app).await;
    let mallory = evil.person("mallory");
    for key_id in [mallory.key_id.as_str(), "acct:bob@peer.example", "x", "http://10.0.0.1/k", "https://postgres/k"] {
        let letter = Letter { key_id: key_id.to_owned(), ..Letter::honest(&app, &bob, &like(&peer, &bob)) };
        assert_eq!(letter.send(&app, &mallory.key).await, 401, "{key_id}");
    }
    assert_eq!((peer.asked().len(), evil.asked().len()), (0, 0));
}

#[tokio::test]
async fn a_key_counts_only_if_its_owner_lists_it() {
    let app = TestApp::start().await;
    let peer = Peer::start(&app).await;
    let (bob, mallory) = (peer.person("bob"), peer.person("eve"));
    // A document of mallory's that says its key is bob's.
    let stolen = format!("{}/keys/1", peer.base);
    let claim = json!({ "id": stolen, "owner": bob.url, "publicKeyPem": mallory.key.public_pem });
    peer.serve("/keys/1", "application/activity+json", &claim);
    let letter = Letter { key_id: stolen, ..Letter::honest(&app, &mallory, &like(&peer, &bob)) };
    assert_eq!(letter.send(&app, &mallory.key).await, 401);
    // An actor that lists bob's key id for a key of its own does not become bob.
    let mut document = actor_document(&peer.base, "eve", &mallory.key.public_pem);
    document["publicKey"]["id"] = json!(bob.key_id);
    peer.serve("/users/eve", "application/activity+json", &document);
    let letter = Letter { key_id: bob.key_id.clone(), ..Letter::honest(&app, &mallory, &like(&peer, &bob)) };
    assert_eq!(letter.send(&app, &mallory.key).await, 401);
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
}

#[tokio::test]
async fn keys_at_addresses_of_their_own_are_found_through_the_actor() {
    let (app, peer, bob) = setting().await;
    // As GoToSocial: the key's address has no fragment and answers a stub without inbox.
    let key_id = format!("{}/main-key", bob.url);
    let mut document = actor_document(&peer.base, "bob", &bob.key.public_pem);
    document["publicKey"]["id"] = json!(key_id);
    peer.serve("/users/bob", "application/activity+json", &document);
    let letter = Letter { key_id: key_id.clone(), ..Letter::honest(&app, &bob, &like(&peer, &bob)) };
    assert_eq!(letter.send(&app, &bob.key).await, 202);
    assert_eq!(peer.asked().len(), 1);
    // A standalone key document that the actor only links to.
    let eve = peer.person("eve");
    let key_id = format!("{}/keys/eve", peer.base);
    let mut document = actor_document(&peer.base, "eve", "");
    document["publicKey"] = json!(key_id);
    peer.serve("/users/eve", "application/activity+json", &document);
    let key = json!({ "id": key_id, "owner": eve.url, "publicKeyPem": eve.key.public_pem });
    peer.serve("/keys/eve", "application/activity+json", &key);
    let letter = Letter { key_id, ..Letter::honest(&app, &eve, &like(&peer, &eve)) };
    assert_eq!(letter.send(&app, &eve.key).await, 202);
}

#[tokio::test]
async fn an_address_that_serves_now_one_actor_and_now_another_is_neither() {
    let app = TestApp::start().await;
    let peer = Peer::start(&app).await;
    let bob = peer.person("bob");
    let key = TestKey::kept(3);
    let pem = key.public_pem.clone();
    let target = bob.url.clone();
    let evil = FaultPeer::start(move |path, before| match (path, before % 2) {
        ("/users/mallory", 0) => Reaction::redirect("/users/other"),
        ("/users/mallory", _) => Reaction::redirect(&target),
        _ => Reaction::document(&actor_document("http://nowhere.example", "other", &pem)),
    })
    .await;
    let mallory = Person {
        url: format!("{}/users/mallory", evil.base),
        handle: String::new(),
        key_id: format!("{}/users/mallory#main-key", evil.base),
        key,
        scheme: Scheme::Cavage,
    };
    for actor in [&mallory.url, &bob.url] {
        let activity = json!({ "id": format!("{}/a", evil.base), "type": "Like", "actor": actor, "object": "x" });
        let status = Letter::honest(&app, &mallory, &activity).send(&app, &mallory.key).await;
        assert!(matches!(status, 401 | 403), "{status}");
    }
    assert_eq!(waiting(&app).await, 0);
}

#[tokio::test]
async fn a_changed_key_is_noticed_and_bad_signatures_do_not_make_us_ask_again_and_again() {
    let (app, peer, bob) = setting().await;
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
    let fresh = TestKey::generate();
    peer.serve("/users/bob", "application/activity+json", &actor_document(&peer.base, "bob", &fresh.public_pem));
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &fresh).await, 202);
    assert_eq!(peer.asked().len(), 2);

    for _ in 0..100 {
        assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 401);
    }
    assert_eq!(peer.asked().len(), 2, "the key was asked for a moment ago");
    app.advance(TimeDelta::minutes(5));
    for _ in 0..3 {
        assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 401);
    }
    assert_eq!(peer.asked().len(), 3);
}

#[tokio::test]
async fn a_document_without_a_key_takes_no_known_key_away() {
    let (app, peer, bob) = setting().await;
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
    let mut document = actor_document(&peer.base, "bob", "");
    document.as_object_mut().unwrap().remove("publicKey");
    peer.serve("/users/bob", "application/activity+json", &document);
    app.advance(TimeDelta::hours(25));

    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
    assert_eq!(peer.asked().len(), 2);
}

#[tokio::test]
async fn an_actor_whose_origin_says_gone_cannot_act_but_can_take_leave() {
    let (app, peer, bob) = setting().await;
    let farewell =
        json!({ "id": format!("{}#delete", bob.url), "type": "Delete", "actor": bob.url, "object": bob.url });
    // Nobody here knew him: nothing to do, nothing to ask.
    assert_eq!(Letter::honest(&app, &bob, &farewell).send(&app, &bob.key).await, 202);
    assert_eq!((peer.asked().len(), waiting(&app).await), (0, 0));

    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
    peer.serve_as("/users/bob", 410, "text/plain", "");
    app.advance(TimeDelta::hours(25));
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 401);
    assert_eq!(waiting(&app).await, 1);
    // The farewell counts, even if its key can no longer be checked.
    assert_eq!(Letter::honest(&app, &bob, &farewell).send(&app, &TestKey::kept(3)).await, 202);
    assert_eq!(waiting(&app).await, 2);
    // Back again.
    peer.serve("/users/bob", "application/activity+json", &actor_document(&peer.base, "bob", &bob.key.public_pem));
    app.advance(TimeDelta::minutes(6));
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
}

#[tokio::test]
async fn a_farewell_that_cannot_be_checked_is_not_believed_because_of_a_404() {
    let (app, peer, bob) = setting().await;
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
    let farewell =
        json!({ "id": format!("{}#delete", bob.url), "type": "Delete", "actor": bob.url, "object": bob.url });
    peer.serve_as("/users/bob", 404, "text/plain", "");
    app.advance(TimeDelta::hours(25));
    assert_eq!(Letter::honest(&app, &bob, &farewell).send(&app, &TestKey::kept(3)).await, 401);
    assert_eq!(waiting(&app).await, 1);
}

#[tokio::test]
async fn a_farewell_that_its_actor_did_not_say_is_refused() {
    let (app, peer, bob) = setting().await;
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
    let farewell =
        json!({ "id": format!("{}#delete", bob.url), "type": "Delete", "actor": bob.url, "object": bob.url });
    assert_eq!(Letter::honest(&app, &bob, &farewell).send(&app, &TestKey::generate()).await, 401);
}

#[tokio::test]
async fn an_actor_who_cannot_be_reached_may_act_for_a_week() {
    let (app, peer, bob) = setting().await;
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
    peer.serve_as("/users/bob", 500, "text/plain", "");
    for (hours, status) in [(25, 202), (6 * 24, 202), (25, 401)] {
        app.advance(TimeDelta::hours(hours));
        assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, status, "{hours}");
    }
}

#[tokio::test]
async fn made_up_actors_cost_sixty_fetches_a_minute_and_honest_ones_pass() {
    let (app, peer, bob) = setting().await;
    let key = TestKey::kept(1);
    let mut statuses = BTreeSet::new();
    for number in 0..100 {
        let url = format!("{}/nobody/{number}", peer.base);
        let activity = json!({ "id": format!("{url}#1"), "type": "Like", "actor": url, "object": "x" });
        let letter = Letter { key_id: format!("{url}#k"), ..Letter::honest(&app, &bob, &activity) };
        statuses.insert((number >= 60, letter.send(&app, &key).await));
    }
    assert_eq!(statuses, BTreeSet::from([(false, 401), (true, 429)]));
    assert_eq!(peer.asked().len(), 60);
    // The failures are remembered; the next minute brings none of them back.
    app.advance(TimeDelta::minutes(1));
    let url = format!("{}/nobody/0", peer.base);
    let activity = json!({ "id": format!("{url}#1"), "type": "Like", "actor": url, "object": "x" });
    let letter = Letter { key_id: format!("{url}#k"), ..Letter::honest(&app, &bob, &activity) };
    assert_eq!(letter.send(&app, &key).await, 401);
    assert_eq!(peer.asked().len(), 60);

    let people: Vec<Person> = (0..200).map(|number| peer.person(&format!("voter{number}"))).collect();
    let (inbox, peer) = (app.url("/inbox"), &peer);
    let letters: Vec<Value> = people.iter().map(|person| like(peer, person)).collect();
    let sending = people.iter().zip(&letters).map(|(person, letter)| peer.send(person, &inbox, letter));
    let answers: Vec<(u16, String)> = futures_util::stream::iter(sending).buffer_unordered(16).collect().await;
    assert!(answers.iter().all(|(status, _)| *status == 202), "{answers:?}");
    assert_eq!(peer.asked().len(), 260);
}
