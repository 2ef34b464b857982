//! After the close nothing leads from a voter to a ballot: not in the tables, not in the bytes of
//! the files, not in the log, not in anything that is published (A12).

use crate::support::TestApp;
use crate::support::rows::dump;
use caucus::ids::PollId;
use caucus::settings::DatabaseUrl;
use caucus::workers::{inbound, timers};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// A vote in which many took part from elsewhere, each through the inbox.
async fn voted(app: &TestApp, how_many: usize) -> (PollId, Vec<String>) {
    let ada = app.member("ada1").await;
    let mut members = vec![ada];
    for n in 1..how_many {
        members.push(app.member(&format!("member{n}")).await);
    }
    let mut actors = Vec::new();
    for (n, member) in members.iter().enumerate() {
        actors.push(app.linked(*member, &format!("unmistakable-voter-{n:04}")).await);
    }
    let (_, poll) = app.open_vote(ada, members[1]).await;
    for (n, actor) in actors.iter().enumerate() {
        let choice = ["For", "Against", "Abstain"][n % 3];
        let id = format!("{actor}#votes/{n}");
        let body = json!({
            "id": format!("{id}/activity"), "type": "Create", "actor": actor, "to": app.url("/c/commons"),
            "object": {"id": id, "type": "Note", "name": choice, "attributedTo": actor,
                       "to": app.url("/c/commons"), "inReplyTo": app.app.urls.poll(poll)},
        });
        let new = caucus::db::inbox::NewReceived {
            actor_url: actor.clone(),
            activity_id: format!("{id}/activity"),
            inbox_handle: None,
            body: body.to_string(),
            signed_at: app.app.now(),
        };
        app.app.write(move |tx| caucus::db::inbox::store_once(tx, &new)).await.unwrap();
        inbound::step(&app.app).await.unwrap();
    }
    (poll, actors)
}

fn receipts(app: &TestApp) -> Vec<String> {
    dump(app)["ballots"].iter().map(|row| row.split(" | ").next().unwrap().to_owned()).collect()
}

/// The bytes of the database, page by page, and of its log.
fn pages(app: &TestApp) -> Vec<Vec<u8>> {
    let DatabaseUrl::Sqlite(file) = &app.store.url else { return Vec::new() };
    let mut pages = Vec::new();
    for suffix in ["", "-wal"] {
        let bytes = std::fs::read(format!("{}{suffix}", file.display())).unwrap_or_default();
        pages.extend(bytes.chunks(4096).map(<[u8]>::to_vec));
    }
    pages
}

fn holds(page: &[u8], text: &str) -> bool {
    page.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn no_page_of_the_files_holds_a_voter_and_a_ballot_after_the_close() {
    let (app, _) = TestApp::with_community().await;
    let (poll, actors) = voted(&app, 60).await;
    let codes = receipts(&app);
    let links = |pages: &[Vec<u8>]| {
        let of = |secrets: &[String]| -> Vec<bool> {
            pages.iter().map(|page| secrets.iter().any(|secret| holds(page, secret))).collect()
        };
        let keys: Vec<String> =
            dump(&app)["poll_voters"].iter().map(|r| r.split(" | ").nth(1).unwrap().to_owned()).collect();
        let (voters, keys, codes) = (of(&actors), of(&keys), of(&codes));
        voters.iter().zip(&keys).zip(&codes).filter(|((voter, key), code)| (**voter || **key) && **code).count()
    };
    if matches!(app.store.url, DatabaseUrl::Sqlite(_)) {
        assert!(links(&pages(&app)) > 0, "while it is open the link is there to be destroyed");
    }

    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();
    timers::step(&app.app).await.unwrap();

    let after = pages(&app);
    assert_eq!(links(&after), 0, "a voter and a receipt on one page");
    for page in &after {
        let names_voter = actors.iter().any(|actor| holds(page, actor));
        let is_vote = ["\"For\"", "\"Against\"", "\"Abstain\""]
            .iter()
            .any(|choice| holds(page, &format!("\"name\":{choice},\"attributedTo\"")));
        assert!(!(names_voter && is_vote), "the body of a vote is left");
    }
    assert!(app.result(poll).await.unwrap().tally.ballots() == 60);
    assert!(dump(&app)["instance_facts"].iter().all(|fact| !fact.contains("traces")), "nothing is left to be erased");
}

#[tokio::test]
async fn no_row_holds_a_voter_and_a_ballot_after_the_close() {
    let (app, _) = TestApp::with_community().await;
    let (_, actors) = voted(&app, 6).await;
    let codes = receipts(&app);

    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();

    let rows = dump(&app);
    assert!(rows["ballot_links"].is_empty() && rows["soundings"].is_empty());
    assert!(rows["inbox_activities"].iter().all(|row| !row.contains("inReplyTo")), "no body of a vote is kept");
    let keys: Vec<String> = rows["poll_voters"].iter().map(|r| r.split(" | ").nth(1).unwrap().to_owned()).collect();
    for row in rows.values().flatten() {
        let has_voter = actors.iter().chain(&keys).any(|secret| row.contains(secret));
        assert!(!(has_voter && codes.iter().any(|code| row.contains(code))), "{row}");
    }
}

#[tokio::test]
async fn nothing_that_is_published_names_voters_receipts_or_totals_while_open_nor_voters_afterwards() {
    let (app, _) = TestApp::with_community().await;
    let (poll, actors) = voted(&app, 4).await;
    let amendment = app.poll_row(poll).await.amendment_id.unwrap();
    let codes = receipts(&app);
    let keys: Vec<String> =
        dump(&app)["poll_voters"].iter().map(|r| r.split(" | ").nth(1).unwrap().to_owned()).collect();
    let places = [
        (format!("/polls/{poll}"), "text/html"),
        (format!("/polls/{poll}"), "application/activity+json"),
        (format!("/api/v1/polls/{poll}"), "application/json"),
        (format!("/polls/{poll}/minutes"), "text/html"),
        (format!("/api/v1/polls/{poll}/minutes"), "application/json"),
        (format!("/api/v1/polls/{poll}/record"), "application/json"),
        (format!("/polls/{poll}/record.json"), "application/json"),
        (format!("/polls/{poll}/secrecy"), "text/html"),
        (format!("/amendments/{amendment}"), "text/html"),
        (format!("/amendments/{amendment}"), "application/json"),
        (format!("/api/v1/amendments/{amendment}"), "application/json"),
        ("/feeds/amendments.atom".to_owned(), "application/atom+xml"),
        ("/c/commons/outbox".to_owned(), "application/activity+json"),
    ];
    for (path, accept) in &places {
        let (_, body) = app.fetch(path, accept).await;
        for secret in actors.iter().chain(&codes).chain(&keys) {
            assert!(!body.contains(secret.as_str()), "{path} while open: {secret}");
        }
    }

    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();

    for (path, accept) in &places {
        let (status, body) = app.fetch(path, accept).await;
        assert!(status == 200 || path.contains("/amendments/"), "{path}: {status}");
        for secret in actors.iter().chain(&keys) {
            assert!(!body.contains(secret.as_str()), "{path} after the close: {secret}");
        }
    }
    let (_, record) = app.fetch(&format!("/polls/{poll}/record.json"), "application/json").await;
    let record: Value = serde_json::from_str(&record).unwrap();
    assert_eq!(record["ballots"].as_array().unwrap().len(), codes.len());
}
