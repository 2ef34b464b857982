//! What becomes of help after an offer was accepted: done, free again, lapsed, renewed, thanked
//! for (rules H3, H4, H5).

use crate::support::fediverse::addressed;
use crate::support::peer::Person;
use crate::support::{Fediverse, Reach};
use caucus::db::credits::{Credit, list_credits};
use caucus::domain::Refusal;
use caucus::domain::help_request::HelpRequestState;
use caucus::domain::offer::{OfferState, WebOffer, WebOfferFields};
use caucus::domain::visibility::PUBLIC;
use caucus::ids::{HelpRequestId, MemberId, OfferId};
use caucus::services::ServiceError;
use caucus::services::answer_offer::accept_offer;
use caucus::services::finish_offer::{finish_offer, free_offer, note_word};
use caucus::services::help_course::renew_help_request;
use caucus::services::join_cabal::join_cabal;
use caucus::services::publish_help_request::{edit_help_request, withdraw_help_request};
use caucus::services::record_offer::{record_web_offer, withdraw_web_offer};
use caucus::workers::timers;
use chrono::TimeDelta;
use serde_json::Value;

type Outcome = Result<(), ServiceError>;

impl Fediverse {
    async fn accepted(&self, person: &Person, request: HelpRequestId, reach: Reach) -> (OfferId, Value) {
        let note = self.offer(person, request, reach).await;
        let (by, id) = (self.ada, self.offers(request).last().unwrap().id);
        let accepted: Outcome = self.app.app.write(move |tx| accept_offer(tx, by, id, "Yes, please!")).await;
        accepted.unwrap();
        (id, note)
    }

    async fn web_offer(&self, request: HelpRequestId) -> (OfferId, String) {
        let fields = WebOfferFields { name: "Gwen".into(), contact: "gwen@mail.example".into(), text: "I can".into() };
        let offer = WebOffer::parse(&fields).unwrap();
        let made: Result<_, ServiceError> = self.app.app.write(move |tx| record_web_offer(tx, request, offer)).await;
        let made = made.unwrap();
        (made.id, made.secret)
    }

    async fn finish(&self, by: MemberId, id: OfferId, name: &'static str) -> Outcome {
        self.app.app.write(move |tx| finish_offer(tx, by, id, name)).await
    }

    async fn free(&self, by: MemberId, id: OfferId) -> Outcome {
        self.app.app.write(move |tx| free_offer(tx, by, id)).await
    }

    async fn tick(&self) {
        while timers::step(&self.app.app).await.unwrap() > 0 {}
    }

    fn credits(&self) -> Vec<Credit> {
        list_credits(&mut self.app.store.connect(), self.cabal, 100).unwrap()
    }

    fn state(&self, request: HelpRequestId) -> HelpRequestState {
        self.request(request).state(self.app.app.now())
    }

    /// What the last letter that answers `note` says.
    fn last_letter(&self, note: &Value) -> String {
        self.answers_to(note).last().unwrap()["content"].as_str().unwrap().to_owned()
    }

    async fn says(&self, person: &Person, to: &Value, word: &str) {
        let note = self.reply(person, to["id"].as_str().unwrap(), word, Reach::Direct);
        self.take(person, &self.act("Create", person, &note)).await;
    }
}

fn code_of(outcome: Outcome) -> &'static str {
    match outcome {
        Err(ServiceError::Conflict(Refusal { code, .. })) => code,
        other => panic!("no conflict: {other:?}"),
    }
}

