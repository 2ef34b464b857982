//! The close of a poll: once, in time, for good (A4, A8, A9, A12, A13, A16).

use crate::support::TestApp;
use crate::support::rows::{dump, force, of_type, on_their_way, updates_of_questions};
use crate::support::votes::vote_at;
use caucus::db::documents;
use caucus::db::inbox::{NewReceived, store_once};
use caucus::domain::amendment::AmendmentState;
use caucus::domain::ballot::{Uncounted, VoteOutcome};
use caucus::domain::record::sha256_hex;
use caucus::ids::PollId;
use caucus::services::close_ballot::settle;
use caucus::services::publish_poll::question_now;
use caucus::workers::{inbound, timers};
use chrono::TimeDelta;
use serde_json::{Value, json};

pub(crate) fn week() -> TimeDelta {
    TimeDelta::seconds(604_800)
}

/// What Mastodon sends for a vote.
pub(crate) fn mastodon_vote(app: &TestApp, poll: PollId, actor: &str, choice: &str, n: usize) -> NewReceived {
    let body = json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": format!("{actor}#votes/{n}/activity"),
        "type": "Create",
        "actor": actor,
        "to": app.url("/c/commons"),
        "object": {
            "id": format!("{actor}#votes/{n}"),
            "type": "Note",
            "name": choice,
            "attributedTo": actor,
            "to": app.url("/c/commons"),
            "inReplyTo": app.app.urls.poll(poll),
        }
    });
    NewReceived {
        actor_url: actor.to_owned(),
        activity_id: format!("{actor}#votes/{n}/activity"),
        inbox_handle: None,
        body: body.to_string(),
        signed_at: app.app.now(),
    }
}

pub(crate) async fn arrives(app: &TestApp, new: NewReceived) {
    assert!(app.app.write(move |tx| store_once(tx, &new)).await.unwrap());
}

#[tokio::test]
async fn a_whole_week_from_proposal_to_the_new_text() {
    let (app, ada) = TestApp::with_community().await;
    let mut members = vec![ada];
    for name in ["bea", "cai", "dan", "eli"] {
        members.push(app.member(name).await);
    }
    app.follow_community("near.example", "fay").await;
    let (id, poll) = app.open_vote(ada, members[1]).await;
    let rival = app.propose(members[1], "2.1", "Nobody votes.").await;
    app.back(members[2], rival).await.unwrap();
    let opened = app.fetch_question(poll).await;
    app.advance(TimeDelta::days(3));
    let cai_elsewhere = app.linked(members[2], "cai").await;
    app.vote_on_the_web(poll, members[0], &[0]).await.unwrap();
    app.vote_on_the_web(poll, members[1], &[0]).await.unwrap();
    app.vote(poll, &cai_elsewhere, "For").await;
    app.vote_on_the_web(poll, members[3], &[1]).await.unwrap();
    app.vote_on_the_web(poll, members[4], &[2]).await.unwrap();
    for n in 0..3 {
        app.vote(poll, &app.remote(&format!("s{n}")).await, "Against").await;
    }
    app.advance(TimeDelta::days(4) - TimeDelta::microseconds(1));
    assert_eq!(timers::step(&app.app).await.unwrap(), 0);

    app.advance(TimeDelta::microseconds(1));
    assert_eq!(timers::step(&app.app).await.unwrap(), 1);

    let closed = app.fetch_question(poll).await;
    assert_eq!(closed["closed"], closed["endTime"]);
    assert_eq!(closed["votersCount"], 5);
    let expected = [("For", 3), ("Against", 1), ("Abstain", 1)].map(|(name, total)| (name.to_owned(), total));
    assert_eq!(TestApp::shown(&closed), expected);
    only_the_numbers_changed(&opened, &closed);
    the_final_update_goes_to_followers_and_voters(&app, &closed);
    the_result_is_published(&app, poll);
    assert_eq!(app.state(id).await, AmendmentState::Carried);
    assert_eq!(app.state(rival).await, AmendmentState::InConflict);
    let result = app.result(poll).await.unwrap();
    assert!(result.is_carried && result.roll_size == 5 && result.version_id.is_some());
    let record = app.record(poll).await;
    assert_eq!(result.record_sha256, sha256_hex(&record));
    the_record_adds_up(&record);
    let clause = text_of(&app, "2.1").await;
    assert_eq!(clause, (2, "Everybody has one vote, and one only.".to_owned()));
    let rows = dump(&app);
    assert!(rows["ballot_links"].is_empty() && rows["soundings"].is_empty() && rows["backings"].len() == 1);
    assert!(rows["posts"].iter().any(|row| row.contains(&poll.to_string())));
}

