//! What each answer of another server leads to, and when it is tried again.

use super::*;

#[tokio::test]
async fn each_answer_has_its_consequence() {
    // The status, how often it is asked at once, what still waits afterwards, who still follows.
    for (status, asked, waiting, followers) in [
        (200, 1, 0, 1),
        (202, 1, 0, 1),
        (400, 2, 0, 1),
        (401, 2, 1, 1),
        (403, 1, 0, 1),
        (404, 1, 0, 1),
        (408, 1, 1, 1),
        (410, 1, 0, 0),
        (429, 1, 1, 1),
        (500, 1, 1, 1),
        (503, 1, 1, 1),
        (302, 1, 1, 1),
    ] {
        let scene = Scene::begin().await;
        let peer = FaultyPeer::start().await;
        scene.follow(&peer, "ann", "/inbox").await;
        peer.answer(Rule::Status(status, vec![("location", "/elsewhere".to_owned())]));

        scene.publish("<p>Hello</p>").await;
        scene.step().await;

        assert_eq!(peer.paths(), vec!["/inbox"; asked], "{status}");
        assert_eq!(scene.queue().await.iter().map(|queue| queue.waiting).sum::<i64>(), waiting, "{status}");
        assert_eq!(scene.followers().await, followers, "{status}");
        assert_eq!(scene.step().await, 0, "{status}: it is not tried again at once");
    }
}

#[tokio::test]
async fn a_failing_host_is_tried_after_growing_pauses_and_in_order() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    peer.answer(Rule::Status(500, Vec::new()));
    for text in ["one", "two", "three"] {
        scene.publish(text).await;
    }

    scene.step().await;
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let queue = scene.queue().await.remove(0);
        assert_eq!(queue.waiting, 3);
        assert_eq!(queue.last_problem.as_deref(), Some("the server answers 500"));
        let pause = queue.next_try_at - scene.app.app.now();
        pauses.push(pause.num_seconds());
        scene.app.advance(pause - TimeDelta::seconds(1));
        assert_eq!(scene.step().await, 0);
        scene.app.advance(TimeDelta::seconds(1));
        assert_eq!(scene.step().await, 1);
    }
    for (pause, minutes) in pauses.iter().zip([1, 2, 4, 8]) {
        assert!((minutes * 60..=minutes * 75).contains(pause), "{pauses:?}");
    }
    assert_eq!(contents(&peer.bodies()), vec!["one"; 5]);

    peer.answer(Rule::Status(202, Vec::new()));
    scene.app.advance(TimeDelta::hours(1));
    scene.step().await;

    assert_eq!(contents(&peer.bodies())[5..], ["one", "two", "three"]);
    assert!(scene.queue().await.is_empty());
}

#[tokio::test]
async fn a_refused_delivery_does_not_hold_up_the_next_one() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    peer.answer_once(Rule::Status(403, Vec::new()));
    scene.publish("one").await;
    scene.publish("two").await;

    scene.step().await;

    assert_eq!(contents(&peer.bodies()), ["one", "two"]);
    assert!(scene.queue().await.is_empty());
}

#[tokio::test]
async fn a_server_is_left_alone_for_as_long_as_it_asks() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    peer.answer(Rule::Status(429, vec![("retry-after", "7200".to_owned())]));
    scene.publish("one").await;

    scene.step().await;

    assert_eq!(scene.queue().await[0].next_try_at, scene.app.app.now() + TimeDelta::hours(2));
}

#[tokio::test]
async fn a_server_that_wants_the_other_signature_gets_it_and_is_remembered_for_a_day() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    peer.answer(Rule::OnlyRfc9421);
    let knocks = || peer.requests().iter().map(|r| r.headers.contains_key("signature-input")).collect::<Vec<_>>();

    scene.publish("one").await;
    scene.step().await;
    assert_eq!(knocks(), [false, true]);

    scene.publish("two").await;
    scene.step().await;
    assert_eq!(knocks(), [false, true, true]);

    scene.app.advance(TimeDelta::hours(25));
    scene.publish("three").await;
    scene.step().await;
    assert_eq!(knocks(), [false, true, true, false, true]);
    assert_eq!(contents(&peer.bodies()), ["one", "one", "two", "three", "three"]);
}

#[tokio::test]
async fn a_signature_that_is_never_believed_is_given_up_after_five_tries() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    peer.answer(Rule::Status(401, Vec::new()));
    scene.publish("one").await;

    for _ in 0..6 {
        scene.step().await;
        scene.app.advance(TimeDelta::days(1));
    }

    assert_eq!(peer.requests().len(), 10);
    assert!(scene.queue().await.is_empty());
}

#[tokio::test]
async fn after_fourteen_days_a_host_rests_until_it_is_heard_from() {
    let scene = Scene::begin().await;
    let peer = Peer::start(&scene.app).await;
    let ann = peer.person("ann");
    let follower = Follower {
        actor_id: scene.cabal,
        follower_url: ann.url.clone(),
        follow_id: peer.fresh_url("follows"),
        inbox: format!("{}/inbox", peer.base),
        host: peer.host.clone(),
    };
    scene.app.app.write::<_, DbError>(move |tx| add_follower(tx, &follower)).await.unwrap();
    caucus::federation::keys::ensure_instance_actor(&scene.app.app).await.unwrap();
    peer.answer_posts_with(500);
    scene.publish("too old by then").await;
    for fifteen_hours in 0..28 {
        if fifteen_hours == 16 {
            scene.publish("old").await;
        }
        scene.step().await;
        scene.app.advance(TimeDelta::hours(15));
    }
    assert!(scene.queue().await[0].is_resting);
    let asked = peer.received().len();
    peer.answer_posts_with(202);

    scene.publish("new").await;
    scene.app.advance(TimeDelta::days(1));
    assert_eq!(scene.step().await, 0);

    let like = json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": peer.fresh_url("likes"),
        "type": "Like",
        "actor": ann.url,
        "object": scene.app.url("/c/search"),
    });
    let (status, said) = peer.send(&ann, &scene.app.url("/inbox"), &like).await;
    assert_eq!(status, 202, "{said}");
    assert_eq!(scene.step().await, 1);

    let bodies: Vec<Value> = peer.received()[asked..].iter().map(Received::json).collect();
    assert_eq!(contents(&bodies), ["old", "new"]);
    assert!(scene.queue().await.is_empty());
}
