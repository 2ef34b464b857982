//! A process that dies at a named place while it opens a vote, takes a ballot from the web or from the
//! inbox, or closes the vote leaves nothing half done, and whoever comes after does the rest exactly once (A16, V-43).

use crate::support::TestApp;
use crate::support::rows::{dump, of_type, on_their_way, updates_of_questions};
use caucus::App;
use caucus::clock::FixedClock;
use caucus::crash_point::crash_point;
use caucus::db::Database;
use caucus::db::inbox::{NewReceived, store_once};
use caucus::domain::nomination::Way;
use caucus::ids::{AmendmentId, CabalId, MemberId, PollId};
use caucus::services::close_ballot::settle;
use caucus::services::hand_over_lead::{Naming, nominate};
use caucus::services::join_cabal::join_cabal;
use caucus::services::verify_votes::verify_votes;
use caucus::services::{cast_ballot, open_ballot};
use caucus::settings::{Flags, Settings};
use caucus::workers::{inbound, timers};
use chrono::TimeDelta;
use serde_json::json;
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
            crash_point("open: answered");
        }
        ["tick"] => drop(timers::step(&app).await.unwrap()),
        ["vote", by, poll, choice] => {
            let choice = choice.parse().unwrap();
            cast_ballot::on_the_web(&app, by.parse().unwrap(), poll.parse().unwrap(), vec![choice]).await.unwrap();
        }
        ["work"] => drop(inbound::step(&app).await.unwrap()),
        ["name", by, cabal] => {
            let (by, cabal): (MemberId, CabalId) = (by.parse().unwrap(), cabal.parse().unwrap());
            app.write(move |tx| nominate(tx, by, naming(cabal, by))).await.unwrap();
        }
        ["close", poll] => drop(settle(&app, poll.parse().unwrap()).await.unwrap()),
        other => panic!("{other:?}"),
    }
}

/// Who stands for lead in a vote of the cabal.
fn naming(cabal: CabalId, nominee: MemberId) -> Naming {
    Naming { cabal, nominee, way: Way::Vote, publish_name: true }
}

/// A vote from afar that passed the front door.
async fn arrives(app: &TestApp, poll: PollId, actor: &str, choice: &str) {
    let id = format!("{actor}#votes/{choice}");
    let note = json!({"id": id, "type": "Note", "name": choice, "attributedTo": actor,
        "to": app.url("/c/commons"), "inReplyTo": app.app.urls.poll(poll)});
    let activity = format!("{id}/activity");
    let body = json!({"id": activity, "type": "Create", "actor": actor, "object": note}).to_string();
    let new = NewReceived {
        actor_url: actor.to_owned(),
        activity_id: activity,
        inbox_handle: None,
        body,
        signed_at: app.app.now(),
    };
    assert!(app.app.write(move |tx| store_once(tx, &new)).await.unwrap());
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
async fn an_opening_whose_answer_never_came_is_one_when_it_is_tried_again() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    app.follow_community("near.example", "fay").await;
    let id = app.propose(ada, "2.1", "Everybody has one vote, and one only.").await;
    app.back(bea, id).await.unwrap();

    die_at(&app, "open: answered", &format!("open {ada} {id}"));
    let after = dump(&app);
    let again = app.open(ada, id).await.unwrap_err().to_string();

    assert!(again.contains("is open"), "{again}");
    assert!(dump(&app) == after && after["polls"].len() == 1, "it was open before it died, and stays as it was");
    holds(&app, "afterwards").await;
}

#[tokio::test]
async fn an_announced_vote_opens_once_wherever_the_process_dies_that_opens_it() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    app.follow_community("near.example", "fay").await;
    let id = app.propose(ada, "2.1", "Everybody has one vote, and one only.").await;
    app.back(bea, id).await.unwrap();
    app.announce(ada, id, 1).await.unwrap();
    app.advance(TimeDelta::days(1));
    let questions = |app: &TestApp| {
        of_type(&on_their_way(app), "Create")
            .iter()
            .filter(|(_, create)| create["object"]["type"] == "Question")
            .count()
    };
    for place in ["open: published", "open: saved", "open: frozen", "open: written"] {
        die_at(&app, place, "tick");
        assert_eq!((dump(&app)["polls"].len(), questions(&app)), (0, 0), "{place}");
    }

    timers::step(&app.app).await.unwrap();

    assert_eq!((dump(&app)["polls"].len(), questions(&app)), (1, 1));
    holds(&app, "afterwards").await;
}

#[tokio::test]
async fn a_ballot_that_dies_anywhere_is_not_in_and_can_be_cast_again() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let before = dump(&app);
    for place in ["vote: voter noted", "vote: ballot in", "vote: sealed"] {
        die_at(&app, place, &format!("vote {ada} {poll} 0"));
        assert_eq!(dump(&app), before, "{place}");
    }

    assert!(!app.vote_on_the_web(poll, ada, &[0]).await.unwrap().is_changed);

    assert_eq!((dump(&app)["ballots"].len(), app.poll_row(poll).await.voters_count), (1, 1));
    holds(&app, "afterwards").await;
}

#[tokio::test]
async fn a_change_of_mind_that_dies_anywhere_leaves_the_ballot_as_it_stood() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    let before = dump(&app);
    for place in ["vote: changed", "vote: sealed"] {
        die_at(&app, place, &format!("vote {ada} {poll} 1"));
        assert_eq!(dump(&app), before, "{place}");
    }

    assert!(app.vote_on_the_web(poll, ada, &[1]).await.unwrap().is_changed);

    app.advance(TimeDelta::weeks(1));
    settle(&app.app, poll).await.unwrap();
    let tally = app.result(poll).await.unwrap().tally;
    assert_eq!((tally.votes_for, tally.against), (0, 1));
    holds(&app, "afterwards").await;
}

