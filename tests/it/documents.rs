//! Documents: versions, dates, comparisons, the history of a clause, import and export (A1).

use crate::support::{Browser, TestApp};
use caucus::db::{documents, steward_log};
use caucus::domain::document::{Clause, import};
use caucus::ids::MemberId;
use chrono::TimeDelta;

const MANIFESTO: &str = include_str!("../fixtures/documents/manifesto.txt");

/// A community whose agreement was amended once, eight days after the set-up.
async fn amended() -> (TestApp, MemberId) {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    app.advance(TimeDelta::days(1));
    let (_, poll) = app.open_vote(ada, bea).await;
    for by in [ada, bea] {
        app.vote_on_the_web(poll, by, &[0]).await.unwrap();
    }
    app.advance(TimeDelta::days(7));
    caucus::workers::timers::step(&app.app).await.unwrap();
    (app, ada)
}

async fn clause(app: &TestApp, number: &str) -> Clause {
    let number = number.to_owned();
    let clauses = app
        .app
        .read(|conn| {
            let document = documents::list_documents(conn)?.remove(0);
            documents::list_clauses(conn, document.version.id)
        })
        .await
        .unwrap();
    clauses.into_iter().find(|clause| clause.number == number).unwrap()
}

#[tokio::test]
async fn the_text_is_there_as_it_stood_in_any_version_and_on_any_day() {
    let (app, _) = amended().await;
    let mut visitor = app.browser();
    let new_words = "Everybody has one vote, and one only.";

    let now = visitor.get("/documents/agreement").await;
    let first = visitor.get("/documents/agreement/versions/1").await;
    let second = visitor.get("/documents/agreement/versions/2").await;

    for page in [&now, &first, &second] {
        assert_eq!(page.status, 200);
        page.assert_sound();
    }
    assert!(now.text().contains(new_words) && second.text().contains(new_words));
    assert!(!first.text().contains(new_words) && first.text().contains("The text in force"));
    assert!(!visitor.get("/documents/agreement?on=2026-03-08").await.text().contains(new_words), "the day before");
    assert!(visitor.get("/documents/agreement?on=2026-03-09").await.text().contains(new_words), "the day itself");
    let before = visitor.get("/documents/agreement?on=2020-01-01").await;
    assert_eq!(before.status, 422);
    assert!(before.text().contains("was not there yet on that day. It begins on 1 March 2026."), "{}", before.text());
    assert!(before.body.contains("href=\"/documents/agreement\""), "it leads back to the document");
    let ahead = visitor.get("/documents/agreement?on=2030-01-01").await;
    assert_eq!(ahead.status, 422);
    assert!(ahead.text().contains("That day is still to come"), "{}", ahead.text());
    for path in ["?on=yesterday", "?on=2026-02-30", "?on=99999999-01-01"] {
        let page = visitor.get(&format!("/documents/agreement{path}")).await;
        assert_eq!(page.status, 422, "{path}");
        assert!(page.text().contains("for example 2026-03-08"), "{}", page.text());
    }
    for path in ["/versions/0", "/versions/3", "/versions/-1", "/versions/x", "/versions/99999999999", "/export.exe"] {
        let page = visitor.get(&format!("/documents/agreement{path}")).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.body.contains("href=\"/documents/agreement\""), "{path} leads back to the document");
    }
}

#[tokio::test]
async fn two_versions_are_compared_word_by_word_on_one_page() {
    let (app, _) = amended().await;

    let page = app.browser().get("/documents/agreement/compare?from=1&to=2").await;

    page.assert_sound();
    assert!(page.text().contains("Clause 2.1 is reworded"), "{}", page.text());
    assert!(page.texts("ins").iter().any(|added| added.contains("[added:")));
    assert_eq!(page.texts(".change").len(), 1, "what stands as before is not repeated");
    let same = app.browser().get("/documents/agreement/compare?from=2&to=2").await;
    assert!(same.texts(".change").is_empty());
    assert_eq!(app.browser().get("/documents/agreement/compare?from=1&to=9").await.status, 404);
    let api = app.api().get("/documents/agreement/compare?from=1&to=2").await.json();
    assert_eq!(api["changes"].as_array().unwrap().len(), 1);
    assert_eq!(api["changes"][0]["step"], "reworded");
    assert_eq!(api["changes"][0]["new_text"], "Everybody has one vote, and one only.");
}

