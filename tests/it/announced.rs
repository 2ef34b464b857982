//! Votes that open by themselves on a day that is announced: the notice binds, it may be put off or taken
//! back, and whoever it concerns is told (A4, A15).

use crate::support::TestApp;
use crate::support::rows::dump;
use crate::support::votes::refusal_code;
use caucus::domain::amendment::AmendmentState;
use caucus::ids::{AmendmentId, MemberId};
use caucus::services::announce_opening::{open_announced, take_announcement_back};
use caucus::services::back_amendment::back_amendment;
use caucus::services::propose_amendment::edit_amendment;
use caucus::services::raise_objection::raise_objection;
use caucus::workers::timers;
use chrono::TimeDelta;
use serde_json::json;

/// An amendment of ada, backed by bea, that opens in so many days.
async fn announced(days: u32) -> (TestApp, [MemberId; 2], AmendmentId) {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    app.follow_community("far.example", "fay").await;
    let id = app.propose(ada, "2.1", "Everybody has one vote, and one only.").await;
    app.back(bea, id).await.unwrap();
    app.announce(ada, id, days).await.unwrap();
    (app, [ada, bea], id)
}

#[tokio::test]
async fn nobody_opens_an_announced_vote_before_its_moment() {
    let (app, [ada, _], id) = announced(3).await;
    app.advance(TimeDelta::days(3) - TimeDelta::seconds(1));

    let refused = app.api_of(ada).await.post(&format!("/amendments/{id}/opening"), json!({})).await;

    refused.must_be(409);
    assert!(app.app.write(move |tx| open_announced(tx, id)).await.is_ok_and(|opened| !opened));
    assert_eq!(timers::step(&app.app).await.unwrap(), 0);
    let page = app.signed_in("ada").await.get(&format!("/amendments/{id}")).await;
    page.assert_sound();
    assert!(!page.body.contains("/opening") && !page.text().contains("Open the vote"), "{}", page.text());
    assert!(page.text().contains("never opens earlier"), "{}", page.text());
    app.advance(TimeDelta::seconds(1));
    timers::step(&app.app).await.unwrap();
    assert_eq!(app.state(id).await, AmendmentState::Open);
}

#[tokio::test]
async fn an_announcement_is_put_off_and_taken_back_by_its_proposer_and_everybody_concerned_is_told() {
    let (app, [ada, bea], id) = announced(3).await;
    let cai = app.member("cai").await;
    app.app.write(move |tx| raise_objection(tx, cai, id, "It forgets guests.")).await.unwrap();
    let (own, other) = (app.api_of(ada).await, app.api_of(bea).await);
    let path = format!("/amendments/{id}/announcement");
    let before = dump(&app);
    for days in [2, 3, 0, 31] {
        let refused = own.post(&path, json!({"days": days})).await;
        assert_eq!(refused.must_be(422).json()["errors"][0]["field"], "days", "{days}");
    }
    other.post(&path, json!({"days": 9})).await.must_be(403);
    other.delete(&path).await.must_be(403);
    assert_eq!(dump(&app)["amendments"], before["amendments"]);
    let mut browser = app.signed_in("ada").await;
    let page = browser.get(&format!("/amendments/{id}")).await;

    let later = browser.submit(&page.form("/announcement").fill("days", "9")).await;

    later.assert_sound();
    assert!(later.text().contains("opens by itself on 10 March 2026, 12:00 UTC"), "{}", later.text());
    for member in [bea, cai] {
        assert!(app.notices(member).await[0].contains("opens later than was announced, on 10 March 2026, 12:00 UTC"));
    }
    app.advance(TimeDelta::days(3));
    assert_eq!(timers::step(&app.app).await.unwrap(), 0);
    let back = browser.submit(&later.form("/announcement/withdraw")).await;
    assert!(back.text().contains("The announcement is taken back"), "{}", back.text());
    assert_eq!(app.state(id).await, AmendmentState::Backed);
    for member in [bea, cai] {
        assert!(app.notices(member).await[0].contains("does not open by itself on the day that was announced"));
    }
    assert_eq!(refusal_code(app.app.write(move |tx| take_announcement_back(tx, ada, id)).await), "not_open");
}

#[tokio::test]
async fn the_notice_is_a_whole_one_after_the_clock_was_set_back() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let id = app.propose(ada, "2.1", "One vote each.").await;
    app.back(bea, id).await.unwrap();
    app.advance(-TimeDelta::hours(36));

    app.announce(ada, id, 1).await.unwrap();

    timers::step(&app.app).await.unwrap();
    assert_eq!(app.state(id).await, AmendmentState::Announced);
    app.advance(TimeDelta::hours(36 + 24) - TimeDelta::seconds(1));
    timers::step(&app.app).await.unwrap();
    assert_eq!(app.state(id).await, AmendmentState::Announced);
    app.advance(TimeDelta::seconds(1));
    timers::step(&app.app).await.unwrap();
    assert_eq!(app.state(id).await, AmendmentState::Open);
}

