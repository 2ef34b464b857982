//! A process that dies at a named place while it opens a vote, takes a ballot or closes the vote
//! leaves nothing half done, and whoever comes after does the rest exactly once (A16, V-43).

use crate::support::TestApp;
use crate::support::rows::{dump, of_type, on_their_way, updates_of_questions};
use caucus::App;
use caucus::clock::FixedClock;
use caucus::db::Database;
use caucus::ids::{AmendmentId, MemberId, PollId};
use caucus::services::close_ballot::settle;
use caucus::services::verify_votes::verify_votes;
use caucus::services::{cast_ballot, open_ballot};
use caucus::settings::{Flags, Settings};
use chrono::TimeDelta;
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// How a process ends that ends itself on the spot.
const SIGABRT: i32 = 6;

/// Lets another process do `act` on the same store, and die at `place`.
fn die_at(app: &TestApp, place: &str, act: &str) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash_points::the_one_that_dies", "--ignored"])
        .envs([("CRASH_POINT", place), ("CRASH_ACT", act), ("CRASH_BASE", &app.base)])
        .env("CRASH_STORE", app.store.url_text())
        .env("CRASH_FOLDER", app.store.folder.path())
        .env("CRASH_NOW", app.app.now().to_rfc3339())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.signal(), Some(SIGABRT), "{place}: it did not come to this place");
}

#[tokio::test]
#[ignore = "the process that dies; the tests beside it start it"]
async fn the_one_that_dies() {
    let told = |name: &str| std::env::var(name).unwrap();
    let config = std::path::PathBuf::from(told("CRASH_FOLDER")).join("caucus.toml");
    let flags = Flags {
        config: Some(config),
        data_dir: Some(told("CRASH_FOLDER")),
        listen: None,
        public_url: Some(told("CRASH_BASE")),
        database_url: Some(told("CRASH_STORE")),
    };
    let settings = Settings::load(&flags, &BTreeMap::new()).unwrap();
    let now = told("CRASH_NOW").parse().unwrap();
    let db = Database::open(&settings.database_url).unwrap();
    let app = App::new(settings, Arc::new(FixedClock::at(now)), db);
    let act = told("CRASH_ACT");
    match act.split(' ').collect::<Vec<_>>().as_slice() {
        ["open", by, id] => {
            let (by, id): (MemberId, AmendmentId) = (by.parse().unwrap(), id.parse().unwrap());
            app.write(move |tx| open_ballot::open_ballot(tx, by, id)).await.unwrap();
        }
        ["vote", by, poll] => {
            cast_ballot::on_the_web(&app, by.parse().unwrap(), poll.parse().unwrap(), vec![0]).await.unwrap();
        }
        ["close", poll] => drop(settle(&app, poll.parse().unwrap()).await.unwrap()),
        other => panic!("{other:?}"),
    }
}

async fn holds(app: &TestApp, place: &str) {
    let urls = Arc::clone(&app.app.urls);
    let verified = app.app.read(move |conn| verify_votes(conn, &urls)).await.unwrap();
    assert!(verified.faults.is_empty(), "{place}: {verified:?}");
}

#[tokio::test]
async fn an_opening_that_dies_anywhere_opened_nothing() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    app.follow_community("near.example", "fay").await;
    let id = app.propose(ada, "2.1", "Everybody has one vote, and one only.").await;
    app.back(bea, id).await.unwrap();
    let (before, sent) = (dump(&app), of_type(&on_their_way(&app), "Create").len());
    for place in ["open: published", "open: frozen", "open: written"] {
        die_at(&app, place, &format!("open {ada} {id}"));
        assert_eq!(dump(&app), before, "{place}");
    }

    let poll = app.open(ada, id).await.unwrap();

    assert_eq!(dump(&app)["polls"].len(), 1);
    assert_eq!(of_type(&on_their_way(&app), "Create").len(), sent + 1, "the Question goes out once");
    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    holds(&app, "afterwards").await;
}

#[tokio::test]
async fn a_ballot_that_dies_anywhere_is_not_in_and_can_be_cast_again() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let before = dump(&app);
    for place in ["vote: voter noted", "vote: ballot in", "vote: sealed"] {
        die_at(&app, place, &format!("vote {ada} {poll}"));
        assert_eq!(dump(&app), before, "{place}");
    }

    assert!(!app.vote_on_the_web(poll, ada, &[0]).await.unwrap().is_changed);

    assert_eq!((dump(&app)["ballots"].len(), app.poll_row(poll).await.voters_count), (1, 1));
    holds(&app, "afterwards").await;
}

#[tokio::test]
async fn a_close_that_dies_anywhere_happens_exactly_once() {
    for place in
        ["close: claimed", "close: counted", "close: decided", "close: written", "close: committed", "close: erased"]
    {
        let (app, ada) = TestApp::with_community().await;
        let bea = app.member("bea").await;
        app.follow_community("near.example", "fay").await;
        let (_, poll): (_, PollId) = app.open_vote(ada, bea).await;
        app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
        app.vote_on_the_web(poll, bea, &[0]).await.unwrap();
        app.advance(TimeDelta::weeks(1));

        die_at(&app, place, &format!("close {poll}"));
        caucus::workers::timers::step(&app.app).await.unwrap();

        let rows = dump(&app);
        assert_eq!((rows["results"].len(), rows["document_versions"].len()), (1, 2), "{place}");
        assert!(rows["ballot_links"].is_empty(), "{place}");
        assert!(rows["instance_facts"].iter().all(|fact| !fact.contains("traces")), "{place}");
        assert_eq!(updates_of_questions(&app).len(), 1, "{place}");
        assert_eq!(app.result(poll).await.unwrap().tally.votes_for, 2, "{place}");
        holds(&app, place).await;
    }
}
