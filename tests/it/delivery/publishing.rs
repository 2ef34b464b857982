//! What is stored when something is published, and what arrives where.

use super::*;

#[tokio::test]
async fn one_copy_goes_to_each_distinct_inbox_with_the_stored_bytes() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    for name in ["ann", "ben", "cas"] {
        scene.follow(&peer, name, "/inbox").await;
    }
    scene.follow(&peer, "dan", "/users/dan/inbox").await;

    let post = scene.publish("<p>Once</p>").await;
    assert_eq!(scene.queue().await[0].waiting, 2);
    assert_eq!((scene.step().await, scene.step().await), (1, 0));

    let mut paths = peer.paths();
    paths.sort();
    assert_eq!(paths, ["/inbox", "/users/dan/inbox"]);
    let stored = scene
        .app
        .app
        .read::<_, DbError>(move |conn| outbox::find_activity(conn, publish::create_id(post)))
        .await
        .unwrap()
        .unwrap();
    for request in peer.requests() {
        assert_eq!(request.body, stored.body);
        assert_eq!(request.headers["content-type"], "application/activity+json");
        assert!(request.headers["signature"].contains("/c/search#main-key\""));
    }
    assert!(scene.queue().await.is_empty());
}

#[tokio::test]
async fn the_audience_is_frozen_when_the_post_is_published() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    let late = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;

    scene.publish("<p>Before</p>").await;
    scene.follow(&late, "ben", "/inbox").await;
    scene.step().await;

    assert_eq!((peer.requests().len(), late.requests().len()), (1, 0));
}

#[tokio::test]
async fn a_follower_who_moved_to_another_inbox_is_followed_there() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/old/inbox").await;

    scene.meet(&peer, "ann").await;
    scene.publish("one").await;
    scene.step().await;

    assert_eq!(peer.paths(), ["/inbox"]);
}

#[tokio::test]
async fn a_direct_message_goes_to_the_personal_inbox_and_is_not_kept_afterwards() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ben", "/inbox").await;
    let ann = scene.meet(&peer, "ann").await;

    let post = scene.publish_for("<p>Your code</p>", Visibility::Direct, Audience::only(vec![ann])).await;
    scene.step().await;

    assert_eq!(peer.paths(), ["/users/ann/inbox"]);
    let id = publish::create_id(post);
    let kept = scene.app.app.read::<_, DbError>(move |conn| outbox::find_activity(conn, id)).await.unwrap();
    assert!(kept.is_none());
}

#[tokio::test]
async fn people_named_and_followers_on_one_server_get_one_copy() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ben", "/inbox").await;
    let (ann, stranger) = (scene.meet(&peer, "ann").await, "https://never.met.example/u".to_owned());

    let audience = Audience::followers(scene.cabal).and([ann, stranger]);
    scene.publish_for("<p>All</p>", Visibility::Public, audience).await;
    scene.step().await;

    assert_eq!(peer.paths(), ["/inbox"]);
}

#[tokio::test]
async fn what_is_too_old_is_given_up() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    scene.publish("old").await;
    scene.app.advance(TimeDelta::days(14));
    scene.publish("new").await;

    scene.step().await;

    assert_eq!(contents(&peer.bodies()), ["new"]);
    assert!(scene.queue().await.is_empty());
}

#[tokio::test]
async fn nothing_is_on_its_way_when_the_act_fails() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    let cabal = scene.cabal;

    let failed: Result<(), DbError> = scene
        .app
        .app
        .write(move |tx| {
            let author = local_actors::actor(tx.conn, cabal)?;
            publish::send(tx, &author, json!({"type": "Accept"}), &Audience::followers(cabal))?;
            Err(DbError::NotFound)
        })
        .await;

    assert!(failed.is_err());
    assert_eq!((scene.step().await, peer.requests().len()), (0, 0));
}

#[tokio::test]
async fn an_edit_and_a_withdrawal_follow_the_post() {
    let scene = Scene::begin().await;
    let peer = FaultyPeer::start().await;
    scene.follow(&peer, "ann", "/inbox").await;
    let cabal = scene.cabal;
    let post = scene.publish("first").await;
    let edited: Stamp = scene.app.app.now();
    scene
        .app
        .app
        .write::<_, DbError>(move |tx| {
            let object = json!({"@context": "x", "id": tx.urls.note(post), "type": "Note", "content": "second"});
            publish::update(tx, post, &object, &Audience::followers(cabal))?;
            publish::withdraw(tx, post, &Audience::followers(cabal))?;
            assert!(publish::withdraw(tx, post, &Audience::followers(cabal))?.is_none());
            Ok(())
        })
        .await
        .unwrap();

    scene.step().await;

    let bodies = peer.bodies();
    assert_eq!(bodies.iter().map(|body| &body["type"]).collect::<Vec<_>>(), ["Create", "Update", "Delete"]);
    let kept = scene.app.app.read(move |conn| outbox::find_activity(conn, publish::create_id(post))).await.unwrap();
    assert!(kept.is_none(), "what carried a withdrawn post is not kept");
    let ids: std::collections::BTreeSet<&str> = bodies.iter().map(|body| body["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(bodies[2]["object"]["type"], "Tombstone");
    assert_eq!(bodies[2]["object"]["deleted"], caucus::clock::iso_seconds(edited));
}
