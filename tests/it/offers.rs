//! Offers of help by reply: in every reach, their edits and their end (H2, H6).

use crate::support::fediverse::addressed;
use crate::support::{Fediverse, Reach};
use caucus::domain::offer::OfferState;
use caucus::domain::visibility::{PUBLIC, Visibility};
use caucus::services::ServiceError;
use caucus::services::join_cabal::join_cabal;
use caucus::workers::inbound;
use serde_json::json;

#[tokio::test]
async fn a_reply_in_every_reach_is_an_offer_and_is_answered_at_once_in_private() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    for (name, reach, expected) in [
        ("bob", Reach::Public, Visibility::Public),
        ("eve", Reach::Unlisted, Visibility::Unlisted),
        ("mia", Reach::Followers, Visibility::Followers),
        ("joe", Reach::Direct, Visibility::Direct),
    ] {
        let person = world.peer.person(name);
        let note = world.offer(&person, request, reach).await;

        let offers = world.offers(request);
        let offer = offers.last().unwrap();
        assert_eq!((offer.visibility, offer.state), (expected, OfferState::Waiting), "{name}");
        assert_eq!(offer.offerer_name, person.handle);
        assert!(offer.content_html.contains("I can help"));
        let answers = world.answers_to(&note);
        let [answer] = answers.as_slice() else { panic!("{name}: {answers:?}") };
        assert_eq!(addressed(answer), [person.url.as_str()], "the answer is for the offerer alone");
        assert_eq!(answer["tag"][0]["href"], json!(person.url));
        assert_eq!(answer["attributedTo"], json!(world.cabal_url()));
    }
    assert_eq!(world.offers(request).len(), 4);
    assert_eq!(world.messages().len(), 0);
}

#[tokio::test]
async fn the_same_reply_many_times_is_one_offer_and_one_answer() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");
    let parent = world.app.app.urls.help_request(request);
    let note = world.reply(&bob, &parent, "I can help", Reach::Public);
    let create = world.act("Create", &bob, &note);

    for _ in 0..3 {
        world.take(&bob, &create).await;
        world.take(&bob, &world.act("Create", &bob, &note)).await;
    }

    assert_eq!(world.offers(request).len(), 1);
    assert_eq!(world.answers_to(&note).len(), 1);
}

#[tokio::test]
async fn a_second_reply_is_recorded_but_not_answered_again() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");

    world.offer(&bob, request, Reach::Direct).await;
    let second = world.offer(&bob, request, Reach::Direct).await;

    assert_eq!(world.offers(request).len(), 2);
    assert_eq!(world.answers_to(&second).len(), 0);
}

#[tokio::test]
async fn one_actor_cannot_flood_a_request_or_a_cabal() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");

    for _ in 0..12 {
        world.offer(&bob, request, Reach::Public).await;
    }

    assert_eq!(world.offers(request).len(), 10);
}

#[tokio::test]
async fn a_reply_by_a_member_of_the_cabal_is_a_message() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let (bob, eve) = (world.peer.person("bob"), world.peer.person("eve"));
    let member = world.app.member("bob").await;
    world.link(member, &bob.url).await;
    world.link(world.app.member("eve").await, &eve.url).await;
    let cabal = world.cabal;
    let joined: Result<(), ServiceError> =
        world.app.app.write(move |tx| join_cabal(tx, member, cabal, "I keep the index.")).await;
    joined.unwrap();

    let from_inside = world.offer(&bob, request, Reach::Public).await;
    world.offer(&eve, request, Reach::Public).await;

    let offers = world.offers(request);
    assert_eq!(offers.len(), 1, "a member of the community outside the cabal offers like anybody");
    assert_eq!(offers[0].offerer_actor.as_deref(), Some(eve.url.as_str()));
    assert_eq!(world.messages()[0].note_id, from_inside["id"].as_str().unwrap());
    assert_eq!(world.answers_to(&from_inside).len(), 0);
}

#[tokio::test]
async fn likes_and_boosts_are_no_offers() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");
    let object = json!(world.app.app.urls.help_request(request));

    for kind in ["Like", "Announce", "EmojiReact", "Dislike"] {
        world.take(&bob, &world.act(kind, &bob, &object)).await;
    }

    assert_eq!((world.offers(request).len(), world.messages().len()), (0, 0));
}

#[tokio::test]
async fn an_edit_of_the_reply_changes_the_offer_and_an_older_edit_does_not() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");
    let note = world.offer(&bob, request, Reach::Direct).await;
    let edited = |text: &str, at: &str| {
        let mut edited = note.clone();
        edited["content"] = json!(text);
        edited["updated"] = json!(at);
        world.act("Update", &bob, &edited)
    };

    world.take(&bob, &edited("<p>Only on Mondays</p>", "2026-03-01T11:59:00Z")).await;
    assert_eq!(world.offers(request)[0].content_html, "<p>Only on Mondays</p>");
    world.take(&bob, &edited("<p>older</p>", "2026-03-01T11:58:00Z")).await;

    assert_eq!(world.offers(request)[0].content_html, "<p>Only on Mondays</p>");
    assert_eq!(world.offers(request).len(), 1);
    assert_eq!(world.answers_to(&note).len(), 1, "an edit is not answered");
}

