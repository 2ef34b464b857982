//! A clock that nobody can vouch for (V-13, V-47): what a server does that was away for long, or
//! starts with a wrong clock, or is alone with its time among others.

use super::support::TestApp;
use super::support::app::{beside, quiet};
use super::support::keys::Scheme;
use super::support::peer::Peer;
use super::support::rows::dump;
use super::support::store::skipped;
use super::watch::{incidents, open_vote};
use caucus::App;
use caucus::clock::{Clock, FixedClock, Stamp, SystemClock};
use caucus::db::inbox::{NewReceived, store_once};
use caucus::db::steward_log::list_acts;
use caucus::domain::incident::IncidentKind;
use caucus::ids::PollId;
use caucus::services::ServiceError;
use caucus::services::announce_opening::announce_opening;
use caucus::services::confirm_time::{confirm_time, put_time_back};
use caucus::services::minutes::minutes;
use caucus::workers::watch::{Watch, step};
use caucus::workers::{inbound, timers};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::sync::Arc;

/// Makes all processes so far gone for the database, whose clock no test moves.
pub(crate) fn all_gone(app: &TestApp) {
    if app.app.db.is_shared() {
        app.store.execute("UPDATE heartbeats SET seen_at = seen_at - interval '1 day'");
    }
}

/// The server started anew over the store of `app`, with a clock of its own that shows this.
async fn started_at(app: &TestApp, moment: Stamp) -> (App, Watch, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at(moment));
    let (again, watch) = (beside(&app.store, &app.base, clock.clone()), Watch::begin());
    step(&again, &watch).await.unwrap();
    (again, watch, clock)
}

/// Lets time pass as it does for a server whose heart beats.
async fn live(app: &App, watch: &Watch, clock: &FixedClock, minutes: i64) {
    for _ in 0..minutes * 2 {
        clock.advance(TimeDelta::seconds(30));
        step(app, watch).await.unwrap();
    }
}

async fn is_closed(app: &App, poll: PollId) -> bool {
    app.read(move |conn| caucus::db::polls::poll(conn, poll)).await.unwrap().closed_at.is_some()
}

/// A vote from a linked account as it comes in.
fn vote(app: &TestApp, poll: PollId, actor: &str, choice: &str) -> NewReceived {
    let id = format!("{actor}#votes/{choice}");
    let object = json!({"id": id, "type": "Note", "name": choice, "attributedTo": actor,
                        "to": app.url("/c/commons"), "inReplyTo": app.app.urls.poll(poll)});
    NewReceived {
        actor_url: actor.to_owned(),
        activity_id: format!("{id}/activity"),
        inbox_handle: None,
        body: json!({"id": format!("{id}/activity"), "type": "Create", "actor": actor, "object": object}).to_string(),
        signed_at: app.app.now(),
    }
}

async fn arrives(app: &App, new: NewReceived) {
    assert!(app.write(move |tx| store_once(tx, &new)).await.unwrap());
    inbound::step(app).await.unwrap();
}

fn is_in_doubt<T: std::fmt::Debug>(refused: Result<T, ServiceError>) -> bool {
    matches!(&refused, Err(ServiceError::Conflict(refusal)) if refusal.code == "time_in_doubt")
}

