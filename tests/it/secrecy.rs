//! After the close nothing leads from a voter to a ballot: not in the tables, not in the bytes of
//! the files, not in the log, not in anything that is published (A12).

use crate::support::TestApp;
use crate::support::rows::{dump, writers};
use crate::support::store::skipped;
use caucus::ids::PollId;
use caucus::settings::DatabaseUrl;
use caucus::workers::{inbound, timers};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// A vote in which many took part by all channels: in the poll, by a word, on the web and by the API. What
/// tells of them is their account, or for the latter two who they are.
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
    let mut voters = Vec::new();
    for (n, (actor, member)) in actors.iter().zip(&members).enumerate() {
        let choice = ["For", "Against", "Abstain"][n % 3];
        match n % 4 {
            0 => arrives(app, poll, actor, ("name", choice.to_owned())).await,
            1 => arrives(app, poll, actor, ("content", format!("<p>{choice}</p>"))).await,
            2 => drop(app.vote_on_the_web(poll, *member, &[u32::try_from(n % 3).unwrap()]).await.unwrap()),
            _ => {
                let ballot = json!({"choices": [choice]});
                app.api_of(*member).await.post(&format!("/polls/{poll}/ballot"), ballot).await.must_be(201);
            }
        }
        voters.push(if n % 4 < 2 { actor.clone() } else { member.to_string() });
    }
    (poll, voters)
}

/// A vote from another server, and the worker that takes it up.
async fn arrives(app: &TestApp, poll: PollId, actor: &str, (key, words): (&str, String)) {
    let id = format!("{actor}#vote");
    let mut note = json!({"id": id, "type": "Note", "attributedTo": actor, "to": app.url("/c/commons"),
        "inReplyTo": app.app.urls.poll(poll)});
    note[key] = json!(words);
    let body = json!({"id": format!("{id}/activity"), "type": "Create", "actor": actor, "to": app.url("/c/commons"),
        "object": note});
    let new = caucus::db::inbox::NewReceived {
        actor_url: actor.to_owned(),
        activity_id: format!("{id}/activity"),
        inbox_handle: None,
        body: body.to_string(),
        signed_at: app.app.now(),
    };
    app.app.write(move |tx| caucus::db::inbox::store_once(tx, &new)).await.unwrap();
    inbound::step(&app.app).await.unwrap();
}

fn receipts(app: &TestApp) -> Vec<String> {
    dump(app)["ballots"].iter().map(|row| row.split(" | ").next().unwrap().to_owned()).collect()
}

/// The bytes of the database, page by page, and of its log.
fn pages(app: &TestApp) -> Vec<String> {
    let DatabaseUrl::Sqlite(file) = &app.store.url else { return Vec::new() };
    let mut pages = Vec::new();
    for suffix in ["", "-wal"] {
        let bytes = std::fs::read(format!("{}{suffix}", file.display())).unwrap_or_default();
        // Each byte as a character of its own: to look for text in a text is fast.
        pages.extend(bytes.chunks(4096).map(|page| page.iter().copied().map(char::from).collect::<String>()));
    }
    pages
}

#[tokio::test]
async fn no_page_of_the_files_holds_a_voter_and_a_ballot_after_the_close() {
    let (app, _) = TestApp::with_community().await;
    let DatabaseUrl::Sqlite(_) = &app.store.url else {
        return skipped("it is about the file that a SQLite database is");
    };
    let (poll, actors) = voted(&app, 40).await;
    let codes = receipts(&app);
    let links = |pages: &[String]| {
        let of = |secrets: &[String]| -> Vec<bool> {
            pages.iter().map(|page| secrets.iter().any(|secret| page.contains(secret.as_str()))).collect()
        };
        let keys: Vec<String> =
            dump(&app)["poll_voters"].iter().map(|r| r.split(" | ").nth(1).unwrap().to_owned()).collect();
        let (voters, keys, codes) = (of(&actors), of(&keys), of(&codes));
        voters.iter().zip(&keys).zip(&codes).filter(|((voter, key), code)| (**voter || **key) && **code).count()
    };
    assert!(links(&pages(&app)) > 0, "while it is open the link is there to be destroyed");

    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();
    timers::step(&app.app).await.unwrap();

    let after = pages(&app);
    assert_eq!(links(&after), 0, "a voter and a receipt on one page");
    for page in &after {
        let names_voter = actors.iter().any(|actor| page.contains(actor.as_str()));
        let is_vote = page.contains("\"attributedTo\":\"https://far.example") && page.contains("\"inReplyTo\"");
        assert!(!(names_voter && is_vote), "the body of a vote is left");
    }
    assert!(app.result(poll).await.unwrap().tally.ballots() == 40);
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
async fn nothing_that_is_published_names_voters_or_receipts_while_open_nor_voters_afterwards() {
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

/// A database keeps rows as they were written unless somebody sees to it, and so two lists in the order of voting
/// would lie beside each other.
#[tokio::test]
async fn after_the_close_ballots_and_voters_are_stored_in_no_common_order() {
    let (app, _) = TestApp::with_community().await;
    let (poll, _) = voted(&app, 40).await;

    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();

    // As they lie there.
    let stored = dump(&app);
    assert_eq!((stored["ballots"].len(), stored["poll_voters"].len()), (40, 40));
    assert!(stored["ballots"].is_sorted(), "not in the order of their random receipts: {:?}", stored["ballots"]);
    // PostgreSQL knows of each row which transaction wrote it, and that of a vote wrote its voter too.
    assert!(writers(&app, "ballots").is_none_or(|transactions| transactions == "1"));
    assert_eq!(app.result(poll).await.unwrap().tally.ballots(), 40);
}

/// The numbers of an advisory poll go up with each vote, in the transaction that notes the voter.
#[tokio::test]
async fn after_an_advisory_poll_its_voters_bear_no_transaction_of_a_vote() {
    let (app, ada) = TestApp::with_community().await;
    let cabal = app.cabal(ada, "tea").await;
    let poll = app.poll(ada, cabal, false, false).await;
    for name in ["bea", "cai", "dan"] {
        let member = app.member(name).await;
        app.vote_on_the_web(poll, member, &[0]).await.unwrap();
    }

    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();

    assert!(dump(&app)["poll_voters"].is_sorted());
    assert!(writers(&app, "poll_voters").is_none_or(|transactions| transactions == "1"));
}
