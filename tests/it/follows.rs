//! Following a cabal and ending it, in every shape and order in which servers say so.

use crate::support::Fediverse;
use crate::support::letter::{Letter, date};
use crate::support::peer::{Person, actor_document};
use caucus::db::remote_actors::find_remote_actor;
use chrono::TimeDelta;
use serde_json::{Value, json};

#[tokio::test]
async fn a_follow_is_accepted_with_the_follow_inside() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    let follow = world.follow(&bob);

    world.take(&bob, &follow).await;

    assert_eq!(world.followers_count(), 1);
    let sent = world.on_their_way();
    let [(accept, inbox)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(accept["type"], "Accept");
    assert_eq!(accept["actor"], json!(world.cabal_url()));
    assert_eq!(accept["to"], json!([bob.url]));
    for key in ["id", "type", "actor", "object"] {
        assert_eq!(accept["object"][key], follow[key], "{key}");
    }
    assert_eq!(*inbox, format!("{}/inbox", bob.url), "an Accept goes to the personal inbox");
}

#[tokio::test]
async fn who_follows_again_is_answered_again_and_counted_once() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");

    for _ in 0..3 {
        world.take(&bob, &world.follow(&bob)).await;
    }

    assert_eq!(world.followers_count(), 1);
    let accepts = world.sent("Accept");
    assert_eq!(accepts.len(), 3);
    assert_ne!(accepts[0]["object"]["id"], accepts[2]["object"]["id"]);
}

#[tokio::test]
async fn the_same_follow_many_times_has_the_effect_of_one() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    let follow = world.follow(&bob);

    for _ in 0..5 {
        world.take(&bob, &follow).await;
    }

    assert_eq!((world.followers_count(), world.sent("Accept").len()), (1, 1));
}

#[tokio::test]
async fn every_shape_of_undo_ends_the_follow() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    for (shape, case) in (0..).zip(["as it was", "with another id", "without id", "bare id", "object with id only"]) {
        let follow = world.follow(&bob);
        world.take(&bob, &follow).await;
        assert_eq!(world.followers_count(), 1, "{case}");
        let mut inner = follow.clone();
        let object = match shape {
            0 => inner,
            1 => {
                inner["id"] = json!(world.peer.fresh_url("never-sent"));
                inner
            }
            2 => {
                inner.as_object_mut().unwrap().remove("id");
                inner
            }
            3 => inner["id"].clone(),
            _ => json!({"id": inner["id"]}),
        };

        world.take(&bob, &world.act("Undo", &bob, &object)).await;

        assert_eq!(world.followers_count(), 0, "{case}");
    }
}

#[tokio::test]
async fn an_undo_whose_id_is_made_of_the_pair_ends_each_follow_but_never_one_that_was_signed_later() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    let pair = format!("{}/follows/bob/search", world.peer.base);
    let inner = json!({"id": pair, "type": "Follow", "actor": bob.url, "object": world.cabal_url()});
    let mut undo = world.act("Undo", &bob, &inner);
    undo["id"] = json!(format!("{pair}/undo"));
    let mut earlier = None;
    for _ in 0..3 {
        world.app.advance(TimeDelta::minutes(1));
        world.take(&bob, &world.follow(&bob)).await;
        if let Some(letter) = &earlier {
            replay(&world, letter, &bob).await;
        }
        assert_eq!(world.followers_count(), 1, "a replay ended the newer follow");
        world.app.advance(TimeDelta::minutes(1));
        let letter = Letter::honest(&world.app, &bob, &undo);

        replay(&world, &letter, &bob).await;

        assert_eq!(world.followers_count(), 0);
        earlier = Some(letter);
    }
}

#[tokio::test]
async fn an_undo_that_is_replayed_or_signed_again_leaves_a_newer_follow_alone() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    for case in ["as it was", "without id", "with another id", "bare id"] {
        let first = world.follow(&bob);
        world.take(&bob, &first).await;
        let mut inner = first.clone();
        match case {
            "without id" => drop(inner.as_object_mut().unwrap().remove("id")),
            "with another id" => inner["id"] = json!(world.peer.fresh_url("never-sent")),
            "bare id" => inner = first["id"].clone(),
            _ => {}
        }
        let letter = Letter::honest(&world.app, &bob, &world.act("Undo", &bob, &inner));
        replay(&world, &letter, &bob).await;
        assert_eq!(world.followers_count(), 0, "{case}");
        world.app.advance(TimeDelta::minutes(1));
        world.take(&bob, &world.follow(&bob)).await;

        replay(&world, &letter, &bob).await;
        assert_eq!(world.followers_count(), 1, "{case}: the same bytes again");
        world.app.advance(TimeDelta::minutes(1));
        let signed_again = Letter { date: Some(date(&world.app, TimeDelta::zero())), ..letter };
        replay(&world, &signed_again, &bob).await;
        assert_eq!(world.followers_count(), 1, "{case}: signed again");

        world.take(&bob, &world.act("Undo", &bob, &json!({"type": "Follow", "object": world.cabal_url()}))).await;
        assert_eq!(world.followers_count(), 0, "{case}: a new one counts");
    }
}

#[tokio::test]
async fn an_undo_of_an_older_follow_leaves_the_newer_alone_in_every_order() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 1, 0]] {
        world.app.advance(TimeDelta::minutes(2));
        let (older, newer) = (world.follow(&bob), world.follow(&bob));
        let steps = [older.clone(), world.act("Undo", &bob, &older), newer.clone()];
        for step in order {
            world.take(&bob, &steps[step]).await;
        }
        assert_eq!(world.followers_count(), 1, "{order:?}");
        let last = if order[2] == 0 && order[0] == 2 { &older } else { &newer };
        world.take(&bob, &world.act("Undo", &bob, last)).await;
        assert_eq!(world.followers_count(), 0, "{order:?}");
    }
}

