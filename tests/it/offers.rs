//! Offers of help: by reply in every reach, by the web form, their edits, their end, and the
//! answers of the cabal (H2, H3, H6).

use crate::support::{Fediverse, Reach};
use caucus::domain::Refusal;
use caucus::domain::help_request::HelpRequestState;
use caucus::domain::offer::{OfferState, WebOffer, WebOfferFields};
use caucus::domain::visibility::{PUBLIC, Visibility};
use caucus::ids::{HelpRequestId, MemberId, OfferId};
use caucus::services::ServiceError;
use caucus::services::answer_offer::{accept_offer, decline_offer};
use caucus::services::join_cabal::join_cabal;
use caucus::services::publish_help_request::withdraw_help_request;
use caucus::services::record_offer::record_web_offer;
use serde_json::{Value, json};

impl Fediverse {
    async fn accept(&self, by: MemberId, offer: OfferId) -> Result<(), ServiceError> {
        self.app.app.write(move |tx| accept_offer(tx, by, offer, "Yes, please! See you on Monday.")).await
    }

    async fn decline(&self, by: MemberId, offer: OfferId) -> Result<(), ServiceError> {
        self.app.app.write(move |tx| decline_offer(tx, by, offer, "We have enough hands now.")).await
    }

    async fn offer_on_the_web(&self, request: HelpRequestId) -> Result<OfferId, ServiceError> {
        let fields = WebOfferFields {
            name: "Gwen".into(),
            contact: "gwen@mail.example".into(),
            text: "I can <b>index</b>".into(),
        };
        let offer = WebOffer::parse(&fields).unwrap();
        self.app.app.write(move |tx| record_web_offer(tx, request, offer)).await
    }
}

fn addressed(note: &Value) -> Vec<String> {
    ["to", "cc"].iter().flat_map(|key| note[key].as_array().unwrap()).map(|a| a.as_str().unwrap().to_owned()).collect()
}

fn code_of(outcome: Result<(), ServiceError>) -> &'static str {
    match outcome {
        Err(ServiceError::Conflict(Refusal { code, .. })) => code,
        other => panic!("no conflict: {other:?}"),
    }
}

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
async fn an_accepted_offer_is_answered_where_it_was_made_no_wider_than_it_was() {
    let world = Fediverse::start().await;
    for (name, reach, is_for_everybody) in [
        ("bob", Reach::Public, true),
        ("eve", Reach::Unlisted, true),
        ("mia", Reach::Followers, false),
        ("joe", Reach::Direct, false),
    ] {
        let request = world.help_request().await;
        let person = world.peer.person(name);
        let note = world.offer(&person, request, reach).await;

        world.accept(world.ada, world.offers(request)[0].id).await.unwrap();

        let answers = world.answers_to(&note);
        let answer = answers.last().unwrap();
        assert!(answer["content"].as_str().unwrap().contains("See you on Monday"), "{name}");
        assert_eq!(addressed(answer).contains(&PUBLIC.to_owned()), is_for_everybody, "{name}");
        assert!(!answer["to"].to_string().contains(PUBLIC), "an answer stays off the public time lines");
        assert!(addressed(answer).contains(&person.url));
        let own_inbox = format!("{}/inbox", person.url);
        let goes_to: Vec<String> = world
            .on_their_way()
            .into_iter()
            .filter(|(activity, _)| activity["object"]["id"] == answer["id"])
            .map(|(_, inbox)| inbox)
            .collect();
        assert_eq!(goes_to, [own_inbox], "{name}");
    }
}

#[tokio::test]
async fn accepting_takes_the_request_and_tells_the_followers() {
    let world = Fediverse::start().await;
    let (bob, fan) = (world.peer.person("bob"), world.peer.person("fan"));
    world.take(&fan, &world.follow(&fan)).await;
    let request = world.help_request().await;
    world.offer(&bob, request, Reach::Public).await;

    world.accept(world.ada, world.offers(request)[0].id).await.unwrap();

    assert_eq!(world.request(request).state, HelpRequestState::Taken);
    assert_eq!(world.offers(request)[0].state, OfferState::Accepted);
    let updates = world.sent("Update");
    let update = updates.last().unwrap();
    assert_eq!(update["object"]["requestState"], "taken");
    assert!(update["object"]["content"].as_str().unwrap().contains("Somebody is on it"));
    assert_eq!(update["object"]["tag"][0], json!({"type": "Mention", "href": bob.url, "name": bob.handle}));
    assert!(addressed(&update["object"]).contains(&bob.url));
}

#[tokio::test]
async fn who_offered_in_private_is_not_named_in_public() {
    let world = Fediverse::start().await;
    let (bob, fan) = (world.peer.person("bob"), world.peer.person("fan"));
    world.take(&fan, &world.follow(&fan)).await;
    let request = world.help_request().await;
    world.offer(&bob, request, Reach::Followers).await;

    world.accept(world.ada, world.offers(request)[0].id).await.unwrap();

    let update = world.sent("Update").pop().unwrap().to_string();
    assert!(!update.contains(&bob.url) && !update.contains(&bob.handle), "{update}");
}

