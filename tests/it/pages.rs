//! Every page: sound for everybody who looks at it, and guarded also when it tells of an error.

use crate::support::{Browser, TestApp, Town};
use caucus::services::set_up::make_link;
use diesel::connection::SimpleConnection as _;

/// The pages that there are once everything has happened.
fn paths(town: &Town) -> Vec<String> {
    let fixed = [
        "/",
        "/about",
        "/log",
        "/cabals",
        "/cabals/new",
        "/c/search",
        "/c/search/join",
        "/c/search/messages",
        "/c/search/help-requests/new",
        "/c/search/progress/new",
        "/c/search/polls/new",
        "/help-requests",
        "/tags/Rust",
        "/documents",
        "/documents/agreement",
        "/documents/agreement/amend",
        "/amendments",
        "/sign-in",
        "/sign-up",
        "/account",
        "/steward",
    ];
    let (request, progress, amendment) = (&town.request, &town.progress, &town.amendment);
    let made = [
        request.clone(),
        format!("{request}/edit"),
        format!("{request}/withdraw"),
        format!("{request}/offer"),
        progress.clone(),
        format!("{progress}/edit"),
        format!("{progress}/withdraw"),
        town.poll.clone(),
        amendment.clone(),
        format!("{amendment}/edit"),
    ];
    fixed.iter().map(|path| (*path).to_owned()).chain(made).collect()
}

#[tokio::test]
async fn every_page_is_sound_for_visitors_members_and_stewards() {
    let mut town = Town::new().await;
    let paths = paths(&town);
    let mut visitor = town.app.browser();

    for path in &paths {
        let pages = [visitor.get(path).await, town.bob.get(path).await, town.ada.get(path).await];
        for page in pages {
            page.assert_sound();
            assert!([200, 403].contains(&page.status), "{path} answers {}", page.status);
        }
    }
}

#[tokio::test]
async fn the_steward_of_the_cabal_may_open_every_page() {
    let mut town = Town::new().await;

    for path in paths(&town) {
        let status = town.ada.get(&path).await.status;
        assert_eq!(status, 200, "{path}");
    }
}

#[tokio::test]
async fn pages_that_tell_of_an_error_are_sound_too() {
    let (app, _) = TestApp::with_community().await;
    let mut visitor = app.browser();

    for path in [
        "/nowhere",
        "/c/nobody",
        "/help-requests/none",
        "/polls/01a204b7-6c6b-7000-836a-b3009d4d7dcb",
        "/documents/none",
        "/static/0/caucus.css",
        "/cabals?before=x",
        "/offers/%00",
        "/notes/../../etc/passwd",
    ] {
        let page = visitor.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        page.assert_sound();
    }
}

#[tokio::test]
async fn a_fault_is_told_with_a_reference_and_without_its_reason() {
    let (app, _) = TestApp::with_community().await;
    app.store.connect().batch_execute("ALTER TABLE documents RENAME TO elsewhere").unwrap();

    let page = app.browser().get("/documents").await;

    assert_eq!(page.status, 500);
    page.assert_sound();
    assert!(page.text().contains("Reference:"));
    for word in ["documents", "sql", "SQL", "table", "diesel", "panick", "src/"] {
        let told = page.texts("main p").join(" ");
        assert!(!told.contains(word), "{told}");
    }
}

#[tokio::test]
async fn pages_for_one_person_are_kept_by_no_cache() {
    let mut town = Town::new().await;
    let cache = |page: &crate::support::browser::Page| page.headers["cache-control"].to_str().unwrap().to_owned();

    for path in ["/", "/c/search", "/account", &town.request.clone()] {
        assert_eq!(cache(&town.ada.get(path).await), "private, no-store", "{path}");
    }
    for path in ["/", "/c/search", &town.request.clone()] {
        let page = town.app.browser().get(path).await;
        assert_eq!(cache(&page), "no-cache", "{path}");
        assert!(page.headers["vary"].to_str().unwrap().contains("Cookie"), "{path}");
        assert!(page.headers.get("set-cookie").is_none(), "{path} needs no cookie");
    }
}

#[tokio::test]
async fn what_strangers_see_of_a_cabal_changes_with_the_next_act() {
    let mut town = Town::new().await;
    assert!(!town.app.browser().get("/c/search").await.text().contains("Read a second box"));

    crate::support::town::ask_for_help(&mut town.ada, "Read a second box").await;

    assert!(town.app.browser().get("/c/search").await.text().contains("Read a second box"));
    assert!(town.ada.get("/c/search").await.text().contains("Ask for help"));
    assert!(!town.app.browser().get("/c/search").await.text().contains("Ask for help"));
}

