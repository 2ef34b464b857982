//! Sessions, forged forms, guessing (security.md AC-1 to AC-9, AC-12).

use crate::support::browser::Page;
use crate::support::world::PASSWORD;
use crate::support::{Browser, TestApp, Town};
use chrono::TimeDelta;
use reqwest::header::HeaderMap;

/// Sends a POST by hand, as any program could.
#[expect(clippy::disallowed_types, reason = "the test plays a browser")]
async fn post(url: &str, headers: Headers<'_>, body: &str) -> (u16, HeaderMap) {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut request = client.post(url).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.headers().clone())
}

type Headers<'a> = &'a [(&'a str, &'a str)];

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test]
async fn forms_that_were_not_sent_from_our_page_change_nothing() {
    let mut town = Town::new().await;
    let form_token = town.bob.get(&town.poll).await.attribute("input[name=form_token]", "value").unwrap();
    let cookie = format!("caucus={}", town.bob.cookie("caucus").unwrap());
    let other = town.ada.get("/account").await.attribute("input[name=form_token]", "value").unwrap();
    let (url, base) = (town.app.url(&format!("{}/ballot", town.poll)), town.app.base.clone());
    let good = format!("form_token={form_token}&choice=0");
    let cookie = ("cookie", cookie.as_str());
    let own = ("origin", base.as_str());

    let refused: &[(u16, Headers<'_>, &str)] = &[
        (403, &[FORM, cookie, ("origin", "https://evil.test")], &good),
        (403, &[FORM, cookie, ("origin", "null")], &good),
        (403, &[FORM, cookie, own, ("sec-fetch-site", "cross-site")], &good),
        (403, &[FORM, cookie, ("sec-fetch-site", "same-site")], &good),
        (403, &[FORM, cookie, own], "choice=0"),
        (403, &[FORM, cookie, own], "form_token=&choice=0"),
        (403, &[FORM, cookie, own], &format!("form_token={other}&choice=0")),
        (403, &[FORM, own], &good),
        (403, &[FORM, ("cookie", "caucus=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), own], &good),
        (400, &[("content-type", "text/plain"), cookie, own], &good),
        (400, &[("content-type", "application/json"), cookie, own], "{}"),
        (400, &[("content-type", "multipart/form-data; boundary=x"), cookie, own], &good),
        (413, &[FORM, cookie, own], &format!("{good}&text={}", "x".repeat(65 * 1024))),
    ];
    for (status, headers, body) in refused {
        let (got, _) = post(&url, headers, body).await;
        assert_eq!(got, *status, "{headers:?} {}", &body[..body.len().min(60)]);
    }
    assert!(town.bob.get(&town.poll).await.text().contains("0 voters"), "nothing was done");

    assert_eq!(post(&url, &[FORM, cookie, own], &good).await.0, 200);
    assert!(town.bob.get(&town.poll).await.text().contains("1 voter"));
}

#[tokio::test]
async fn opening_an_address_that_acts_does_nothing() {
    let mut town = Town::new().await;
    let acting = [
        format!("{}/ballot?choice=0", town.poll),
        format!("{}/backing", town.amendment),
        "/c/search/leave".to_owned(),
        "/sign-out".to_owned(),
        "/account/tokens".to_owned(),
    ];
    let pages = [town.poll.clone(), town.amendment.clone(), "/c/search/leave".into(), "/".into(), "/account".into()];
    for (path, leads_to) in acting.iter().zip(&pages) {
        let page = town.ada.get(path).await;
        assert_eq!((page.status, page.url), (200, town.app.url(leads_to)), "{path}");
    }
    assert!(town.ada.get("/c/search").await.text().contains("Leave this cabal"), "still signed in and still a member");
}

#[tokio::test]
async fn signing_in_gives_a_new_session_and_ends_the_old_one() {
    let (app, _) = TestApp::with_community().await;
    let mut browser = app.browser();
    let form = browser.get("/sign-in").await.form("/sign-in").fill("handle", "ada").fill("password", PASSWORD);
    let before = browser.cookie("caucus").unwrap().to_owned();

    browser.submit(&form).await;

    let after = browser.cookie("caucus").unwrap().to_owned();
    assert_ne!(before, after);
    let account = app.url("/account");
    assert_eq!(status_with(&account, &before).await, 303);
    assert_eq!(status_with(&account, &after).await, 200);

    let out = browser.get("/account").await.form("/sign-out");
    browser.submit(&out).await;
    assert_eq!(browser.cookie("caucus"), None);
    assert_eq!(status_with(&account, &after).await, 303, "the session is ended, not only forgotten");
}

#[expect(clippy::disallowed_types, reason = "the test plays a browser")]
async fn status_with(url: &str, secret: &str) -> u16 {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = client.get(url).header("cookie", format!("caucus={secret}"));
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_session_ends_by_itself_after_thirty_days() {
    let (app, _) = TestApp::with_community().await;
    let mut ada = app.signed_in("ada").await;
    app.advance(TimeDelta::days(29));
    assert!(ada.get("/account").await.url.ends_with("/account"));

    app.advance(TimeDelta::days(1));

    assert!(ada.get("/account").await.url.contains("/sign-in?next=%2Faccount"));
}

#[tokio::test]
async fn the_store_holds_no_secret_of_a_session() {
    let (app, _) = TestApp::with_community().await;
    let ada = app.signed_in("ada").await;
    let secret = ada.cookie("caucus").unwrap().to_owned();
    let hash = caucus::ids::secret_hash(&secret);

    let (found, as_secret) = app
        .app
        .read(move |conn| -> Result<_, caucus::db::DbError> {
            let now = crate::support::app::test_start();
            let stored = caucus::db::sessions::find_session(conn, &hash, now)?.is_some();
            Ok((stored, caucus::db::sessions::find_session(conn, &secret, now)?.is_some()))
        })
        .await
        .unwrap();

    assert!(found && !as_secret);
}

#[tokio::test]
async fn cookies_are_out_of_reach_of_scripts_and_of_other_sites() {
    let (app, _) = TestApp::with_community().await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    let form_cookie = set_cookie(&page);
    let token = page.attribute("input[name=form_token]", "value").unwrap();
    let body = format!("form_token={token}&handle=ada&password={}", PASSWORD.replace(' ', "+"));
    let cookie = format!("caucus={}", browser.cookie("caucus").unwrap());

    let (status, headers) = post(&app.url("/sign-in"), &[FORM, ("cookie", &cookie)], &body).await;

    assert_eq!(status, 303);
    for cookie in [form_cookie, headers["set-cookie"].to_str().unwrap().to_owned()] {
        for part in ["Path=/", "HttpOnly", "SameSite=Lax"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

fn set_cookie(page: &Page) -> String {
    page.headers["set-cookie"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_eleventh_guess_waits_even_if_it_is_right_and_from_elsewhere() {
    let (app, _) = TestApp::with_community().await;
    let mut eve = app.browser();
    for guess in 0..10 {
        let page = try_password(&mut eve, "ada", &format!("wrong guess {guess}")).await;
        assert_eq!(page.status, 422);
        assert!(page.text().contains("do not belong together"));
    }

    let mut elsewhere = app.browser();
    let page = try_password(&mut elsewhere, "@ADA", PASSWORD).await;

    assert_eq!(page.status, 429);
    page.assert_sound();
    assert!(page.headers.contains_key("retry-after"));
    app.advance(TimeDelta::minutes(10));
    assert_eq!(try_password(&mut elsewhere, "ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn whoever_guesses_locks_nobody_out_of_a_browser_in_which_they_signed_in_before() {
    let (app, _) = TestApp::with_community().await;
    app.member("bea").await;
    let mut at_home = app.browser();
    assert_eq!(try_password(&mut at_home, "ada", PASSWORD).await.status, 200);
    let sign_out = at_home.get("/account").await.form("/sign-out");
    at_home.submit(&sign_out).await;
    let mut mallory = app.browser();
    assert_eq!(try_password(&mut mallory, "bea", PASSWORD).await.status, 200, "mallory is a member too");
    let sign_out = mallory.get("/account").await.form("/sign-out");
    mallory.submit(&sign_out).await;
    // One of the ten was used up when ada signed in for the first time.
    for guess in 0..9 {
        assert_eq!(try_password(&mut mallory, "ada", &format!("wrong guess {guess}")).await.status, 422);
    }

    assert_eq!(try_password(&mut mallory, "ada", PASSWORD).await.status, 429, "their mark is for bea alone");
    assert_eq!(try_password(&mut app.browser(), "ada", PASSWORD).await.status, 429);
    assert_eq!(try_password(&mut at_home, "ada", PASSWORD).await.status, 200);
    // In the known browser, too, nobody guesses for ever.
    let sign_out = at_home.get("/account").await.form("/sign-out");
    at_home.submit(&sign_out).await;
    for guess in 0..10 {
        assert_eq!(try_password(&mut at_home, "ada", &format!("wrong guess {guess}")).await.status, 422);
    }
    assert_eq!(try_password(&mut at_home, "ada", PASSWORD).await.status, 429);
}

async fn try_password(browser: &mut Browser, handle: &str, password: &str) -> Page {
    let form = browser.get("/sign-in").await.form("/sign-in").fill("handle", handle).fill("password", password);
    browser.submit(&form).await
}

#[tokio::test]
async fn a_forwarded_address_counts_only_from_a_proxy_of_ours() {
    let (app, _) = TestApp::with_community().await;
    let mut statuses = Vec::new();
    for guess in 0..31 {
        let mut browser = app.browser();
        let page = browser.get("/sign-in").await;
        let token = page.attribute("input[name=form_token]", "value").unwrap();
        let cookie = format!("caucus={}", browser.cookie("caucus").unwrap());
        let (body, address) =
            (format!("form_token={token}&handle=nobody{guess}&password=x"), format!("203.0.113.{guess}"));
        let headers = [FORM, ("cookie", cookie.as_str()), ("x-forwarded-for", address.as_str())];
        statuses.push(post(&app.url("/sign-in"), &headers, &body).await.0);
    }

    assert_eq!(statuses[..30], [422; 30]);
    assert_eq!(statuses[30], 429, "thirty tries from one address, whatever it says of itself");
}

#[tokio::test]
async fn unknown_handles_and_wrong_passwords_are_told_alike() {
    let (app, _) = TestApp::with_community().await;

    let known = try_password(&mut app.browser(), "ada", "not the password").await;
    let unknown = try_password(&mut app.browser(), "nobody_here", "not the password").await;

    assert_eq!(known.status, unknown.status);
    let told = |page: &Page| page.texts("#trouble");
    assert_eq!(told(&known), told(&unknown));
}

#[tokio::test]
async fn after_signing_in_one_stays_on_this_server() {
    let (app, _) = TestApp::with_community().await;
    for next in [
        "//evil.test",
        "///evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "https://evil.test/",
        "https:evil.test",
        "http:/evil.test",
        "evil.test",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\t/evil.test",
        " //evil.test",
        "/\n/evil.test",
        "/..//evil.test",
        "/.//evil.test",
        "@evil.test",
        "//user@evil.test",
        "%2f%2fevil.test",
        "/%2f/../..//evil.test",
        "?next=//evil.test",
    ] {
        let mut browser = app.browser();
        let form = browser.get("/sign-in").await.form("/sign-in");
        let form = form.fill("handle", "ada").fill("password", PASSWORD).fill("next", next);
        app.advance(TimeDelta::hours(2));

        let page = browser.submit(&form).await;

        assert!(page.url.starts_with(&app.base), "{next:?} leads to {}", page.url);
    }
    let mut browser = app.browser();
    let asked = browser.get("/c/nowhere/join").await;
    let form = asked.form("/sign-in").fill("handle", "ada").fill("password", PASSWORD);
    app.advance(TimeDelta::hours(2));
    assert!(browser.submit(&form).await.url.ends_with("/c/nowhere/join"), "one comes back to where one was going");
}

#[tokio::test]
async fn a_form_from_a_session_that_has_ended_does_nothing_and_loses_no_text() {
    let mut town = Town::new().await;
    let form =
        town.ada.get("/c/search/progress/new").await.form("/progress/new").fill("text", "Two <b>hives</b> stand.");
    let sign_up = town.app.browser().get("/sign-up").await.form("/sign-up").fill("password", "my secret phrase");
    town.app.advance(TimeDelta::days(31));
    let mut stranger = town.app.browser();

    for (browser, form) in [(&mut town.ada, &form), (&mut stranger, &form), (&mut town.bob, &sign_up)] {
        let page = browser.submit(form).await;

        page.assert_sound();
        assert_eq!(page.status, 403);
        assert_eq!(page.texts("h1"), ["Your session has ended"]);
        assert!(!page.body.contains("my secret phrase"), "a password is never sent back");
    }
    let page = stranger.submit(&form).await;
    assert_eq!(page.texts("textarea")[0], "Two <b>hives</b> stand.");
    assert!(!town.app.browser().get("/c/search").await.text().contains("hives"), "nothing was published");
}

#[tokio::test]
async fn text_from_elsewhere_is_not_shown_as_ours() {
    let town = Town::new().await;
    let body = "form_token=x&text=Send+your+password+to+evil.test";
    for headers in [&[FORM][..], &[FORM, ("origin", "https://evil.test")], &[FORM, ("sec-fetch-site", "cross-site")]] {
        let (status, text) = post_for_text(&town.app.url("/c/search/progress/new"), headers, body).await;
        assert_eq!((status, text.contains("evil.test")), (403, false), "{headers:?}");
    }
}

#[expect(clippy::disallowed_types, reason = "the test plays a browser")]
async fn post_for_text(url: &str, headers: Headers<'_>, body: &str) -> (u16, String) {
    let request = reqwest::Client::new().post(url).body(body.to_owned());
    let answer = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await;
    let answer = answer.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn who_is_led_to_sign_in_is_told_why_and_comes_back_by_joining_too() {
    let (app, ada) = TestApp::with_community().await;
    app.cabal(ada, "bees").await;
    let mut carol = app.browser();
    let asked = carol.get("/c/bees/join").await;
    assert!(asked.text().contains("is for members"), "{}", asked.text());
    assert!(!carol.get("/sign-in").await.text().contains("is for members"));
    let join = asked.attribute("main a[href^='/sign-up']", "href").unwrap();

    let form = carol.get(&join).await.form("/sign-up").fill("handle", "carol").fill("password", PASSWORD);
    let wrong = carol.submit(&form).await;
    let form = wrong.form("/sign-up").fill("password", PASSWORD).choose("eligible", "yes").choose("signs", "yes");
    let joined = carol.submit(&form).await;

    assert_eq!((joined.status, joined.url.as_str()), (200, app.url("/c/bees/join").as_str()), "{}", joined.text());
    assert!(joined.text().contains("You are a member now"));
}

#[tokio::test]
async fn after_joining_one_stays_on_this_server() {
    let (app, _) = TestApp::with_community().await;
    for (number, next) in ["//evil.test", "/\\evil.test", "https://evil.test", "javascript:alert(1)"].iter().enumerate()
    {
        let mut browser = app.browser();
        let form = browser.get("/sign-up").await.form("/sign-up").fill("next", next);
        let form = form.fill("handle", &format!("carol{number}")).fill("password", PASSWORD);
        let page = browser.submit(&form.choose("eligible", "yes").choose("signs", "yes")).await;
        assert_eq!(page.url, app.url("/account"), "{next:?}");
    }
}

#[tokio::test]
async fn error_pages_know_the_community_and_who_is_signed_in() {
    let mut town = Town::new().await;
    for path in ["/nowhere", "/c/nowhere", "/polls/x"] {
        let (mine, theirs) = (town.ada.get(path).await, town.app.browser().get(path).await);
        assert_eq!((mine.status, theirs.status), (404, 404), "{path}");
        assert!(
            mine.texts("header").concat().contains("The Commons")
                && theirs.texts("header").concat().contains("The Commons")
        );
        assert!(mine.texts("header").concat().contains("Your account"), "{path}");
        assert!(theirs.texts("header").concat().contains("Sign in"), "{path}");
    }
    let form =
        town.bob.get("/account").await.form("/sign-out").at(&town.app.url(&format!("{}/opening", town.amendment)));
    let refused = town.bob.submit(&form).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert_eq!(refused.attribute("main a.button", "href"), Some(town.amendment.clone()), "a way back to the thing");
}
