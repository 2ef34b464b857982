//! What people do, by forms alone: join, form a cabal, ask, offer, answer, vote, amend.

use crate::support::town::{path_of, propose};
use crate::support::world::PASSWORD;
use crate::support::{TestApp, Town};
use chrono::TimeDelta;

#[tokio::test]
async fn a_visitor_joins_by_signing_and_keeps_a_receipt() {
    let (app, _) = TestApp::with_community().await;
    let mut carol = app.browser();
    let form = carol.get("/sign-up").await.form("/sign-up").fill("handle", "carol").fill("password", PASSWORD);

    let account = carol.submit(&form.choose("eligible", "yes").choose("signs", "yes")).await;

    assert_eq!(path_of(&account.url, "/account"), "/account");
    assert!(account.text().contains("You are a member now"));
    assert_eq!(account.texts("#signed ~ ul .code").len(), 1, "the fingerprint of what was signed");
    assert!(app.browser().get("/").await.text().contains("2 members"));
    app.signed_in("carol").await;
}

#[tokio::test]
async fn whoever_signs_a_text_that_changed_meanwhile_reads_again() {
    let (app, _) = TestApp::with_community().await;
    let mut carol = app.browser();
    let form = carol.get("/sign-up").await.form("/sign-up").fill("handle", "carol").fill("password", PASSWORD);
    let form = form.choose("eligible", "yes").choose("signs", "yes").fill("fingerprint", &"0".repeat(64));

    let page = carol.submit(&form).await;

    assert_eq!(page.status, 409);
    assert!(page.text().contains("have changed while you were reading"));
    assert_eq!(page.attribute("#handle", "value").as_deref(), Some("carol"));
    assert!(app.browser().get("/").await.text().contains("1 member"));
}

#[tokio::test]
async fn a_cabal_is_formed_joined_and_left() {
    let (app, _) = TestApp::with_community().await;
    app.member("bob").await;
    let (mut ada, mut bob) = (app.signed_in("ada").await, app.signed_in("bob").await);
    let form =
        ada.get("/cabals/new").await.form("/cabals/new").fill("name", "Weir Watch").fill("purpose", "We measure.");
    assert_eq!(path_of(&ada.submit(&form).await.url, "/c/"), "/c/weir_watch");

    let form = bob.get("/c/weir_watch/join").await.form("/join").fill("contribution", "I call the libraries.");
    let joined = bob.submit(&form).await;

    assert!(joined.text().contains("Welcome to the cabal."));
    assert!(joined.text().contains("I call the libraries."));
    assert!(!bob.get("/c/weir_watch").await.text().contains("Welcome"), "a notice is told once");
    let left = bob.get("/c/weir_watch/leave").await.form("/leave");
    let left = bob.submit(&left).await;
    assert!(!left.text().contains("I call the libraries."));
}

#[tokio::test]
async fn an_offer_by_the_web_form_is_read_and_answered_by_the_cabal() {
    let mut town = Town::new().await;
    let mut cora = town.app.browser();
    let form = cora.get(&format!("{}/offer", town.request)).await.form("/offer").fill("name", "Cora");
    let thanks = cora.submit(&form.fill("contact", "cora@mail.example").fill("text", "I read old hands.")).await;
    assert!(thanks.text().contains("Your offer has reached"), "{}", thanks.text());
    let public = town.app.browser().get(&town.request).await;
    assert!(!public.text().contains("cora@mail.example") && !public.text().contains("old hands"));

    let inbox = town.ada.get("/c/search/messages").await;
    assert!(inbox.text().contains("I read old hands."));
    let offer = path_of(&format!("{}{}", town.app.base, inbox.attribute(".card a", "href").unwrap()), "/offers/");
    let shown = town.ada.get(&offer).await;
    shown.assert_sound();
    assert!(shown.text().contains("cora@mail.example"));
    let form = shown.form("/answer");
    let wordless = town.ada.submit(&form.clone().choose("answer", "accept")).await;
    assert_eq!((wordless.status, wordless.trouble()), (422, vec!["words".to_owned()]));
    let answered = town.ada.submit(&form.fill("words", "Thank you, Cora!").choose("answer", "accept")).await;

    assert!(answered.text().contains("accepted"), "{}", answered.text());
    assert!(answered.text().contains("Thank you, Cora!"));
}