#[tokio::test]
async fn any_member_of_the_cabal_says_that_it_is_done_and_followers_see_it() {
    let world = Fediverse::start().await;
    let (bob, fan) = (world.peer.person("bob"), world.peer.person("fan"));
    world.take(&fan, &world.follow(&fan)).await;
    let request = world.help_request().await;
    let (offer, _) = world.accepted(&bob, request, Reach::Public).await;
    let (zoe, cabal) = (world.app.member("zoe").await, world.cabal);
    assert!(matches!(world.finish(zoe, offer, "").await, Err(ServiceError::Forbidden(_))));
    let joined: Outcome = world.app.app.write(move |tx| join_cabal(tx, zoe, cabal, "I thank people.")).await;
    joined.unwrap();

    world.finish(zoe, offer, "").await.unwrap();

    assert_eq!((world.state(request), world.offers(request)[0].state), (HelpRequestState::Done, OfferState::Done));
    assert_eq!(world.sent("Update").last().unwrap()["object"]["requestState"], "done");
    assert_eq!(code_of(world.finish(zoe, offer, "").await), "offer_not_accepted");
    assert_eq!(code_of(world.free(zoe, offer).await), "offer_not_accepted");
}

#[tokio::test]
async fn a_request_is_done_when_nobody_is_on_it_any_more_and_others_are_told() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let (bob, eve, joe) = (world.peer.person("bob"), world.peer.person("eve"), world.peer.person("joe"));
    let (first, _) = world.accepted(&bob, request, Reach::Public).await;
    let (second, _) = world.accepted(&eve, request, Reach::Direct).await;
    let waits = world.offer(&joe, request, Reach::Direct).await;

    world.finish(world.ada, first, "").await.unwrap();
    assert_eq!(world.state(request), HelpRequestState::Taken);
    assert_eq!(world.offers(request)[2].state, OfferState::Waiting);
    world.finish(world.ada, second, "").await.unwrap();

    assert_eq!(world.state(request), HelpRequestState::Done);
    assert_eq!(world.offers(request)[2].state, OfferState::Declined);
    assert!(world.last_letter(&waits).contains("is done now"));
}

#[tokio::test]
async fn a_freed_offer_opens_the_request_again_for_its_full_time() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");
    let (offer, note) = world.accepted(&bob, request, Reach::Direct).await;
    world.app.advance(TimeDelta::days(9));

    world.free(world.ada, offer).await.unwrap();

    assert_eq!((world.state(request), world.offers(request)[0].state), (HelpRequestState::Open, OfferState::Waiting));
    assert!(world.offers(request)[0].freed_at.is_some());
    assert!(world.last_letter(&note).contains("somebody else"));
    world.app.advance(TimeDelta::days(29));
    assert_eq!(world.state(request), HelpRequestState::Open);
}

#[tokio::test]
async fn who_offered_is_asked_once_whether_to_be_named_and_the_answer_is_remembered() {
    let world = Fediverse::start().await;
    let (bob, fan) = (world.peer.person("bob"), world.peer.person("fan"));
    world.take(&fan, &world.follow(&fan)).await;
    let first = world.help_request().await;
    let (offer, note) = world.accepted(&bob, first, Reach::Direct).await;
    world.finish(world.ada, offer, "").await.unwrap();
    let question = world.answers_to(&note).pop().unwrap();
    assert!(question["content"].as_str().unwrap().contains("yes or no"), "{question}");
    assert_eq!(addressed(&question), [bob.url.as_str()], "the question is for bob alone");
    assert_eq!(world.credits(), [], "nobody is named without consent");
    assert!(!format!("{:?}", world.sent("Update")).contains(&bob.handle), "not even in the request");

    world.says(&bob, &question, "Yes!").await;

    let credits = world.credits();
    assert_eq!((credits.len(), credits[0].name.as_str()), (1, bob.handle.as_str()));
    let public: Vec<Value> =
        world.sent("Create").into_iter().filter(|c| c["to"].to_string().contains(PUBLIC)).collect();
    assert!(public.last().unwrap()["object"]["content"].as_str().unwrap().contains("Thank you"), "{public:?}");
    assert_eq!(world.messages().len(), 0, "the answer is no message");
    let second = world.help_request().await;
    let (offer, note) = world.accepted(&bob, second, Reach::Direct).await;
    world.finish(world.ada, offer, "").await.unwrap();
    assert!(!world.last_letter(&note).contains("yes or no"), "asked once");
    assert_eq!(world.credits().len(), 2);

    world.says(&bob, &question, "No").await;
    assert_eq!(world.credits().len(), 0, "consent can be taken back");
}