/// The version in force and the words of a clause of the first document.
pub(crate) async fn text_of(app: &TestApp, number: &str) -> (i32, String) {
    let number = number.to_owned();
    app.app
        .read(move |conn| {
            let document = documents::list_documents(conn)?.remove(0);
            let clauses = documents::list_clauses(conn, document.version.id)?;
            let clause = clauses.into_iter().find(|clause| clause.number == number).unwrap();
            Ok::<_, caucus::db::DbError>((document.version.number, clause.text))
        })
        .await
        .unwrap()
}

fn only_the_numbers_changed(opened: &Value, closed: &Value) {
    let bare = |question: &Value| {
        let mut question = question.clone();
        let object = question.as_object_mut().unwrap();
        object.remove("closed");
        object.remove("votersCount");
        for option in object["oneOf"].as_array_mut().unwrap() {
            option["replies"]["totalItems"] = json!(0);
        }
        question.to_string()
    };
    assert_eq!(bare(opened), bare(closed));
}

fn the_final_update_goes_to_followers_and_voters(app: &TestApp, closed: &Value) {
    let updates = updates_of_questions(app);
    let mut inboxes: Vec<&str> = updates.iter().map(|(inbox, _)| inbox.as_str()).collect();
    inboxes.sort_unstable();
    assert_eq!(inboxes, ["https://far.example/inbox", "https://near.example/inbox"]);
    for (_, update) in &updates {
        for key in ["oneOf", "endTime", "closed", "votersCount", "content", "id"] {
            assert_eq!(update["object"][key], closed[key]);
        }
        assert!(update["object"].get("updated").is_none());
    }
}

fn the_result_is_published(app: &TestApp, poll: PollId) {
    let creates = of_type(&on_their_way(app), "Create");
    let results: Vec<&Value> = creates
        .iter()
        .map(|(_, create)| &create["object"])
        .filter(|object| object["inReplyTo"] == app.app.urls.poll(poll) && object["cc"][0].is_string())
        .collect();
    assert_eq!(results.len(), 2, "one to each of the two servers");
    let content = results[0]["content"].as_str().unwrap();
    for words in [
        "Carried",
        "For 3, against 1, abstained 1",
        "75.0 % of the votes cast",
        "60.0 % of all ballots",
        "60.0 % of the 5 members who could vote",
        "0 for, 3 against, 0 abstained",
        "SHA-256",
    ] {
        assert!(content.contains(words), "{words}: {content}");
    }
}

fn the_record_adds_up(record: &str) {
    let record: Value = serde_json::from_str(record).unwrap();
    let ballots = record["ballots"].as_array().unwrap();
    let receipts: Vec<&str> = ballots.iter().map(|ballot| ballot[0].as_str().unwrap()).collect();
    assert!(receipts.windows(2).all(|pair| pair[0] < pair[1]), "receipts in their own order, none twice");
    for option in ["For", "Against", "Abstain"] {
        let count = ballots.iter().filter(|ballot| ballot[1] == option).count();
        assert_eq!(record["totals"][option], count);
    }
    assert_eq!(record["soundings"]["Against"], 3);
    assert_eq!(record["frozen"]["roll"]["size"], 5);
    assert_eq!(record["is_carried"], true);
}

