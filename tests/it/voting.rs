//! Casting ballots by every channel (A6, A7, A8, A10, A11).

use crate::support::TestApp;
use crate::support::rows::{dump, of_type, on_their_way, updates_of_questions};
use crate::support::votes::{refusal_code, vote_at};
use caucus::db::ballots;
use caucus::domain::ballot::{Uncounted, VoteOutcome};
use caucus::ids::PollId;
use caucus::workers::timers;
use chrono::TimeDelta;
use futures_util::future::join_all;

pub(crate) async fn uncounted(app: &TestApp, poll: PollId) -> Vec<(Uncounted, u32)> {
    app.app.read(move |conn| ballots::list_uncounted(conn, poll)).await.unwrap()
}

pub(crate) fn counted(totals: &[u64], app: &TestApp, question: &serde_json::Value) {
    let _ = app;
    assert_eq!(TestApp::shown(question).into_iter().map(|(_, total)| total).collect::<Vec<_>>(), totals);
}

/// V-19 where the first ballot stands.
#[tokio::test]
async fn in_an_advisory_poll_the_first_ballot_stands() {
    let (app, ada) = TestApp::with_community().await;
    let cabal = app.cabal(ada, "tea").await;
    let poll = app.poll(ada, cabal, false, false).await;
    let bob = app.remote("bob").await;

    assert_eq!(app.vote(poll, &bob, "Coffee").await, VoteOutcome::Counted);
    for choice in ["Tea", "Coffee"] {
        assert_eq!(app.vote(poll, &bob, choice).await, VoteOutcome::Uncounted(Uncounted::Duplicate));
    }

    let question = app.fetch_question(poll).await;
    counted(&[0, 1, 0], &app, &question);
    assert_eq!(question["votersCount"], 1);
    assert_eq!(uncounted(&app, poll).await, [(Uncounted::Duplicate, 2)]);
    // Told once, in private, without a word about the choice.
    let told = of_type(&on_their_way(&app), "Create");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, "https://far.example/users/bob/inbox");
    assert_eq!(told[0].1["object"]["to"], serde_json::json!([bob]));
    assert_eq!(told[0].1["to"], serde_json::json!([bob]));
    assert!(!told[0].1.to_string().contains("Coffee"));
}

#[tokio::test]
async fn choices_of_a_multiple_poll_come_one_by_one_and_add_up() {
    let (app, ada) = TestApp::with_community().await;
    let cabal = app.cabal(ada, "tea").await;
    let poll = app.poll(ada, cabal, true, false).await;
    let (bob, eve) = (app.remote("bob").await, app.remote("eve").await);

    assert_eq!(app.vote(poll, &bob, "Tea").await, VoteOutcome::Counted);
    assert_eq!(app.vote(poll, &bob, "Water").await, VoteOutcome::Changed);
    assert_eq!(app.vote(poll, &bob, "Tea").await, VoteOutcome::Uncounted(Uncounted::Duplicate));
    assert_eq!(app.vote(poll, &eve, "Water").await, VoteOutcome::Counted);

    let question = app.fetch_question(poll).await;
    assert!(question.get("oneOf").is_none());
    counted(&[1, 0, 2], &app, &question);
    assert_eq!(question["votersCount"], 2);
}

#[tokio::test]
async fn a_member_has_one_ballot_in_an_advisory_poll_whatever_the_account() {
    let (app, ada) = TestApp::with_community().await;
    let cabal = app.cabal(ada, "tea").await;
    let poll = app.poll(ada, cabal, false, false).await;
    let (first, second) = (app.linked(ada, "ada1").await, app.linked(ada, "ada2").await);

    assert_eq!(app.vote(poll, &first, "Tea").await, VoteOutcome::Counted);
    assert_eq!(app.vote(poll, &second, "Water").await, VoteOutcome::Uncounted(Uncounted::Duplicate));
    assert_eq!(refusal_code(app.vote_on_the_web(poll, ada, &[2]).await), "already_voted");

    // An actor that voted first and was linked afterwards was the same person all the time.
    let bea = app.member("bea").await;
    let other = app.poll(ada, cabal, false, false).await;
    let bea_elsewhere = app.remote("bea").await;
    app.vote(other, &bea_elsewhere, "Tea").await;
    app.linked(bea, "bea").await;
    assert_eq!(refusal_code(app.vote_on_the_web(other, bea, &[0]).await), "already_voted");
    assert_eq!(app.poll_row(other).await.voters_count, 1);
}