#[tokio::test]
async fn a_no_or_the_yes_of_somebody_else_names_nobody() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let (bob, mallory) = (world.peer.person("bob"), world.peer.person("mallory"));
    let (offer, note) = world.accepted(&bob, request, Reach::Direct).await;
    world.finish(world.ada, offer, "").await.unwrap();
    let question = world.answers_to(&note).pop().unwrap();

    world.says(&mallory, &question, "yes").await;
    world.says(&bob, &question, "yes, of course, but without my name").await;
    assert_eq!(world.credits(), []);
    assert_eq!(world.messages().len(), 2, "what is no plain answer is read by people");
    world.says(&bob, &question, "no").await;

    assert_eq!((world.credits().len(), world.messages().len()), (0, 2));
}

#[tokio::test]
async fn who_offered_on_the_web_is_named_only_as_they_agreed() {
    let world = Fediverse::start().await;
    for (name, expected) in [("", None), ("Gwen <b>of</b> the mill", Some("Gwen <b>of</b> the mill"))] {
        let request = world.help_request().await;
        let (offer, _) = world.web_offer(request).await;
        let ada = world.ada;
        let accepted: Outcome = world.app.app.write(move |tx| accept_offer(tx, ada, offer, "Yes")).await;
        accepted.unwrap();

        world.finish(world.ada, offer, name).await.unwrap();

        assert_eq!(world.credits().first().map(|credit| credit.name.as_str()), expected);
    }
    let page = world.app.browser().get("/c/search").await;
    page.assert_sound();
    assert!(page.text().contains("Gwen <b>of</b> the mill"), "as text");
    let credit = world.app.browser().get(&format!("/notes/{}", world.credits()[0].id)).await;
    assert_eq!(credit.texts(".prose b").len(), 0);
    assert!(credit.text().contains("Thank you, Gwen <b>of</b> the mill"));
}

#[tokio::test]
async fn nobody_answers_the_question_in_place_of_a_person_from_the_fediverse() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let (offer, _) = world.accepted(&world.peer.person("bob"), request, Reach::Public).await;

    let outcome = world.finish(world.ada, offer, "Bob").await;

    assert!(matches!(outcome, Err(ServiceError::Refused(refusal)) if refusal.fields[0].field == "credit_name"));
    assert_eq!(world.offers(request)[0].state, OfferState::Accepted);
}

#[tokio::test]
async fn a_request_lapses_by_the_clock_and_everybody_is_told_once() {
    let world = Fediverse::start().await;
    let (bob, fan) = (world.peer.person("bob"), world.peer.person("fan"));
    world.take(&fan, &world.follow(&fan)).await;
    let request = world.help_request().await;
    let note = world.offer(&bob, request, Reach::Direct).await;
    world.app.advance(TimeDelta::days(30));
    assert_eq!(world.state(request), HelpRequestState::Lapsed, "whether a worker ran or not");
    assert!(!world.app.browser().get("/help-requests").await.text().contains("Index the minutes"));
    assert!(world.app.browser().get("/c/search").await.text().contains("lapsed"));

    world.tick().await;
    world.tick().await;

    assert_eq!(world.request(request).recorded, HelpRequestState::Lapsed);
    let updates = world.sent("Update");
    assert_eq!((updates.len(), &updates[0]["object"]["requestState"]), (1, &Value::from("lapsed")));
    assert_eq!(world.answers_to(&note).len(), 2, "thanked at first, told now");
    assert!(world.last_letter(&note).contains("has lapsed"));
}

