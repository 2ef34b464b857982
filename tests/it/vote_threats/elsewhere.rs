//! Votes that come to the wrong place, and what the door tells of whoever sends them (V-26, V-50).

use super::Hall;
use crate::support::keys::{Request, Scheme};
use crate::support::rows::dump;
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn a_vote_counts_in_the_poll_that_it_answers_and_for_those_who_have_a_vote_there() {
    let hall = Hall::open().await;
    let bob = hall.account(hall.bea, "bob").await;
    let (tea, coffee) = (hall.app.cabal(hall.ada, "tea").await, hall.app.cabal(hall.ada, "coffee").await);
    let (here, there) =
        (hall.app.poll(hall.ada, tea, false, false).await, hall.app.poll(hall.ada, coffee, false, false).await);

    // Each by the inbox of somebody else.
    let vote = hall.vote(&bob, "For");
    assert_eq!(hall.peer.send(&bob, &hall.app.url("/c/tea/inbox"), &vote).await.0, 202);
    let advisory = hall.vote_in(here, &bob, "Tea");
    assert_eq!(hall.peer.send(&bob, &hall.app.url("/c/coffee/inbox"), &advisory).await.0, 202);
    // An option of the other vote, a vote in a Question of theirs, and one that names ours on their host.
    assert_eq!(hall.send(&bob, &hall.vote_in(there, &bob, "For")).await, 202);
    for question in [
        format!("{}/polls/1", hall.peer.base),
        hall.app.app.urls.poll(hall.poll).replace(&hall.app.base, &hall.peer.base),
        format!("{}#options", hall.app.app.urls.poll(there)),
        format!("{}/", hall.app.app.urls.poll(there)),
    ] {
        let mut elsewhere = hall.vote(&bob, "Tea");
        elsewhere["object"]["inReplyTo"] = json!(question);
        assert_eq!(hall.send(&bob, &elsewhere).await, 202);
    }
    hall.work().await;

    let voters = async |poll| hall.app.poll_row(poll).await.voters_count;
    assert_eq!((voters(hall.poll).await, voters(here).await, voters(there).await), (1, 1, 0));
    assert_eq!(dump(&hall.app)["ballots"].len(), 2);
    assert_eq!(hall.totals().await, [1, 0, 0]);
}

/// Everything of an answer but the moment of it.
async fn answer(url: &str, headers: &[(String, String)], body: String) -> (u16, BTreeSet<String>, String) {
    #[expect(clippy::disallowed_types, reason = "the test plays another server")]
    let request = reqwest::Client::new().post(url).body(body);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    let answer = request.send().await.unwrap();
    let headers = answer.headers().iter().filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"));
    let headers = headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    (answer.status().as_u16(), headers, answer.text().await.unwrap())
}

#[tokio::test]
async fn the_door_answers_everybody_alike_so_that_nobody_learns_who_is_a_member() {
    let (hall, _) = Hall::with(1).await;
    let late_joiner = hall.app.member("late").await;
    let member = hall.account(hall.ada, "bob").await;
    let off_roll = hall.account(late_joiner, "carol").await;
    let stranger = hall.peer.person("mallory");
    let mut wrong_option = hall.vote(&member, "Maybe");
    wrong_option["object"]["name"] = json!("Maybe");
    let first = hall.vote(&member, "For");
    let sent = [
        ("a member", &member, first.clone()),
        ("a member again", &member, hall.vote(&member, "Against")),
        ("the same activity", &member, first),
        ("a stranger", &stranger, hall.vote(&stranger, "For")),
        ("who joined later", &off_roll, hall.vote(&off_roll, "For")),
        ("no option", &member, wrong_option),
        ("no poll", &member, hall.vote_in(caucus::ids::PollId::from_uuid(uuid::Uuid::nil()), &member, "For")),
    ];
    let inbox = hall.app.url("/inbox");
    let mut answers = Vec::new();
    let ask = async |person: &crate::support::peer::Person, activity: &serde_json::Value| {
        let body = activity.to_string();
        let headers = person.key.post_headers(
            Scheme::Cavage,
            &person.key_id,
            &Request { url: &inbox, body: &body },
            hall.app.app.now(),
        );
        answer(&inbox, &headers, body).await
    };

    for (who, person, activity) in &sent {
        answers.push((*who, ask(person, activity).await));
        hall.work().await;
    }
    let end = hall.app.poll_row(hall.poll).await.closes_at;
    hall.app.set_clock(end);
    for person in [&member, &stranger, &off_roll] {
        answers.push(("too late", ask(person, &hall.vote(person, "For")).await));
        hall.work().await;
    }

    assert_eq!(answers[0].1.0, 202);
    for (who, answer) in &answers {
        assert_eq!(answer, &answers[0].1, "{who}");
    }
}
