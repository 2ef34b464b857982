//! Documents change by votes alone: what the databases refuse, what fingerprints cover, what a
//! steward puts in without a vote, and how rule and name are part of versions (A1, A9, J1, K2).

use crate::support::TestApp;
use crate::support::rows::{dump, force, of_type, on_their_way};
use crate::support::world::PASSWORD;
use caucus::db::documents::{self, is_as_fingerprinted};
use caucus::db::signings::list_signings;
use caucus::db::{members, steward_log};
use caucus::domain::document::{FingerprintOf, fingerprint};
use caucus::ids::{AmendmentId, MemberId};
use caucus::services::import_document::{NewDocument, import_as_steward};
use caucus::workers::timers;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use serde_json::{Value, json};

async fn hall() -> (TestApp, MemberId, MemberId) {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    (app, ada, bea)
}

async fn carry(app: &TestApp, (by, backer): (MemberId, MemberId), id: AmendmentId) {
    app.back(backer, id).await.unwrap();
    let poll = app.open(by, id).await.unwrap();
    for voter in [by, backer] {
        app.vote_on_the_web(poll, voter, &[0]).await.unwrap();
    }
    app.advance(TimeDelta::days(7));
    timers::step(&app.app).await.unwrap();
}

async fn propose(app: &TestApp, by: MemberId, slug: &str, changes: Value) -> AmendmentId {
    let request =
        json!({"document": slug, "title": "A change", "summary": "S.", "values_fit": "V.", "changes": changes});
    app.api_of(by).await.post("/amendments", request).await.created().parse().unwrap()
}

async fn put_in(app: &TestApp, by: MemberId, title: &'static str, text: &'static str) {
    app.app.write(move |tx| import_as_steward(tx, by, &NewDocument { slug: "", title, text })).await.unwrap();
}

async fn altered(app: &TestApp) -> Vec<(String, i32)> {
    let mut conn = app.store.connect();
    let mut altered = Vec::new();
    for document in documents::list_documents(&mut conn).unwrap() {
        for version in documents::list_versions(&mut conn, document.id).unwrap().iter().rev() {
            if !is_as_fingerprinted(&mut conn, version).unwrap() {
                altered.push((document.slug.clone(), version.number));
            }
        }
    }
    altered
}

#[tokio::test]
async fn the_name_is_changed_by_a_founding_document_alone() {
    let (app, ada, bea) = hall().await;
    put_in(&app, ada, "Picnics", "1. We bring cake.\n").await;
    let rename = |slug: &str| {
        json!({"document": slug, "title": "T", "summary": "S.", "values_fit": "V.",
            "changes": [{"act": "name", "text": "Cake for All"}]})
    };

    let refused = app.api_of(bea).await.post("/amendments", rename("picnics")).await.must_be(422).json();

    assert!(refused.to_string().contains("that it was founded on"), "{refused}");
    let mut browser = app.signed_in("bea").await;
    for (slug, offered) in [("picnics", false), ("agreement", true)] {
        let sheet = browser.get(&format!("/documents/{slug}/amend")).await;
        sheet.assert_sound();
        assert_eq!(sheet.body.contains("with_name"), offered, "{slug}");
    }
    app.api_of(bea).await.post("/amendments", rename("agreement")).await.created();
}

#[tokio::test]
async fn no_rule_asks_for_more_ballots_than_there_are_members() {
    let (app, _, bea) = hall().await;
    let rule = |quorum: u64| {
        json!({"document": "agreement", "title": "T", "summary": "S.", "values_fit": "V.",
            "changes": [{"act": "rule", "rule": {"base": "cast", "quorum": quorum}}]})
    };
    for too_many in [3, 1_000_000, u64::from(u32::MAX)] {
        let refused = app.api_of(bea).await.post("/amendments", rule(too_many)).await.must_be(422).json();
        assert!(refused.to_string().contains("at most 2 ballots: the community has 2 members"), "{refused}");
    }
    app.api_of(bea).await.post("/amendments", rule(2)).await.created();
}