#[tokio::test]
async fn a_renewed_request_is_open_for_another_thirty_days() {
    let world = Fediverse::start().await;
    let (request, ada) = (world.help_request().await, world.ada);
    let stranger = world.app.member("stranger").await;
    let renew =
        async |by: MemberId| -> Outcome { world.app.app.write(move |tx| renew_help_request(tx, by, request)).await };
    for days in [29, 30, 45] {
        world.app.advance(TimeDelta::days(days));
        world.tick().await;
        assert!(matches!(renew(stranger).await, Err(ServiceError::Forbidden(_))));
        renew(ada).await.unwrap();
        assert_eq!(world.state(request), HelpRequestState::Open, "after {days} days");
    }
    world.accepted(&world.peer.person("bob"), request, Reach::Public).await;
    assert_eq!(code_of(renew(ada).await), "help_request_taken");
}

#[tokio::test]
async fn an_accepted_offer_without_a_word_is_asked_about_and_then_freed() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");
    let (_, note) = world.accepted(&bob, request, Reach::Direct).await;
    let letters = world.answers_to(&note).len();

    world.app.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    world.tick().await;
    assert_eq!(world.answers_to(&note).len(), letters);
    world.app.advance(TimeDelta::seconds(1));
    world.tick().await;
    world.tick().await;
    assert_eq!(world.answers_to(&note).len(), letters + 1, "asked once");
    assert!(world.last_letter(&note).contains("How is it going"));
    world.app.advance(TimeDelta::days(3));
    world.tick().await;

    assert_eq!((world.state(request), world.offers(request)[0].state), (HelpRequestState::Open, OfferState::Waiting));
    assert!(world.last_letter(&note).contains("ten days"));
}

#[tokio::test]
async fn a_word_from_either_side_keeps_the_offer() {
    let world = Fediverse::start().await;
    let (request, ada) = (world.help_request().await, world.ada);
    let bob = world.peer.person("bob");
    let (offer, note) = world.accepted(&bob, request, Reach::Direct).await;
    world.app.advance(TimeDelta::days(8));
    let answer = world.answers_to(&note).pop().unwrap();
    world.says(&bob, &answer, "I have begun").await;
    world.app.advance(TimeDelta::days(8));
    let heard: Outcome = world.app.app.write(move |tx| note_word(tx, ada, offer)).await;
    heard.unwrap();
    world.app.advance(TimeDelta::days(8));
    world.offer(&bob, request, Reach::Direct).await;
    world.app.advance(TimeDelta::days(6));

    world.tick().await;

    assert_eq!(world.offers(request)[0].state, OfferState::Accepted);
    assert_eq!(world.offers(request).len(), 1, "who is on it does not offer again by writing");
    assert_eq!(world.messages().len(), 2);
}

#[tokio::test]
async fn everybody_who_offered_is_answered_when_a_request_is_changed_or_withdrawn() {
    let world = Fediverse::start().await;
    let (request, ada) = (world.help_request().await, world.ada);
    let (bob, eve) = (world.peer.person("bob"), world.peer.person("eve"));
    let (_, on_it) = world.accepted(&bob, request, Reach::Direct).await;
    let waits = world.offer(&eve, request, Reach::Direct).await;
    let (web, _) = world.web_offer(request).await;

    let new = world.new_help_request("Index the letters");
    let edited: Outcome = world.app.app.write(move |tx| edit_help_request(tx, ada, request, &new)).await;
    edited.unwrap();
    assert!(world.last_letter(&waits).contains("was changed"));
    let withdrawn: Outcome = world.app.app.write(move |tx| withdraw_help_request(tx, ada, request)).await;
    withdrawn.unwrap();

    for note in [&on_it, &waits] {
        assert!(world.last_letter(note).contains("does not need"), "{}", world.last_letter(note));
    }
    let states: Vec<OfferState> = world.offers(request).iter().map(|offer| offer.state).collect();
    assert_eq!(states, [OfferState::Declined, OfferState::Declined, OfferState::Waiting]);
    let mut ada = world.app.signed_in("ada").await;
    let inbox = ada.get("/c/search/messages").await;
    assert!(inbox.text().contains("gwen@mail.example") && inbox.text().contains("withdrawn"), "{}", inbox.text());
    let offer = ada.get(&format!("/offers/{web}")).await;
    assert_eq!(offer.texts("button[value=accept]").len(), 0, "there is nothing to accept any more");
    let form = offer.form("/answer").fill("words", "We are fine now, thank you.").choose("answer", "decline");
    assert_eq!(ada.submit(&form).await.status, 200);
    assert!(!ada.get("/c/search/messages").await.text().contains("gwen@mail.example"), "dealt with");
    assert_eq!(world.app.browser().get(&format!("/help-requests/{request}")).await.status, 410);
}

