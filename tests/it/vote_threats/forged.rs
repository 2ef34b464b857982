//! Votes in the name of somebody else, and copies of what somebody else sent (V-16, V-34, ID-1 to ID-7).

use super::Hall;
use crate::support::Peer;
use crate::support::letter::{Letter, digest};
use crate::support::peer::{Person, post};
use crate::support::rows::dump;
use caucus::ids::random_receipt;
use serde_json::{Value, json};

/// One of the ways to vote for bob without his key.
struct Forgery {
    what: &'static str,
    /// Whose key signs.
    by: Person,
    /// The key that the signature names.
    key_id: String,
    activity: Value,
    /// Whether the door may take it and leave it to the worker to find out what is wrong.
    may_be_taken: bool,
}

fn with(activity: &Value, changes: &[(&str, Value)]) -> Value {
    let mut changed = activity.clone();
    for (path, value) in changes {
        match path.split_once('.') {
            Some((outer, inner)) => changed[outer][inner] = value.clone(),
            None => changed[*path] = value.clone(),
        }
    }
    changed
}

fn again(person: &Person, peer: &Peer) -> Person {
    peer.person(person.url.rsplit('/').next().unwrap())
}

/// Everything that eve, with an account and a key of her own beside bob's and elsewhere, can try.
fn forgeries(hall: &Hall, bob: &Person, evil: &Peer, [near, far]: [&Person; 2]) -> Vec<Forgery> {
    let vote_of_bob = hall.vote(bob, "For");
    let mut all = Vec::new();
    for (eve, peer) in [(near, &hall.peer), (far, evil)] {
        let own = || hall.vote(eve, "For");
        let mut add = |what, key_id: &str, activity: Value, may_be_taken| {
            all.push(Forgery { what, by: again(eve, peer), key_id: key_id.to_owned(), activity, may_be_taken });
        };
        let (hers, his) = (json!(eve.url), json!(bob.url));
        add("his vote, her key", &eve.key_id, vote_of_bob.clone(), false);
        add("his vote, her key under the name of his", &bob.key_id, vote_of_bob.clone(), false);
        add(
            "her activity, his vote inside",
            &eve.key_id,
            with(&own(), &[("object", vote_of_bob["object"].clone())]),
            true,
        );
        add("her note, his name on it", &eve.key_id, with(&own(), &[("object.attributedTo", his.clone())]), true);
        add("two authors", &eve.key_id, with(&own(), &[("object.attributedTo", json!([hers, his]))]), true);
        add(
            "two authors the other way",
            &eve.key_id,
            with(&own(), &[("object.attributedTo", json!([his, hers]))]),
            true,
        );
        add(
            "an author in a list in a list",
            &eve.key_id,
            with(&own(), &[("object.attributedTo", json!([[his]]))]),
            true,
        );
        add("an author as an object", &eve.key_id, with(&own(), &[("object.attributedTo", json!({"id": his}))]), true);
        add("no author", &eve.key_id, with(&own(), &[("object.attributedTo", Value::Null)]), true);
        add("an empty author", &eve.key_id, with(&own(), &[("object.attributedTo", json!(""))]), true);
        add("an actor as an object", &eve.key_id, with(&own(), &[("actor", json!({"id": his}))]), false);
        add(
            "a boost of his vote",
            &eve.key_id,
            with(&own(), &[("type", json!("Announce")), ("object", vote_of_bob.clone())]),
            true,
        );
    }
    let there = |id: &str| json!(format!("{id}/{}", random_receipt()));
    for (what, changes, may_be_taken) in [
        ("the id of an activity on his server", vec![("id", there(&bob.url))], false),
        ("the id of a note on his server", vec![("object.id", there(&bob.url))], true),
        ("the id of a note on our server", vec![("object.id", there(&hall.app.base))], true),
        ("no id of a note", vec![("object.id", Value::Null)], true),
    ] {
        let activity = with(&hall.vote(far, "For"), &changes);
        all.push(Forgery { what, by: again(far, evil), key_id: far.key_id.clone(), activity, may_be_taken });
    }
    all
}