#[tokio::test]
async fn versions_and_clauses_refuse_every_change_once_they_are_written() {
    let (app, ada, bea) = hall().await;
    let id = app.propose(ada, "2.1", "One voice each.").await;
    carry(&app, (ada, bea), id).await;
    let lost = app.propose(ada, "2.2", "All carry.").await;
    put_in(&app, ada, "Rules", "1. A\n").await;
    let version = "(SELECT current_version_id FROM documents WHERE slug = 'agreement')";
    let first = "(SELECT v.id FROM document_versions v JOIN documents d ON d.id = v.document_id WHERE d.slug = 'agreement' AND v.number = 1)";
    let document = "(SELECT id FROM documents WHERE slug = 'agreement')";
    let insert = |number: i32, amendment: &str| {
        format!(
            "INSERT INTO document_versions (id, document_id, number, fingerprint, amendment_id, created_at) \
             VALUES ('v', {document}, {number}, 'f', {amendment}, '2026-03-01 00:00:00')"
        )
    };
    for query in [
        "UPDATE document_versions SET vote_base = 'roll'".to_owned(),
        "UPDATE document_versions SET quorum = 9".to_owned(),
        "UPDATE document_versions SET fingerprint = 'x'".to_owned(),
        "UPDATE document_versions SET fingerprint_of = 'text'".to_owned(),
        "UPDATE document_versions SET amendment_id = NULL".to_owned(),
        "UPDATE document_versions SET created_at = '2020-01-01 00:00:00'".to_owned(),
        "DELETE FROM document_clauses".to_owned(),
        format!("DELETE FROM document_clauses WHERE version_id = {first} AND number = '1'"),
        "UPDATE document_clauses SET text = 'All power to ada'".to_owned(),
        "UPDATE document_clauses SET number = '9' WHERE number = '1'".to_owned(),
        format!(
            "INSERT INTO document_clauses (version_id, clause_id, position, depth, number, text) \
             VALUES ({version}, 'c', 99, 0, '9', 'All power to ada')"
        ),
        format!(
            "INSERT INTO document_clauses (version_id, clause_id, position, depth, number, text) \
             VALUES ({first}, 'c', 99, 0, '9', 'All power to ada')"
        ),
        insert(3, "NULL"),
        insert(3, &format!("'{lost}'")),
        insert(3, "'nobody'"),
        insert(5, "NULL"),
        format!("UPDATE documents SET current_version_id = {first} WHERE slug = 'agreement'"),
        format!("UPDATE documents SET current_version_id = {version} WHERE slug = 'rules'"),
        "UPDATE documents SET current_version_id = NULL".to_owned(),
        "UPDATE documents SET is_founding = TRUE WHERE slug = 'rules'".to_owned(),
        "UPDATE documents SET title = 'Law' WHERE slug = 'rules'".to_owned(),
        "UPDATE documents SET slug = 'law' WHERE slug = 'rules'".to_owned(),
        "UPDATE local_actors SET name = 'The Ada' WHERE kind = 'community'".to_owned(),
    ] {
        let before = dump(&app);
        let refused = app.store.connect().batch_execute(&query).expect_err(&query).to_string();
        assert!(refused.contains("frozen"), "{query}: {refused}");
        assert_eq!(dump(&app), before, "{query}");
    }
    for table in ["document_clauses", "document_versions", "documents"] {
        assert!(app.store.connect().batch_execute(&format!("DELETE FROM {table}")).is_err(), "{table}");
    }
    app.cabal(ada, "bees").await;
    app.store.connect().batch_execute("UPDATE local_actors SET name = 'Bees!' WHERE kind = 'cabal'").unwrap();
}

