//! Blocks by stewards (K2, security.md ID-10, IN-11, V-28).

use crate::support::api::Api;
use crate::support::peer::Person;
use crate::support::rows::dump;
use crate::support::votes::refusal_code;
use crate::support::{Fediverse, Peer, Reach};
use caucus::domain::block::BlockSubject;
use caucus::federation::actors::{LookupError, find_by_handle};
use caucus::services::block_actor::{block, unblock};
use caucus::services::link_actor::request_code;
use reqwest::Method;
use serde_json::{Value, json};

/// Somebody says something at the shared inbox; answers the status.
async fn says(world: &Fediverse, peer: &Peer, person: &Person, activity: &Value) -> (u16, String) {
    peer.send(person, &world.app.url("/inbox"), activity).await
}

/// A peer beside the first, with a person.
async fn another(world: &Fediverse) -> (Peer, Person) {
    let peer = Peer::start_at(&world.app, "127.0.0.2").await;
    let mallory = peer.person("mallory");
    (peer, mallory)
}

fn about(world: &Fediverse, peer: &Peer, person: &Person, kind: &str) -> Value {
    json!({"type": kind, "id": peer.fresh_url("a"), "actor": person.url, "object": world.cabal_url()})
}

#[tokio::test]
async fn a_blocked_server_is_refused_before_anything_is_fetched_from_it() {
    let world = Fediverse::start().await;
    let (evil, mallory) = another(&world).await;
    block(&world.app.app, world.ada, &evil.host.to_uppercase()).await.unwrap();

    let (status, reason) = says(&world, &evil, &mallory, &about(&world, &evil, &mallory, "Follow")).await;

    assert_eq!((status, reason.trim()), (403, "your server is blocked here"));
    assert!(matches!(find_by_handle(&world.app.app, &mallory.handle).await, Err(LookupError::NotFound)));
    assert_eq!(evil.asked().len(), 0);
    let bob = world.peer.person("bob");
    world.take(&bob, &world.follow(&bob)).await;
    assert_eq!(world.followers_count(), 1, "others are not concerned");

    unblock(&world.app.app, world.ada, &format!("{}.", evil.host.split(':').next().unwrap())).await.unwrap_err();
    unblock(&world.app.app, world.ada, &evil.host).await.unwrap();
    let (status, _) = says(&world, &evil, &mallory, &about(&world, &evil, &mallory, "Follow")).await;
    assert_eq!(status, 202);
    world.work().await;
    assert_eq!(world.followers_count(), 2);
}

#[tokio::test]
async fn a_block_ends_follows_stops_deliveries_and_hides_what_was_written_until_it_is_taken_back() {
    let world = Fediverse::start().await;
    let (evil, mallory) = another(&world).await;
    let bob = world.peer.person("bob");
    let request = world.help_request().await;
    let parent = world.app.app.urls.help_request(request);
    for (peer, person) in [(&evil, &mallory), (&world.peer, &bob)] {
        let note = |id: &str, parent: &str| {
            let mut note = world.reply(person, parent, "I can help", Reach::Public);
            note["id"] = json!(peer.fresh_url(id));
            json!({"type": "Create", "id": peer.fresh_url("a"), "actor": person.url, "object": note})
        };
        let said =
            [about(&world, peer, person, "Follow"), note("n", &parent), note("n", "https://elsewhere.example/1")];
        for activity in said {
            assert_eq!(says(&world, peer, person, &activity).await.0, 202);
            world.work().await;
        }
    }
    assert_eq!((world.followers_count(), world.offers(request).len(), world.messages().len()), (2, 2, 2));
    let to = |host: &str| world.on_their_way().iter().filter(|(_, inbox)| inbox.contains(host)).count();
    assert!(to(&evil.host) > 0);
    let before_bob = to(&world.peer.host);

    block(&world.app.app, world.ada, &evil.host).await.unwrap();

    assert_eq!((world.followers_count(), world.offers(request).len(), world.messages().len()), (1, 1, 1));
    assert_eq!((to(&evil.host), to(&world.peer.host)), (0, before_bob));
    let replies = world.app.fetch(&format!("/help-requests/{request}/replies"), "application/activity+json").await;
    assert!(!replies.1.contains(&evil.host), "{}", replies.1);
    world.help_request().await;
    assert_eq!(to(&evil.host), 0, "nothing more goes there");

    unblock(&world.app.app, world.ada, &evil.host).await.unwrap();
    assert_eq!((world.followers_count(), world.offers(request).len(), world.messages().len()), (1, 2, 2));
}

