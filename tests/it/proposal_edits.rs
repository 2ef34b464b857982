//! Editing a proposal or a draft, by API: what is asked for is done and nothing else, and what others changed
//! meanwhile is not overlooked (A2, A3, A15).

use crate::support::TestApp;
use crate::support::proposals::request;
use crate::support::rows::dump;
use caucus::db::amendments;
use caucus::domain::amendment::AmendmentState;
use caucus::ids::AmendmentId;
use serde_json::json;

async fn numbers(app: &TestApp, id: AmendmentId) -> Vec<String> {
    let changes = app.app.read(move |conn| amendments::list_changes(conn, id)).await.unwrap();
    changes.into_iter().map(|change| change.number).collect()
}

#[tokio::test]
async fn what_is_proposed_never_becomes_a_draft_again() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let api = app.api_of(ada).await;
    let id = app.propose(ada, "2.1", "One vote each.").await;
    app.back(bea, id).await.unwrap();
    let path = format!("/amendments/{id}");
    let before = dump(&app);

    let unchecked = json!({"is_draft": true, "title": "", "summary": "", "values_fit": "", "changes": []});
    for body in [json!({"is_draft": true}), json!({"is_draft": true, "title": ""}), unchecked] {
        let refused = api.patch(&path, body).await.must_be(409).json();
        assert_eq!(refused["code"], "already_proposed", "{refused}");
    }

    assert_eq!(dump(&app), before);
    api.patch(&path, json!({"title": ""})).await.must_be(422);
    api.patch(&path, json!({"title": "Votes"})).await.must_be(200);
    assert_eq!(app.state(id).await, AmendmentState::SeekingBacking);
}

#[tokio::test]
async fn what_is_in_conflict_is_not_based_on_the_new_text_unseen() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    let late = app.propose(bea, "2.1", "Everybody has a vote and a voice.").await;
    let (_, poll) = app.open_vote(ada, bea).await;
    app.carry(poll, &[ada, bea]).await;
    let (api, path) = (app.api_of(bea).await, format!("/amendments/{late}"));
    let before = dump(&app);

    let refused = api.patch(&path, json!({"title": "Vote and voice"})).await.must_be(409).json();

    assert_eq!(refused["code"], "in_conflict");
    assert!(refused["detail"].as_str().unwrap().contains(&format!("/amendments/{late}/rebase")), "{refused}");
    assert_eq!(dump(&app), before);
    let changes = json!([{"clause": app.id_of("2.1").await, "text": "Everybody has one vote and a voice."}]);
    api.patch(&path, json!({"changes": changes})).await.must_be(200);
    assert_eq!(app.state(late).await, AmendmentState::SeekingBacking);
}

/// Clause 2.1 of the second version, and a new clause 2.2.
fn cited(app: &TestApp, clause: &str) -> String {
    let url = app.url("/documents/agreement/versions/2");
    format!(", clauses <a href=\"{url}#clause-{clause}\">2.1</a>, 2.2:")
}

#[tokio::test]
async fn numbers_follow_when_another_amendment_moves_the_clauses() {
    let (app, ada) = TestApp::with_community().await;
    let bea = app.member("bea").await;
    app.follow_community("far.example", "fay").await;
    let second = app.id_of("2.2").await;
    let changes = json!([
        {"clause": second, "text": "Three quarters carry."},
        {"act": "add", "place": {"where": "after", "clause": second}, "text": "We count twice."},
    ]);
    let id = app.propose_changes(bea, changes).await;
    app.back(ada, id).await.unwrap();
    assert_eq!(numbers(&app, id).await, ["2.2", "2.3"]);
    let removal = app.propose_changes(ada, json!([{"act": "remove", "clause": app.id_of("2.1").await}])).await;
    app.back(bea, removal).await.unwrap();
    let poll = app.open(ada, removal).await.unwrap();

    app.carry(poll, &[ada, bea]).await;

    assert_eq!(app.state(id).await, AmendmentState::Backed, "nothing that it starts from was changed");
    assert_eq!(numbers(&app, id).await, ["2.1", "2.2"]);
    let told = app.updates_of(id).await.pop().unwrap();
    assert!(told["content"].as_str().unwrap().contains(&cited(&app, &second)), "{told}");
    let page = app.browser().get(&format!("/amendments/{id}")).await;
    assert!(page.text().contains("New clause 2.2 It stands after clause 2.1."), "{}", page.text());
    let poll = app.open(bea, id).await.unwrap();
    let question = app.fetch_question(poll).await;
    assert!(question["content"].as_str().unwrap().contains(&cited(&app, &second)), "{question}");
    app.carry(poll, &[ada, bea]).await;
    let record = app.record(poll).await;
    assert!(record.contains("\"number\":\"2.2\""), "{record}");
    assert_eq!(app.clauses().await.last().unwrap().number, "2.2");
}

#[tokio::test]
async fn a_title_that_is_sent_alone_changes_the_title_alone() {
    let (app, ada) = TestApp::with_community().await;
    let mut draft = request(&json!([{"clause": app.id_of("2.1").await, "text": "One vote each."}]));
    draft["is_draft"] = json!(true);
    let api = app.api_of(ada).await;
    let id: AmendmentId = api.post("/amendments", draft).await.created().parse().unwrap();

    let changed = api.patch(&format!("/amendments/{id}"), json!({"title": "Votes"})).await.must_be(200).json();

    assert_eq!((&changed["state"], &changed["title"]), (&json!("draft"), &json!("Votes")));
    assert_eq!(changed["changes"][0]["new_text"], "One vote each.");
}