#[tokio::test]
async fn a_version_that_was_changed_by_force_is_found_by_its_fingerprint() {
    let (app, ada, bea) = hall().await;
    let id = app.propose(ada, "2.1", "One voice each.").await;
    carry(&app, (ada, bea), id).await;
    assert_eq!(altered(&app).await, []);

    for query in [
        "UPDATE document_versions SET quorum = 9 WHERE number = 1",
        "UPDATE document_versions SET vote_base = 'roll' WHERE number = 1",
        "UPDATE document_clauses SET text = 'Ada decides.' WHERE text = 'Everybody has one vote.'",
        "UPDATE document_clauses SET depth = 2 WHERE text = 'Everybody has one vote.'",
    ] {
        force(&app, query);
        assert_eq!(altered(&app).await, [("agreement".to_owned(), 1)], "{query}");
        force(&app, "UPDATE document_versions SET quorum = 0, vote_base = 'cast'");
        force(
            &app,
            "UPDATE document_clauses SET text = 'Everybody has one vote.', depth = 1 WHERE text IN ('Ada decides.', 'Everybody has one vote.')",
        );
        assert_eq!(altered(&app).await, []);
    }
    // A version of the time before fingerprints covered the rule.
    let first = app
        .app
        .read(|conn| {
            let version = documents::list_documents(conn)?.remove(0).version;
            let first = documents::find_version_numbered(conn, version.document_id, 1)?.unwrap();
            Ok::<_, caucus::db::DbError>((documents::list_clauses(conn, first.id)?, first.rule))
        })
        .await
        .unwrap();
    let old = fingerprint(FingerprintOf::Text, &first.0, first.1);
    force(
        &app,
        &format!("UPDATE document_versions SET fingerprint_of = 'text', fingerprint = '{old}' WHERE number = 1"),
    );
    assert_eq!(altered(&app).await, []);
    let (mut visitor, api) = (app.browser(), app.api());
    let told = visitor.get("/documents/agreement/versions/1").await;
    assert!(told.text().contains(&format!("Fingerprint of this text: {old}")), "{}", told.text());
    assert!(
        visitor.get("/documents/agreement").await.text().contains("Fingerprint of this text and its rule of voting:")
    );
    let versions = api.get("/documents/agreement/versions").await.json();
    assert_eq!(
        (&versions["items"][1]["fingerprint_of"], &versions["items"][0]["fingerprint_of"]),
        (&"text".into(), &"text_and_rule".into())
    );
}

