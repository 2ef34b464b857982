//! The last ballot counts, whatever had to wait, was sent twice or came another way (A6); and whoever
//! sent a vote learns the end of it (A8).

use crate::support::TestApp;
use crate::support::rows::{dump, of_type, on_their_way, updates_of_questions};
use crate::support::votes::vote_at;
use caucus::db::inbox::{NewReceived, store_once};
use caucus::db::linked_actors::insert_link;
use caucus::domain::ballot::{Uncounted, VoteOutcome};
use caucus::ids::{MemberId, PollId};
use caucus::workers::{inbound, timers};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn totals_after_the_close(app: &TestApp, poll: PollId) -> Vec<u32> {
    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();
    app.poll_row(poll).await.options.iter().map(|option| option.total).collect()
}

async fn linked_on(app: &TestApp, host: &str, member: MemberId, name: &str) -> String {
    let url = app.remote_on(host, name).await;
    let actor = url.clone();
    assert!(app.app.write(move |tx| insert_link(tx, &actor, member)).await.unwrap());
    url
}

#[tokio::test]
async fn an_older_vote_that_had_to_wait_replaces_no_newer_one() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let hers = app.linked(ada, "ada").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let early = app.app.now();
    app.advance(TimeDelta::hours(1));
    app.vote_on_the_web(poll, ada, &[1]).await.unwrap();

    let waited = vote_at(&app.app, poll, (&hers, "For"), Some(early)).await.unwrap();

    assert_eq!(waited, VoteOutcome::Uncounted(Uncounted::Duplicate));
    assert_eq!(totals_after_the_close(&app, poll).await, [0, 1, 0]);
}

#[tokio::test]
async fn a_ballot_cast_once_more_is_as_new_as_its_newest_vote() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (first, second) = (app.linked(ada, "ada1").await, app.linked(ada, "ada2").await);
    let (_, poll) = app.open_vote(ada, bea).await;
    app.vote(poll, &first, "For").await;
    app.advance(TimeDelta::hours(1));
    let between = app.app.now();
    app.advance(TimeDelta::hours(1));
    assert_eq!(app.vote(poll, &second, "For").await, VoteOutcome::Unchanged);

    let waited = vote_at(&app.app, poll, (&first, "Against"), Some(between)).await.unwrap();

    assert_eq!(waited, VoteOutcome::Uncounted(Uncounted::Duplicate));
    assert_eq!(totals_after_the_close(&app, poll).await, [1, 0, 0]);
}

#[tokio::test]
async fn the_same_vote_in_another_activity_undoes_no_change_of_mind() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let hers = app.linked(ada, "ada").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    send(&app, &hers, poll, (1, "For")).await;
    app.vote_on_the_web(poll, ada, &[1]).await.unwrap();

    send(&app, &hers, poll, (1, "For")).await;

    assert_eq!(totals_after_the_close(&app, poll).await, [0, 1, 0]);
}

#[tokio::test]
async fn an_older_vote_in_another_activity_replaces_no_newer_one_of_the_same_account() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let hers = app.linked(ada, "ada").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    for (number, word) in [(1, "For"), (2, "Abstain"), (3, "Against")] {
        send(&app, &hers, poll, (number, word)).await;
    }

    for older in [(1, "For"), (2, "Abstain"), (1, "For")] {
        send(&app, &hers, poll, older).await;
    }

    assert_eq!(totals_after_the_close(&app, poll).await, [0, 1, 0]);
}

/// V-20.
#[tokio::test]
async fn a_vote_that_comes_twenty_times_with_restarts_between_is_one_ballot() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let hers = app.linked(ada, "ada").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let vote = vote_of(&app, &hers, poll, (1, "For"));

    for delivery in 0..20 {
        assert_eq!(is_new(&app, &hers, &vote).await, delivery == 0);
        let restarted = app.second_process();
        while inbound::step(&restarted).await.unwrap() > 0 {}
    }
    for number in 2..=20 {
        send(&app, &hers, poll, (number, "For")).await;
    }

    let rows = dump(&app);
    assert_eq!((rows["ballots"].len(), rows["ballot_links"].len(), rows["poll_voters"].len()), (1, 1, 1));
    let repeated = rows["uncounted_votes"].iter().find(|row| row.contains("duplicate")).unwrap();
    assert!(
        repeated.ends_with(" | 19"),
        "what is sent anew is counted as repeated, what is delivered anew is not: {repeated}"
    );
    assert_eq!(totals_after_the_close(&app, poll).await, [1, 0, 0]);
}