/// V-2, and the amendments among V-19.
#[tokio::test]
async fn in_an_amendment_the_last_ballot_counts_whatever_the_channel() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (first, second) = (app.linked(ada, "ada1").await, app.linked(ada, "ada2").await);
    let (_, poll) = app.open_vote(ada, bea).await;

    assert_eq!(app.vote(poll, &first, "For").await, VoteOutcome::Counted);
    assert_eq!(app.vote(poll, &second, "Against").await, VoteOutcome::Changed);
    assert_eq!(app.vote(poll, &second, "Against").await, VoteOutcome::Unchanged);
    assert!(app.vote_on_the_web(poll, ada, &[2]).await.unwrap().is_changed);
    assert_eq!(app.vote(poll, &first, "For").await, VoteOutcome::Changed);
    let receipt = app.vote_on_the_web(poll, bea, &[0]).await.unwrap();
    assert!(!receipt.is_changed && receipt.code.len() == 22);

    assert_eq!(app.poll_row(poll).await.voters_count, 2);
    assert_eq!(uncounted(&app, poll).await, [(Uncounted::Duplicate, 1)], "the one that said the same again");
    app.advance(TimeDelta::weeks(1));
    counted(&[2, 0, 0], &app, &app.fetch_question(poll).await);
}

/// V-2 in parallel.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_votes_of_one_member_at_once_are_one_ballot() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let elsewhere = app.linked(ada, "ada").await;
    let (_, poll) = app.open_vote(ada, bea).await;

    let remote = (0..50).map(|n| app.vote(poll, &elsewhere, ["For", "Against", "Abstain"][n % 3]));
    let local = (0..50_u32).map(|n| app.vote_on_the_web(poll, ada, std::slice::from_ref(&[0, 1, 2][n as usize % 3])));
    let (remote, local) = futures_util::join!(join_all(remote), join_all(local.collect::<Vec<_>>()));

    assert!(local.iter().all(Result::is_ok));
    assert!(remote.iter().all(|outcome| !matches!(outcome, VoteOutcome::Uncounted(_) | VoteOutcome::Sounding)));
    let rows = dump(&app);
    assert_eq!(rows["ballots"].len(), 1);
    assert_eq!(rows["ballot_links"].len(), 1);
    assert_eq!(rows["poll_voters"].len(), 1);
    assert_eq!(app.poll_row(poll).await.voters_count, 1);
}

/// V-19 in parallel.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_votes_of_one_actor_at_once_are_one_ballot_in_an_advisory_poll() {
    let (app, ada) = TestApp::with_community().await;
    let cabal = app.cabal(ada, "tea").await;
    let poll = app.poll(ada, cabal, false, false).await;
    let bob = app.remote("bob").await;

    let outcomes = join_all((0..100).map(|n| app.vote(poll, &bob, ["Tea", "Coffee"][n % 2]))).await;

    assert_eq!(outcomes.iter().filter(|outcome| **outcome == VoteOutcome::Counted).count(), 1);
    let shown = TestApp::shown(&app.fetch_question(poll).await);
    assert_eq!(shown.iter().map(|(_, total)| total).sum::<u64>(), 1);
    assert_eq!(uncounted(&app, poll).await, [(Uncounted::Duplicate, 99)]);
}

#[tokio::test]
async fn votes_of_supporters_are_a_sounding_and_each_is_told_once() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    for n in 0..50 {
        let supporter = app.remote(&format!("supporter{n}")).await;
        assert_eq!(app.vote(poll, &supporter, "Against").await, VoteOutcome::Sounding);
        assert_eq!(app.vote(poll, &supporter, "For").await, VoteOutcome::Sounding);
    }

    let rows = dump(&app);
    assert!(rows["ballots"].is_empty() && rows["poll_voters"].is_empty());
    assert_eq!(rows["soundings"].len(), 50);
    assert_eq!(app.poll_row(poll).await.voters_count, 0);
    let told = of_type(&on_their_way(&app), "Create");
    assert_eq!(told.len(), 50);
    assert!(told[0].1["object"]["content"].as_str().unwrap().contains("Anybody may join"));
}