#[tokio::test]
async fn a_clause_has_a_page_that_tells_who_changed_it_when_and_by_how_much() {
    let (app, _) = amended().await;
    let clause = clause(&app, "2.1").await;
    let path = format!("/documents/agreement/clauses/{}", clause.id);

    let by_number = app.browser().get("/documents/agreement/clauses/2.1").await;
    let (mut ada, strange) = (app.signed_in("ada").await, app.browser().get(&path).await);
    let own = ada.get(&path).await;

    assert!(by_number.url.ends_with(&path), "{}", by_number.url);
    for page in [&strange, &own] {
        page.assert_sound();
        let text = page.text();
        assert!(text.contains("Clause 2.1 is reworded") && text.contains("Clause 2.1 is added"), "{text}");
        assert!(text.contains("2 for, 0 against and 0 abstained: 100.0 % of the votes cast"), "{text}");
        assert!(text.contains("9 March 2026") && text.contains("backed by 1 member"), "{text}");
    }
    assert!(own.text().contains("by Ada on") && own.text().contains("(bea)"), "{}", own.text());
    assert!(!strange.text().contains("by Ada") && !strange.text().contains("bea"), "the roll is private");
    let api = app.api().get(&format!("/documents/agreement/clauses/{}/history", clause.id)).await.json();
    assert_eq!(api["history"][0]["votes_for"], 2);
    assert_eq!(api["history"][0]["version"], 2);
    assert_eq!(api["history"][1]["step"], "added");
    for path in ["/clauses/9.9", "/clauses/", "/clauses/00000000-0000-0000-0000-000000000000"] {
        assert_eq!(app.browser().get(&format!("/documents/agreement{path}")).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_manifesto_comes_back_from_every_export() {
    let (app, _) = TestApp::with_community().await;
    let mut ada = app.signed_in("ada").await;
    import_by_form(&mut ada, "Manifesto", MANIFESTO).await;
    let tree = import(MANIFESTO).unwrap();

    for (format, kind) in [("txt", "text/plain"), ("md", "text/markdown")] {
        let file = app.browser().get(&format!("/documents/manifesto/export.{format}")).await;
        assert!(file.headers["content-type"].to_str().unwrap().starts_with(kind));
        assert!(file.headers["content-disposition"].to_str().unwrap().contains(&format!("manifesto-1.{format}")));
        assert_eq!(import(&file.body).unwrap(), tree);
    }
    let json: serde_json::Value =
        serde_json::from_str(&app.browser().get("/documents/manifesto/export.json?version=1").await.body).unwrap();
    let clauses = json["clauses"].as_array().unwrap();
    assert_eq!(clauses.len(), tree.clauses().len());
    let cited = clauses.iter().find(|clause| clause["number"] == "4.1.9").unwrap();
    assert_eq!((&cited["text"], &cited["depth"]), (&"Research-based policy-making".into(), &2.into()));
    let api = app.api().get("/documents/manifesto/export?format=plain").await;
    assert_eq!(import(&api.text).unwrap(), tree);
    assert_eq!(app.api().get("/documents/manifesto/export?format=pdf").await.status, 422);
}

async fn import_by_form(browser: &mut Browser, title: &str, text: &str) -> crate::support::browser::Page {
    let form = browser.get("/documents/import").await.form("/documents/import").fill("title", title).fill("text", text);
    let preview = browser.submit(&form.choose("step", "preview")).await;
    assert_eq!(preview.status, 200, "{}", preview.text());
    preview.assert_sound();
    browser.submit(&preview.form("/documents/import").choose("step", "import")).await
}

#[tokio::test]
async fn a_steward_imports_a_document_once_and_everybody_can_read_that_they_did() {
    let (app, _) = TestApp::with_community().await;
    app.member("bob").await;
    let (mut ada, mut bob) = (app.signed_in("ada").await, app.signed_in("bob").await);

    let page = import_by_form(&mut ada, "Code of conduct", "1. Be kind.\n  1. Always.\n").await;

    assert!(page.url.ends_with("/documents/code-of-conduct"), "{}", page.url);
    assert!(page.text().contains("Nobody has voted on it"));
    assert!(app.browser().get("/log").await.text().contains("put in a document, without a vote: Code of conduct"));
    let form = ada.get("/documents/import").await.form("/documents/import").fill("title", "Code of conduct");
    let again = ada.submit(&form.fill("text", "1. Be rude.").choose("step", "import")).await;
    assert_eq!((again.status, again.trouble()), (409, vec!["slug".to_owned()]));
    assert!(again.text().contains("propose an amendment"), "{}", again.text());
    assert!(!app.browser().get("/documents/code-of-conduct").await.text().contains("rude"));
    assert_eq!(bob.get("/documents/import").await.status, 403);
    assert_eq!(
        app.app.read(|conn| steward_log::list_acts(conn, None, 10)).await.unwrap().len(),
        2,
        "set-up and one import"
    );
}

#[tokio::test]
async fn a_text_that_cannot_be_read_is_refused_with_its_line_and_what_to_do() {
    let (app, _) = TestApp::with_community().await;
    let mut ada = app.signed_in("ada").await;
    for (text, says) in [
        ("1. A\n3. C", "Line 2 has the number 3, but 2 is missing before it (1 is in line 1). Please number"),
        ("1. A\n1. B", "Line 2 has the number 1, which is there already, in line 1. Please give"),
        ("Only words.", "no numbered clauses"),
    ] {
        let form = ada.get("/documents/import").await.form("/documents/import").fill("title", "Rules");
        let page = ada.submit(&form.fill("text", text).choose("step", "preview")).await;
        assert_eq!((page.status, page.trouble()), (422, vec!["text".to_owned()]), "{text}");
        assert!(page.text().contains(says), "{}", page.text());
        page.assert_sound();
    }
}

#[tokio::test]
async fn whoever_signed_finds_the_very_text_that_they_signed() {
    let (app, _) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let mut carol = app.browser();
    let form = carol.get("/sign-up").await.form("/sign-up").fill("handle", "carol");
    let form = form.fill("password", crate::support::world::PASSWORD).choose("eligible", "yes").choose("signs", "yes");
    carol.submit(&form).await;
    let ada = app.app.read(|conn| caucus::db::members::find_member_by_handle(conn, "ada")).await.unwrap().unwrap().id;
    let (_, poll) = app.open_vote(ada, bea).await;
    for by in [ada, bea] {
        app.vote_on_the_web(poll, by, &[0]).await.unwrap();
    }
    app.advance(TimeDelta::days(7));
    caucus::workers::timers::step(&app.app).await.unwrap();

    let account = carol.get("/account").await;

    assert_eq!(account.attribute("#signed ~ ul a", "href").as_deref(), Some("/documents/agreement/versions/1"));
}

#[tokio::test]
async fn the_preview_tells_of_title_and_name_before_anything_is_kept() {
    let (app, _) = TestApp::with_community().await;
    let mut ada = app.signed_in("ada").await;
    let form = ada.get("/documents/import").await.form("/documents/import").choose("step", "preview");
    let form = form.fill("text", "## Pledge\n\n1. Be kind\n\n## Means\n\n1. Ask\n   a) twice\n\n   - or more\n");

    let bare = ada.submit(&form.clone().fill("slug", "No Name!")).await;
    let taken = ada.submit(&form.clone().fill("title", "Agreement")).await;
    let read = ada.submit(&form.fill("title", "Code of Conduct")).await;

    assert_eq!((bare.status, bare.trouble()), (422, vec!["title".to_owned(), "slug".to_owned()]));
    assert_eq!((taken.status, taken.trouble()), (409, vec!["slug".to_owned()]));
    for page in [&bare, &taken, &read] {
        page.assert_sound();
    }
    assert_eq!(read.texts(".clause .number"), ["1", "1.1", "2", "2.1", "2.1.a"]);
    assert!(read.text().contains("5 numbered clauses and 1 piece of text without a number"), "{}", read.text());
    assert!(read.text().contains("so they were counted") && read.text().contains("/documents/code-of-conduct"));
    assert_eq!(app.browser().get("/documents/code-of-conduct").await.status, 404);
}

#[tokio::test]
async fn hostile_texts_are_bounded_and_refused_kindly() {
    let (app, _) = TestApp::with_community().await;
    let mut ada = app.signed_in("ada").await;
    let form = ada.get("/documents/import").await.form("/documents/import").fill("title", "Rules");
    let nested: String = (0..100_000).map(|level| format!("{}1. x\n", " ".repeat((level * 2).min(12)))).collect();
    for (text, status, says) in [
        ("é".repeat(131_100), 422, "This text is too large. Please keep it under 256 KiB."),
        ("x".repeat(1024 * 1024), 413, "Please shorten the text"),
        (nested.chars().take(200_000).collect(), 422, "which is there already, in line 7"),
        (format!("1. {}", "x".repeat(20_000)), 422, "more than 10000 characters. Please split it."),
        ((0..9).map(|level| format!("{}1. x\n", " ".repeat(level * 2))).collect(), 422, "at most 8 levels"),
    ] {
        let page = ada.submit(&form.clone().fill("text", &text).choose("step", "preview")).await;
        assert_eq!(page.status, status, "{}", page.text().chars().take(300).collect::<String>());
        assert!(page.text().contains(says), "{says}: {}", page.text().chars().take(2_000).collect::<String>());
    }

    let strange = "1. <script>alert(1)</script>\n  1. A\u{202e}B\u{0}C\u{200b}\n";
    let read = ada.submit(&form.fill("text", strange).choose("step", "preview")).await;

    read.assert_sound();
    assert_eq!(read.texts(".clause p"), ["<script>alert(1)</script>", "ABC"]);
    ada.submit(&read.form("/documents/import").choose("step", "import")).await;
    assert_eq!(app.browser().get("/documents/rules").await.texts(".clause p"), ["<script>alert(1)</script>", "ABC"]);
}
