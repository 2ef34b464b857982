//! One person stands in the tally or in the soundings of a vote, never in both (A10), and votes
//! that do not count are counted by reason whatever the channel (A11).

use crate::support::TestApp;
use crate::support::rows::dump;
use crate::support::votes::refusal_code;
use caucus::db::ballots;
use caucus::db::linked_actors::{insert_link, remove_link};
use caucus::domain::ballot::{Uncounted, VoteOutcome};
use caucus::ids::{MemberId, PollId};
use chrono::TimeDelta;
use serde_json::Value;

/// Supporters who say Against, so that the soundings are enough to be printed.
async fn supporters(app: &TestApp, poll: PollId, how_many: usize) {
    for n in 0..how_many {
        app.vote(poll, &app.remote(&format!("supporter{n}")).await, "Against").await;
    }
}

async fn link(app: &TestApp, member: MemberId, actor: &str) {
    let actor = actor.to_owned();
    assert!(app.app.write(move |tx| insert_link(tx, &actor, member)).await.unwrap());
}

async fn printed_soundings(app: &TestApp, poll: PollId) -> Value {
    app.advance(TimeDelta::weeks(1));
    app.fetch_question(poll).await;
    let record = app.record(poll).await;
    serde_json::from_str::<Value>(&record).unwrap()["soundings"].clone()
}

#[tokio::test]
async fn a_sounding_goes_when_the_ballot_of_its_person_counts() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let elsewhere = app.remote("ada").await;
    assert_eq!(app.vote(poll, &elsewhere, "Against").await, VoteOutcome::Sounding);
    link(&app, ada, &elsewhere).await;

    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();

    assert!(dump(&app)["soundings"].is_empty());
}

#[tokio::test]
async fn at_the_close_nobody_on_the_roll_is_in_the_soundings() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    supporters(&app, poll, 3).await;
    // Linked after the ballot was cast: the ballot does not come again.
    let ada_elsewhere = app.remote("ada").await;
    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    app.vote(poll, &ada_elsewhere, "For").await;
    link(&app, ada, &ada_elsewhere).await;
    // Cast through an account that was taken away afterwards.
    let bea_elsewhere = app.linked(bea, "bea").await;
    app.vote(poll, &bea_elsewhere, "For").await;
    let gone = bea_elsewhere.clone();
    assert!(app.app.write(move |tx| remove_link(tx, &gone, bea)).await.unwrap());
    assert_eq!(app.vote(poll, &bea_elsewhere, "Abstain").await, VoteOutcome::Sounding);

    assert_eq!(printed_soundings(&app, poll).await, serde_json::json!({"For": 0, "Against": 3, "Abstain": 0}));
}

#[tokio::test]
async fn two_supporters_and_a_member_are_not_three_soundings() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    supporters(&app, poll, 2).await;
    let elsewhere = app.remote("ada").await;
    app.vote(poll, &elsewhere, "For").await;
    link(&app, ada, &elsewhere).await;

    assert_eq!(printed_soundings(&app, poll).await, Value::Null);
}

#[tokio::test]
async fn votes_on_the_web_that_do_not_count_are_counted_by_reason() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let cabal = app.cabal(ada, "tea").await;
    let advisory = app.poll(ada, cabal, false, false).await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let cai = app.member("cai").await;

    assert_eq!(refusal_code(app.vote_on_the_web(poll, cai, &[0]).await), "forbidden");
    app.vote_on_the_web(advisory, ada, &[0]).await.unwrap();
    assert_eq!(refusal_code(app.vote_on_the_web(advisory, ada, &[1]).await), "already_voted");
    app.advance(TimeDelta::weeks(1));
    for _ in 0..2 {
        assert_eq!(refusal_code(app.vote_on_the_web(poll, ada, &[0]).await), "poll_closed");
    }

    let reasons = async |poll| app.app.read(move |conn| ballots::list_uncounted(conn, poll)).await.unwrap();
    assert_eq!(reasons(poll).await, [(Uncounted::Late, 2), (Uncounted::OffRoll, 1)]);
    assert_eq!(reasons(advisory).await, [(Uncounted::Duplicate, 1)]);
    assert!(dump(&app)["ballot_links"].len() == 1, "nothing of them is kept");
}