#[tokio::test]
async fn the_notice_binds_after_the_announcement_was_taken_back_too() {
    let (app, [ada, _], id) = announced(9).await;
    let own = app.api_of(ada).await;
    let path = format!("/amendments/{id}/announcement");
    own.delete(&path).await.must_be(200);

    assert_eq!(refusal_code(app.open(ada, id).await), "notice_runs");
    own.post(&path, json!({"days": 8})).await.must_be(422);
    let mut browser = app.signed_in("ada").await;
    let page = browser.get(&format!("/amendments/{id}")).await;
    page.assert_sound();
    assert!(page.text().contains("announced for 10 March 2026, 12:00 UTC"), "{}", page.text());
    assert!(!page.body.contains("/opening"), "nothing is offered that could only be refused");
    assert!(page.form("/announcement").has("days", "9"), "the fewest days that the notice leaves");
    let sooner = browser.submit(&page.form("/announcement").fill("days", "8")).await;
    assert_eq!((sooner.status, sooner.trouble()), (422, vec!["days".to_owned()]));
    assert!(sooner.text().contains("announced for 10 March 2026, 12:00 UTC"), "{}", sooner.text());
    // From a page that was loaded before the day was announced.
    let opening = browser.submit(&page.form("/announcement").at(&format!("/amendments/{id}/opening"))).await;
    assert_eq!(opening.status, 409);
    assert!(opening.text().contains("announced for 10 March 2026, 12:00 UTC"), "{}", opening.text());
    app.advance(TimeDelta::days(9) - TimeDelta::seconds(1));
    assert_eq!(refusal_code(app.open(ada, id).await), "notice_runs");
    app.advance(TimeDelta::seconds(1));
    app.open(ada, id).await.unwrap();
    assert_eq!(refusal_code(app.announce(ada, id, 3).await), "vote_is_open");
}

#[tokio::test]
async fn the_notice_binds_after_the_text_was_edited_too_and_everybody_concerned_is_told() {
    let (app, [ada, bea], id) = announced(9).await;
    let cai = app.member("cai").await;
    app.app.write(move |tx| raise_objection(tx, cai, id, "It forgets guests.")).await.unwrap();
    let new = app.amending("2.1", "Everybody has a say.").await;

    app.app.write(move |tx| edit_amendment(tx, ada, id, &new)).await.unwrap();

    for member in [bea, cai] {
        let told = &app.notices(member).await[0];
        assert!(told.contains("was edited") && told.contains("does not open on the day that was announced"), "{told}");
    }
    app.app.write(move |tx| back_amendment(tx, bea, id)).await.unwrap();
    assert_eq!(refusal_code(app.open(ada, id).await), "notice_runs");
    assert_eq!(app.state(id).await, AmendmentState::Backed);
}

#[tokio::test]
async fn whoever_took_an_announcement_back_may_announce_the_same_day_again() {
    let (app, [ada, _], id) = announced(9).await;
    app.app.write(move |tx| take_announcement_back(tx, ada, id)).await.unwrap();

    app.announce(ada, id, 9).await.unwrap();

    app.advance(TimeDelta::days(9));
    timers::step(&app.app).await.unwrap();
    assert_eq!(app.state(id).await, AmendmentState::Open);
}

#[tokio::test]
async fn announcing_tells_backers_objectors_and_followers() {
    let (app, [ada, bea], id) = announced(3).await;

    let note = app.note_of(id).await;

    assert!(app.notices(bea).await[0].contains("opens on 4 March 2026, 12:00 UTC"), "{:?}", app.notices(bea).await);
    assert!(note["content"].as_str().unwrap().contains("its vote opens on 4 March 2026, 12:00 UTC"), "{note}");
    assert_eq!(note["amendmentState"], "announced");
    assert_eq!(app.updates_of(id).await.last().unwrap()["content"], note["content"]);
    assert!(app.notices(ada).await.iter().all(|told| !told.contains("opens on")), "who announces knows");
}

#[tokio::test]
async fn a_lost_backing_ends_an_announcement_and_the_proposer_is_told() {
    let (app, [ada, bea], id) = announced(3).await;

    app.api_of(bea).await.delete(&format!("/amendments/{id}/backing")).await.must_be(204);

    assert_eq!(app.state(id).await, AmendmentState::SeekingBacking);
    assert!(app.notices(ada).await[0].contains("does not open on the day that was announced"));
    assert_eq!(app.note_of(id).await["amendmentState"], "seeking_backing");
}

#[tokio::test]
async fn an_announced_vote_whose_text_was_changed_falls_into_conflict_instead_of_waiting_for_ever() {
    let (app, [ada, bea], id) = announced(1).await;
    // As when a database was put together by hand.
    crate::support::rows::force(
        &app,
        &format!("UPDATE amendment_changes SET old_text = 'Gone' WHERE amendment_id = '{id}'"),
    );
    app.advance(TimeDelta::days(1));

    timers::step(&app.app).await.unwrap();

    assert_eq!(app.state(id).await, AmendmentState::InConflict);
    assert!(app.notices(ada).await[0].contains("was changed by a vote"));
    assert!(app.notices(bea).await[0].contains("your backing has ended"));
    assert_eq!(timers::step(&app.app).await.unwrap(), 0);
}

#[tokio::test]
async fn a_clock_that_jumped_opens_and_lapses_nothing() {
    let (app, [ada, _], id) = announced(3).await;
    let unbacked = app.propose(ada, "2.2", "Three quarters carry.").await;
    app.jump(TimeDelta::days(40));

    timers::step(&app.app).await.unwrap();

    assert_eq!(app.state(id).await, AmendmentState::Announced);
    assert_eq!(app.state(unbacked).await, AmendmentState::SeekingBacking);
}
