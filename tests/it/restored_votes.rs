//! What a backup tells of votes, and what becomes of a vote whose server is put back from one (A12).

use super::restoring::{shown, told};
use super::support::TestApp;
use super::support::api::Api;
use super::support::app::beside;
use super::support::browser::Browser;
use super::support::process::{Process, caucus, free_port, run};
use super::support::rows::dump;
use super::support::store::{Store, skipped};
use super::support::votes::amending;
use super::support::world::{found_community, kept_member};
use super::watch::open_vote;
use caucus::App;
use caucus::clock::{Clock as _, FixedClock, SystemClock};
use caucus::db::AnyConnection;
use caucus::db::connection::establish;
use caucus::db::inbox::{NewReceived, store_once};
use caucus::db::results::{find_record, find_result};
use caucus::domain::token::TokenScope;
use caucus::federation::keys::ensure_instance_actor;
use caucus::ids::{MemberId, PollId};
use caucus::services::cast_ballot::on_the_web;
use caucus::services::create_token::create_token;
use caucus::services::{ServiceError, back_amendment, open_ballot, propose_amendment};
use caucus::settings::DatabaseUrl;
use caucus::workers::watch::{Watch, step};
use chrono::TimeDelta;
use diesel::RunQueryDsl as _;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// A vote in its course: Ada voted on the web, Bea from elsewhere with a receipt on its way to her, the vote
/// of Cleo waits, and a supporter said what they think.
async fn in_its_course() -> Option<(TestApp, [MemberId; 2], PollId, PathBuf)> {
    let (app, _, [ada, bea], poll) = open_vote().await;
    let DatabaseUrl::Sqlite(_) = &app.store.url else {
        skipped("it is about the file that a SQLite database is");
        return None;
    };
    let cleo = app.linked(ada, "unmistakable-cleo").await;
    let theirs = app.linked(bea, "unmistakable-bea").await;
    app.vote(poll, &theirs, "Against").await;
    app.vote(poll, &app.remote("unmistakable-fan").await, "For").await;
    let waiting = NewReceived {
        actor_url: cleo.clone(),
        activity_id: format!("{cleo}#1"),
        inbox_handle: None,
        body: json!({
            "id": format!("{cleo}#1"), "type": "Create", "actor": cleo,
            "object": {"id": format!("{cleo}#v1"), "type": "Note", "name": "Abstain", "attributedTo": cleo,
                       "to": app.url("/c/commons"), "inReplyTo": app.app.urls.poll(poll)},
        })
        .to_string(),
        signed_at: app.app.now(),
    };
    assert!(app.app.write(move |tx| store_once(tx, &waiting)).await.unwrap());
    let file = app.store.folder.path().join("backup.sqlite");
    let done = run(caucus(&app.store).args(["backup", &shown(&file)]), "");
    assert!(done.status.success() && told(&done).contains("The key is new"), "{}", told(&done));
    Some((app, [ada, bea], poll, file))
}

async fn record_of(app: &App, poll: PollId) -> Value {
    let record = app.read(move |conn| find_record(conn, poll)).await.unwrap().unwrap();
    serde_json::from_str(&record).unwrap()
}

/// What tells who voted how.
fn secrets(app: &TestApp) -> Vec<Vec<String>> {
    let rows = dump(app);
    let tables = ["ballot_links", "soundings", "inbox_activities", "outbox_activities", "deliveries"];
    let sorted = |table: &&str| {
        let mut rows = rows[*table].clone();
        rows.sort();
        rows
    };
    tables.iter().map(sorted).collect()
}

