//! Who may see what on pages (J5, PV-1, PV-2, K2): offers, contacts and messages are for the
//! cabal, the roll for nobody.

use crate::support::{Browser, TestApp, Town};
use caucus::db::offers::{Offer, insert_offer_once};
use caucus::domain::offer::{OfferChannel, OfferState};
use caucus::domain::visibility::Visibility;
use caucus::ids::OfferId;
use caucus::services::ServiceError;

/// An offer of each visibility, with words by which it can be told.
async fn offers(town: &Town) -> Vec<(Visibility, OfferId, String)> {
    let request = town.request.trim_start_matches("/help-requests/").parse().unwrap();
    let mut made = Vec::new();
    for visibility in [Visibility::Public, Visibility::Unlisted, Visibility::Followers, Visibility::Direct] {
        let words = format!("I offer this in a {} way", visibility.as_str());
        let text = words.clone();
        let id: Result<OfferId, ServiceError> = town
            .app
            .app
            .write(move |tx| {
                let id = OfferId::from_uuid(tx.next_id());
                let offer = Offer {
                    id,
                    help_request_id: request,
                    channel: OfferChannel::Fediverse,
                    offerer_actor: Some("https://masto.test/users/zoe".to_owned()),
                    note_id: Some(format!("https://masto.test/notes/{id}")),
                    offerer_name: "@zoe@masto.test".to_owned(),
                    contact: Some(format!("contact of {}", visibility.as_str())),
                    content_html: format!("<p>{text}</p>"),
                    visibility,
                    state: OfferState::Waiting,
                    received_at: tx.now,
                    edited_at: None,
                    answered_by: None,
                    answer_text: None,
                    answered_at: None,
                    word_at: None,
                    freed_at: None,
                    done_at: None,
                };
                insert_offer_once(tx, &offer)?;
                Ok(id)
            })
            .await;
        made.push((visibility, id.unwrap(), words));
    }
    made
}

#[tokio::test]
async fn each_offer_is_seen_by_those_for_whom_it_is() {
    let mut town = Town::new().await;
    let offers = offers(&town).await;
    let request = town.request.clone();
    let mut visitor = town.app.browser();

    for (visibility, id, words) in &offers {
        let is_open = visibility.is_for_everybody();
        let contact = format!("contact of {}", visibility.as_str());
        let viewers: [(&str, &mut Browser, bool); 3] = [
            ("a visitor", &mut visitor, false),
            ("another member", &mut town.bob, false),
            ("the cabal", &mut town.ada, true),
        ];
        for (who, browser, is_cabal) in viewers {
            let list = browser.get(&request).await;
            let own = browser.get(&format!("/offers/{id}")).await;
            assert_eq!(list.body.contains(words), is_open || is_cabal, "{who} reads a {visibility} offer in the list");
            assert_eq!(own.status, if is_open || is_cabal { 200 } else { 404 }, "{who} opens a {visibility} offer");
            assert_eq!(list.body.contains(&contact), is_cabal, "{who} sees the contact of a {visibility} offer");
            assert_eq!(own.body.contains(&contact), is_cabal, "{who} sees the contact of a {visibility} offer");
        }
    }
}

#[tokio::test]
async fn an_offer_that_one_may_not_see_is_like_one_that_does_not_exist() {
    let mut town = Town::new().await;
    let offers = offers(&town).await;
    let (_, hidden, _) = offers.iter().find(|(visibility, ..)| *visibility == Visibility::Direct).unwrap();

    let hidden = town.bob.get(&format!("/offers/{hidden}")).await;
    let none = town.bob.get("/offers/01a204b7-6c6b-7000-836a-b3009d4d7dcb").await;

    assert_eq!((hidden.status, &hidden.body), (none.status, &none.body));
}

#[tokio::test]
async fn the_cabals_inbox_and_its_acts_are_for_its_members() {
    let mut town = Town::new().await;
    for path in [
        "/c/search/messages".to_owned(),
        "/c/search/help-requests/new".to_owned(),
        "/c/search/progress/new".to_owned(),
        "/c/search/polls/new".to_owned(),
        format!("{}/edit", town.request),
        format!("{}/edit", town.progress),
        format!("{}/edit", town.amendment),
        "/steward".to_owned(),
    ] {
        let page = town.bob.get(&path).await;
        assert_eq!(page.status, 403, "{path}");
        page.assert_sound();
        let visitor = town.app.browser().get(&path).await;
        assert!(visitor.url.contains("/sign-in?next="), "{path} asks visitors to sign in");
    }
}

#[tokio::test]
async fn another_member_cannot_withdraw_or_answer_in_the_name_of_a_cabal() {
    let mut town = Town::new().await;
    let offers = offers(&town).await;
    let token = town.bob.get("/account").await;
    let forged = |action: &str| token.form("/sign-out").at(action);

    for action in [
        format!("{}/withdraw", town.request),
        format!("{}/withdraw", town.progress),
        format!("{}/opening", town.amendment),
        format!("{}/withdraw", town.amendment),
        format!("/offers/{}/answer", offers[0].1),
    ] {
        let form = forged(&town.app.url(&action)).choose("words", "no").choose("answer", "decline");
        let page = town.bob.submit(&form).await;
        assert!([403, 404, 409, 422].contains(&page.status), "{action} answers {}", page.status);
    }
    assert_eq!(town.ada.get(&town.request).await.status, 200);
    assert_eq!(town.ada.get(&town.progress).await.status, 200);
    assert!(town.ada.get(&format!("/offers/{}", offers[0].1)).await.text().contains("waiting"));
    assert!(town.ada.get(&town.amendment).await.text().contains("looking for a backer"));
}

#[tokio::test]
async fn strangers_learn_no_name_of_a_member() {
    let (app, by) = TestApp::with_community().await;
    app.member("zebedee").await;
    app.cabal(by, "search").await;
    let mut zebedee = app.signed_in("zebedee").await;
    let form = zebedee.get("/c/search/join").await.form("/join").fill("contribution", "I sort the boxes.");
    zebedee.submit(&form).await;
    let amendment = crate::support::town::propose(&mut zebedee, "We help everybody.").await;
    let mut visitor = app.browser();

    for path in ["/", "/c/search", "/cabals", "/log", "/documents/agreement", "/amendments", &amendment] {
        let body = visitor.get(path).await.body;
        for private in ["zebedee", "Zebedee", "I sort the boxes.", "Ada", ">ada<"] {
            assert!(!body.contains(private), "{path} tells strangers of {private}");
        }
    }
    assert!(zebedee.get("/c/search").await.text().contains("I sort the boxes."));
    assert!(visitor.get("/").await.text().contains("2 members"), "the size of the roll is public");
}
