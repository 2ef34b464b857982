//! Two processes that do the same at the same moment. On SQLite one write follows the other; on
//! PostgreSQL they meet.

use crate::support::app::{quiet, test_start};
use crate::support::commons::{Commons, say};
use crate::support::races::until_somebody_waits;
use crate::support::votes::refusal_code;
use crate::support::world::kept_pair;
use crate::support::{Peer, TestApp};
use caucus::App;
use caucus::db::spokespeople::hold_spokesperson;
use caucus::db::{Database, DbError, Tx, local_actors};
use caucus::domain::cabal::{CabalFields, NewCabal};
use caucus::domain::membership::NewMember;
use caucus::federation::actors::{LookupError, find_by_url};
use caucus::federation::keys::{ensure_instance_actor, make_instance_actor};
use caucus::ids::{MemberId, PostId};
use caucus::services::ServiceError;
use caucus::services::form_cabal::form_cabal;
use caucus::services::sign_up::add_member;
use caucus::services::volunteer_to_speak::step_down;
use chrono::TimeDelta;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

async fn form(app: &App, by: MemberId, handle: &str) -> Result<(), ServiceError> {
    let fields = CabalFields { name: handle.to_owned(), purpose: "To be there.".to_owned(), handle: handle.to_owned() };
    let new = NewCabal::parse(&fields).unwrap();
    app.write(move |tx| form_cabal(tx, by, new, &kept_pair(1), 100).map(|_| ())).await
}

#[tokio::test]
async fn of_two_who_take_one_handle_at_once_one_is_told_that_it_is_taken() {
    let (app, ada) = TestApp::with_community().await;
    let other = app.second_process();
    for round in 0..10 {
        let handle = format!("bees{round}");
        let outcomes = tokio::join!(form(&app.app, ada, &handle), form(&other, ada, &handle));

        let refused = match outcomes {
            (Ok(()), refused @ Err(_)) | (refused @ Err(_), Ok(())) => refused,
            both => panic!("{both:?}"),
        };
        assert_eq!(refusal_code(refused), "invalid_fields");
    }
    for round in 0..10 {
        let handle = format!("wasp{round}");
        let new = NewMember::parse(&handle, "").unwrap();
        let joins = app.app.write(move |tx| add_member(tx, &new, "no hash", false).map(|_| ()));
        let outcomes = tokio::join!(joins, form(&other, ada, &handle));

        assert!(outcomes.0.is_ok() != outcomes.1.is_ok(), "a member and a cabal share {handle}: {outcomes:?}");
    }
}

#[tokio::test]
async fn two_processes_that_start_on_an_empty_database_make_one_instance_actor() {
    let (app, _, store) = quiet("http://localhost:1", test_start());
    let db = Database::open(&store.url).unwrap();
    let other = App::new(app.settings.clone(), Arc::clone(&app.clock), db);
    let (made, is_made) = std::sync::mpsc::channel();
    let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
    let first = tokio::spawn(async move {
        let act = move |tx: &mut Tx<'_>| {
            let actor = make_instance_actor(tx, &kept_pair(2))?;
            made.send(()).unwrap();
            goes_on.recv().unwrap();
            Ok::<_, DbError>(actor.id)
        };
        other.write(act).await
    });
    tokio::task::spawn_blocking(move || is_made.recv().unwrap()).await.unwrap();

    let second = app.write(|tx| make_instance_actor(tx, &kept_pair(2)));
    let end = async {
        let url = store.url.clone();
        tokio::task::spawn_blocking(move || until_somebody_waits(&url, &AtomicBool::new(false))).await.unwrap();
        go_on.send(()).unwrap();
    };
    let (second, ()) = tokio::join!(second, end);

    assert_eq!(second.unwrap().id, first.await.unwrap().unwrap());
}

