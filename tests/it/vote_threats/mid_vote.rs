//! What happens to an account while a vote is open, and what servers do with votes afterwards (V-18, V-25, V-27,
//! V-28, V-51, V-53).

use super::Hall;
use crate::support::Peer;
use crate::support::rows::{dump, of_type, on_their_way};
use caucus::ids::random_receipt;
use serde_json::json;

#[tokio::test]
async fn a_move_takes_no_link_along_and_leaves_one_ballot() {
    let hall = Hall::open().await;
    let there = Peer::start_at(&hall.app, "127.0.0.2").await;
    let (old, new) = (hall.account(hall.ada, "bob").await, there.person("bob"));
    hall.take(&old, &hall.vote(&old, "Against")).await;
    let moves = |id: &str| json!({"id": format!("{id}#moves/1"), "type": "Move", "actor": id, "object": old.url, "target": new.url});

    hall.take(&old, &moves(&old.url)).await;
    hall.take(&new, &moves(&new.url)).await;
    hall.take(&new, &hall.vote(&new, "For")).await;

    assert_eq!((hall.ballots(), dump(&hall.app)["soundings"].len()), (1, 1), "the new account is a supporter's");
    hall.take(&old, &hall.vote(&old, "Abstain")).await;
    assert_eq!(hall.totals().await, [0, 0, 1]);
}

#[tokio::test]
async fn the_ballot_of_an_account_that_is_gone_stands_and_its_member_changes_it_on_the_web() {
    let (hall, members) = Hall::with(1).await;
    let (bob, carol) = (hall.account(hall.ada, "bob").await, hall.account(members[0], "carol").await);
    hall.take(&bob, &hall.vote(&bob, "Against")).await;
    hall.take(&carol, &hall.vote(&carol, "Against")).await;

    for person in [&bob, &carol] {
        let farewell = json!({"id": format!("{}#delete", person.url), "type": "Delete", "actor": person.url,
            "object": person.url, "to": "https://www.w3.org/ns/activitystreams#Public"});
        hall.take(person, &farewell).await;
        // Whoever has the key of an account that is gone votes in nobody's name.
        let status = hall.send(person, &hall.vote(person, "For")).await;
        assert!(matches!(status, 202 | 401), "{status}");
        hall.work().await;
    }
    assert!(hall.app.vote_on_the_web(hall.poll, hall.ada, &[2]).await.unwrap().is_changed);

    assert_eq!(hall.ballots(), 2);
    assert_eq!(hall.totals().await, [0, 1, 1]);
}

#[tokio::test]
async fn a_vote_is_taken_back_by_nothing_that_a_server_sends() {
    let hall = Hall::open().await;
    let bob = hall.account(hall.ada, "bob").await;
    let vote = hall.vote(&bob, "For");
    hall.take(&bob, &vote).await;
    let before = dump(&hall.app);
    let act = |kind: &str, object: serde_json::Value| json!({"id": format!("{}#acts/{}", bob.url, random_receipt()), "type": kind, "actor": bob.url, "object": object});
    let tombstone = json!({"id": vote["object"]["id"], "type": "Tombstone"});
    let mut edited = vote["object"].clone();
    edited["name"] = json!("Against");

    for (kind, object) in [
        ("Delete", vote["object"].clone()),
        ("Delete", vote["object"]["id"].clone()),
        ("Delete", tombstone),
        ("Undo", vote.clone()),
        ("Undo", vote["id"].clone()),
        ("Update", edited),
        ("Remove", vote["object"]["id"].clone()),
    ] {
        hall.take(&bob, &act(kind, object)).await;
    }

    let after = dump(&hall.app);
    for table in ["ballots", "ballot_links", "poll_voters", "chain_entries"] {
        assert_eq!(after[table], before[table], "{table}");
    }
    assert_eq!(hall.totals().await, [1, 0, 0]);
}

#[tokio::test]
async fn votes_are_never_boosted_nor_passed_on_not_even_public_ones() {
    let hall = Hall::open().await;
    hall.app.follow_community("near.example", "fay").await;
    let to_followers =
        || on_their_way(&hall.app).into_iter().filter(|(inbox, _)| inbox.contains("near.example")).count();
    let before = to_followers();
    let (bob, eve) = (hall.account(hall.ada, "bob").await, hall.account(hall.bea, "eve").await);
    for (person, choice) in [(&bob, "For"), (&eve, "Against"), (&bob, "Abstain")] {
        hall.take(person, &hall.public_vote(person, choice)).await;
        let mut word = hall.public_vote(person, choice);
        word["object"]["content"] = json!(format!("<p>{choice}</p>"));
        word["object"].as_object_mut().unwrap().remove("name");
        hall.take(person, &word).await;
    }
    let supporter = hall.peer.person("zoe");
    hall.take(&supporter, &hall.public_vote(&supporter, "For")).await;

    assert_eq!(to_followers(), before, "followers hear nothing of votes");
    assert!(of_type(&on_their_way(&hall.app), "Announce").is_empty());
    for path in ["/c/commons/outbox", "/c/commons/outbox/page/1", &format!("/polls/{}/replies", hall.poll)] {
        let (_, body) = hall.app.fetch(path, "application/activity+json").await;
        assert!(!body.contains(&hall.peer.host), "{path}: {body}");
    }
    let page = hall.app.browser().get(&format!("/amendments/{}", hall.amendment)).await;
    assert!(!page.body.contains(&hall.peer.host), "no vote is shown as a reply");
    assert_eq!(dump(&hall.app)["messages"].len(), 0, "a choice is never kept as a text");
    assert_eq!(hall.totals().await, [0, 1, 1]);
}

#[tokio::test]
async fn totals_that_another_server_claims_are_not_believed() {
    let hall = Hall::open().await;
    let bob = hall.account(hall.ada, "bob").await;
    hall.take(&bob, &hall.vote(&bob, "For")).await;
    let (honest, stored) = (hall.app.fetch_question(hall.poll).await, dump(&hall.app));
    let mut claimed = honest.clone();
    claimed["votersCount"] = json!(999);
    claimed["closed"] = claimed["endTime"].clone();
    claimed["oneOf"][1]["replies"]["totalItems"] = json!(999);
    let mut theirs = claimed.clone();
    theirs["attributedTo"] = json!(bob.url);

    for (kind, object) in [("Update", &claimed), ("Update", &theirs), ("Create", &claimed), ("Announce", &claimed)] {
        let activity = json!({"id": format!("{}#acts/{}", bob.url, random_receipt()), "type": kind, "actor": bob.url,
            "object": object});
        let status = hall.send(&bob, &activity).await;
        assert!(matches!(status, 202 | 403), "{kind}: {status}");
        hall.work().await;
    }

    assert_eq!(hall.app.fetch_question(hall.poll).await, honest);
    let after = dump(&hall.app);
    for table in ["polls", "poll_options", "ballots", "posts", "messages"] {
        assert_eq!(after[table], stored[table], "{table}");
    }
    assert_eq!(hall.totals().await, [1, 0, 0]);
}