#[tokio::test]
async fn the_style_sheet_may_be_kept_for_ever_under_the_name_of_its_content() {
    let app = TestApp::start().await;
    let mut visitor = app.browser();
    let url = visitor.get("/").await.attribute("link[rel=stylesheet]", "href").unwrap();

    let sheet = visitor.get(&url).await;

    assert_eq!((sheet.status, sheet.headers["content-type"].to_str().unwrap()), (200, "text/css"));
    assert!(sheet.headers["cache-control"].to_str().unwrap().contains("immutable"));
}

#[tokio::test]
async fn set_up_by_its_link_creates_everything_and_the_link_dies() {
    let app = TestApp::start().await;
    let token = app.app.write(make_link).await.unwrap();
    let path = format!("/setup/{token}");
    let mut browser: Browser = app.browser();
    let wrong = browser.get("/setup/wrong").await;
    wrong.assert_sound();
    assert_eq!(wrong.status, 404);
    let page = browser.get(&path).await;
    page.assert_sound();
    let manifesto = std::fs::read_to_string("tests/fixtures/documents/manifesto.txt").unwrap();
    let form = page.form(&path).fill("community_name", "The Commons").fill("community_handle", "commons");
    let form = form.fill("mission", "We look after things.").choose("step", "look");
    let missing = browser.submit(&form).await;
    assert_eq!((missing.status, missing.trouble()), (422, vec!["document_text".to_owned()]));
    let twice = form.clone().fill("document_text", &manifesto).fill("document_title_2", "Manifesto");
    let twice = browser.submit(&twice.fill("document_text_2", "1. Be kind.\n3. Always.")).await;
    assert_eq!(twice.trouble(), ["document_text_2"]);
    assert!(twice.text().contains("Line 2 has the number 3, but 2 is missing before it"), "{}", twice.text());
    let again = browser.submit(&twice.form(&path).fill("document_text_2", "1. Be kind.").choose("step", "look")).await;
    assert_eq!(again.trouble(), ["document_title_2"], "two documents of one name");

    let form = again.form(&path).fill("document_title_2", "Code").choose("step", "look");
    let look = browser.submit(&form).await;
    look.assert_sound();
    assert_eq!(look.texts("h1"), ["Is this how you mean it?"]);
    assert!(look.texts(".clause .number").contains(&"4.1.9".to_owned()), "{}", look.text());
    assert!(look.text().contains("1 numbered clause. Its address will end with /documents/code"), "{}", look.text());
    assert_eq!(app.browser().get("/documents").await.texts(".card").len(), 0, "nothing is kept yet");
    let back = browser.submit(&look.form(&path).choose("step", "write")).await;
    assert!(
        back.form(&path).has("mission", "We look after things.") && back.form(&path).has("document_title_2", "Code")
    );
    let create = look.form(&path).fill("handle", "ada").choose("step", "create");
    assert!(create.has("vote_base", "cast"), "as most texts say");
    let create = create.fill("vote_base", "roll");
    let short = browser.submit(&create.clone().fill("password", "short")).await;
    assert_eq!((short.status, short.trouble()), (422, vec!["password".to_owned()]));
    assert!(short.form(&path).has("vote_base", "roll"));
    short.assert_sound();
    let other = create.clone().fill("password", "a long pass phrase").fill("vote_base", "half");
    let other = browser.submit(&other).await;
    assert_eq!((other.status, other.trouble()), (422, vec!["vote_base".to_owned()]));

    let home = browser.submit(&create.fill("password", "a long pass phrase")).await;

    assert_eq!(home.status, 200);
    assert!(home.text().contains("We look after things."), "{}", home.text());
    let document = browser.get("/documents/manifesto").await;
    assert!(document.texts(".clause .number").iter().any(|number| number.ends_with("4.1.9")), "the tree survives");
    assert!(document.text().contains("two thirds of all members"), "{}", document.text());
    let used = browser.get(&path).await;
    used.assert_sound();
    assert_eq!(used.status, 409);
    assert!(used.text().contains("This link does not work any more: the community is set up."), "{}", used.text());
    assert_eq!(browser.get("/steward").await.status, 200);
    assert!(app.browser().get("/").await.text().contains("1 member"));
}
