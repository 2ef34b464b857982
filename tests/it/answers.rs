//! The answers of a cabal to offers, and offers on the web (H2, H3, H6).

use crate::support::fediverse::addressed;
use crate::support::{Fediverse, Reach};
use caucus::domain::Refusal;
use caucus::domain::help_request::HelpRequestState;
use caucus::domain::offer::{OfferState, WebOffer, WebOfferFields};
use caucus::domain::visibility::{PUBLIC, Visibility};
use caucus::ids::{HelpRequestId, MemberId, OfferId};
use caucus::services::ServiceError;
use caucus::services::answer_offer::{accept_offer, decline_offer};
use caucus::services::publish_help_request::withdraw_help_request;
use caucus::services::record_offer::record_web_offer;
use serde_json::json;

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
        let made: Result<_, ServiceError> = self.app.app.write(move |tx| record_web_offer(tx, request, offer)).await;
        made.map(|made| made.id)
    }
}

fn code_of(outcome: Result<(), ServiceError>) -> &'static str {
    match outcome {
        Err(ServiceError::Conflict(Refusal { code, .. })) => code,
        other => panic!("no conflict: {other:?}"),
    }
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

    assert_eq!(world.request(request).recorded, HelpRequestState::Taken);
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

    assert_eq!(world.request(request).recorded, HelpRequestState::Open);
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
    assert_eq!(code_of(world.accept(world.ada, offers[1].id).await), "offer_already_answered");
}

#[tokio::test]
async fn a_request_is_open_again_when_its_helper_takes_the_offer_back() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");
    let note = world.offer(&bob, request, Reach::Public).await;
    world.accept(world.ada, world.offers(request)[0].id).await.unwrap();

    world.take(&bob, &world.act("Delete", &bob, &note["id"])).await;

    assert_eq!(world.request(request).recorded, HelpRequestState::Open);
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