#[tokio::test]
async fn a_clock_that_is_wrong_at_the_start_closes_nothing_and_leaves_nothing_behind() {
    let (app, _, [ada, bea], poll) = open_vote().await;
    let began = app.app.now();
    all_gone(&app);

    let (again, watch, clock) = started_at(&app, began + TimeDelta::days(8)).await;
    live(&again, &watch, &clock, 2).await;
    assert_eq!(timers::step(&again).await.unwrap(), 0);
    assert!(!is_closed(&again, poll).await);
    let other = app.propose(ada, "2.2", "Nobody has two.").await;
    app.back(bea, other).await.unwrap();
    let opening = again.write(move |tx| caucus::services::open_ballot::open_ballot(tx, ada, other)).await;
    assert!(is_in_doubt(opening), "a vote that opens now would end at nobody knows when");
    let announcing = again.write(move |tx| announce_opening(tx, ada, other, 1)).await;
    assert!(is_in_doubt(announcing), "nor can a day be promised");

    // NTP puts it right.
    clock.jump(TimeDelta::days(-8));
    step(&again, &watch).await.unwrap();
    let opened = again.write(move |tx| caucus::services::open_ballot::open_ballot(tx, ada, other)).await.unwrap();

    let opened = again.read(move |conn| caucus::db::polls::poll(conn, opened)).await.unwrap();
    assert!((opened.opens_at - began).abs() <= TimeDelta::minutes(3), "{}", opened.opens_at);
    assert!(again.deadline() <= began + TimeDelta::minutes(3));
    let noted = incidents(&app).await;
    assert_eq!(noted.iter().map(|incident| incident.kind).collect::<Vec<_>>(), [IncidentKind::Clock]);
    clock.advance(TimeDelta::days(7));
    timers::step(&again).await.unwrap();
    let told = again.read(move |conn| minutes(conn, poll)).await.unwrap();
    assert_eq!(told.downtime(), TimeDelta::zero(), "it was never down");
}

#[tokio::test]
async fn a_server_that_was_away_over_the_end_of_a_vote_closes_it_by_itself() {
    let (app, _, [ada, bea], poll) = open_vote().await;
    let began = app.app.now();
    let (near, far) = (app.linked(bea, "bea").await, app.linked(ada, "ada").await);
    all_gone(&app);

    let (again, watch, clock) = started_at(&app, began + TimeDelta::days(8)).await;
    assert_eq!(again.now(), began + TimeDelta::days(8), "what is published now bears this date");
    let on_the_web = caucus::services::cast_ballot::on_the_web(&again, bea, poll, vec![0]).await;
    assert!(is_in_doubt(on_the_web), "nothing is acknowledged that may be late");
    arrives(&again, vote(&app, poll, &near, "For")).await;
    arrives(&again, vote(&app, poll, &far, "Against")).await;
    live(&again, &watch, &clock, 58).await;
    assert_eq!(timers::step(&again).await.unwrap(), 0);
    live(&again, &watch, &clock, 3).await;
    timers::step(&again).await.unwrap();
    inbound::step(&again).await.unwrap();

    assert!(is_closed(&again, poll).await);
    let told = again.read(move |conn| minutes(conn, poll)).await.unwrap();
    assert_eq!((told.result.tally.votes_for, told.result.tally.ballots()), (1, 1), "what came late does not count");
    assert_eq!(told.downtime(), TimeDelta::days(7), "the whole rest of the vote");
    assert_eq!(told.incidents.len(), 1, "{:?}", told.incidents);
    let uncounted = &dump(&app)["uncounted_votes"];
    assert!(uncounted.iter().any(|row| row.ends_with("late | 2")), "{uncounted:?}");
}

#[tokio::test]
async fn what_came_in_a_doubt_that_was_a_wrong_clock_counts() {
    let (app, watch, [ada, bea], poll) = open_vote().await;
    let (near, far) = (app.linked(bea, "bea").await, app.linked(ada, "ada").await);
    app.jump(TimeDelta::days(8));
    step(&app.app, &watch).await.unwrap();
    arrives(&app.app, vote(&app, poll, &near, "For")).await;
    assert_eq!(dump(&app)["ballots"].len(), 1, "it waits until the time is known");
    step(&app.app, &watch).await.unwrap();
    let told = app.notices(ada).await.iter().filter(|told| told.contains("no vote is opened or closed")).count();
    assert_eq!(told, 1, "the steward has to look");

    app.jump(TimeDelta::days(-8));
    // Before the heart beats again another one comes, which is in no doubt.
    arrives(&app.app, vote(&app, poll, &far, "For")).await;
    step(&app.app, &watch).await.unwrap();
    inbound::step(&app.app).await.unwrap();

    assert_eq!(dump(&app)["ballots"].len(), 2);
    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();
    assert_eq!(app.result(poll).await.unwrap().tally.votes_for, 2);
}