#[tokio::test]
async fn the_first_reader_after_the_end_sees_the_final_numbers() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    app.advance(week());

    let question = app.fetch_question(poll).await;

    assert_eq!(question["closed"], question["endTime"]);
    assert_eq!(TestApp::shown(&question)[0].1, 1);
    assert_eq!(app.fetch_question(poll).await, question);
    assert_eq!(timers::step(&app.app).await.unwrap(), 0);
}

#[tokio::test]
async fn votes_that_arrived_in_time_count_although_nobody_came_to_them() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (ada_elsewhere, bea_elsewhere) = (app.linked(ada, "ada").await, app.linked(bea, "bea").await);
    let (_, poll) = app.open_vote(ada, bea).await;
    app.advance(week() - TimeDelta::microseconds(1));
    arrives(&app, mastodon_vote(&app, poll, &ada_elsewhere, "For", 1)).await;
    app.advance(TimeDelta::microseconds(1));
    arrives(&app, mastodon_vote(&app, poll, &bea_elsewhere, "For", 1)).await;
    app.advance(TimeDelta::hours(2));

    assert_eq!(timers::step(&app.app).await.unwrap(), 1);
    inbound::step(&app.app).await.unwrap();

    let result = app.result(poll).await.unwrap();
    assert_eq!((result.tally.votes_for, result.is_carried), (1, false));
    let rows = dump(&app);
    assert!(rows["uncounted_votes"].iter().any(|row| row.ends_with("late | 1")), "{:?}", rows["uncounted_votes"]);
    assert!(rows["inbox_activities"].iter().all(|row| !row.contains("inReplyTo")), "bodies of votes are erased");
}

#[tokio::test]
async fn a_reader_past_the_end_sees_final_numbers_or_none() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    app.vote_on_the_web(poll, ada, &[1]).await.unwrap();
    app.advance(week());

    let due = app.poll_row(poll).await;
    let before = app.app.read(move |conn| question_now(conn, &due)).await.unwrap();
    let shown = app.fetch_question(poll).await;

    assert_eq!((&before["closed"], TestApp::shown(&before)[1].1), (&Value::Null, 0), "it is not closed yet");
    assert_eq!(shown["closed"], shown["endTime"]);
    assert_eq!(TestApp::shown(&shown)[1].1, 1);
}

#[tokio::test]
async fn a_closed_vote_stays_closed_whatever_the_clock_says() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let elsewhere = app.linked(ada, "ada").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    app.advance(week());
    timers::step(&app.app).await.unwrap();
    let before = app.fetch_question(poll).await;
    app.advance(TimeDelta::days(-2));

    assert_eq!(app.vote(poll, &elsewhere, "For").await, VoteOutcome::Uncounted(Uncounted::Late));
    assert!(app.vote_on_the_web(poll, ada, &[0]).await.is_err());
    for _ in 0..10 {
        assert!(!settle(&app.app, poll).await.unwrap());
    }
    assert_eq!(app.fetch_question(poll).await, before);
    assert_eq!(dump(&app)["results"].len(), 1);
}

#[tokio::test]
async fn too_few_votes_or_too_small_a_share_do_not_carry() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    for (words, choices) in [("Alone.", [0, 2]), ("Split.", [0, 1])] {
        let id = app.propose(ada, "2.1", words).await;
        app.back(bea, id).await.unwrap();
        let poll = app.open(ada, id).await.unwrap();
        app.vote_on_the_web(poll, ada, &[choices[0]]).await.unwrap();
        app.vote_on_the_web(poll, bea, &[choices[1]]).await.unwrap();
        app.advance(week());
        timers::step(&app.app).await.unwrap();
        assert_eq!(app.state(id).await, AmendmentState::Lost, "{words}");
        assert!(app.result(poll).await.unwrap().version_id.is_none());
    }
    assert_eq!(text_of(&app, "2.1").await.0, 1);
}