#[tokio::test]
async fn nobody_casts_the_ballot_of_somebody_else() {
    let (hall, members) = Hall::with(2).await;
    let evil = Peer::start_at(&hall.app, "127.0.0.2").await;
    let bob = hall.account(hall.ada, "bob").await;
    // Members too, so that whatever is read as their own vote would count.
    let near = hall.account(members[0], "eve").await;
    let far = hall.account_on(&evil, members[1], "mallory").await;
    assert!(near.key.public_pem != bob.key.public_pem && far.key.public_pem != bob.key.public_pem);

    for Forgery { what, by, key_id, activity, may_be_taken } in forgeries(&hall, &bob, &evil, [&near, &far]) {
        let letter = Letter { key_id, ..Letter::honest(&hall.app, &by, &activity) };
        let status = letter.send(&hall.app, &by.key).await;
        let is_right = matches!(status, 400 | 401 | 403) || (may_be_taken && status == 202);
        assert!(is_right, "{what} by {}: {status} {activity}", by.url);
        hall.work().await;
        assert_eq!(hall.ballots(), 0, "{what} by {}: {activity}", by.url);
    }
    assert!(dump(&hall.app)["poll_voters"].is_empty() && dump(&hall.app)["soundings"].is_empty());

    // What was tried hinders no honest vote.
    hall.take(&bob, &hall.vote(&bob, "Against")).await;
    hall.take(&near, &hall.vote(&near, "For")).await;
    assert_eq!(hall.totals().await, [1, 1, 0]);
}

#[tokio::test]
async fn a_vote_that_was_not_signed_for_this_very_request_is_no_vote() {
    let hall = Hall::open().await;
    let bob = hall.account(hall.ada, "bob").await;
    let inbox = hall.app.url("/inbox");
    let vote = hall.vote(&bob, "For");
    let honest = Letter::honest(&hall.app, &bob, &vote);
    let changed = with(&vote, &[("object.name", json!("Against"))]).to_string();
    let type_alone = [("content-type".to_owned(), "application/activity+json".to_owned())];
    assert_eq!(post(&inbox, &type_alone, vote.to_string()).await.0, 401, "unsigned");

    for (what, letter) in [
        ("another choice under his digest", Letter { body: changed.clone(), ..honest.clone() }),
        ("no digest", Letter { digest: None, names: "(request-target) host date".to_owned(), ..honest.clone() }),
        (
            "another choice and a digest that is not signed",
            Letter {
                digest: Some(digest(&changed)),
                body: changed,
                names: "(request-target) host date".to_owned(),
                ..honest.clone()
            },
        ),
        ("signed for another server", Letter { host: "elsewhere.example".to_owned(), ..honest.clone() }),
        ("signed for another inbox", Letter { signed_target: Some("post /c/tea/inbox".to_owned()), ..honest.clone() }),
    ] {
        assert_eq!(letter.send(&hall.app, &bob.key).await, 401, "{what}");
        hall.work().await;
        assert_eq!(hall.ballots(), 0, "{what}");
    }

    assert_eq!(honest.send(&hall.app, &bob.key).await, 202);
    assert_eq!(hall.totals().await, [1, 0, 0]);
}

#[tokio::test]
async fn a_copy_of_somebody_elses_vote_is_worth_nothing() {
    let hall = Hall::open().await;
    let evil = Peer::start_at(&hall.app, "127.0.0.2").await;
    let (bob, eve) = (hall.account(hall.ada, "bob").await, hall.account_on(&evil, hall.bea, "mallory").await);
    let vote = hall.vote(&bob, "For");
    let letter = Letter::honest(&hall.app, &bob, &vote);
    assert_eq!(letter.send(&hall.app, &bob.key).await, 202);
    hall.work().await;
    hall.take(&bob, &hall.vote(&bob, "Against")).await;
    let before = dump(&hall.app);

    // The very bytes once more, the activity signed by another, and its ids in a vote of her own.
    assert_eq!(letter.send(&hall.app, &bob.key).await, 202);
    assert!(matches!(hall.send(&eve, &vote).await, 401 | 403));
    let copied = with(&hall.vote(&eve, "For"), &[("object.id", vote["object"]["id"].clone())]);
    assert_eq!(hall.send(&eve, &copied).await, 403);
    hall.work().await;

    let after = dump(&hall.app);
    for table in ["ballots", "ballot_links", "poll_voters", "vote_senders", "soundings", "uncounted_votes"] {
        assert_eq!(after[table], before[table], "{table}");
    }
    // And she has taken no place of his: her own vote counts, and his is his to change.
    hall.take(&eve, &hall.vote(&eve, "For")).await;
    hall.take(&bob, &hall.vote(&bob, "Abstain")).await;
    assert_eq!(hall.totals().await, [1, 0, 1]);
}