#[tokio::test]
async fn the_close_itself_knows_which_votes_came_late_in_a_doubt() {
    for was_right in [true, false] {
        let (app, watch, [ada, bea], poll) = open_vote().await;
        let near = app.linked(bea, "bea").await;
        app.jump(TimeDelta::days(7));
        step(&app.app, &watch).await.unwrap();
        arrives(&app.app, vote(&app, poll, &near, "For")).await;

        if was_right {
            app.app.write(move |tx| confirm_time(tx, ada)).await.unwrap();
            app.app.time.confirm();
        } else {
            app.jump(TimeDelta::days(-7));
            app.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
            // As it does every ten seconds.
            step(&app.app, &watch).await.unwrap();
            app.advance(TimeDelta::seconds(1));
        }
        timers::step(&app.app).await.unwrap();
        inbound::step(&app.app).await.unwrap();

        let ballots = app.result(poll).await.unwrap().tally.ballots();
        assert_eq!(ballots, if was_right { 1 } else { 2 }, "the clock was right: {was_right}");
    }
}

#[tokio::test]
async fn nothing_final_shows_while_a_vote_cannot_be_closed() {
    let (app, watch, [ada, _], poll) = open_vote().await;
    app.jump(TimeDelta::days(8));
    step(&app.app, &watch).await.unwrap();
    app.advance(TimeDelta::days(8));
    assert_eq!(timers::step(&app.app).await.unwrap(), 0);

    let question = app.fetch_question(poll).await;
    let api: Value = app.api().get(&format!("/polls/{poll}")).await.json();
    let (_, page) = app.fetch(&format!("/polls/{poll}"), "text/html").await;

    assert!(question.get("closed").is_none() && TestApp::shown(&question).iter().all(|(_, total)| *total == 0));
    assert!(api["result"].is_null() && api["options"].as_array().unwrap().iter().all(|each| each["total"].is_null()));
    assert!(!page.contains("100"), "{page}");
    app.app.write(move |tx| confirm_time(tx, ada)).await.unwrap();
    app.app.time.confirm();
    assert!(app.fetch_question(poll).await.get("closed").is_some());
}

#[tokio::test]
async fn the_talk_with_others_goes_on_in_doubt_and_their_time_ends_it() {
    let (app, watch, _, poll) = open_vote().await;
    let right = Arc::new(FixedClock::at(app.app.now() + TimeDelta::days(8)));
    let old: Arc<dyn Clock> = Arc::new(FixedClock::at(app.app.now()));
    app.jump(TimeDelta::days(8));
    step(&app.app, &watch).await.unwrap();
    let send = async |address: &str, clock: Arc<dyn Clock>, scheme: Scheme| {
        let peer = Peer::start_by(clock, address).await;
        let fan = peer.person_who_signs("fan", scheme);
        let target = app.url("/c/commons");
        let follow = json!({"id": peer.fresh_url("follow"), "type": "Follow", "actor": fan.url, "object": target});
        peer.send(&fan, &app.url("/inbox"), &follow).await.0
    };

    assert_eq!(send("127.0.0.2", old.clone(), Scheme::Cavage).await, 202, "fresh by the time that surely passed");
    assert_eq!(send("127.0.0.3", right.clone(), Scheme::Cavage).await, 202, "fresh by the clock");
    assert_eq!(send("127.0.0.4", right.clone(), Scheme::Rfc9421).await, 202);
    let between = Arc::new(FixedClock::at(app.app.now() + TimeDelta::days(4)));
    assert_eq!(send("127.0.0.5", between, Scheme::Cavage).await, 401, "fresh by neither");
    step(&app.app, &watch).await.unwrap();
    assert!(app.app.clock.doubt().is_some(), "two servers are not enough");
    assert_eq!(send("127.0.0.6", right.clone(), Scheme::Cavage).await, 202);
    step(&app.app, &watch).await.unwrap();

    assert!(app.app.clock.doubt().is_none());
    assert_eq!(timers::step(&app.app).await.unwrap(), 1);
    assert!(app.result(poll).await.is_some());
    let told = app.app.read(move |conn| minutes(conn, poll)).await.unwrap();
    assert!(told.incidents.iter().all(|incident| incident.kind == IncidentKind::Clock), "{:?}", told.incidents);
}