#[tokio::test]
async fn a_blocked_account_is_refused_and_its_neighbours_are_not() {
    let world = Fediverse::start().await;
    let (bob, eve) = (world.peer.person("bob"), world.peer.person("eve"));
    world.take(&bob, &world.follow(&bob)).await;
    world.take(&eve, &world.follow(&eve)).await;

    let blocked = block(&world.app.app, world.ada, &bob.handle).await.unwrap();

    assert_eq!(blocked, BlockSubject::Account(bob.url.clone()));
    assert_eq!(world.followers_count(), 1);
    let (status, reason) = says(&world, &world.peer, &bob, &world.follow(&bob)).await;
    assert_eq!((status, reason.trim()), (403, "this account is blocked here"));
    world.take(&eve, &world.follow(&eve)).await;
    assert_eq!(refusal_code(block(&world.app.app, world.ada, &bob.url).await), "already_blocked");
    // Whoever signs badly in its name learns nothing of the block.
    let mallory = Person { key: crate::support::TestKey::kept(0), ..world.peer.person("bob") };
    assert_eq!(says(&world, &world.peer, &mallory, &world.follow(&bob)).await.0, 401);
}

#[tokio::test]
async fn a_ballot_stands_when_its_server_is_blocked_and_its_member_goes_on_voting_on_the_web() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    world.take(&bob, &world.follow(&bob)).await;
    world.link(world.ada, &bob.url).await;
    let bea = world.app.member("bea").await;
    let (_, poll) = world.app.open_vote(world.ada, bea).await;
    let vote = |name: &str| {
        let note = json!({"type": "Note", "id": world.peer.fresh_url("v"), "attributedTo": bob.url, "name": name,
            "inReplyTo": world.app.app.urls.poll(poll), "to": [world.app.url("/c/commons")]});
        world.act("Create", &bob, &note)
    };
    world.take(&bob, &vote("For")).await;
    assert_eq!(dump(&world.app)["ballots"].len(), 1);

    block(&world.app.app, world.ada, &world.peer.host).await.unwrap();

    assert_eq!(says(&world, &world.peer, &bob, &vote("Against")).await.0, 403);
    assert_eq!(dump(&world.app)["ballots"].len(), 1);
    let account = world.app.signed_in("ada").await.get("/account").await;
    account.assert_sound();
    assert!(account.text().contains("Stewards have blocked it or its server."), "{}", account.text());
    assert!(world.app.vote_on_the_web(poll, world.ada, &[1]).await.unwrap().is_changed);
    assert_eq!(refusal_code(request_code(&world.app.app, bea, &bob.handle).await), "invalid_fields");
}

#[tokio::test]
async fn stewards_block_by_page_and_api_and_nobody_else_does() {
    let world = Fediverse::start().await;
    let bea = world.app.member("bea").await;
    assert_eq!(refusal_code(block(&world.app.app, bea, "evil.example").await), "forbidden");
    let outsider: Api = world.app.api_of(bea).await;
    outsider.get("/blocks").await.must_be(403);
    outsider.post("/blocks", json!({"subject": "evil.example"})).await.must_be(403);
    let mut at_bea = world.app.signed_in("bea").await;
    assert_eq!(at_bea.get("/steward/blocks").await.status, 403);

    let mut browser = world.app.signed_in("ada").await;
    let page = browser.get("/steward/blocks").await;
    page.assert_sound();
    let wrong = browser.submit(&page.form("/steward/blocks").fill("subject", "<b>evil</b>")).await;
    assert_eq!((wrong.status, wrong.trouble()), (422, vec!["subject".to_owned()]));
    let page = browser.submit(&page.form("/steward/blocks").fill("subject", "EVIL.localhost.")).await;
    page.assert_sound();
    assert!(page.text().contains("evil.localhost is blocked."), "{}", page.text());
    let steward: Api = world.app.api_of(world.ada).await;
    steward.post("/blocks", json!({"subject": "https://evil.localhost/"})).await.must_be(409);
    steward.post("/blocks", json!({"subject": "http://other.localhost/users/eve"})).await.must_be(201);
    let listed = steward.get("/blocks").await.must_be(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{listed}");
    steward.send(Method::DELETE, "/blocks?subject=http://other.localhost/users/eve", None).await.must_be(204);
    steward.send(Method::DELETE, "/blocks?subject=http://other.localhost/users/eve", None).await.must_be(404);
    let page = browser.submit(&browser_form(&page)).await;
    assert!(page.text().contains("no longer blocked") && page.text().contains("Nobody is blocked."), "{}", page.text());

    // The log says what was done, and not to whom.
    let log = world.app.browser().get("/log").await.text();
    assert_eq!(log.matches("blocked a server").count(), 1, "{log}");
    assert_eq!(log.matches("took the block of").count(), 2, "{log}");
    assert!(!log.contains("localhost") && !log.contains("/eve"), "{log}");
}

fn browser_form(page: &crate::support::browser::Page) -> crate::support::browser::Form {
    page.form("/steward/blocks/remove")
}
