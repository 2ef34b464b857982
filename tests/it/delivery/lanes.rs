//! Lanes: one server never holds up another, and several processes never share one.

use super::*;

#[tokio::test]
async fn a_host_that_hangs_delays_no_other() {
    let scene = Scene::begin().await;
    let (slow, quick) = (FaultyPeer::start().await, FaultyPeer::start().await);
    slow.answer(Rule::Hang);
    for peer in [&slow, &quick] {
        scene.follow(peer, "ann", "/inbox").await;
    }
    scene.publish("one").await;

    let app = Arc::clone(&scene.app.app);
    let stepping = tokio::spawn(async move { step(&app).await });
    quick.wait_for(1).await;
    slow.wait_for(1).await;
    assert!(!stepping.is_finished(), "the slow one still hangs");
    slow.let_go();
    assert_eq!(stepping.await.unwrap().unwrap(), 2);

    let queue = scene.queue().await;
    assert_eq!((queue.len(), queue[0].host.as_str()), (1, slow.host.as_str()));
}

#[tokio::test]
async fn what_a_dead_process_held_is_delivered_once_its_lease_has_ended() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    scene.publish("one").await;
    let until = scene.app.app.now() + TimeDelta::seconds(30);
    let claim = Claim { holder: "the dead".to_owned(), until, healthy: 10, failing: 10 };
    let taken = scene.app.app.write::<_, DbError>(move |tx| claim_lanes(tx, &claim)).await.unwrap();
    assert_eq!(taken.len(), 1);

    assert_eq!(scene.step().await, 0);
    scene.app.advance(TimeDelta::seconds(30));
    assert_eq!(scene.step().await, 1);

    assert_eq!(contents(&peer.bodies()), ["one"]);
}

#[tokio::test]
async fn two_processes_on_one_database_deliver_each_activity_once_and_in_order() {
    let scene = Scene::begin().await;
    let peers = [FaultyPeer::start().await, FaultyPeer::start().await, FaultyPeer::start().await];
    for peer in &peers {
        scene.follow(peer, "ann", "/inbox").await;
    }
    let texts: Vec<String> = (0..25).map(|number| format!("number {number}")).collect();
    for text in &texts {
        scene.publish(text).await;
    }
    let settings = scene.app.app.settings.clone();
    let db = Database::open(&settings.database_url).unwrap();
    let other = Arc::new(App::new(settings, Arc::clone(&scene.app.app.clock), db));

    let (one, two) = tokio::join!(step(&scene.app.app), step(&other));

    assert_eq!(one.unwrap() + two.unwrap(), 3);
    for peer in &peers {
        assert_eq!(contents(&peer.bodies()), texts);
    }
    assert!(scene.queue().await.is_empty());
}

#[tokio::test]
async fn a_lane_that_somebody_holds_hides_no_lane_that_is_free() {
    let scene = Scene::begin().await;
    let (held, free) = (FaultyPeer::start().await, FaultyPeer::start().await);
    scene.follow(&held, "ann", "/inbox").await;
    scene.publish("one").await;
    let now = scene.app.app.now();
    let until = now + TimeDelta::seconds(30);
    let claim = Claim { holder: "another".to_owned(), until, healthy: 10, failing: 10 };
    scene.app.app.write::<_, DbError>(move |tx| claim_lanes(tx, &claim)).await.unwrap();
    let next = async || {
        let now = scene.app.app.now();
        scene.app.app.read::<_, DbError>(move |conn| find_next_due(conn, now, true)).await.unwrap()
    };
    assert_eq!(next().await, Some(until), "nothing but the held lane waits");

    scene.app.advance(TimeDelta::seconds(1));
    scene.follow(&free, "bob", "/inbox").await;
    scene.publish("two").await;

    assert_eq!(next().await, Some(now + TimeDelta::seconds(1)), "the free lane is due at once");
}
