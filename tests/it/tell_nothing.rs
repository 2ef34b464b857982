//! What answers and logs must not tell: why a look-up failed (SS-9), what the program is made of
//! (PV-9), and anything secret (OP-4).

use crate::support::api::Api;
use crate::support::load::{confirm_token, talkative};
use crate::support::peer::Peer;
use crate::support::process::free_port;
use crate::support::world::PASSWORD;
use crate::support::{FaultPeer, Reaction, TestApp, Town};
use caucus::clock::{Clock as _, SystemClock};
use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;

#[tokio::test]
async fn every_failed_look_up_is_answered_alike_and_none_at_once() {
    let (app, ada) = TestApp::with_community().await;
    let api = app.api_of(ada).await;
    let peer = FaultPeer::start(|path, _| match path {
        path if path.contains("json") => Reaction::of(200, "application/jrd+json", "{ no json"),
        path if path.contains("inward") => Reaction::redirect("http://10.0.0.1/.well-known/webfinger"),
        path if path.contains("broken") => Reaction::of(500, "text/plain", "x"),
        _ => Reaction::of(404, "text/plain", "x"),
    })
    .await;
    let host = peer.base.trim_start_matches("http://").to_owned();
    let closed = format!("127.0.0.1:{}", free_port());
    let mut answers = Vec::new();
    for handle in [
        format!("@nobody@{host}"),
        format!("@json@{host}"),
        format!("@inward@{host}"),
        format!("@broken@{host}"),
        format!("@bob@{closed}"),
    ] {
        let begun = SystemClock.now();
        let answer = api.post("/linked-actors", json!({"handle": handle})).await;
        assert!(SystemClock.now() - begun >= TimeDelta::seconds(1), "{handle} was answered at once");
        answers.push((answer.status, answer.text));
    }

    assert_eq!(answers[0].0, 422, "{answers:?}");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}

/// Words of the parts that the program is made of.
const INSIDE: &[&str] = &[
    "diesel",
    "sqlite",
    "postgres",
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "no such table",
    "relation \"",
    "constraint",
    "panicked",
    "backtrace",
    ".rs:",
    "src/",
    "caucus::",
    "actix",
    "serde",
    "unwrap",
    "askama",
    "Os {",
    "/home/",
    "/tmp/",
    "-----BEGIN",
    "main-key",
    "Broken",
    "DbError",
];

#[tokio::test]
async fn no_error_tells_what_the_program_is_made_of() {
    let town = Town::new().await;
    let app = &town.app;
    let ada = caucus::db::members::find_member_by_handle(&mut app.store.connect(), "ada").unwrap().unwrap().id;
    let api = app.api_of(ada).await;
    let json_type = ("content-type", "application/activity+json");
    let mut told = Vec::new();
    for path in [
        "/nowhere",
        "/c/nobody",
        "/c/%00",
        "/help-requests/x",
        "/polls/0191f3a0-0000-7000-8000-00000000000f",
        "/documents/none",
        "/static/x/y",
        "/notes/%F0%28",
        "/amendments/x",
        "/.well-known/webfinger",
        "/.well-known/webfinger?resource=acct:x@y",
        "/activities/none",
        "/c/search/outbox?page=x",
        "/setup/none",
        "/tags/%27%3B--",
    ] {
        told.push((path.to_owned(), app.fetch(path, "text/html").await));
        told.push((path.to_owned(), app.fetch(path, "application/activity+json").await));
    }
    for (path, body) in [("/sign-in", "x=%FF%00"), ("/inbox", "{"), ("/c/nobody/inbox", "{}"), ("/api/v1/cabals", "[")]
    {
        told.push((
            path.to_owned(),
            crate::support::peer::post(&app.url(path), &[owned(json_type)], body.to_owned()).await,
        ));
    }
    for (method, path, body) in [
        (Method::POST, "/cabals", json!({"name": 7})),
        (Method::POST, "/polls/x/ballot", json!({"choices": {}})),
        (Method::PUT, "/me", Value::Null),
        (Method::GET, "/cabals/nobody", Value::Null),
    ] {
        let answer = api.send(method, path, Some(body)).await;
        told.push((path.to_owned(), (answer.status, answer.text)));
    }
    // And where the fault is ours.
    app.store.connect().batch_execute("ALTER TABLE documents RENAME TO documents_gone").unwrap();
    for path in ["/documents", "/documents/agreement", "/sign-up"] {
        let answer = app.fetch(path, "text/html").await;
        assert_eq!(answer.0, 500, "{path}: {}", answer.1);
        told.push((path.to_owned(), answer));
    }
    let answer = api.get("/documents").await;
    assert_eq!(answer.status, 500);
    told.push(("/documents of the API".to_owned(), (answer.status, answer.text)));

    assert!(told.len() >= 20);
    for (path, (status, text)) in told {
        assert!(status >= 400 || status == 303 || path.contains("outbox") || path.contains("tags"), "{path}: {status}");
        for word in INSIDE {
            assert!(!text.contains(word), "{path} answers {status} with {word}: {text}");
        }
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// An option that stands nowhere else.
const CHOICE: &str = "Mirabelle";

#[tokio::test(flavor = "multi_thread")]
async fn the_log_at_its_most_talkative_holds_no_secret_and_no_vote() {
    let (_store, process, token) = talkative().await;
    let base = process.base.clone();
    let api = Api::at(&base).with(&token);
    let poll = json!({"question": "Which?", "options": [CHOICE, "Quince"], "duration_minutes": 60});
    let poll = api.post("/cabals/bees/polls", poll).await.created();

    // Signing in, voting on the web, by the API and from another server; a code for a handle.
    let mut browser = confirm_token(&base).await;
    let page = browser.get(&format!("/polls/{poll}")).await;
    let form_token = page.attribute("input[name=form_token]", "value").unwrap();
    let voted = browser.submit(&page.form("/ballot").choose("choice", "0")).await;
    assert_eq!(voted.status, 200, "{}", voted.body);
    api.post(&format!("/polls/{poll}/ballot"), json!({"choices": [CHOICE]})).await;
    let peer = Peer::start_by(Arc::new(SystemClock), "127.0.0.1").await;
    let bob = peer.person("bob");
    let note = json!({"type": "Note", "id": peer.fresh_url("v"), "attributedTo": bob.url, "name": CHOICE,
        "inReplyTo": format!("{base}/polls/{poll}"), "to": [format!("{base}/c/bees")]});
    let vote = json!({"type": "Create", "id": peer.fresh_url("a"), "actor": bob.url, "object": note, "to": note["to"]});
    assert_eq!(peer.send(&bob, &format!("{base}/inbox"), &vote).await.0, 202);
    api.post("/linked-actors", json!({"handle": bob.handle})).await.must_be(202);
    while peer.received().is_empty() {
        tokio::task::yield_now().await;
    }
    let cookies = ["caucus", "caucus-device"].map(|name| browser.cookie(name).unwrap().to_owned());
    let log = process.log();
    process.kill();

    assert!(log.contains("TRACE"), "nothing was logged at this level");
    let secrets = [
        CHOICE,
        PASSWORD,
        "horse+battery",
        &token,
        &form_token,
        &cookies[0],
        &cookies[1],
        "your code is",
        "-----BEGIN",
        "PRIVATE KEY",
    ];
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "the log tells {secret}: {line:?}");
    }
}