#[tokio::test]
async fn a_backup_does_not_tell_who_voted_how() {
    let Some((app, _, _, file)) = in_its_course().await else { return };
    let rows = dump(&app);
    let column = |table: &str, at: usize| -> Vec<String> {
        rows[table].iter().map(|row| row.split(" | ").nth(at).unwrap().to_owned()).collect()
    };
    let (receipts, mut voters) = (column("ballots", 0), column("poll_voters", 1));
    voters.push("unmistakable".to_owned());
    let holds = |page: &[u8], text: &str| page.windows(text.len()).any(|window| window == text.as_bytes());

    let bytes = std::fs::read(&file).unwrap();

    assert!(receipts.len() == 2 && receipts.iter().all(|receipt| holds(&bytes, receipt)), "the ballots are there");
    assert!(voters.iter().all(|voter| holds(&bytes, voter)), "and who took part");
    for page in bytes.chunks(4096) {
        let has_voter = voters.iter().any(|voter| holds(page, voter));
        assert!(!(has_voter && receipts.iter().any(|receipt| holds(page, receipt))), "a voter beside a receipt");
        assert!(!(has_voter && holds(page, "\"attributedTo\"") && holds(page, "Abstain")), "a vote that waits");
    }
    let mut copy = establish(&DatabaseUrl::Sqlite(file)).unwrap();
    for table in ["ballot_links", "soundings"] {
        assert!(!column(table, 0).is_empty() && is_empty(&mut copy, table), "{table}");
    }
    assert!(std::fs::read_dir(app.store.folder.path()).unwrap().all(|entry| {
        let name = entry.unwrap().file_name();
        !name.to_string_lossy().contains("backing-up") || name.to_string_lossy().ends_with("-lock")
    }));
}

fn is_empty(conn: &mut AnyConnection, table: &str) -> bool {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        rows: i64,
    }
    diesel::sql_query(format!("SELECT count(*) AS rows FROM {table}")).get_result::<Count>(conn).unwrap().rows == 0
}

#[tokio::test]
async fn with_its_key_a_vote_goes_on_as_it_stood_in_the_backup() {
    let Some((app, [_, bea], poll, file)) = in_its_course().await else { return };
    let before = secrets(&app);
    app.vote_on_the_web(poll, bea, &[0]).await.unwrap();
    caucus::workers::inbound::step(&app.app).await.unwrap();
    assert!(secrets(&app) != before);
    app.stop().await;

    let done = run(caucus(&app.store).args(["restore", &shown(&file), "--replace"]), "");

    assert!(done.status.success(), "{}", told(&done));
    assert!(secrets(&app) == before, "every row of it");
    assert!(!dump(&app)["instance_facts"].iter().any(|fact| fact.contains("sealed")));
    let again = app.second_process();
    caucus::workers::inbound::step(&again).await.unwrap();
    let changed = on_the_web(&again, bea, poll, vec![0]).await.unwrap();
    assert!(changed.is_changed, "whoever voted before the backup may change it");
    app.advance(TimeDelta::weeks(1));
    caucus::workers::timers::step(&again).await.unwrap();
    let tally = again.read(move |conn| find_result(conn, poll)).await.unwrap().unwrap().tally;
    assert_eq!((tally.votes_for, tally.abstain, tally.ballots()), (1, 1, 2), "Cleo's vote for Ada came last");
}