#[tokio::test]
async fn a_repeated_vote_of_somebody_without_a_ballot_is_never_said_to_have_counted() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (supporter, hers) = (app.remote("sam").await, app.linked(ada, "ada").await);
    let (_, poll) = app.open_vote(ada, bea).await;
    let letters = |actor: &str| {
        let inbox = format!("{actor}/inbox");
        of_type(&on_their_way(&app), "Create").into_iter().filter(|(to, _)| *to == inbox).count()
    };
    for (actor, word) in [(&supporter, "For"), (&hers, "Perhaps")] {
        let before = letters(actor);
        send(&app, actor, poll, (1, word)).await;
        assert_eq!(letters(actor), before + 1, "what it is, and why it is no ballot");

        send(&app, actor, poll, (1, word)).await;

        assert_eq!(letters(actor), before + 1, "{word}");
    }
    let before = letters(&hers);
    send(&app, &hers, poll, (2, "For")).await;
    send(&app, &hers, poll, (2, "For")).await;
    assert_eq!(letters(&hers), before + 2, "her receipt, and once that a repeated vote changes nothing");
    assert_eq!(totals_after_the_close(&app, poll).await, [1, 0, 0]);
}

/// A vote arrives, in an activity of its own, and is dealt with.
async fn send(app: &TestApp, actor: &str, poll: PollId, (number, word): (u8, &str)) {
    app.advance(TimeDelta::minutes(1));
    receive(app, actor, &vote_of(app, actor, poll, (number, word))).await;
    assert_eq!(inbound::step(&app.app).await.unwrap(), 1);
}

fn vote_of(app: &TestApp, actor: &str, poll: PollId, (number, word): (u8, &str)) -> Value {
    let activity = format!("{actor}#activities/{}", app.app.now().timestamp());
    json!({"id": activity, "type": "Create", "actor": actor, "object": {
        "id": format!("{actor}#votes/{number}"), "type": "Note", "name": word, "attributedTo": actor,
        "inReplyTo": app.app.urls.poll(poll),
    }})
}

/// What the inbox does once a signature is believed.
async fn receive(app: &TestApp, actor: &str, activity: &Value) {
    assert!(is_new(app, actor, activity).await);
}

/// The same; tells whether it had not come before.
async fn is_new(app: &TestApp, actor: &str, activity: &Value) -> bool {
    let new = NewReceived {
        actor_url: actor.to_owned(),
        activity_id: activity["id"].as_str().unwrap().to_owned(),
        inbox_handle: None,
        body: activity.to_string(),
        signed_at: app.app.now(),
    };
    app.app.write(move |tx| store_once(tx, &new)).await.unwrap()
}

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_no_vote_waiting_until_a_newer_one_is_there() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let hers = app.linked(ada, "ada").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    app.advance(TimeDelta::hours(6));
    receive(&app, &hers, &vote_of(&app, &hers, poll, (1, "For"))).await;

    app.advance(TimeDelta::hours(-5));
    assert_eq!(inbound::step(&app.app).await.unwrap(), 1);
    app.vote_on_the_web(poll, ada, &[1]).await.unwrap();

    app.advance(TimeDelta::hours(5));
    assert_eq!(inbound::step(&app.app).await.unwrap(), 0);
    assert_eq!(totals_after_the_close(&app, poll).await, [0, 1, 0]);
}

#[tokio::test]
async fn an_edit_of_a_reply_casts_no_ballot_and_its_author_is_told_once() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let hers = app.linked(ada, "ada").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let question = app.app.urls.poll(poll);
    let send = async |kind: &str, number: u8, word: &str| {
        let id = format!("{hers}#{kind}/{number}");
        let body = json!({"id": id, "type": kind, "actor": hers, "object": {
            "id": format!("{hers}/notes/1"), "type": "Note", "content": format!("<p>{word}</p>"),
            "attributedTo": hers, "inReplyTo": question, "updated": "2026-03-01T12:00:00Z",
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
        }});
        receive(&app, &hers, &body).await;
        inbound::step(&app.app).await.unwrap();
    };
    send("Create", 1, "For").await;

    send("Update", 1, "Against").await;
    send("Update", 2, "abstain!").await;

    let letters = of_type(&on_their_way(&app), "Create");
    let told = letters
        .iter()
        .filter(|(_, create)| create["object"]["content"].as_str().unwrap().contains("An edit changes no vote"));
    assert_eq!(told.count(), 1);
    assert!(dump(&app)["messages"].is_empty(), "a choice is never kept as a text");
    assert_eq!(totals_after_the_close(&app, poll).await, [1, 0, 0]);
}