#[tokio::test]
async fn what_a_steward_puts_in_is_told_and_marked_and_signed_only_after_a_vote() {
    let (app, ada, bea) = hall().await;
    app.follow_community("far.example", "fay").await;
    put_in(&app, ada, "Rules <of> play", "1. Fair\n").await;
    let told = of_type(&on_their_way(&app), "Create");
    assert_eq!(told.len(), 1);
    let content = told[0].1["object"]["content"].as_str().unwrap().to_owned();
    assert!(
        content.contains("A steward has put in a new document: <strong>Rules &lt;of&gt; play</strong>"),
        "{content}"
    );
    assert!(
        content.contains("Nobody has voted on it") && content.contains(&app.url("/documents/rules-of-play")),
        "{content}"
    );
    let acts = app.app.read(|conn| steward_log::list_acts(conn, None, 10)).await.unwrap();
    assert_eq!(
        (acts[0].act.as_str(), acts[0].subject.as_str()),
        ("put in a document, without a vote", "Rules <of> play")
    );

    let mut visitor = app.browser();
    let (page, list) = (visitor.get("/documents/rules-of-play").await, visitor.get("/documents").await);
    let (first, join) = (visitor.get("/documents/rules-of-play/versions/1").await, visitor.get("/sign-up").await);
    for page in [&page, &list, &first] {
        page.assert_sound();
    }
    assert!(page.text().contains("Put in by a steward on 1 March 2026, not voted on."), "{}", page.text());
    assert!(
        list.text().contains("put in by a steward on 1 March 2026, not voted on and not signed so far"),
        "{}",
        list.text()
    );
    assert!(first.text().contains("A steward put it in; nobody voted on it."), "{}", first.text());
    assert_eq!(join.texts("h3"), ["Agreement"], "nobody signs it yet");
    assert_eq!(app.api().get("/documents/rules-of-play").await.json()["is_agreed"], false);
    assert_eq!(app.api().get("/documents/agreement").await.json()["is_agreed"], true);
    assert!(!visitor.get("/documents/agreement").await.text().contains("Put in by a steward"));
    let form = join.form("/sign-up").fill("handle", "cleo").fill("password", PASSWORD);
    visitor.submit(&form.choose("eligible", "yes").choose("signs", "yes")).await;
    assert_eq!(signed(&app, "cleo").await, 1);

    let clause = app.api().get("/documents/rules-of-play").await.json()["clauses"][0]["id"].clone();
    let id =
        propose(&app, ada, "rules-of-play", json!([{"act": "reword", "clause": clause, "text": "Fair play"}])).await;
    carry(&app, (ada, bea), id).await;

    let mut dan = app.browser();
    let (page, first) =
        (dan.get("/documents/rules-of-play").await, dan.get("/documents/rules-of-play/versions/1").await);
    assert!(!page.text().contains("Put in by a steward on"), "{}", page.text());
    assert!(first.text().contains("A steward put it in; nobody voted on it."), "what happened stays");
    let join = dan.get("/sign-up").await;
    assert_eq!(join.texts("h3"), ["Agreement", "Rules <of> play"]);
    dan.submit(
        &join
            .form("/sign-up")
            .fill("handle", "dan")
            .fill("password", PASSWORD)
            .choose("eligible", "yes")
            .choose("signs", "yes"),
    )
    .await;
    assert_eq!(signed(&app, "dan").await, 2);
    assert_eq!(app.api().get("/documents/rules-of-play").await.json()["is_agreed"], true);
}

async fn signed(app: &TestApp, handle: &'static str) -> usize {
    let read = app.app.read(move |conn| {
        let member = members::find_member_by_handle(conn, handle)?.unwrap();
        list_signings(conn, member.id)
    });
    read.await.unwrap().len()
}

#[tokio::test]
async fn a_new_rule_and_a_new_name_are_part_of_the_version_that_brought_them() {
    let (app, ada, bea) = hall().await;
    let changes = json!([{"act": "rule", "rule": {"base": "roll", "quorum": 2}}, {"act": "name", "text": "The Greens & Commons"}]);
    let id = propose(&app, ada, "agreement", changes).await;
    carry(&app, (ada, bea), id).await;
    let mut visitor = app.browser();

    let compare = visitor.get("/documents/agreement/compare?from=1&to=2").await;
    let back = visitor.get("/documents/agreement/compare?from=2&to=1").await;
    let same = visitor.get("/documents/agreement/compare?from=2&to=2").await;
    let (old, new) =
        (visitor.get("/documents/agreement/versions/1").await, visitor.get("/documents/agreement/versions/2").await);
    let (page, list) = (visitor.get("/documents/agreement").await, visitor.get("/documents").await);

    for page in [&compare, &back, &same, &old, &new, &page, &list] {
        page.assert_sound();
    }
    assert_eq!(compare.texts(".change h2"), ["The rule of voting", "The name of the community"]);
    assert!(compare.text().contains("0 clauses are not as before, 4 stand as before; the rule of voting is another; the community has another name."), "{}", compare.text());
    assert!(
        compare.texts("ins").iter().any(|added| added.contains("two thirds of all members")),
        "{:?}",
        compare.texts("ins")
    );
    assert!(back.texts("del").iter().any(|gone| gone.contains("Greens")), "{:?}", back.texts("del"));
    assert!(same.text().contains("nothing is different"), "{}", same.text());
    assert!(
        old.text().contains("two thirds of the votes for and against")
            && new.text().contains("two thirds of all members")
    );
    assert!(
        new.text().contains("the community, until then The Commons, was named The Greens & Commons."),
        "{}",
        new.text()
    );
    assert!(!old.text().contains("was named"));
    assert!(
        page.text().contains(", with a new rule of voting, with the name The Greens & Commons for the community"),
        "{}",
        page.text()
    );
    assert_eq!(
        list.texts("#names ~ ul li"),
        ["The Greens & Commons, since 8 March 2026: by the amendment A change", "The Commons, until then"]
    );
    let api = app.api();
    let compared = api.get("/documents/agreement/compare?from=1&to=2").await.json();
    assert_eq!(compared["changes"], json!([]));
    assert_eq!(compared["rule"], json!({"old": {"base": "cast", "quorum": 0}, "new": {"base": "roll", "quorum": 2}}));
    assert_eq!(compared["community_name"], json!({"old": "The Commons", "new": "The Greens & Commons"}));
    let version = api.get("/documents/agreement/versions/2").await.json();
    assert_eq!(
        (&version["rule"]["base"], &version["community_name"]),
        (&"roll".into(), &"The Greens & Commons".into())
    );
    let versions = api.get("/documents/agreement/versions").await.json();
    assert_eq!(
        (&versions["items"][1]["rule"]["base"], &versions["items"][1]["community_name"]),
        (&"cast".into(), &Value::Null)
    );
    assert_ne!(
        versions["items"][0]["fingerprint"], versions["items"][1]["fingerprint"],
        "the same clauses, another rule"
    );
}