#[tokio::test]
async fn a_vote_whose_frozen_text_was_changed_in_the_database_decides_nothing_and_says_so() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (id, poll) = app.open_vote(ada, bea).await;
    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    app.vote_on_the_web(poll, bea, &[0]).await.unwrap();
    let honest = app.propose(ada, "2.2", "Three quarters carry.").await;
    app.back(bea, honest).await.unwrap();
    let honest_poll = app.open(ada, honest).await.unwrap();
    let forged = format!("UPDATE amendment_changes SET new_text = 'Ada decides.' WHERE amendment_id = '{id}'");
    force(&app, &forged);
    app.advance(week());

    assert_eq!(timers::step(&app.app).await.unwrap(), 2);

    assert!(app.result(honest_poll).await.is_some());
    let result = app.result(poll).await.unwrap();
    assert_eq!((result.tally.votes_for, result.is_carried, result.version_id), (2, false, None));
    assert_eq!(app.state(id).await, AmendmentState::Lost);
    let record: Value = serde_json::from_str(&app.record(poll).await).unwrap();
    assert_eq!(record["faults"], json!(["frozen"]));
    let told = app.fetch(&format!("/notes/{}", result.post_id), "application/activity+json").await.1;
    assert!(told.contains("Not decided") && told.contains("changed in the database after it had opened"), "{told}");
    let (status, page) = app.fetch(&format!("/polls/{poll}/minutes"), "text/html").await;
    assert!(status == 200 && page.contains("Not decided") && page.contains("may be put to the vote again"), "{page}");
    assert!(dump(&app)["ballot_links"].is_empty());
    assert_eq!(text_of(&app, "2.1").await, (1, "Everybody has one vote.".to_owned()));
}

#[tokio::test]
async fn one_or_two_soundings_are_not_printed() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    for n in 0..2 {
        app.vote(poll, &app.remote(&format!("s{n}")).await, "Against").await;
    }
    app.advance(week());
    timers::step(&app.app).await.unwrap();

    let result = app.result(poll).await.unwrap();
    let record: Value = serde_json::from_str(&app.record(poll).await).unwrap();
    assert!(record["soundings"].is_null());
    let note = app.fetch(&format!("/notes/{}", result.post_id), "application/activity+json").await.1;
    assert!(note.contains("Not carried") && !note.contains("Supporters"), "{note}");
}

#[tokio::test]
async fn an_advisory_poll_closes_with_one_update_to_followers_and_voters() {
    let (app, ada) = TestApp::with_community().await;
    let cabal = app.cabal(ada, "tea").await;
    let poll = app.poll(ada, cabal, true, true).await;
    let bob = app.remote_on("bob.example", "bob").await;
    app.vote(poll, &bob, "Tea").await;
    app.vote(poll, &bob, "Water").await;
    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    assert!(TestApp::shown(&app.fetch_question(poll).await).iter().all(|(_, total)| *total == 0));
    app.advance(TimeDelta::days(1));

    assert_eq!(timers::step(&app.app).await.unwrap(), 1);

    let updates = of_type(&on_their_way(&app), "Update");
    assert_eq!(updates.iter().map(|(inbox, _)| inbox.as_str()).collect::<Vec<_>>(), ["https://bob.example/inbox"]);
    let object = &updates[0].1["object"];
    assert_eq!(object["closed"], object["endTime"]);
    assert_eq!(object["votersCount"], 2);
    assert_eq!(TestApp::shown(object).into_iter().map(|(_, total)| total).collect::<Vec<_>>(), [2, 0, 1]);
    let late = vote_at(&app.app, poll, (&bob, "Coffee"), None).await.unwrap();
    assert_eq!(late, VoteOutcome::Uncounted(Uncounted::Late));
    assert!(dump(&app)["ballot_links"].is_empty());
}