#[tokio::test]
async fn the_dates_of_answers_speak_for_a_clock_after_an_absence() {
    let now = SystemClock.now();
    let (app, _, _store) = quiet("http://127.0.0.1:9", now);
    app.write(super::support::app::create_instance_actor).await.unwrap();
    app.time.resume(now - TimeDelta::hours(3));

    for address in ["127.0.0.2", "127.0.0.3", "127.0.0.4"] {
        app.time.weigh();
        assert!(app.clock.doubt().is_some(), "{address}");
        let peer = Peer::start_by(Arc::new(SystemClock), address).await;
        caucus::federation::actors::find_by_url(&app, &peer.person("fan").url).await.unwrap();
    }
    app.time.weigh();

    assert!(app.clock.doubt().is_none());
}

#[tokio::test]
async fn a_process_that_is_alone_with_its_time_closes_nothing_and_is_told_of_once() {
    let (app, watch, _, poll) = open_vote().await;
    if !app.app.db.is_shared() {
        return skipped("only processes on PostgreSQL share a database");
    }
    let ahead = started_at(&app, app.app.now() + TimeDelta::days(8)).await;
    let second = started_at(&app, app.app.now() + TimeDelta::days(8)).await;

    for _ in 0..5 {
        app.advance(TimeDelta::seconds(10));
        step(&app.app, &watch).await.unwrap();
        for (node, watch, clock) in [&ahead, &second] {
            clock.advance(TimeDelta::seconds(10));
            step(node, watch).await.unwrap();
            assert_eq!(timers::step(node).await.unwrap(), 0);
            assert!((node.now() - app.app.now()).abs() < TimeDelta::minutes(1), "it goes by the time of the others");
        }
    }
    for (node, watch, clock) in [&ahead, &second] {
        clock.jump(TimeDelta::days(-8));
        step(node, watch).await.unwrap();
    }

    assert!(app.app.clock.doubt().is_none());
    assert_eq!(incidents(&app).await.len(), 2, "one for each process");
    app.advance(TimeDelta::weeks(1));
    assert_eq!(timers::step(&app.app).await.unwrap(), 1);
    let told = app.app.read(move |conn| minutes(conn, poll)).await.unwrap();
    assert_eq!(told.incidents.iter().map(|incident| incident.kind).collect::<Vec<_>>(), [IncidentKind::Clock]);
    assert_eq!(told.downtime(), TimeDelta::zero());
}

#[tokio::test]
async fn a_process_that_was_suspended_is_vouched_for_by_the_others() {
    let (app, watch, _, poll) = open_vote().await;
    if !app.app.db.is_shared() {
        return skipped("only processes on PostgreSQL share a database");
    }
    let (node, its_watch, clock) = started_at(&app, app.app.now()).await;
    all_gone(&app);
    app.advance(TimeDelta::weeks(1));
    step(&app.app, &watch).await.unwrap();

    // Its own second clock did not count while it was suspended.
    clock.jump(TimeDelta::weeks(1));
    assert!(node.clock.doubt().is_some());
    step(&node, &its_watch).await.unwrap();

    assert!(node.clock.doubt().is_none());
    assert_eq!(timers::step(&node).await.unwrap(), 1);
    assert!(is_closed(&node, poll).await);
}

#[tokio::test]
async fn what_a_dead_process_noted_of_its_clock_ends_with_it() {
    let (app, watch, _, _) = open_vote().await;
    app.jump(TimeDelta::days(8));
    step(&app.app, &watch).await.unwrap();
    assert!(incidents(&app).await[0].ended_at.is_none());
    all_gone(&app);

    let again = started_at(&app, app.app.now()).await;

    assert!(incidents(&app).await[0].ended_at.is_some());
    drop(again);
}

