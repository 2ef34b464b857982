//! Several who close one poll, and votes that come while they do (A16, V-44, V-45). `CAUCUS_CLOSES` says how
//! often two processes come to one end; 20 times unless told.

use super::closing::{arrives, mastodon_vote, text_of, week};
use crate::support::TestApp;
use crate::support::rows::dump;
use caucus::db::inbox::{NewReceived, store_once};
use caucus::ids::MemberId;
use caucus::services::close_ballot::settle;
use caucus::workers::inbound;
use chrono::TimeDelta;
use futures_util::future::join_all;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn more_votes_than_fit_into_one_transaction_are_counted_by_two_processes_at_the_close() {
    let (app, ada) = TestApp::with_community().await;
    let cabal = app.cabal(ada, "tea").await;
    let poll = app.poll(ada, cabal, false, true).await;
    let voters: Vec<String> = (0..450).map(|n| format!("https://far.example/users/v{n}")).collect();
    let waiting: Vec<NewReceived> = voters.iter().map(|voter| mastodon_vote(&app, poll, voter, "Tea", 1)).collect();
    let stored: Result<(), caucus::db::DbError> =
        app.app.write(move |tx| waiting.iter().try_for_each(|new| store_once(tx, new).map(|_| ()))).await;
    stored.unwrap();
    // Something that names the poll and is no vote stays for the worker.
    let mut text = mastodon_vote(&app, poll, &voters[0], "Tea", 2);
    text.body = text.body.replace("\"name\":\"Tea\"", "\"content\":\"Tea, please\"");
    arrives(&app, text).await;
    app.advance(TimeDelta::days(1));
    let other = app.second_process();

    let (closed, worked) =
        futures_util::join!(join_all([settle(&app.app, poll), settle(&other, poll)]), inbound::step(&other));

    assert_eq!(closed.into_iter().filter(|closed| *closed.as_ref().unwrap()).count(), 1);
    worked.unwrap();
    assert_eq!(TestApp::shown(&app.fetch_question(poll).await)[0].1, 450);
    assert!(dump(&app)["uncounted_votes"].is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_close_a_poll_once() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let other = app.second_process();
    let rounds = std::env::var("CAUCUS_CLOSES").ok().map_or(20, |count| count.parse().unwrap());
    for round in 0..rounds {
        let id = app.propose(ada, "2.1", &format!("Words of round {round}.")).await;
        app.back(bea, id).await.unwrap();
        let poll = app.open(ada, id).await.unwrap();
        app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
        app.vote_on_the_web(poll, bea, &[0]).await.unwrap();
        app.advance(week());

        let closers = [&*app.app, &other, &*app.app, &other];
        let closed = join_all(closers.map(|process| settle(process, poll))).await;

        let closed: Vec<bool> = closed.into_iter().map(Result::unwrap).collect();
        assert_eq!(closed.iter().filter(|closed| **closed).count(), 1, "{closed:?}");
    }
    let rows = dump(&app);
    assert_eq!(rows["results"].len(), rounds);
    assert_eq!(rows["document_versions"].len(), rounds + 1);
    assert_eq!(rows["posts"].iter().filter(|row| row.contains(" | result | ")).count(), rounds);
    let newest = (i32::try_from(rounds).unwrap() + 1, format!("Words of round {}.", rounds - 1));
    assert_eq!(text_of(&app, "2.1").await, newest);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_vote_that_was_taken_is_counted_when_votes_race_with_the_close() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let mut members: Vec<MemberId> = vec![ada, bea];
    for n in 0..58 {
        members.push(app.member(&format!("member{n}")).await);
    }
    let (_, poll) = app.open_vote(ada, bea).await;
    let other = app.second_process();
    let closes_at = app.poll_row(poll).await.closes_at;
    app.set_clock(closes_at - TimeDelta::microseconds(1));

    let (in_time, around) = members.split_at(20);
    let vote = |&member: &MemberId| app.vote_on_the_web(poll, member, &[0]);
    assert!(join_all(in_time.iter().map(vote)).await.iter().all(Result::is_ok));
    let (before, after) = around.split_at(20);
    let close = async {
        tokio::task::yield_now().await;
        app.set_clock(closes_at);
        futures_util::join!(join_all([settle(&app.app, poll), settle(&other, poll)]), join_all(after.iter().map(vote)))
    };
    let (racing, (closed, late)) = futures_util::join!(join_all(before.iter().map(vote)), close);

    assert_eq!(closed.into_iter().filter(|closed| *closed.as_ref().unwrap()).count(), 1);
    assert!(late.iter().all(Result::is_err));
    let taken = 20 + racing.iter().filter(|vote| vote.is_ok()).count();
    let result = app.result(poll).await.unwrap();
    assert_eq!(result.tally.votes_for, u64::try_from(taken).unwrap());
    assert_eq!(app.record(poll).await.matches("\"For\"]").count(), taken);
}