/// V-5.
#[tokio::test]
async fn who_joins_after_the_opening_cannot_vote_and_is_told_why() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let cai = app.member("cai").await;
    let elsewhere = app.linked(cai, "cai").await;

    assert_eq!(app.vote(poll, &elsewhere, "For").await, VoteOutcome::Uncounted(Uncounted::OffRoll));
    assert_eq!(app.vote(poll, &elsewhere, "For").await, VoteOutcome::Uncounted(Uncounted::OffRoll));
    assert_eq!(refusal_code(app.vote_on_the_web(poll, cai, &[0]).await), "forbidden");

    // Twice from elsewhere, once on the web.
    assert_eq!(uncounted(&app, poll).await, [(Uncounted::OffRoll, 3)]);
    assert!(dump(&app)["ballots"].is_empty());
    assert_eq!(of_type(&on_their_way(&app), "Create").len(), 1);
}

/// V-6.
#[tokio::test]
async fn who_left_during_the_vote_keeps_the_ballot_and_casts_no_other() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let elsewhere = app.linked(bea, "bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    app.vote(poll, &elsewhere, "Against").await;
    app.leave("bea");

    assert_eq!(app.vote(poll, &elsewhere, "For").await, VoteOutcome::Sounding);

    app.advance(TimeDelta::weeks(1));
    counted(&[0, 1, 0], &app, &app.fetch_question(poll).await);
    assert_eq!(app.result(poll).await.unwrap().roll_size, 2);
}

/// V-8, and V-10: a vote before the opening is no vote, then or later.
#[tokio::test]
async fn the_moment_of_receiving_decides_to_the_microsecond() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (ada_elsewhere, bea_elsewhere) = (app.linked(ada, "ada").await, app.linked(bea, "bea").await);
    let (_, poll) = app.open_vote(ada, bea).await;
    let row = app.poll_row(poll).await;
    let moment = TimeDelta::microseconds(1);
    let at = async |actor: &str, received| vote_at(&app.app, poll, (actor, "For"), Some(received)).await.unwrap();

    assert_eq!(at(&ada_elsewhere, row.opens_at - moment).await, VoteOutcome::Uncounted(Uncounted::Early));
    assert_eq!(at(&ada_elsewhere, row.closes_at).await, VoteOutcome::Uncounted(Uncounted::Late));
    assert_eq!(at(&ada_elsewhere, row.closes_at + moment).await, VoteOutcome::Uncounted(Uncounted::Late));
    assert_eq!(at(&ada_elsewhere, row.closes_at - moment).await, VoteOutcome::Counted);
    assert_eq!(at(&bea_elsewhere, row.opens_at).await, VoteOutcome::Counted);

    app.set_clock(row.closes_at - moment);
    app.vote_on_the_web(poll, bea, &[1]).await.unwrap();
    app.set_clock(row.closes_at);
    assert_eq!(refusal_code(app.vote_on_the_web(poll, bea, &[0]).await), "poll_closed");
    counted(&[1, 1, 0], &app, &app.fetch_question(poll).await);
}