#[tokio::test]
async fn lists_of_documents_and_versions_have_pages_and_files_say_what_they_are() {
    let (app, ada, bea) = hall().await;
    put_in(&app, ada, "Code", "1. Be kind\n").await;
    let id = app.propose(ada, "2.1", "One voice each.").await;
    carry(&app, (ada, bea), id).await;
    let api = app.api();
    let names = |page: &Value, of: &str| -> Vec<Value> {
        page["items"].as_array().unwrap().iter().map(|item| item[of].clone()).collect()
    };

    for (path, of, expected) in [
        ("/documents", "slug", vec![json!("agreement"), json!("code")]),
        ("/documents/agreement/versions", "version", vec![json!(2), json!(1)]),
    ] {
        let (mut read, mut next) = (Vec::new(), String::new());
        for _ in 0..3 {
            let page = api.get(&format!("{path}?limit=1{next}")).await.must_be(200).json();
            read.extend(names(&page, of));
            let Some(before) = page["next"].as_str() else { break };
            next = format!("&before={before}");
        }
        assert_eq!(read, expected, "{path}");
        assert_eq!(names(&api.get(path).await.json(), of), expected);
    }
    api.get("/documents/agreement/versions?before=x").await.must_be(400);
    api.get("/documents?after=x").await.must_be(400);
    api.get("/documents/agreement/text?format=plain").await.must_be(400);
    for (format, kind) in
        [("plain", "text/plain"), ("markdown", "text/markdown"), ("json", "application/json"), ("", "application/json")]
    {
        let file = api.get(&format!("/documents/agreement/export?format={format}")).await.must_be(200);
        assert!(file.header("content-type").starts_with(kind), "{format}: {}", file.header("content-type"));
    }
    let described = api.get("/../openapi.json").await.json();
    let at = |path: &str| described["paths"][path]["get"].clone();
    let kinds: Vec<String> =
        at("/documents/{slug}/export")["responses"]["200"]["content"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(kinds, ["application/json", "text/plain", "text/markdown"]);
    let parameters = |path: &str| names(&json!({"items": at(path)["parameters"]}), "name");
    assert_eq!(parameters("/documents/{slug}/text"), ["on", "version", "slug"]);
    for path in ["/documents", "/documents/{slug}/versions"] {
        assert!(parameters(path).contains(&json!("before")) && parameters(path).contains(&json!("limit")), "{path}");
    }
}
