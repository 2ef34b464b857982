//! Linking an account elsewhere by a code (J3; security.md V-1, V-3, AC-14, AC-15).

use crate::support::rows::{dump, on_their_way};
use crate::support::votes::refusal_code;
use crate::support::{Peer, TestApp};
use caucus::db::linked_actors;
use caucus::domain::ballot::{Uncounted, VoteOutcome};
use caucus::ids::MemberId;
use caucus::services::ServiceError;
use caucus::services::link_actor::{confirm_code, request_code, unlink_actor};
use chrono::TimeDelta;

/// The code in the last message to an inbox.
fn code_sent_to(app: &TestApp, inbox: &str) -> String {
    let sent = on_their_way(app);
    let (_, message) = sent.iter().rfind(|(to, _)| to == inbox).expect("no message was sent there");
    assert_eq!(message["object"]["type"], "Note");
    let content = message["object"]["content"].as_str().unwrap();
    let code = content.split("your code is ").nth(1).unwrap();
    code.chars().take(6).collect()
}

async fn linked_to(app: &TestApp, url: &str) -> Option<MemberId> {
    let url = url.to_owned();
    app.app.read(move |conn| linked_actors::find_member_of(conn, &url)).await.unwrap()
}

#[tokio::test]
async fn a_code_in_a_direct_message_links_an_account_to_one_member() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let peer = Peer::start(&app).await;
    let bob = peer.person("bob");

    assert_eq!(request_code(&app.app, ada, &bob.handle).await.unwrap(), bob.handle);
    let inbox = format!("{}/inbox", bob.url);
    let code = code_sent_to(&app, &inbox);
    let (_, message) = on_their_way(&app).remove(0);
    assert_eq!(message["actor"], app.url("/c/commons"));
    assert_eq!(message["to"], serde_json::json!([bob.url]));
    assert!(dump(&app)["link_codes"].iter().all(|row| !row.contains(&code)), "stored as a hash only");
    // The code is of no use to anybody else.
    assert_eq!(refusal_code(confirm_code(&app.app, bea, &code).await), "invalid_fields");

    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    assert_eq!(confirm_code(&app.app, ada, &spaced).await.unwrap().actor_url, bob.url);

    assert_eq!(linked_to(&app, &bob.url).await, Some(ada));
    assert_eq!(refusal_code(confirm_code(&app.app, ada, &code).await), "invalid_fields");
    // That it is taken is told to whoever can read its messages, and to nobody else.
    assert_eq!(request_code(&app.app, bea, &bob.handle).await.unwrap(), bob.handle);
    assert_eq!(refusal_code(confirm_code(&app.app, bea, "000000").await), "invalid_fields");
    let code = code_sent_to(&app, &inbox);
    assert_eq!(refusal_code(confirm_code(&app.app, bea, &code).await), "already_linked");
    assert_eq!(linked_to(&app, &bob.url).await, Some(ada));
    assert_eq!(refusal_code(request_code(&app.app, ada, &bob.handle).await), "already_linked");
}

#[tokio::test]
async fn two_members_who_ask_for_one_account_get_it_once() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let peer = Peer::start(&app).await;
    let bob = peer.person("bob");
    let inbox = format!("{}/inbox", bob.url);
    request_code(&app.app, ada, &bob.handle).await.unwrap();
    let first = code_sent_to(&app, &inbox);
    request_code(&app.app, bea, &bob.handle).await.unwrap();
    let second = code_sent_to(&app, &inbox);

    confirm_code(&app.app, ada, &first).await.unwrap();

    assert_eq!(refusal_code(confirm_code(&app.app, bea, &second).await), "already_linked");
    assert_eq!(linked_to(&app, &bob.url).await, Some(ada));
}

#[tokio::test]
async fn five_wrong_tries_or_ten_minutes_make_a_code_void() {
    let (app, ada) = TestApp::with_community().await;
    let peer = Peer::start(&app).await;
    let bob = peer.person("bob");
    let inbox = format!("{}/inbox", bob.url);
    request_code(&app.app, ada, &bob.handle).await.unwrap();
    let code = code_sent_to(&app, &inbox);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(refusal_code(confirm_code(&app.app, ada, wrong).await), "invalid_fields");
    }
    assert_eq!(refusal_code(confirm_code(&app.app, ada, &code).await), "invalid_fields");

    request_code(&app.app, ada, &bob.handle).await.unwrap();
    let second = code_sent_to(&app, &inbox);
    app.advance(TimeDelta::minutes(10));
    assert_eq!(refusal_code(confirm_code(&app.app, ada, &second).await), "invalid_fields");

    request_code(&app.app, ada, &bob.handle).await.unwrap();
    let third = code_sent_to(&app, &inbox);
    request_code(&app.app, ada, &bob.handle).await.unwrap();
    // A newer code makes the older one void.
    if third != code_sent_to(&app, &inbox) {
        assert_eq!(refusal_code(confirm_code(&app.app, ada, &third).await), "invalid_fields");
    }
    assert_eq!(linked_to(&app, &bob.url).await, None);
}

