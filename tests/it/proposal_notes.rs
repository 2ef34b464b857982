//! The community's Note of a proposal, through the whole life of it: followers read where it stands, and are
//! told when there is something new to read.

use crate::support::TestApp;
use caucus::ids::AmendmentId;
use caucus::services::back_amendment::take_backing_back;
use caucus::services::leave_community::leave_community;
use caucus::services::raise_objection::raise_objection;
use caucus::workers::timers;
use chrono::TimeDelta;
use serde_json::json;

/// Its state and words, as they are served and as they were sent last.
async fn note(app: &TestApp, id: AmendmentId) -> (String, String) {
    let served = app.note_of(id).await;
    if let Some(sent) = app.updates_of(id).await.last() {
        for key in ["content", "amendmentState", "updated"] {
            assert_eq!(sent[key], served[key], "followers have what is served");
        }
    }
    (served["amendmentState"].as_str().unwrap().to_owned(), served["content"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_note_follows_a_proposal_to_its_result() {
    let (app, ada) = TestApp::with_community().await;
    let (bea, cai) = (app.member("bea").await, app.member("cai").await);
    app.follow_community("far.example", "fay").await;
    let id = app.propose(ada, "2.1", "Everybody has one vote, and one only.").await;
    let (state, words) = note(&app, id).await;
    assert!(state == "seeking_backing" && words.contains("once another member has backed it"), "{state} {words}");

    app.back(bea, id).await.unwrap();
    let (state, words) = note(&app, id).await;
    assert!(state == "backed" && words.contains("It is backed"), "{state} {words}");
    app.back(cai, id).await.unwrap();
    app.back(cai, id).await.unwrap();
    assert_eq!(app.updates_of(id).await.len(), 1, "not one Update for each backing");
    let poll = app.open(ada, id).await.unwrap();
    let (state, words) = note(&app, id).await;
    assert!(state == "open" && words.contains(&app.app.urls.poll(poll)), "{state} {words}");
    app.carry(poll, &[ada, bea]).await;

    let (state, words) = note(&app, id).await;
    assert!(state == "carried" && words.contains("carried"), "{state} {words}");
    assert!(words.contains(&app.app.urls.minutes(poll)), "{words}");
    assert_eq!(app.updates_of(id).await.len(), 3);
}

#[tokio::test]
async fn the_note_tells_of_a_lost_vote_of_a_conflict_and_of_a_lapse() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    app.follow_community("far.example", "fay").await;
    let late = app.propose(bea, "2.1", "Everybody has a vote and a voice.").await;
    app.back(ada, late).await.unwrap();
    let (first, poll) = app.open_vote(ada, bea).await;
    app.carry(poll, &[ada, bea]).await;
    let (state, words) = note(&app, late).await;
    assert!(state == "in_conflict" && words.contains("has changed the text"), "{state} {words}");
    let lost = app.propose(ada, "2.2", "Three quarters carry.").await;
    app.back(bea, lost).await.unwrap();
    let poll = app.open(ada, lost).await.unwrap();
    app.carry(poll, &[]).await;
    let (state, words) = note(&app, lost).await;
    assert!(state == "lost" && words.contains("not carried"), "{state} {words}");

    app.advance(TimeDelta::days(30));
    timers::step(&app.app).await.unwrap();

    let (state, words) = note(&app, late).await;
    assert!(state == "lapsed" && words.contains("lapsed"), "{state} {words}");
    assert!(
        app.notices(bea).await[0].contains("has lapsed, because it was not edited"),
        "{:?}",
        app.notices(bea).await
    );
    assert_eq!(note(&app, first).await.0, "carried", "what is decided stays");
}

#[tokio::test]
async fn a_backing_to_and_fro_floods_nobody() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    app.follow_community("far.example", "fay").await;
    let id = app.propose(ada, "2.1", "One vote each.").await;
    for _ in 0..10 {
        app.back(bea, id).await.unwrap();
        app.app.write(move |tx| take_backing_back(tx, bea, id)).await.unwrap();
    }
    app.back(bea, id).await.unwrap();

    assert!(app.updates_of(id).await.len() <= 4, "{}", app.updates_of(id).await.len());
    assert_eq!(app.note_of(id).await["amendmentState"], "backed", "what is served is right");
    assert!(app.notices(ada).await.len() <= 6, "{:?}", app.notices(ada).await);
    app.open(ada, id).await.unwrap();
    assert_eq!(note(&app, id).await.0, "open", "what matters is told in any case");
}

#[tokio::test]
async fn whoever_leaves_takes_what_they_proposed_with_them() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    app.follow_community("far.example", "fay").await;
    let backed = app.propose(bea, "2.1", "One vote each.").await;
    let draft = json!({"document": "agreement", "title": "Half", "is_draft": true});
    let draft = app.api_of(bea).await.post("/amendments", draft).await.created();
    let open = app.propose(bea, "2.2", "Three quarters carry.").await;
    let other = app.propose(ada, "1", "We help everybody.").await;
    for id in [backed, open] {
        app.back(ada, id).await.unwrap();
    }
    app.back(bea, other).await.unwrap();
    let poll = app.open(bea, open).await.unwrap();

    app.app.write(move |tx| leave_community(tx, bea, &[])).await.unwrap();

    let (state, words) = note(&app, backed).await;
    assert!(state == "withdrawn" && words.contains("It was withdrawn."), "{state} {words}");
    assert!(!words.contains("left"), "who is a member is nobody's business: {words}");
    let told = app.notices(ada).await;
    assert!(told.iter().any(|told| told.contains("“Change clause 2.1” that you backed is withdrawn")), "{told:?}");
    assert!(told.iter().any(|told| told.contains("Nobody backs your amendment “Change clause 1”")), "{told:?}");
    app.api_of(ada).await.get(&format!("/amendments/{draft}")).await.must_be(404);
    assert_eq!(note(&app, open).await.0, "open", "what is open stays as it froze");
    app.carry(poll, &[ada]).await;
    assert_eq!(note(&app, open).await.0, "lost");
}

#[tokio::test]
async fn a_withdrawal_tells_whoever_backed() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let id = app.propose(ada, "2.1", "One vote each.").await;
    app.back(bea, id).await.unwrap();
    assert!(
        app.notices(ada).await[0].contains("Another member backs your amendment"),
        "and the proposer of the backing"
    );

    app.api_of(ada).await.delete(&format!("/amendments/{id}")).await.must_be(204);

    assert!(app.notices(bea).await[0].contains("was withdrawn by the member who proposed it"));
}

#[tokio::test]
async fn whoever_it_concerns_is_told_once_how_a_vote_came_out() {
    let (app, ada) = TestApp::with_community().await;
    let (bea, cai, dee) = (app.member("bea").await, app.member("cai").await, app.member("dee").await);
    let id = app.propose(ada, "2.1", "Everybody has one vote, and one only.").await;
    app.back(bea, id).await.unwrap();
    app.app.write(move |tx| raise_objection(tx, cai, id, "It forgets guests.")).await.unwrap();
    let poll = app.open(ada, id).await.unwrap();
    for member in [ada, bea] {
        app.vote_on_the_web(poll, member, &[0]).await.unwrap();
    }

    app.advance(TimeDelta::weeks(1));
    while timers::step(&app.app).await.unwrap() > 0 {}

    let sentence = "is over. Carried.";
    for (member, expected) in [(ada, 1), (bea, 1), (cai, 1), (dee, 0)] {
        let told = app.notices(member).await;
        assert_eq!(told.iter().filter(|told| told.contains(sentence)).count(), expected, "{told:?}");
    }
}