#[tokio::test]
async fn who_offered_on_the_web_follows_the_offer_by_a_private_link_and_takes_it_back() {
    let world = Fediverse::start().await;
    let (request, ada) = (world.help_request().await, world.ada);
    let (offer, secret) = world.web_offer(request).await;
    let accepted: Outcome = world.app.app.write(move |tx| accept_offer(tx, ada, offer, "On Monday!")).await;
    accepted.unwrap();
    let mut gwen = world.app.browser();

    let page = gwen.get(&format!("/my-offer/{secret}")).await;

    page.assert_sound();
    assert!(page.text().contains("Your offer is accepted") && page.text().contains("On Monday!"), "{}", page.text());
    assert!(page.headers["cache-control"].to_str().unwrap().contains("no-store"));
    let gone = gwen.submit(&page.form("/withdraw")).await;
    assert!(gone.text().contains("You have taken this offer back"), "{}", gone.text());
    assert!(!gone.text().contains("gwen@mail.example"));
    assert_eq!((world.state(request), world.offers(request)[0].state), (HelpRequestState::Open, OfferState::Withdrawn));
    for wrong in ["", "x", &secret[1..], &"A".repeat(43), &offer.to_string()] {
        assert_eq!(gwen.get(&format!("/my-offer/{wrong}")).await.status, 404, "{wrong}");
        let wrong = wrong.to_owned();
        let outcome: Outcome = world.app.app.write(move |tx| withdraw_web_offer(tx, &wrong)).await;
        assert!(matches!(outcome, Err(ServiceError::NotFound(_))));
    }
}

#[tokio::test]
async fn programs_can_do_what_the_pages_can() {
    let world = Fediverse::start().await;
    let request = world.help_request().await;
    let bob = world.peer.person("bob");
    let (offer, _) = world.accepted(&bob, request, Reach::Direct).await;
    let (api, stranger) = (world.app.api_of(world.ada).await, world.app.member("stranger").await);
    let stranger = world.app.api_of(stranger).await;
    for deed in ["done", "free", "word"] {
        let path = format!("/offers/{offer}/{deed}");
        stranger.post(&path, serde_json::json!({})).await.must_be(404);
        world.app.api().post(&path, serde_json::json!({})).await.must_be(401);
    }
    stranger.get("/cabals/search/offers").await.must_be(403);
    stranger.post(&format!("/help-requests/{request}/renew"), Value::Null).await.must_be(403);

    let listed = api.get("/cabals/search/offers?state=accepted").await.must_be(200).json();
    assert_eq!(listed["items"][0]["id"], offer.to_string());
    api.post(&format!("/offers/{offer}/word"), Value::Null).await.must_be(200);
    let freed = api.post(&format!("/offers/{offer}/free"), Value::Null).await.must_be(200).json();
    assert_eq!(freed["state"], "waiting");
    let renewed = api.post(&format!("/help-requests/{request}/renew"), Value::Null).await.must_be(200).json();
    assert_eq!((&renewed["state"], renewed["lapses_at"].is_string()), (&Value::from("open"), true));
    api.post(&format!("/offers/{offer}/accept"), serde_json::json!({"words": "Yes"})).await.must_be(200);
    let done = api.post(&format!("/offers/{offer}/done"), serde_json::json!({})).await.must_be(200).json();
    assert_eq!(done["state"], "done");
    api.post(&format!("/offers/{offer}/done"), serde_json::json!({})).await.must_be(409);
}