#[tokio::test]
async fn codes_are_limited_for_a_member_and_for_an_account() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let peer = Peer::start(&app).await;
    let (bob, eve) = (peer.person("bob"), peer.person("eve"));
    for _ in 0..5 {
        request_code(&app.app, ada, &bob.handle).await.unwrap();
    }

    assert_eq!(refusal_code(request_code(&app.app, ada, &eve.handle).await), "too_many_codes");
    assert_eq!(refusal_code(request_code(&app.app, bea, &bob.handle).await), "too_many_codes");
    request_code(&app.app, bea, &eve.handle).await.unwrap();
    app.advance(TimeDelta::minutes(61));
    request_code(&app.app, ada, &eve.handle).await.unwrap();
}

#[tokio::test]
async fn an_account_is_proven_at_its_own_origin_only() {
    let (app, ada) = TestApp::with_community().await;
    let (honest, evil) = (Peer::start(&app).await, Peer::start_at(&app, "127.0.0.2").await);
    let bob = honest.person("bob");
    // Another server says that its mallory is bob.
    let mallory = evil.person("mallory");
    evil.serve(
        &format!("/.well-known/webfinger?resource=acct:mallory@{}", evil.host),
        "application/jrd+json",
        &serde_json::json!({
            "subject": format!("acct:mallory@{}", evil.host),
            "links": [{"rel": "self", "type": "application/activity+json", "href": bob.url}],
        }),
    );

    let before = dump(&app)["link_codes"].clone();
    for handle in [
        mallory.handle.as_str(),
        "",
        "bob",
        "@bob",
        "nobody at all",
        &format!("@nobody@{}", honest.host),
        &format!("@commons@{}", app.app.urls.host()),
    ] {
        match request_code(&app.app, ada, handle).await {
            Err(ServiceError::Refused(refusal)) => assert_eq!(refusal.fields[0].field, "handle", "{handle}"),
            other => panic!("{handle}: {other:?}"),
        }
    }
    assert_eq!(dump(&app)["link_codes"], before);
    assert!(on_their_way(&app).is_empty());
}

#[tokio::test]
async fn a_vote_cast_as_a_supporter_gives_way_to_the_ballot_of_the_member_who_links_the_account() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let elsewhere = app.remote("ada").await;
    assert_eq!(app.vote(poll, &elsewhere, "Against").await, VoteOutcome::Sounding);
    app.linked(ada, "ada").await;

    assert_eq!(app.poll_row(poll).await.voters_count, 0);
    assert_eq!(app.vote(poll, &elsewhere, "For").await, VoteOutcome::Counted);
    assert_eq!(dump(&app)["soundings"].len(), 0, "one person stands in one of the two");

    // Taking the link away leaves the ballot, and gives the account no second one.
    let url = elsewhere.clone();
    app.app.write(move |tx| unlink_actor(tx, ada, &url)).await.unwrap();
    assert_eq!(app.vote(poll, &elsewhere, "Against").await, VoteOutcome::Sounding);
    assert_eq!(dump(&app)["ballots"].len(), 1);
    let url = elsewhere.clone();
    assert_eq!(refusal_code(app.app.write(move |tx| unlink_actor(tx, bea, &url)).await), "not_found");
}

#[tokio::test]
async fn an_actor_that_voted_as_a_member_has_no_second_ballot_once_it_is_unlinked() {
    let (app, ada) = TestApp::with_community().await;
    let cabal = app.cabal(ada, "tea").await;
    let poll = app.poll(ada, cabal, false, false).await;
    let elsewhere = app.linked(ada, "ada").await;
    assert_eq!(app.vote(poll, &elsewhere, "Tea").await, VoteOutcome::Counted);

    let url = elsewhere.clone();
    app.app.write(move |tx| unlink_actor(tx, ada, &url)).await.unwrap();

    assert_eq!(app.vote(poll, &elsewhere, "Water").await, VoteOutcome::Uncounted(Uncounted::Duplicate));
    assert_eq!(app.poll_row(poll).await.voters_count, 1);
}