#[tokio::test]
async fn a_key_of_ours_that_is_missing_is_not_held_against_an_actor() {
    let home = TestApp::start().await;
    let peer = Peer::start(&home).await;
    let bob = peer.person("bob");
    let (app, _, _store) = quiet("http://localhost:1", home.app.now());
    assert!(matches!(find_by_url(&app, &bob.url).await, Err(LookupError::Passing)));

    ensure_instance_actor(&app).await.unwrap();

    assert_eq!(find_by_url(&app, &bob.url).await.unwrap().url, bob.url);
    assert!(app.read(local_actors::find_instance_actor).await.unwrap().is_some());
}

#[tokio::test]
async fn a_ballot_that_had_to_wait_past_the_end_is_late() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    app.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    let other = app.second_process();
    let (held, is_held) = std::sync::mpsc::channel();
    let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
    let holder = tokio::spawn(async move {
        let done: Result<(), ServiceError> = other
            .write(move |tx| {
                caucus::db::polls::hold_poll(tx, poll)?;
                held.send(()).unwrap();
                // On SQLite the other ballot waits for this write, on PostgreSQL for this row.
                goes_on.recv().unwrap();
                Ok(())
            })
            .await;
        done.unwrap();
    });
    tokio::task::spawn_blocking(move || is_held.recv().unwrap()).await.unwrap();

    let ballot = app.vote_on_the_web(poll, ada, &[0]);
    let end = async {
        let store = app.store.url.clone();
        tokio::task::spawn_blocking(move || until_somebody_waits(&store, &AtomicBool::new(false))).await.unwrap();
        app.advance(TimeDelta::seconds(1));
        go_on.send(()).unwrap();
    };
    let (ballot, ()) = tokio::join!(ballot, end);

    assert_eq!(refusal_code(ballot), "poll_closed");
    holder.await.unwrap();
}

/// Somebody says something while another process has begun, in the same moment, with what `other` does.
async fn say_while(
    commons: &Commons,
    other: impl FnOnce(&mut Tx<'_>) + Send + 'static,
) -> Result<PostId, ServiceError> {
    let process = commons.app.second_process();
    let (held, is_held) = std::sync::mpsc::channel();
    let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
    let holder = tokio::spawn(async move {
        let act = move |tx: &mut Tx<'_>| -> Result<(), ServiceError> {
            other(tx);
            held.send(()).unwrap();
            goes_on.recv().unwrap();
            Ok(())
        };
        process.write(act).await.unwrap();
    });
    tokio::task::spawn_blocking(move || is_held.recv().unwrap()).await.unwrap();
    let speech = say(&commons.app.app, commons.ada, "A word.");
    let end = async {
        let store = commons.app.store.url.clone();
        tokio::task::spawn_blocking(move || until_somebody_waits(&store, &AtomicBool::new(false))).await.unwrap();
        commons.app.advance(TimeDelta::seconds(1));
        go_on.send(()).unwrap();
    };
    let (speech, ()) = tokio::join!(speech, end);
    holder.await.unwrap();
    speech
}

#[tokio::test]
async fn a_word_for_the_community_that_had_to_wait_past_its_end_is_not_said() {
    let commons = Commons::new().await;
    let id = commons.speaking(commons.ada, commons.bea).await;
    let ends_at = commons.row(id).await.times.ends_at;
    commons.app.set_clock(ends_at - TimeDelta::seconds(2));
    let hold = move |tx: &mut Tx<'_>| drop(hold_spokesperson(tx, id).unwrap());
    say_while(&commons, hold).await.unwrap();

    let too_late = say_while(&commons, hold).await;

    assert_eq!(refusal_code(too_late), "forbidden");
}

#[tokio::test]
async fn whoever_steps_down_in_the_same_moment_has_not_spoken_afterwards() {
    let commons = Commons::new().await;
    let id = commons.speaking(commons.ada, commons.bea).await;
    let ada = commons.ada;

    let speech = say_while(&commons, move |tx| step_down(tx, ada, id).unwrap()).await;

    assert_eq!(refusal_code(speech), "forbidden");
}