#[tokio::test]
async fn a_declined_offer_is_answered_and_the_request_stays_open() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");
    let note = world.offer(&bob, request, Reach::Direct).await;

    world.decline(world.ada, world.offers(request)[0].id).await.unwrap();

    assert_eq!(world.request(request).state, HelpRequestState::Open);
    assert_eq!(world.offers(request)[0].state, OfferState::Declined);
    assert!(world.answers_to(&note).last().unwrap()["content"].as_str().unwrap().contains("enough hands"));
}

#[tokio::test]
async fn an_offer_is_answered_once_and_by_the_cabal_alone() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");
    world.offer(&bob, request, Reach::Public).await;
    world.offer(&world.peer.person("eve"), request, Reach::Direct).await;
    let stranger = world.app.member("stranger").await;
    let offers = world.offers(request);
    let (open, private) = (offers[0].id, offers[1].id);

    assert!(matches!(world.accept(stranger, open).await, Err(ServiceError::Forbidden(_))));
    assert!(matches!(world.accept(stranger, private).await, Err(ServiceError::NotFound("offer"))), "it is secret");
    world.accept(world.ada, open).await.unwrap();
    let before = world.on_their_way().len();

    assert_eq!(code_of(world.accept(world.ada, open).await), "offer_already_answered");
    assert_eq!(code_of(world.decline(world.ada, open).await), "offer_already_answered");
    assert_eq!(world.on_their_way().len(), before, "nothing is sent for what did not happen");
}

#[tokio::test]
async fn an_answer_needs_words() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    world.offer(&world.peer.person("bob"), request, Reach::Public).await;
    let (ada, offer) = (world.ada, world.offers(request)[0].id);

    for words in ["", "  ", "\u{200b}", &"x".repeat(501)] {
        let words = words.to_owned();
        let outcome: Result<(), ServiceError> =
            world.app.app.write(move |tx| accept_offer(tx, ada, offer, &words)).await;
        assert!(matches!(outcome, Err(ServiceError::Refused(refusal)) if refusal.fields[0].field == "words"));
    }
    assert_eq!(world.offers(request)[0].state, OfferState::Waiting);
}

#[tokio::test]
async fn a_withdrawn_offer_or_request_cannot_be_answered() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let (bob, eve) = (world.peer.person("bob"), world.peer.person("eve"));
    let note = world.offer(&bob, request, Reach::Public).await;
    world.offer(&eve, request, Reach::Public).await;
    world.take(&bob, &world.act("Delete", &bob, &note["id"])).await;
    let offers = world.offers(request);

    assert_eq!(code_of(world.accept(world.ada, offers[0].id).await), "offer_withdrawn");
    let ada = world.ada;
    let withdrawn: Result<(), ServiceError> =
        world.app.app.write(move |tx| withdraw_help_request(tx, ada, request)).await;
    withdrawn.unwrap();
    assert_eq!(code_of(world.accept(world.ada, offers[1].id).await), "help_request_closed");
}

#[tokio::test]
async fn a_request_is_open_again_when_its_helper_takes_the_offer_back() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");
    let note = world.offer(&bob, request, Reach::Public).await;
    world.accept(world.ada, world.offers(request)[0].id).await.unwrap();

    world.take(&bob, &world.act("Delete", &bob, &note["id"])).await;

    assert_eq!(world.request(request).state, HelpRequestState::Open);
}

#[tokio::test]
async fn a_deleted_account_takes_its_offers_and_messages_with_it() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");
    world.offer(&bob, request, Reach::Public).await;
    let message = world.reply(&bob, "https://elsewhere.example/1", "hello", Reach::Direct);
    world.take(&bob, &world.act("Create", &bob, &message)).await;
    assert_eq!(world.messages().len(), 1);

    world.take(&bob, &world.act("Delete", &bob, &json!(bob.url))).await;

    let offer = world.offers(request).pop().unwrap();
    assert_eq!((offer.state, offer.content_html.as_str()), (OfferState::Withdrawn, ""));
    assert_eq!(world.messages().len(), 0);
}

#[tokio::test]
async fn an_offer_on_the_web_is_private_and_escaped() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;

    let id = world.offer_on_the_web(request).await.unwrap();

    let offers = world.offers(request);
    assert_eq!(offers[0].id, id);
    assert_eq!(offers[0].visibility, Visibility::Direct);
    assert_eq!(offers[0].content_html, "<p>I can &lt;b&gt;index&lt;/b&gt;</p>");
    assert_eq!(offers[0].contact.as_deref(), Some("gwen@mail.example"));
    world.accept(world.ada, id).await.unwrap();
    let everything = format!("{:?}", world.on_their_way());
    assert!(!everything.contains("gwen@mail.example") && !everything.contains("Gwen"), "{everything}");
}

#[tokio::test]
async fn what_is_closed_takes_no_offers_and_replies_become_messages() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let ada = world.ada;
    let withdrawn: Result<(), ServiceError> =
        world.app.app.write(move |tx| withdraw_help_request(tx, ada, request)).await;
    withdrawn.unwrap();

    assert_eq!(code_of(world.offer_on_the_web(request).await.map(|_| ())), "help_request_closed");
    world.offer(&world.peer.person("bob"), request, Reach::Public).await;

    assert_eq!((world.offers(request).len(), world.messages().len()), (0, 1));
}