#[tokio::test]
async fn whoever_has_a_ballot_and_replies_in_own_words_is_told_once_how_to_vote() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (hers, bears, strangers) =
        (app.linked(ada, "ada").await, app.linked(bea, "bea").await, app.remote("zoe").await);
    let (_, poll) = app.open_vote(ada, bea).await;
    let (public, private) = ("https://www.w3.org/ns/activitystreams#Public", app.url("/c/commons"));

    for (author, to, told) in [(&hers, public, 1), (&hers, public, 1), (&strangers, public, 0), (&bears, &private, 0)] {
        assert_eq!(app.remark(poll, author, to).await, told, "{author}, to {to}");
    }

    assert_eq!(totals_after_the_close(&app, poll).await, [0, 0, 0]);
}

#[tokio::test]
async fn whoever_votes_again_on_the_web_gets_a_receipt_that_no_other_server_was_told() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let hers = app.linked(ada, "ada").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    app.vote(poll, &hers, "For").await;
    let receipt = |app: &TestApp| dump(app)["ballots"][0].split(" | ").next().unwrap().to_owned();
    let told = receipt(&app);

    let same = app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    let other = app.vote_on_the_web(poll, ada, &[1]).await.unwrap();

    assert!(same.is_changed && other.is_changed, "whoever looks on learns nothing about what was said before");
    assert_eq!(BTreeSet::from([&told, &same.code, &other.code]).len(), 3, "each is another one");
    assert_eq!((receipt(&app), dump(&app)["ballots"].len()), (other.code.clone(), 1));
    totals_after_the_close(&app, poll).await;
    let record = app.record(poll).await;
    assert!(record.contains(&format!("[\"{}\",\"Against\"]", other.code)));
    assert!(!record.contains(&told) && !record.contains(&same.code));
}

/// Whoever makes somebody vote before their eyes sees the same, whether they had said it before or not.
#[tokio::test]
async fn voting_again_tells_nobody_whether_the_ballot_had_said_the_same() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let mut told = Vec::new();
    for (member, handle, earlier) in [(ada, "ada", 1), (bea, "bea", 0)] {
        app.vote_on_the_web(poll, member, &[earlier]).await.unwrap();
        let mut browser = app.signed_in(handle).await;
        let page = browser.get(&format!("/polls/{poll}")).await;
        let answer = browser.submit(&page.form("/ballot").choose("choice", "1")).await;
        let by_api = app.vote_on_the_web(poll, member, &[1]).await.unwrap();
        // The menu above counts what is new for each of them.
        let shown = answer.texts("main").concat();
        let receipt = shown.split("receipt").nth(1).unwrap().split_whitespace().find(|word| word.len() > 20).unwrap();
        told.push((shown.replace(receipt, ""), by_api.is_changed));
    }

    assert!(dump(&app)["uncounted_votes"].is_empty(), "nor do the minutes");
    assert_eq!(told[0].1, told[1].1);
    assert_eq!(told[0].0.replace("Ada", ""), told[1].0.replace("Bea", ""));
}

#[tokio::test]
async fn everybody_elsewhere_who_sent_a_vote_gets_the_final_update_and_is_forgotten() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    let late_joiner = app.member("cai").await;
    app.follow_community("follower.example", "fay").await;
    let mut senders = Vec::new();
    for (host, member, choice) in [
        ("one.example", Some(ada), "For"),
        ("two.example", Some(ada), "Against"),
        ("off-roll.example", Some(late_joiner), "For"),
        ("supporter.example", None, "Abstain"),
        ("puzzled.example", None, "Maybe"),
    ] {
        let actor = match member {
            Some(member) => linked_on(&app, host, member, "voter").await,
            None => app.remote_on(host, "voter").await,
        };
        app.vote(poll, &actor, choice).await;
        senders.push(host);
    }
    app.remote_on("bystander.example", "voter").await;

    totals_after_the_close(&app, poll).await;

    let updates = updates_of_questions(&app);
    let hosts: BTreeSet<String> =
        updates.iter().map(|(inbox, _)| inbox.split('/').nth(2).unwrap().to_owned()).collect();
    let expected: BTreeSet<String> = senders.iter().chain(&["follower.example"]).map(|&host| host.to_owned()).collect();
    assert_eq!(hosts, expected);
    assert_eq!(updates.len(), expected.len(), "each once");
    assert_eq!(dump(&app)["vote_senders"].len(), 0);
}

#[tokio::test]
async fn a_vote_on_the_web_before_the_opening_is_early_and_not_late() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    crate::support::rows::force(&app, "UPDATE polls SET opens_at = '2026-03-02 12:00:00'");

    let refused = app.vote_on_the_web(poll, ada, &[0]).await;

    assert_eq!(crate::support::votes::refusal_code(refused), "poll_not_open");
    assert!(dump(&app)["uncounted_votes"].iter().any(|row| row.contains("early")), "counted by reason");
}