#[tokio::test]
async fn a_ballot_whose_answer_never_came_is_in_and_is_one_when_it_is_cast_again() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;

    die_at(&app, "vote: committed", &format!("vote {ada} {poll} 0"));
    let after = dump(&app);
    let again = app.vote_on_the_web(poll, ada, &[0]).await.unwrap();

    assert_eq!(after["ballots"].len(), 1);
    assert!(again.is_changed && dump(&app)["ballots"][0].starts_with(&again.code), "the receipt finds what stands");
    assert_eq!((dump(&app)["ballots"].len(), app.poll_row(poll).await.voters_count), (1, 1));
    holds(&app, "afterwards").await;
}

#[tokio::test]
async fn a_vote_in_the_inbox_counts_once_wherever_its_worker_dies() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let hers = app.linked(ada, "ada").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    for (choice, places) in [
        ("For", ["vote: voter noted", "vote: ballot in", "inbox: worked through"].as_slice()),
        ("Against", &["vote: changed", "inbox: worked through"]),
    ] {
        arrives(&app, poll, &hers, choice).await;
        let before = dump(&app);
        for place in places {
            die_at(&app, place, "work");
            assert_eq!(dump(&app), before, "{choice}, {place}");
        }
        assert_eq!(inbound::step(&app.app).await.unwrap(), 1, "{choice}");
        app.advance(TimeDelta::minutes(1));
    }
    arrives(&app, poll, &hers, "Abstain").await;

    die_at(&app, "inbox: committed", "work");

    assert_eq!(inbound::step(&app.app).await.unwrap(), 0, "it was done before it died");
    assert_eq!((dump(&app)["ballots"].len(), app.poll_row(poll).await.voters_count), (1, 1));
    let letters = of_type(&on_their_way(&app), "Create");
    let receipts = letters.iter().filter(|(_, letter)| letter["object"]["content"].to_string().contains("receipt"));
    assert_eq!(receipts.count(), 1);
    app.advance(TimeDelta::weeks(1));
    settle(&app.app, poll).await.unwrap();
    assert_eq!(app.result(poll).await.unwrap().tally.abstain, 1);
    holds(&app, "afterwards").await;
}

#[tokio::test]
async fn a_vote_on_a_lead_that_dies_anywhere_opens_and_elects_exactly_once() {
    for place in ["close: claimed", "close: counted", "close: decided", "close: written", "close: committed"] {
        let (app, ada) = TestApp::with_community().await;
        let bea = app.member("bea").await;
        let cabal = app.cabal(ada, "tea").await;
        app.app.write(move |tx| join_cabal(tx, bea, cabal, "I count.")).await.unwrap();
        let before = dump(&app);
        for place in ["open: published", "open: saved", "open: frozen"] {
            die_at(&app, place, &format!("name {bea} {cabal}"));
            assert_eq!(dump(&app), before, "{place}");
        }
        app.app.write(move |tx| nominate(tx, bea, naming(cabal, bea))).await.unwrap();
        let poll: PollId = app.store.values("SELECT id AS value FROM polls")[0].parse().unwrap();
        app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
        app.advance(TimeDelta::hours(72));

        die_at(&app, place, &format!("close {poll}"));
        timers::step(&app.app).await.unwrap();

        let rows = dump(&app);
        assert_eq!(
            (rows["results"].len(), app.store.count("lead_nominations", "state = 'elected'")),
            (1, 1),
            "{place}"
        );
        assert_eq!(app.store.count("cabal_log", "act = 'was chosen to lead by the vote'"), 1, "{place}");
        assert!(rows["ballot_links"].is_empty(), "{place}");
        holds(&app, place).await;
    }
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
        timers::step(&app.app).await.unwrap();

        let rows = dump(&app);
        assert_eq!((rows["results"].len(), rows["document_versions"].len()), (1, 2), "{place}");
        assert!(rows["ballot_links"].is_empty(), "{place}");
        assert!(rows["instance_facts"].iter().all(|fact| !fact.contains("traces")), "{place}");
        assert_eq!(updates_of_questions(&app).len(), 1, "{place}");
        assert_eq!(app.result(poll).await.unwrap().tally.votes_for, 2, "{place}");
        holds(&app, place).await;
    }
}

/// More votes than one transaction of a close counts.
const WAITING: usize = 203;

#[tokio::test]
async fn a_close_that_dies_among_the_votes_that_waited_counts_each_of_them_once() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (hers, his) = (app.linked(ada, "ada").await, app.linked(bea, "bea").await);
    let (_, poll) = app.open_vote(ada, bea).await;
    arrives(&app, poll, &hers, "For").await;
    for number in 0..WAITING {
        arrives(&app, poll, &app.remote(&format!("sam{number}")).await, "Abstain").await;
    }
    arrives(&app, poll, &his, "Against").await;
    app.advance(TimeDelta::weeks(1));

    die_at(&app, "close: some votes that waited are in", &format!("close {poll}"));

    let half = dump(&app);
    assert!(half["results"].is_empty() && half["soundings"].len() < WAITING && half["ballots"].len() == 1, "half done");
    assert!(settle(&app.app, poll).await.unwrap());
    let result = app.result(poll).await.unwrap();
    assert_eq!((result.tally.votes_for, result.tally.against, result.tally.abstain), (1, 1, 0));
    let minutes: serde_json::Value = serde_json::from_str(&result.minutes_json).unwrap();
    assert_eq!(minutes["soundings"]["Abstain"], WAITING, "{minutes}");
    assert_eq!(minutes["uncounted"], json!({}), "{minutes}");
    holds(&app, "afterwards").await;
}
