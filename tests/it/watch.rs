//! The server watches itself: its clock (V-13), its absences, and data that was put back (V-46).

use crate::support::TestApp;
use crate::support::browser::Page;
use crate::support::process::{caucus, run};
use crate::support::rows::dump;
use caucus::db::amendments;
use caucus::domain::incident::{Incident, IncidentKind};
use caucus::ids::PollId;
use caucus::services::ServiceError;
use caucus::services::confirm_time::{confirm_time, confirm_time_here, put_time_back};
use caucus::services::minutes::minutes;
use caucus::services::verify_votes::verify_votes;
use caucus::workers::timers;
use caucus::workers::watch::{Watch, step};
use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;

pub(crate) async fn incidents(app: &TestApp) -> Vec<Incident> {
    app.app.read(|conn| caucus::db::incidents::list_newest(conn, 50)).await.unwrap()
}

/// A vote with one ballot, on a server whose heart beats.
pub(crate) async fn open_vote() -> (TestApp, Watch, [caucus::ids::MemberId; 2], PollId) {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let watch = Watch::begin();
    step(&app.app, &watch).await.unwrap();
    let (_, poll) = app.open_vote(ada, bea).await;
    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    (app, watch, [ada, bea], poll)
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_closes_nothing_and_alerts_until_it_jumps_back() {
    let (app, watch, [_, bea], poll) = open_vote().await;

    app.jump(TimeDelta::days(8));
    app.advance(TimeDelta::seconds(1));

    assert_eq!(timers::step(&app.app).await.unwrap(), 0);
    let question = app.fetch_question(poll).await;
    assert!(question.get("closed").is_none(), "{question}");
    let refused = app.vote_on_the_web(poll, bea, &[0]).await.unwrap_err();
    assert!(matches!(refused, ServiceError::Conflict(refusal) if refusal.code == "time_in_doubt"));
    step(&app.app, &watch).await.unwrap();
    let noted = incidents(&app).await;
    assert_eq!((noted.len(), noted[0].kind, noted[0].ended_at), (1, IncidentKind::Clock, None));
    assert!(app.app.clock.doubt().is_some());

    app.jump(TimeDelta::days(-8));
    app.vote_on_the_web(poll, bea, &[0]).await.unwrap();
    step(&app.app, &watch).await.unwrap();

    assert!(app.app.clock.doubt().is_none() && incidents(&app).await[0].ended_at.is_some());
    app.advance(TimeDelta::weeks(1) - TimeDelta::seconds(2));
    assert_eq!(timers::step(&app.app).await.unwrap(), 0, "still open to the last second");
    app.advance(TimeDelta::seconds(1));
    assert_eq!(timers::step(&app.app).await.unwrap(), 1);
    assert_eq!(app.result(poll).await.unwrap().tally.votes_for, 2);
    let told = app.app.read(move |conn| minutes(conn, poll)).await.unwrap().incidents;
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test]
async fn a_steward_confirms_the_time_for_every_process() {
    let (app, watch, [ada, bea], poll) = open_vote().await;
    app.jump(TimeDelta::days(8));
    assert_eq!(timers::step(&app.app).await.unwrap(), 0);
    assert!(!caucus::services::close_ballot::settle(&app.app, poll).await.unwrap());

    // From the command line, in a process of its own.
    let by_nobody = run(caucus(&app.store).args(["--public-url", &app.base, "clock", "confirm", "--by", "bea"]), "");
    assert!(String::from_utf8(by_nobody.stderr).unwrap().contains("Only a steward"));
    assert!(app.app.clock.doubt().is_some());
    let refused = app.app.write(move |tx| confirm_time(tx, bea)).await.unwrap_err();
    assert!(matches!(refused, ServiceError::Forbidden(_)), "{refused}");
    step(&app.app, &watch).await.unwrap();
    assert!(app.app.clock.doubt().is_some());
    app.app.write(move |tx| confirm_time(tx, ada)).await.unwrap();
    step(&app.app, &watch).await.unwrap();

    assert!(app.app.clock.doubt().is_none());
    assert_eq!(timers::step(&app.app).await.unwrap(), 1);
    assert!(app.result(poll).await.is_some());
    assert!(dump(&app)["steward_log"].iter().any(|act| act.contains("confirmed the time")));
}

#[tokio::test]
async fn a_doubt_that_ends_as_a_vote_is_counted_is_told_with_its_end() {
    for is_noted in [true, false] {
        doubt_that_ends_as_a_vote_is_counted(is_noted).await;
    }
}

async fn doubt_that_ends_as_a_vote_is_counted(is_noted: bool) {
    let (app, watch, [ada, _], poll) = open_vote().await;
    let began = app.app.now();
    app.jump(TimeDelta::days(8));
    // Noted by a heartbeat or not: a steward may be quicker than that.
    if is_noted {
        step(&app.app, &watch).await.unwrap();
    }

    confirm_time_here(&app.app, ada).await.unwrap();
    timers::step(&app.app).await.unwrap();

    let told = app.app.read(move |conn| minutes(conn, poll)).await.unwrap().incidents;
    assert_eq!(told.len(), 1, "{told:?}");
    let ended_at = told[0].ended_at.expect("it ends in the record");
    assert!(told[0].began_at < began + TimeDelta::minutes(1) && ended_at >= began + TimeDelta::days(8), "{told:?}");
    let page = app.browser().get(&format!("/polls/{poll}/minutes")).await;
    page.assert_sound();
    assert!(page.text().contains("to 9 March 2026, 12:00 UTC: its clock was in doubt"), "{}", page.text());
    assert!(!page.text().contains("it was down for"), "{}", page.text());
    let clock = app.signed_in("ada").await.get("/steward/time").await;
    assert!(
        clock.text().contains("The clock is not in doubt") && !clock.text().contains("until now"),
        "{}",
        clock.text()
    );
}

#[tokio::test]
async fn who_waits_to_open_a_vote_reads_why_that_cannot_be_while_the_time_is_not_known() {
    let (app, _, [ada, bea], _) = open_vote().await;
    let id = app.propose(ada, "2.2", "Nobody has two.").await;
    app.back(bea, id).await.unwrap();
    let mut browser = app.signed_in("ada").await;
    let path = format!("/amendments/{id}");
    let says_why = |page: &Page| page.text().contains("not sure what time it is");
    let offers = |page: &Page| ["/opening", "/announcement"].map(|action| page.body.contains(action));
    let before = browser.get(&path).await;
    assert_eq!((says_why(&before), offers(&before)), (false, [true, true]));

    app.jump(TimeDelta::days(8));

    let page = browser.get(&path).await;
    page.assert_sound();
    assert_eq!((says_why(&page), offers(&page)), (true, [false, false]));
}

#[tokio::test]
async fn what_was_announced_by_a_wrong_clock_binds_no_longer_than_a_notice_may() {
    let (app, watch, [ada, bea], _) = open_vote().await;
    let id = app.propose(ada, "2.2", "Nobody has two.").await;
    app.back(bea, id).await.unwrap();
    app.jump(TimeDelta::days(3_000));
    step(&app.app, &watch).await.unwrap();
    app.app.write(move |tx| confirm_time(tx, ada)).await.unwrap();
    step(&app.app, &watch).await.unwrap();
    app.jump(TimeDelta::days(-3_000));
    app.announce(ada, id, 1).await.unwrap();

    app.app.write(move |tx| put_time_back(tx, ada)).await.unwrap();

    let amendment = app.app.read(move |conn| amendments::amendment(conn, id)).await.unwrap();
    let latest = Some(app.app.now() + TimeDelta::days(30));
    assert_eq!((amendment.opens_at, amendment.not_before), (latest, latest));
    for member in [ada, bea] {
        let told = app.notices(member).await;
        assert!(
            told[0].contains("The clock of this server was put right") && told[0].contains("31 March 2026"),
            "{told:?}"
        );
    }
    assert!(app.note_of(id).await["content"].as_str().unwrap().contains("31 March 2026"));
}

#[tokio::test]
async fn a_clock_that_jumps_back_does_not_give_time_back_to_a_vote() {
    let (app, watch, [_, bea], poll) = open_vote().await;
    let elsewhere = app.linked(bea, "bea").await;
    app.advance(TimeDelta::weeks(1));
    step(&app.app, &watch).await.unwrap();
    app.jump(TimeDelta::days(-2));

    assert!(app.vote_on_the_web(poll, bea, &[0]).await.is_err(), "the week was over");
    let new = caucus::db::inbox::NewReceived {
        actor_url: elsewhere.clone(),
        activity_id: format!("{elsewhere}#1"),
        inbox_handle: None,
        body: serde_json::json!({
            "id": format!("{elsewhere}#1"), "type": "Create", "actor": elsewhere,
            "object": {"id": format!("{elsewhere}#v1"), "type": "Note", "name": "For", "attributedTo": elsewhere,
                       "to": app.url("/c/commons"), "inReplyTo": app.app.urls.poll(poll)},
        })
        .to_string(),
        signed_at: app.app.now(),
    };
    assert!(app.app.write(move |tx| caucus::db::inbox::store_once(tx, &new)).await.unwrap());
    caucus::workers::inbound::step(&app.app).await.unwrap();
    assert_eq!(timers::step(&app.app).await.unwrap(), 1);
    assert_eq!(app.result(poll).await.unwrap().tally.ballots(), 1);

    // A process that starts with the wrong clock knows how late it was.
    let second = app.second_process();
    step(&second, &Watch::begin()).await.unwrap();
    assert!(second.deadline() >= app.app.deadline() - TimeDelta::seconds(1));
}

#[tokio::test]
async fn the_minutes_tell_how_long_the_server_was_down() {
    let (app, watch, _, poll) = open_vote().await;
    for _ in 0..5 {
        app.advance(TimeDelta::seconds(10));
        step(&app.app, &watch).await.unwrap();
    }
    assert!(incidents(&app).await.is_empty(), "a beating heart is no absence");
    app.advance(TimeDelta::hours(3));
    super::doubted_time::all_gone(&app);

    // What a start after a long absence is, shows after an hour in which the clock runs steadily.
    let (again, life) = (app.second_process(), Watch::begin());
    step(&again, &life).await.unwrap();
    assert!(incidents(&app).await.is_empty() && again.clock.doubt().is_some());
    for _ in 0..120 {
        app.advance(TimeDelta::seconds(30));
        step(&again, &life).await.unwrap();
    }
    assert!(again.clock.doubt().is_none());

    let noted = incidents(&app).await;
    assert_eq!(noted.iter().map(|i| i.kind).collect::<Vec<_>>(), [IncidentKind::Down]);
    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();
    let told = app.app.read(move |conn| minutes(conn, poll)).await.unwrap();
    assert_eq!(told.downtime(), TimeDelta::hours(3));
    let (_, page) = app.fetch(&format!("/polls/{poll}/minutes"), "text/html").await;
    assert!(page.contains("in all it was down for 3 hours") && page.contains("the server was down"), "{page}");
    assert!(app.record(poll).await.contains("\"kind\":\"down\""));
}

#[tokio::test]
async fn a_close_right_after_an_absence_was_confirmed_tells_of_it_and_the_heartbeat_adds_nothing() {
    let (app, watch, _, poll) = open_vote().await;
    step(&app.app, &watch).await.unwrap();
    app.advance(TimeDelta::days(8));
    super::doubted_time::all_gone(&app);
    let (again, life) = (app.second_process(), Watch::begin());
    step(&again, &life).await.unwrap();
    again.time.confirm();

    assert_eq!(timers::step(&again).await.unwrap(), 1);
    step(&again, &life).await.unwrap();

    assert_eq!(dump(&app)["incidents"].len(), 1, "noted once");
    let told = app.app.read(move |conn| minutes(conn, poll)).await.unwrap();
    assert_eq!(told.downtime(), TimeDelta::weeks(1), "of the vote, not of the day after it");
    assert!(again.clock.ended().is_empty());
}

#[tokio::test]
async fn data_that_was_put_back_is_noticed_and_the_minutes_of_the_open_vote_say_so() {
    let (app, watch, [_, bea], poll) = open_vote().await;
    for _ in 0..3 {
        assert!(!step(&app.app, &watch).await.unwrap().is_restored);
    }
    let restart = step(&app.second_process(), &Watch::begin()).await.unwrap();
    assert!(!restart.is_restored, "a restart is no return");

    // As if the database were the one of an hour ago, under the same data folder.
    app.store.connect().batch_execute("UPDATE instance_facts SET value = '1' WHERE name = 'heartbeats'").unwrap();
    let again = app.second_process();
    let life = Watch::begin();
    assert!(step(&again, &life).await.unwrap().is_restored);
    assert!(!step(&again, &life).await.unwrap().is_restored, "it is told once");

    // PostgreSQL is put back while the server runs, and the row of the process is in the backup.
    app.store.connect().batch_execute("UPDATE instance_facts SET value = '2' WHERE name = 'heartbeats'").unwrap();
    assert!(step(&again, &life).await.unwrap().is_restored);
    assert!(!step(&again, &life).await.unwrap().is_restored && !step(&app.app, &watch).await.unwrap().is_restored);

    app.vote_on_the_web(poll, bea, &[0]).await.unwrap();
    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();
    assert_eq!(app.result(poll).await.unwrap().tally.votes_for, 2, "the vote goes on");
    let (_, page) = app.fetch(&format!("/polls/{poll}/minutes"), "text/html").await;
    assert!(page.contains("put back from a backup"), "{page}");
    let urls = std::sync::Arc::clone(&app.app.urls);
    let verified = app.app.read(move |conn| verify_votes(conn, &urls)).await.unwrap();
    assert!(verified.faults.is_empty(), "{verified:?}");
    assert!(dump(&app)["chain_entries"].iter().any(|entry| entry.contains("| restored |")));
}