/// V-32.
#[tokio::test]
async fn hidden_totals_are_zero_for_everybody_until_the_close_and_no_update_is_sent() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    app.follow_community("near.example", "fay").await;
    let (id, poll) = app.open_vote(ada, bea).await;
    for n in 0..20 {
        let member = app.member(&format!("late{n}")).await;
        let _ = member;
        app.vote(poll, &app.remote(&format!("s{n}")).await, "For").await;
    }
    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    app.vote_on_the_web(poll, bea, &[0]).await.unwrap();

    let question = app.fetch_question(poll).await;
    counted(&[0, 0, 0], &app, &question);
    assert_eq!(question["votersCount"], 2);
    assert!(question.get("closed").is_none());
    assert!(updates_of_questions(&app).is_empty());
    // Everybody voted, and still the vote stays open for its whole week.
    assert_eq!(timers::step(&app.app).await.unwrap(), 0);
    for path in [format!("/api/v1/polls/{poll}"), format!("/api/v1/amendments/{id}")] {
        let (status, body) = app.fetch(&path, "application/json").await;
        assert_eq!(status, 200, "{path}");
        let shown: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert!(!totals_in(&shown).contains(&2), "{path}: {body}");
    }
    app.advance(TimeDelta::weeks(1));
    counted(&[2, 0, 0], &app, &app.fetch_question(poll).await);
    assert_eq!(updates_of_questions(&app).iter().filter(|(inbox, _)| inbox.contains("near.example")).count(), 1);
}

/// Every number under a key that speaks of totals.
fn totals_in(value: &serde_json::Value) -> Vec<u64> {
    match value {
        serde_json::Value::Object(map) => map
            .iter()
            .flat_map(|(key, value)| match value.as_u64() {
                Some(number) if key.contains("total") || key.starts_with("votes_") => vec![number],
                _ => totals_in(value),
            })
            .collect(),
        serde_json::Value::Array(items) => items.iter().flat_map(totals_in).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn no_public_representation_holds_a_voter_or_a_choice() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let cabal = app.cabal(ada, "tea").await;
    app.follow_community("near.example", "fay").await;
    let (id, poll) = app.open_vote(ada, bea).await;
    let advisory = app.poll(ada, cabal, false, true).await;
    let ada_elsewhere = app.linked(ada, "adalinked").await;
    app.vote(poll, &ada_elsewhere, "Against").await;
    for n in 0..10 {
        let voter = app.remote(&format!("voter{n}")).await;
        app.vote(advisory, &voter, "Water").await;
        app.vote(poll, &voter, "Abstain").await;
    }
    for stage in ["open", "closed"] {
        if stage == "closed" {
            app.advance(TimeDelta::weeks(1));
            while timers::step(&app.app).await.unwrap() > 0 {}
        }
        let paths = [
            format!("/polls/{poll}"),
            format!("/polls/{advisory}"),
            format!("/polls/{poll}/replies"),
            "/c/commons".to_owned(),
            "/c/commons/outbox".to_owned(),
            "/c/commons/outbox/page/1".to_owned(),
            "/c/commons/featured".to_owned(),
            "/c/commons/followers".to_owned(),
            "/c/tea/outbox/page/1".to_owned(),
            "/nodeinfo/2.1".to_owned(),
            format!("/amendments/{id}"),
            format!("/api/v1/polls/{poll}"),
            format!("/api/v1/polls/{advisory}"),
            format!("/api/v1/amendments/{id}"),
        ];
        for path in paths {
            for accept in ["application/activity+json", "text/html", "application/json"] {
                let (_, body) = app.fetch(&path, accept).await;
                assert!(
                    !body.contains("adalinked") && !body.contains("far.example"),
                    "{stage} {path} {accept}: {body}"
                );
            }
        }
    }
    // What goes to followers names no voter either.
    for (inbox, activity) in on_their_way(&app).iter().filter(|(inbox, _)| inbox.contains("near.example")) {
        assert!(!activity.to_string().contains("far.example"), "{inbox}: {activity}");
    }
    // In the store nothing leads from a voter to a ballot any more.
    let rows = dump(&app);
    assert!(rows["ballot_links"].is_empty() && rows["soundings"].is_empty());
    let receipts: Vec<&str> = rows["ballots"].iter().map(|row| row.split(" | ").next().unwrap()).collect();
    assert_eq!(receipts.len(), 11);
    for (table, lines) in rows.iter().filter(|(table, _)| *table != "ballots") {
        for line in lines {
            let voters = line.matches("far.example/users/").count() + line.matches("member:").count();
            assert!(voters == 0 || !receipts.iter().any(|receipt| line.contains(receipt)), "{table}: {line}");
        }
    }
}