#[tokio::test]
async fn without_its_key_a_backup_comes_back_only_by_name_and_its_open_votes_decide_nothing() {
    let Some((app, [_, bea], poll, file)) = in_its_course().await else { return };
    app.stop().await;
    let key = app.store.folder.path().join("backup.key");
    let kept = app.store.folder.path().join("kept.key");
    std::fs::rename(&key, &kept).unwrap();
    let before = dump(&app);
    let restore = |more: &[&str]| run(caucus(&app.store).args(["restore", &shown(&file), "--replace"]).args(more), "");

    let refused = restore(&[]);
    assert!(!refused.status.success() && told(&refused).contains("decide nothing when they end"), "{}", told(&refused));
    std::fs::write(&key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").unwrap();
    let wrong = restore(&[]);
    assert!(!wrong.status.success() && told(&wrong).contains("was locked with the key"), "{}", told(&wrong));
    assert!(!restore(&["--key", &shown(&file)]).status.success(), "no key at all");
    assert!(dump(&app) == before, "nothing was changed");
    assert!(restore(&["--key", &shown(&kept)]).status.success());
    assert_eq!(dump(&app)["ballot_links"], before["ballot_links"]);
    let done = restore(&["--without-links"]);
    assert!(done.status.success(), "{}", told(&done));

    let rows = dump(&app);
    assert!(rows["ballot_links"].is_empty() && rows["soundings"].is_empty());
    assert_eq!(rows["ballots"], before["ballots"]);
    assert!(rows["steward_log"].iter().any(|act| act.contains("without the links")));
    let again = app.second_process();
    let refusal = on_the_web(&again, bea, poll, vec![0]).await.unwrap_err().to_string();
    assert!(refusal.contains("your vote can no longer be changed"), "her ballot stands as it is: {refusal}");
    app.advance(TimeDelta::weeks(1));
    caucus::workers::timers::step(&again).await.unwrap();
    let result = again.read(move |conn| find_result(conn, poll)).await.unwrap().unwrap();
    assert_eq!((result.tally.votes_for, result.tally.against, result.is_carried), (1, 1, false));
    let record: Value = record_of(&again, poll).await;
    assert_eq!(record["faults"], json!(["ballots"]));
}

#[tokio::test]
async fn a_vote_that_was_over_when_the_data_was_put_back_never_gets_a_second_result() {
    let Some((app, [ada, bea], poll, file)) = in_its_course().await else { return };
    app.advance(TimeDelta::minutes(1));
    for member in [ada, bea] {
        app.vote_on_the_web(poll, member, &[0]).await.unwrap();
    }
    app.advance(TimeDelta::weeks(1));
    caucus::workers::timers::step(&app.app).await.unwrap();
    let first = record_of(&app.app, poll).await;
    assert_eq!((&first["faults"], &first["is_carried"]), (&json!([]), &json!(true)), "{first}");
    let title = app.poll_row(poll).await.question;
    app.stop().await;
    let before = dump(&app);
    let restore = |more: &[&str]| run(caucus(&app.store).args(["restore", &shown(&file), "--replace"]).args(more), "");

    let refused = restore(&[]);
    assert!(!refused.status.success() && told(&refused).contains(&title), "{}", told(&refused));
    assert!(dump(&app) == before, "nothing was changed");
    let done = restore(&["--forget-results"]);
    assert!(done.status.success(), "{}", told(&done));
    let again = app.second_process();
    assert!(step(&again, &Watch::begin()).await.unwrap().is_restored);
    // It was away for a week as far as it knows, so a steward confirms the time.
    again.time.confirm();
    caucus::workers::timers::step(&again).await.unwrap();

    let result = again.read(move |conn| find_result(conn, poll)).await.unwrap().unwrap();
    assert!(!result.is_carried && result.version_id.is_none());
    let record: Value = record_of(&again, poll).await;
    assert_eq!(record["faults"], json!(["restored"]));
    let states = dump(&app)["amendments"].clone();
    assert!(states.iter().any(|row| row.contains("lost")), "{states:?}");
    let verified = run(caucus(&app.store).args(["--public-url", &app.base, "verify"]), "");
    assert!(verified.status.success(), "{}", told(&verified));
}

#[tokio::test]
async fn a_backup_that_was_copied_by_hand_is_not_served() {
    let Some((app, _, _, file)) = in_its_course().await else { return };
    let DatabaseUrl::Sqlite(database) = &app.store.url else { return };
    app.stop().await;
    for log in ["-wal", "-shm"] {
        std::fs::remove_file(format!("{}{log}", shown(database))).unwrap();
    }
    std::fs::copy(&file, database).unwrap();

    let listen = format!("127.0.0.1:{}", free_port());
    let refused = run(caucus(&app.store).args(["--public-url", &app.base, "--listen", &listen, "serve"]), "");

    assert!(!refused.status.success() && told(&refused).contains("caucus restore"), "{}", told(&refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_on_a_real_server_goes_on_after_a_backup_was_put_back() {
    let (store, port) = (Store::fresh(), free_port());
    let DatabaseUrl::Sqlite(_) = &store.url else { return skipped("it is about the file that a SQLite database is") };
    let base = format!("http://127.0.0.1:{port}");
    let (poll, voters) = opened_at(&store, &base).await;
    let vote = async |voter: usize, choice: &str| {
        voters[voter].post(&format!("/polls/{poll}/ballot"), json!({"choices": [choice]})).await.status
    };
    let file = shown(&store.folder.path().join("backup.sqlite"));
    let at_the_server = |arguments: &[&str]| {
        let done = run(caucus(&store).args(["--public-url", &base]).args(arguments), "");
        assert!(done.status.success(), "{arguments:?}: {}", told(&done));
        told(&done)
    };
    let server = Process::serve(&store, port).await;
    for (voter, choice) in [(0, "For"), (1, "For"), (2, "Against")] {
        assert_eq!(vote(voter, choice).await, 201);
    }
    at_the_server(&["backup", &file]);
    // Five votes that the backup does not know.
    assert_eq!([vote(0, "Against").await, vote(1, "Abstain").await], [200, 200]);
    assert_eq!([vote(3, "For").await, vote(4, "For").await, vote(5, "Against").await], [201, 201, 201]);
    server.kill();

    at_the_server(&["restore", &file, "--replace"]);
    let server = Process::serve(&store, port).await;
    assert!(server.log().contains("the data is older than it was"), "{}", server.log());
    assert_eq!(vote(2, "For").await, 200, "a ballot of the backup can be changed");
    assert_eq!([vote(3, "For").await, vote(4, "Against").await], [201, 201], "whoever is lost there votes again");
    assert!(server.terminate().await.success());
    let later = Arc::new(FixedClock::at(SystemClock.now() + TimeDelta::days(8)));
    let app = beside(&store, &base, later);
    assert_eq!(caucus::workers::timers::step(&app).await.unwrap(), 1);

    let result = app.read(move |conn| find_result(conn, poll)).await.unwrap().unwrap();
    assert_eq!((result.tally.votes_for, result.tally.against, result.tally.ballots()), (4, 1, 5));
    assert!(at_the_server(&["verify"]).contains("Everything holds"));
    let record = store.folder.path().join("record.json");
    let record_json = app.read(move |conn| find_record(conn, poll)).await.unwrap().unwrap();
    std::fs::write(&record, record_json).unwrap();
    at_the_server(&["recount", &shown(&record)]);
    let server = Process::serve(&store, port).await;
    let minutes = Browser::new(&base).get(&format!("/polls/{poll}/minutes")).await;
    assert!(minutes.text().contains("put back from a backup"), "{}", minutes.text());
    assert!(server.terminate().await.success());
}

/// A community of six with an open vote, and the members as programs that act for them.
async fn opened_at(store: &Store, base: &str) -> (PollId, Vec<Api>) {
    let app = beside(store, base, Arc::new(SystemClock));
    ensure_instance_actor(&app).await.unwrap();
    let mut members = vec![found_community(&app).await];
    for number in 1..6 {
        members.push(kept_member(&app, &format!("member{number}")).await);
    }
    let new = amending(&app, "2.1", "Everybody has one vote, and one only.").await;
    let (ada, bea) = (members[0], members[1]);
    let opening = app.write(move |tx| {
        let id = propose_amendment::propose_amendment(tx, ada, &new)?;
        back_amendment::back_amendment(tx, bea, id)?;
        open_ballot::open_ballot(tx, ada, id)
    });
    let poll: Result<PollId, ServiceError> = opening.await;
    let mut voters = Vec::new();
    for member in members {
        let token = app.write(move |tx| create_token(tx, member, "test", TokenScope::Write)).await.unwrap();
        voters.push(Api::at(base).with(&token.secret));
    }
    (poll.unwrap(), voters)
}