#[tokio::test]
async fn an_edit_with_a_date_in_the_future_does_not_shut_out_later_ones() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");
    let mut note = world.offer(&bob, request, Reach::Direct).await;
    for (text, at) in [("<p>first</p>", "2199-01-01T00:00:00Z"), ("<p>second</p>", "2198-01-01T00:00:00Z")] {
        note["content"] = json!(text);
        note["updated"] = json!(at);
        world.take(&bob, &world.act("Update", &bob, &note)).await;
    }
    assert_eq!(world.offers(request)[0].content_html, "<p>second</p>");
}

#[tokio::test]
async fn a_private_offer_never_becomes_public_by_an_edit() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");
    let mut note = world.offer(&bob, request, Reach::Direct).await;

    note["to"] = json!([PUBLIC]);
    note["updated"] = json!("2026-03-01T12:00:00Z");
    world.take(&bob, &world.act("Update", &bob, &note)).await;

    assert_eq!(world.offers(request)[0].visibility, Visibility::Direct);
}

#[tokio::test]
async fn deleting_the_reply_withdraws_the_offer_and_its_text() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    for (name, is_bare) in [("bob", true), ("eve", false)] {
        let person = world.peer.person(name);
        let note = world.offer(&person, request, Reach::Public).await;
        let gone = if is_bare { note["id"].clone() } else { json!({"id": note["id"], "type": "Tombstone"}) };

        world.take(&person, &world.act("Delete", &person, &gone)).await;
        world.take(&person, &world.act("Create", &person, &note)).await;

        let offers = world.offers(request);
        let offer = offers.last().unwrap();
        assert_eq!((offer.state, offer.content_html.as_str()), (OfferState::Withdrawn, ""), "{name}");
    }
    assert_eq!(world.offers(request).len(), 2);
}

#[tokio::test]
async fn nobody_edits_or_deletes_the_offer_of_somebody_else() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let (bob, mallory) = (world.peer.person("bob"), world.peer.person("mallory"));
    let note = world.offer(&bob, request, Reach::Public).await;
    let mut stolen = note.clone();
    stolen["attributedTo"] = json!(mallory.url);
    stolen["content"] = json!("<p>I hate you</p>");
    stolen["updated"] = json!("2026-03-01T12:00:00Z");

    for activity in [
        world.act("Update", &mallory, &stolen),
        world.act("Create", &mallory, &stolen),
        world.act("Delete", &mallory, &note["id"]),
        world.act("Delete", &mallory, &json!({"id": note["id"], "type": "Tombstone"})),
    ] {
        world.take(&mallory, &activity).await;
    }
    let forged = world.act("Update", &mallory, &note);
    let (status, _) = world.peer.send(&mallory, &world.app.url("/inbox"), &forged).await;

    assert_eq!(status, 403);
    let offers = world.offers(request);
    assert_eq!(offers.len(), 1);
    assert_eq!(offers[0].state, OfferState::Waiting);
    assert!(offers[0].content_html.contains("I can help"));
    world.take(&bob, &world.act("Update", &bob, &note)).await;
    assert_eq!(world.offers(request).len(), 1, "what mallory deleted was not theirs to delete");
}

#[tokio::test]
async fn create_edit_and_delete_in_every_order_leave_the_same() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let parent = world.app.app.urls.help_request(request);
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for (number, order) in orders.into_iter().enumerate() {
        let person = world.peer.person(&format!("person{number}"));
        let note = world.reply(&person, &parent, "I can help", Reach::Public);
        let mut edited = note.clone();
        edited["updated"] = json!("2026-03-01T12:00:00Z");
        let acts = [
            world.act("Create", &person, &note),
            world.act("Update", &person, &edited),
            world.act("Delete", &person, &note["id"]),
        ];
        for index in order {
            world.take(&person, &acts[index]).await;
        }
        let living: Vec<OfferState> = world
            .offers(request)
            .iter()
            .filter(|offer| offer.offerer_actor.as_deref() == Some(person.url.as_str()))
            .filter(|offer| offer.state != OfferState::Withdrawn || !offer.content_html.is_empty())
            .map(|offer| offer.state)
            .collect();
        assert_eq!(living, [], "order {order:?}");
    }
}

#[tokio::test]
async fn an_edit_that_overtakes_its_create_stands() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");
    let note = world.reply(&bob, &world.app.app.urls.help_request(request), "first", Reach::Public);
    let mut edited = note.clone();
    edited["content"] = json!("<p>second</p>");
    edited["updated"] = json!("2026-03-01T12:00:00Z");

    world.take(&bob, &world.act("Update", &bob, &edited)).await;
    world.take(&bob, &world.act("Create", &bob, &note)).await;

    let offers = world.offers(request);
    assert_eq!(offers.len(), 1);
    assert_eq!(offers[0].content_html, "<p>second</p>");
}

#[tokio::test]
async fn two_workers_at_once_deal_with_each_activity_once() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let parent = world.app.app.urls.help_request(request);
    for number in 0..250 {
        let actor = format!("https://masto.example/users/p{number}");
        let body = json!({
            "type": "Create", "id": format!("{actor}#1"), "actor": actor,
            "object": {"type": "Note", "id": format!("{actor}/1"), "attributedTo": actor, "inReplyTo": parent, "content": "I can"},
        });
        world.store(&actor, &format!("{actor}#1"), &body).await;
    }
    let other = world.app.second_process();

    let work = async |app: &caucus::App| {
        while inbound::step(app).await.unwrap() > 0 {}
    };
    tokio::join!(work(&world.app.app), work(&other));
    work(&other).await;

    assert_eq!(world.offers(request).len(), 250);
}
