//! Bodies that do not come (RS-11), forms that nobody may send, a proxy that nobody asked for
//! (SS-11), a signature that opens nothing (SG-21) and a database that cannot be written (OP-11).

use crate::support::fault::raw;
use crate::support::letter::date;
use crate::support::load::{confirm_token, set_up};
use crate::support::peer::Peer;
use crate::support::process::{Process, caucus, free_port};
use crate::support::store::Store;
use crate::support::{Browser, Fediverse, Reach, TestApp, api::Api};
use caucus::clock::SystemClock;
use caucus::db::{AnyConnection, DbError};
use caucus::domain::token::TokenScope;
use diesel::connection::SimpleConnection as _;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long the test itself waits before it gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// A POST that promises more than it sends.
fn half(app: &TestApp, path: &str, headers: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nHost: {}\r\n{headers}Content-Length: 1000\r\n\r\nform_token=", app.app.urls.host())
        .into_bytes()
}

async fn status(app: &TestApp, request: &[u8]) -> u16 {
    tokio::time::timeout(PATIENCE, raw(&app.listens, request)).await.expect("it waits for ever").0
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n";

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for_long() {
    let app = TestApp::impatient(Duration::from_millis(200)).await;
    let ada = app.set_up().await;
    let token = app.token(ada, TokenScope::Write).await;
    let mut browser = app.browser();
    browser.get("/sign-in").await;
    let cookie = format!("{FORM}Cookie: caucus={}\r\n", browser.cookie("caucus").unwrap());
    let bearer = format!("Content-Type: application/json\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n");

    assert_eq!(status(&app, &half(&app, "/sign-in", &cookie)).await, 400);
    assert_eq!(status(&app, &half(&app, "/api/v1/cabals", &bearer)).await, 400);
    let activity = "Content-Type: application/activity+json\r\nConnection: close\r\n";
    assert_eq!(status(&app, &half(&app, "/inbox", activity)).await, 400);
    assert_eq!(app.fetch("/healthz", "*/*").await.0, 200);
}

#[tokio::test]
async fn whoever_has_no_session_is_refused_before_a_byte_of_the_form_is_read() {
    // With its usual patience the server would wait for longer than this test does.
    let app = TestApp::impatient(Duration::from_secs(3_600)).await;
    app.set_up().await;

    assert_eq!(status(&app, &half(&app, "/sign-in", FORM)).await, 403);
    let elsewhere = format!("{FORM}Cookie: caucus={}\r\nOrigin: https://evil.example\r\n", "x".repeat(43));
    assert_eq!(status(&app, &half(&app, "/sign-in", &elsewhere)).await, 403);
    assert_eq!(
        status(&app, &half(&app, "/api/v1/cabals", "Content-Type: text/plain\r\nConnection: close\r\n")).await,
        401
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_in_the_environment_gets_nothing() {
    let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while proxy.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let (store, port) = (Store::fresh(), free_port());
    let base = format!("http://127.0.0.1:{port}");
    let token = set_up(&store, &base);
    let mut command = caucus(&store);
    command.args(["--public-url", &base]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env(name, &address);
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    let process = Process::start(command, &store, port).await;
    let peer = Peer::start_by(Arc::new(SystemClock), "127.0.0.1").await;
    let bob = peer.person("bob");

    // A look-up and the delivery of a code.
    confirm_token(&base).await;
    Api::at(&base).with(&token).post("/linked-actors", json!({"handle": bob.handle})).await.must_be(202);
    let delivered = async {
        while peer.received().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, delivered).await.expect("nothing was delivered");

    assert_eq!(asked.load(Ordering::SeqCst), 0);
    process.kill();
}

#[tokio::test]
async fn a_signed_get_is_answered_like_an_unsigned_one() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    world.take(&bob, &world.follow(&bob)).await;
    let request = world.help_request().await;
    let offer = world.offer(&bob, request, Reach::Direct).await;
    let answer = &world.answers_to(&offer)[0];
    let private = answer["id"].as_str().unwrap().trim_start_matches(&world.app.base).to_owned();
    for (path, expected) in [
        (format!("/help-requests/{request}"), 200),
        ("/c/search".to_owned(), 200),
        ("/c/search/outbox".to_owned(), 200),
        ("/c/search/followers".to_owned(), 200),
        (private, 404),
    ] {
        let host = world.app.app.urls.host();
        let date = date(&world.app, chrono::TimeDelta::zero());
        let signature = bob.key.sign(&format!("(request-target): get {path}\nhost: {host}\ndate: {date}"));
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/activity+json\r\nConnection: close\r\n"
        );
        let signed = format!(
            "{head}Date: {date}\r\nSignature: keyId=\"{}\",algorithm=\"rsa-sha256\",headers=\"(request-target) host date\",signature=\"{signature}\"\r\n\r\n",
            bob.key_id
        );
        let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        let (status, with) = raw(&world.app.listens, signed.as_bytes()).await;
        let (unsigned, without) = raw(&world.app.listens, format!("{head}\r\n").as_bytes()).await;

        assert_eq!((status, unsigned), (expected, expected), "{path}");
        assert_eq!(body(&with), body(&without), "{path}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_told_as_such_and_loses_nothing() {
    let (app, ada) = TestApp::with_community().await;
    app.cabal(ada, "bees").await;
    let api = app.api_of(ada).await;
    let mut connection = app.store.connect();
    // What the database says when its file system, or its server, has become read-only.
    let (deny, allow) = match &connection {
        AnyConnection::Sqlite(_) => (
            "CREATE TRIGGER deny BEFORE INSERT ON statements BEGIN SELECT RAISE(ABORT, 'attempt to write a readonly database'); END",
            "DROP TRIGGER deny",
        ),
        AnyConnection::Postgres(_) => (
            "CREATE FUNCTION deny() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SET LOCAL transaction_read_only = on; RETURN NEW; END $$; \
             CREATE TRIGGER deny AFTER INSERT ON posts FOR EACH ROW EXECUTE FUNCTION deny()",
            "DROP TRIGGER deny ON posts",
        ),
    };
    connection.batch_execute(deny).unwrap();

    let refused = api.post("/cabals/bees/progress", json!({"text": "Two hives stand."})).await.must_be(503);
    assert_eq!(refused.json()["code"], "busy");
    let mut browser: Browser = app.signed_in("ada").await;
    let form = browser.get("/c/bees/progress/new").await.form("/progress/new").fill("text", "Two hives stand.");
    let page = browser.submit(&form).await;
    assert_eq!(page.status, 503, "{}", page.body);
    assert!(page.text().contains("Nothing was changed"), "{}", page.text());
    app.fetch("/c/bees", "text/html").await;

    connection.batch_execute(allow).unwrap();
    assert_eq!(browser.submit(&form).await.status, 200);
    let standing = crate::support::rows::dump(&app)["statements"].len();
    assert_eq!(standing, 1, "what was refused left nothing behind");
}

#[test]
fn a_file_that_may_only_be_read_is_no_fault_of_the_program() {
    use diesel::Connection as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.sqlite");
    diesel::SqliteConnection::establish(file.to_str().unwrap()).unwrap().batch_execute("CREATE TABLE x (a)").unwrap();
    let mut reading = diesel::SqliteConnection::establish(&format!("file:{}?mode=ro", file.display())).unwrap();

    let fault = DbError::from(reading.batch_execute("INSERT INTO x VALUES (1)").unwrap_err());

    assert!(matches!(fault, DbError::Busy(_)), "{fault}");
}