#[tokio::test]
async fn requests_and_progress_are_edited_and_withdrawn() {
    let mut town = Town::new().await;
    let form = town.ada.get(&format!("{}/edit", town.request)).await.form("/edit");
    let edited = town.ada.submit(&form.fill("what", "Proof-read fifty pages")).await;
    assert!(edited.text().contains("fifty pages"));
    let form = town.ada.get(&format!("{}/edit", town.progress)).await.form("/edit");
    let edited = town.ada.submit(&form.fill("text", "All pages are **read**.")).await;
    assert_eq!(edited.texts("main strong"), ["read"]);

    for path in [&town.request, &town.progress] {
        let question = town.ada.get(&format!("{path}/withdraw")).await;
        assert_eq!(town.ada.submit(&question.form("/withdraw")).await.status, 200);
        let gone = town.app.browser().get(path).await;
        assert_eq!(gone.status, 410, "{path}");
        gone.assert_sound();
    }
}

#[tokio::test]
async fn a_member_answers_a_poll_once() {
    let mut town = Town::new().await;
    let form = town.bob.get(&town.poll).await.form("/ballot").choose("choice", "1");

    let receipt = town.bob.submit(&form).await;

    receipt.assert_sound();
    assert!(receipt.text().contains("Your vote is counted"), "{}", receipt.text());
    assert_eq!(receipt.texts(".code").len(), 1);
    let again = town.bob.submit(&form).await;
    assert_eq!(again.status, 409);
    assert!(town.bob.get(&town.poll).await.text().contains("1 voter"));
}

#[tokio::test]
async fn a_ballot_without_a_choice_is_asked_again() {
    let mut town = Town::new().await;
    let form = town.bob.get(&town.poll).await.form("/ballot");

    let page = town.bob.submit(&form).await;

    assert_eq!((page.status, page.trouble()), (422, vec!["choice".to_owned()]));
    page.assert_sound();
    assert!(town.bob.get(&town.poll).await.text().contains("0 voters"));
}

#[tokio::test]
async fn an_amendment_goes_from_proposal_to_the_new_text() {
    let mut town = Town::new().await;
    let path = town.amendment.clone();
    let shown = town.bob.get(&path).await;
    assert_eq!(shown.texts(".diff ins").len(), 1, "what is added is marked as such");
    assert!(shown.texts(".diff ins")[0].contains("[added:"), "and for those who hear the page");
    town.bob.submit(&shown.form("/backing")).await;
    let own = town.ada.get(&path).await;
    let opened = town.ada.submit(&own.form("/opening")).await;
    assert!(opened.text().contains("The vote is open for one week"), "{}", opened.text());
    for browser in [&mut town.ada, &mut town.bob] {
        let form = browser.get(&path).await.form("/ballot").choose("choice", "0");
        assert_eq!(browser.submit(&form).await.status, 200);
    }
    let open = town.app.browser().get(&path).await;
    assert!(open.texts(".bars").is_empty(), "no numbers while the vote is open");

    town.app.advance(TimeDelta::days(7));
    let closed = town.app.browser().get(&path).await;

    assert!(closed.text().contains("Carried"), "{}", closed.text());
    assert_eq!(closed.texts("td.figure"), ["100.0 %", "100.0 %", "100.0 %"]);
    let record = closed.attribute("a[href$='record.json']", "href").unwrap();
    assert_eq!(town.app.browser().get(&record).await.headers["content-type"].to_str().unwrap(), "application/json");
    assert!(town.bob.get("/documents/agreement").await.text().contains("and our neighbours"));
}

#[tokio::test]
async fn an_edited_amendment_needs_its_backing_anew() {
    let mut town = Town::new().await;
    let path = propose(&mut town.ada, "We help everybody.").await;
    let form = town.bob.get(&path).await.form("/backing");
    assert!(town.bob.submit(&form).await.text().contains("Backed by 1 member"));

    let edit = town.ada.get(&format!("{path}/edit")).await;
    let form = edit.form("/edit").fill("text", "We help everybody who asks.");
    let preview = town.ada.submit(&form.choose("step", "preview")).await;
    let saved = town.ada.submit(&preview.form("/edit").choose("step", "propose")).await;

    assert!(saved.text().contains("Nobody has backed this amendment yet"), "{}", saved.text());
}