#[tokio::test]
async fn a_clock_that_is_set_is_no_absence_and_an_absence_is_no_fault_of_the_clock() {
    let (app, watch, [ada, _], _) = open_vote().await;

    app.jump(TimeDelta::minutes(2));
    step(&app.app, &watch).await.unwrap();
    assert!(incidents(&app).await.is_empty(), "a step of two minutes");
    let refused = app.app.write(move |tx| confirm_time(tx, ada)).await.unwrap_err();
    assert!(matches!(refused, ServiceError::Conflict(refusal) if refusal.code == "nothing_to_confirm"));
    app.jump(TimeDelta::hours(3));
    step(&app.app, &watch).await.unwrap();
    app.app.write(move |tx| confirm_time(tx, ada)).await.unwrap();
    for _ in 0..3 {
        app.advance(TimeDelta::seconds(10));
        step(&app.app, &watch).await.unwrap();
    }

    let kinds: Vec<_> = incidents(&app).await.iter().map(|incident| incident.kind).collect();
    assert_eq!(kinds, [IncidentKind::Clock], "a confirmed jump");
    let act = app.app.read(|conn| list_acts(conn, None, 1)).await.unwrap().remove(0);
    assert_eq!(act.act, "confirmed the time of the server");
    assert_eq!(act.subject, "1 March 2026, 15:02 UTC, 3 hours later than it surely was");
    app.advance(TimeDelta::seconds(61));
    step(&app.app, &watch).await.unwrap();
    assert_eq!(incidents(&app).await.len(), 2, "a silence of a minute is an absence");
}

#[tokio::test]
async fn a_remembered_time_that_was_wrong_is_put_back_by_a_steward() {
    let (app, watch, [ada, bea], poll) = open_vote().await;
    let other = app.propose(ada, "2.2", "Nobody has two.").await;
    app.back(bea, other).await.unwrap();
    let put_back = async |by| app.app.write(move |tx| put_time_back(tx, by)).await;
    assert!(matches!(put_back(ada).await.unwrap_err(), ServiceError::Conflict(_)), "there is nothing to put back");
    app.jump(TimeDelta::days(3_000));
    step(&app.app, &watch).await.unwrap();
    assert!(is_in_doubt(put_back(ada).await));
    app.app.write(move |tx| confirm_time(tx, ada)).await.unwrap();
    step(&app.app, &watch).await.unwrap();
    app.jump(TimeDelta::days(-3_000));
    assert!(app.app.deadline() > app.app.now() + TimeDelta::days(2_999), "the wrong word of a steward");

    assert!(matches!(put_back(bea).await.unwrap_err(), ServiceError::Forbidden(_)));
    put_back(ada).await.unwrap();
    step(&app.app, &watch).await.unwrap();

    assert_eq!(app.app.deadline(), app.app.now());
    let opened = app.open(ada, other).await.unwrap();
    assert_eq!(app.poll_row(opened).await.opens_at, app.app.now());
    app.vote_on_the_web(poll, bea, &[0]).await.unwrap();
    let (again, _, _) = started_at(&app, app.app.now()).await;
    assert_eq!(again.deadline(), app.app.now(), "nothing of it is left in the store");
    let act = app.app.read(|conn| list_acts(conn, None, 1)).await.unwrap().remove(0);
    assert_eq!(act.act, "put back the time that the server remembers");
    assert!(act.subject.starts_with("from 18 May 2034"), "{}", act.subject);
}

#[tokio::test]
async fn stewards_are_told_why_nothing_closes_and_need_not_act_after_an_absence() {
    let (app, _) = TestApp::with_community().await;
    app.app.time.resume(app.app.now() - TimeDelta::hours(3));
    let mut ada = app.signed_in("ada").await;

    let page = ada.get("/steward/time").await;

    page.assert_sound();
    assert!(page.text().contains("The last sign of life before this start was at 1 March 2026, 09:00 UTC"));
    assert!(ada.get("/steward").await.text().contains("no vote is opened or closed"));
    let done = ada.submit(&page.form("/steward/time")).await;
    assert!(done.text().contains("The time is confirmed") && app.app.clock.doubt().is_none(), "{}", done.text());
}