/// Sends exactly these bytes, whatever came before.
async fn replay(world: &Fediverse, letter: &Letter, person: &Person) {
    assert_eq!(letter.send(&world.app, &person.key).await, 202);
    world.work().await;
}

#[tokio::test]
async fn an_undo_that_overtakes_its_follow_wins() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    for is_bare in [false, true] {
        let follow = world.follow(&bob);
        let object = if is_bare { follow["id"].clone() } else { follow.clone() };

        world.take(&bob, &world.act("Undo", &bob, &object)).await;
        world.take(&bob, &follow).await;

        assert_eq!(world.followers_count(), 0);
    }
    assert_eq!(world.sent("Accept").len(), 0);
    world.take(&bob, &world.follow(&bob)).await;
    assert_eq!(world.followers_count(), 1, "a later Follow is another one");
}

#[tokio::test]
async fn nobody_ends_the_follow_of_somebody_else() {
    let world = Fediverse::start().await;
    let (bob, mallory) = (world.peer.person("bob"), world.peer.person("mallory"));
    let follow = world.follow(&bob);
    world.take(&bob, &follow).await;

    for object in [follow.clone(), follow["id"].clone()] {
        world.take(&mallory, &world.act("Undo", &mallory, &object)).await;
    }
    world.take(&mallory, &world.act("Block", &mallory, &json!(world.cabal_url()))).await;

    assert_eq!(world.followers_count(), 1);
}

#[tokio::test]
async fn a_block_ends_the_follow_and_is_not_answered() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    world.take(&bob, &world.follow(&bob)).await;
    let before = world.on_their_way().len();
    let block = world.act("Block", &bob, &json!(world.cabal_url()));

    world.take(&bob, &block).await;
    assert_eq!(world.followers_count(), 0);
    world.take(&bob, &world.act("Undo", &bob, &block)).await;

    assert_eq!(world.followers_count(), 0, "to unblock is not to follow");
    assert_eq!(world.on_their_way().len(), before);
}

#[tokio::test]
async fn a_deleted_account_follows_no_longer() {
    let world = Fediverse::start().await;
    let (bob, eve) = (world.peer.person("bob"), world.peer.person("eve"));
    world.take(&bob, &world.follow(&bob)).await;
    world.take(&eve, &world.follow(&eve)).await;

    world.take(&bob, &world.act("Delete", &bob, &json!(bob.url))).await;

    assert_eq!(world.followers_count(), 1);
}

#[tokio::test]
async fn following_somebody_who_is_not_here_does_nothing() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    for object in ["/c/nobody", "/actor", "/help-requests/0191f3a0-0000-7000-8000-000000000002"] {
        let mut follow = world.follow(&bob);
        follow["object"] = json!(world.app.url(object));
        world.take(&bob, &follow).await;
    }
    assert_eq!(world.on_their_way(), Vec::<(Value, String)>::new());
}

#[tokio::test]
async fn answers_to_follows_that_we_never_sent_do_nothing() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    let never = json!({"type": "Follow", "actor": world.cabal_url(), "object": bob.url});
    for kind in ["Accept", "Reject"] {
        world.take(&bob, &world.act(kind, &bob, &never)).await;
        world.take(&bob, &world.act(kind, &bob, &json!(world.app.url("/activities/1")))).await;
    }
    assert_eq!(world.followers_count(), 0);
    assert_eq!(world.on_their_way().len(), 0);
}

#[tokio::test]
async fn a_follow_and_an_undo_in_turns_leave_one_row_at_most() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    for _ in 0..20 {
        let follow = world.follow(&bob);
        world.take(&bob, &follow).await;
        world.take(&bob, &world.act("Undo", &bob, &follow)).await;
    }
    assert_eq!(world.followers_count(), 0);
    assert_eq!(world.sent("Accept").len(), 10, "it is answered a few times a minute at most");
    world.app.advance(TimeDelta::minutes(1));
    world.take(&bob, &world.follow(&bob)).await;
    assert_eq!(world.followers_count(), 1);
}

#[tokio::test]
async fn a_profile_that_changed_is_fetched_again_from_its_origin_and_not_believed_from_the_activity() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    world.take(&bob, &world.follow(&bob)).await;
    let mut document = actor_document(&world.peer.base, "bob", &bob.key.public_pem);
    document["name"] = json!("Robert");
    document["endpoints"]["sharedInbox"] = json!(format!("{}/new-inbox", world.peer.base));
    world.peer.serve("/users/bob", "application/activity+json", &document);
    let claim = json!({
        "id": bob.url, "type": "Person", "name": "The Steward", "inbox": format!("{}/trap", world.peer.base),
        "publicKey": {"id": bob.key_id, "owner": bob.url, "publicKeyPem": "trap"},
    });

    world.take(&bob, &world.act("Update", &bob, &claim)).await;
    world.app.advance(TimeDelta::minutes(6));
    world.take(&bob, &world.act("Like", &bob, &json!(world.cabal_url()))).await;

    let known = find_remote_actor(&mut world.app.store.connect(), &bob.url).unwrap().unwrap();
    assert_eq!((known.name.as_str(), known.inbox), ("Robert", format!("{}/inbox", bob.url)));
    let before = world.on_their_way().len();
    world.help_request().await;
    let sent = world.on_their_way();
    assert_eq!(
        sent[before..].iter().map(|(_, inbox)| inbox.as_str()).collect::<Vec<_>>(),
        [format!("{}/new-inbox", world.peer.base)]
    );
}
