//! Passwords, sessions and leaving (rule J4; security.md AC-11, AC-12, AC-20).

use crate::support::rows::dump;
use crate::support::world::PASSWORD;
use crate::support::{Browser, Fediverse, Reach, TestApp, Town};
use caucus::db::credits::list_credits;
use caucus::domain::token::TokenScope;
use caucus::services::ServiceError;
use caucus::services::answer_offer::accept_offer;
use caucus::services::change_password::make_reset_link;
use caucus::services::finish_offer::finish_offer;
use chrono::TimeDelta;

const NEW: &str = "an entirely new pass phrase";

async fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/account").await.url.ends_with("/account")
}

#[tokio::test]
async fn a_changed_password_ends_other_sessions_and_tokens_and_says_so() {
    let (app, ada) = TestApp::with_community().await;
    let (mut here, mut elsewhere) = (app.signed_in("ada").await, app.signed_in("ada").await);
    let api = app.api().with(&app.token(ada, TokenScope::Write).await);
    let page = here.get("/account/password").await;
    page.assert_sound();
    for (old, new, field) in [("wrong wrong wrong", NEW, "password"), (PASSWORD, "short", "new_password")] {
        let refused =
            here.submit(&page.form("/account/password").fill("password", old).fill("new_password", new)).await;
        assert_eq!((refused.status, refused.trouble()), (422, vec![field.to_owned()]));
    }
    assert!(is_signed_in(&mut elsewhere).await);

    let done = here.submit(&page.form("/account/password").fill("password", PASSWORD).fill("new_password", NEW)).await;

    assert!(done.text().contains("1 other session and 1 token for programs ended"), "{}", done.text());
    assert!(is_signed_in(&mut here).await);
    assert!(!is_signed_in(&mut elsewhere).await);
    api.get("/me").await.must_be(401);
    let form = app.browser().get("/sign-in").await.form("/sign-in").fill("handle", "ada");
    assert_eq!(app.browser().submit(&form.clone().fill("password", PASSWORD)).await.status, 403, "no cookie, no form");
    let mut third = app.browser();
    let form = third.get("/sign-in").await.form("/sign-in").fill("handle", "ada").fill("password", PASSWORD);
    assert_eq!(third.submit(&form).await.status, 422);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one() {
    let town = Town::new().await;
    let (mut here, mut elsewhere) = (town.app.signed_in("bob").await, town.app.signed_in("bob").await);
    let page = here.get("/account/sessions").await;
    page.assert_sound();
    assert_eq!(page.texts("main .card").len(), 3, "the town has one, too");
    let mut ada = town.app.signed_in("ada").await;
    let foreign = ada.get("/account/sessions").await.form("/end").forge("session", &session_of(&page));
    assert_eq!(ada.submit(&foreign).await.status, 404, "nobody ends the session of somebody else");

    let all = page.form("/end").forge("session", "");
    let after = here.submit(&all).await;

    assert_eq!(after.texts("main .card").len(), 1);
    assert!(!is_signed_in(&mut elsewhere).await);
    assert!(is_signed_in(&mut here).await);
}

fn session_of(page: &crate::support::browser::Page) -> String {
    page.attribute("input[name=session]", "value").unwrap()
}

#[tokio::test]
async fn a_reset_link_works_once_for_half_an_hour_and_for_one_member() {
    let (app, ada) = TestApp::with_community().await;
    let mut elsewhere = app.signed_in("ada").await;
    let api = app.api().with(&app.token(ada, TokenScope::Write).await);
    let link = async || -> String {
        let made: Result<String, ServiceError> = app.app.write(move |tx| make_reset_link(tx, "ada")).await;
        format!("/reset/{}", made.unwrap())
    };
    let (first, late) = (link().await, link().await);
    let mut browser = app.browser();
    assert_eq!(browser.get(&first).await.status, 404, "a newer link takes its place");
    app.advance(TimeDelta::minutes(30));
    assert_eq!(browser.get(&late).await.status, 404, "too late");
    for wrong in ["/reset/", "/reset/x", &format!("/reset/{}", "A".repeat(43))] {
        assert_eq!(browser.get(wrong).await.status, 404, "{wrong}");
    }
    let good = link().await;
    let page = browser.get(&good).await;
    page.assert_sound();
    assert!(page.headers["cache-control"].to_str().unwrap().contains("no-store"));
    let short = browser.submit(&page.form(&good).fill("new_password", "short")).await;
    assert_eq!((short.status, short.trouble()), (422, vec!["new_password".to_owned()]));

    let done = browser.submit(&page.form(&good).fill("new_password", NEW)).await;

    assert!(done.url.ends_with("/account") && done.text().contains("Your new password is set"), "{}", done.text());
    assert_eq!(app.browser().get(&good).await.status, 404, "used up");
    assert!(!is_signed_in(&mut elsewhere).await);
    api.get("/me").await.must_be(401);
    assert!(!format!("{:?}", dump(&app)).contains(good.trim_start_matches("/reset/")), "only its hash is stored");
    let missing: Result<String, ServiceError> = app.app.write(move |tx| make_reset_link(tx, "nobody")).await;
    assert!(matches!(missing, Err(ServiceError::NotFound("member"))));
}

#[tokio::test]
async fn who_leaves_leaves_nothing_personal_behind() {
    let mut town = Town::new().await;
    let mut carol = town.app.browser();
    let form = carol.get("/sign-up").await.form("/sign-up").fill("handle", "carol_quist").fill("name", "Carol Quist");
    let form = form.fill("password", PASSWORD).choose("eligible", "yes").choose("signs", "yes");
    carol.submit(&form).await;
    let form = carol.get("/c/search/join").await.form("/join").fill("contribution", "Carol brings her ladder.");
    carol.submit(&form).await;
    let form = carol.get(&town.poll).await.form("/ballot").choose("choice", "1");
    carol.submit(&form).await;
    let backing = carol.get(&town.amendment).await.form("/backing");
    carol.submit(&backing).await;
    let page = carol.get("/account/leave").await;
    page.assert_sound();
    assert!(page.text().contains("goes on with 1 other member"), "{}", page.text());

    let left = carol.submit(&page.form("/account/leave")).await;

    left.assert_sound();
    assert_eq!(left.texts("h1"), ["You have left"]);
    assert_eq!(carol.cookie("caucus"), None);
    let everything = format!("{:?}", dump(&town.app));
    for personal in ["carol_quist", "Carol Quist", "ladder"] {
        assert!(!everything.contains(personal), "{personal} is still there");
    }
    let links = &dump(&town.app)["ballot_links"];
    assert!(links.len() == 1 && links[0].contains(" | left:"), "no way leads to the ballot: {links:?}");
    assert_eq!(dump(&town.app)["ballots"].len(), 1, "which counts");
    assert!(town.app.browser().get("/").await.text().contains("2 members"));
    assert!(town.ada.get(&town.amendment).await.text().contains("Nobody has backed"), "backing goes with the backer");
    let mut again = town.app.browser();
    let form = again.get("/sign-up").await.form("/sign-up").fill("handle", "carol_quist").fill("password", PASSWORD);
    let taken = again.submit(&form.choose("eligible", "yes").choose("signs", "yes")).await;
    assert_eq!((taken.status, taken.trouble()), (422, vec!["handle".to_owned()]), "no handle is taken again");
    let form = again.get("/sign-in").await.form("/sign-in").fill("handle", "carol_quist").fill("password", PASSWORD);
    assert_eq!(again.submit(&form).await.status, 422);
}

#[tokio::test]
async fn who_leaves_keeps_the_thanks_that_they_chose_and_cannot_vote_again() {
    let world = Fediverse::start().await;
    let bob = world.peer.person("bob");
    let member = world.app.member("bob").await;
    world.link(member, &bob.url).await;
    for _ in 0..2 {
        let request = world.help_request().await;
        let note = world.offer(&bob, request, Reach::Direct).await;
        let (by, id) = (world.ada, world.offers(request)[0].id);
        let done: Result<(), ServiceError> = world
            .app
            .app
            .write(move |tx| {
                accept_offer(tx, by, id, "Yes")?;
                finish_offer(tx, by, id, "")
            })
            .await;
        done.unwrap();
        if let Some(question) = world.answers_to(&note).pop() {
            let yes = world.reply(&bob, question["id"].as_str().unwrap(), "yes", Reach::Direct);
            world.take(&bob, &world.act("Create", &bob, &yes)).await;
        }
    }
    let credits = list_credits(&mut world.app.store.connect(), world.cabal, 10).unwrap();
    assert_eq!(credits.len(), 2);
    let mut browser = world.app.signed_in("bob").await;
    let form = browser.get("/account/leave").await.form("/account/leave").choose("keep", &credits[0].id.to_string());

    browser.submit(&form).await;

    let kept = list_credits(&mut world.app.store.connect(), world.cabal, 10).unwrap();
    assert_eq!(kept, [credits[0].clone()]);
    assert_eq!(world.sent("Delete").len(), 1, "the other is deleted where it went");
    assert!(!format!("{:?}", dump(&world.app)["credit_consents"]).contains(&bob.url));
}

#[tokio::test]
async fn a_program_may_leave_for_its_member_unless_it_may_only_read() {
    let (app, _) = TestApp::with_community().await;
    let bob = app.member("bob").await;
    let reader = app.api().with(&app.token(bob, TokenScope::Read).await);
    reader.delete("/me").await.must_be(403);
    app.api().delete("/me").await.must_be(401);

    app.api_of(bob).await.delete("/me").await.must_be(204);

    reader.get("/me").await.must_be(401);
    assert!(app.browser().get("/").await.text().contains("1 member"));
}

#[tokio::test]
async fn a_cabal_that_its_last_member_left_rests_until_it_is_adopted() {
    let mut town = Town::new().await;
    let page = town.ada.get("/c/search/leave").await;
    page.assert_sound();
    assert!(page.text().contains("You are its last member"), "{}", page.text());
    town.ada.submit(&page.form("/leave")).await;
    assert!(town.app.browser().get("/cabals").await.text().contains("resting"));
    let seen = town.bob.get("/c/search").await;
    assert!(seen.text().contains("nobody is in it at the moment"), "{}", seen.text());
    let adopt = town.bob.get("/c/search/join").await;
    assert_eq!(adopt.texts("h1"), ["Adopt The search"]);

    let adopted = town.bob.submit(&adopt.form("/join").fill("contribution", "I take it on.")).await;

    assert!(adopted.texts("#members ~ .cards").concat().contains("lead"), "{}", adopted.text());
    assert!(adopted.text().contains("active") && !adopted.text().contains("resting"), "{}", adopted.text());
    let page = town.ada.get("/c/search/join").await;
    assert_eq!(page.texts("h1"), ["Join The search"], "nobody adopts what somebody has adopted");
}

#[tokio::test]
async fn a_ballot_in_an_open_vote_counts_after_its_voter_left_and_nothing_leads_to_it() {
    let mut town = Town::new().await;
    let path = town.amendment.clone();
    let backing = town.bob.get(&path).await.form("/backing");
    town.bob.submit(&backing).await;
    let opening = town.ada.get(&path).await.form("/opening");
    town.ada.submit(&opening).await;
    for browser in [&mut town.ada, &mut town.bob] {
        let form = browser.get(&path).await.form("/ballot").choose("choice", "0");
        assert_eq!(browser.submit(&form).await.status, 200);
    }
    let leave = town.bob.get("/account/leave").await.form("/account/leave");

    assert_eq!(town.bob.submit(&leave).await.status, 200);

    let links = dump(&town.app)["ballot_links"].clone();
    let named = |word: &str| links.iter().filter(|row| row.split(" | ").nth(1).unwrap().starts_with(word)).count();
    assert_eq!((named("member:"), named("left:")), (1, 1), "his leads to a random word: {links:?}");
    town.app.advance(TimeDelta::days(7));
    let closed = town.app.browser().get(&path).await;
    assert!(closed.text().contains("Carried"), "both votes count: {}", closed.text());
}
