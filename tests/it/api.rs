//! The JSON API: what it answers, what it refuses and how it says so.

use super::support::TestApp;
use super::support::api::{Answer, Api};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

/// A running community with a member in the cabal `bees`.
async fn bees() -> (TestApp, Api) {
    let (app, ada) = TestApp::with_community().await;
    app.cabal(ada, "bees").await;
    let api = app.api_of(ada).await;
    (app, api)
}

fn help() -> Value {
    json!({"what": "Build hives", "skills": ["carpentry", "bee keeping"], "hours": 1.5,
           "deadline": "2026-06-01", "place": "The orchard", "is_remote": false, "language": "en"})
}

/// Checks that an answer is a problem document of this status and code; answers its fields.
fn problem(answer: &Answer, status: u16, code: &str) -> Vec<String> {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["type"], "about:blank");
    assert_eq!(body["status"], status);
    assert_eq!(body["code"], code, "{body}");
    for member in ["title", "detail"] {
        assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    }
    let lower = answer.text.to_lowercase();
    for word in ["sql", "diesel", "actix", "serde", "panick", "struct ", "src/", ".rs", "constraint", "caucus::"] {
        assert!(!lower.contains(word), "{word} stands in {}", answer.text);
    }
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    assert!(errors.iter().all(|e| e["detail"].as_str().is_some_and(|text| !text.is_empty())), "{body}");
    errors.iter().map(|e| e["field"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_cabal_is_formed_shown_joined_and_left() {
    let (app, ada) = TestApp::with_community().await;
    let (ada, grace) = (app.api_of(ada).await, app.api_of(app.member("grace").await).await);

    let formed = ada.post("/cabals", json!({"name": "Bee Watch", "purpose": "We count."})).await;
    let id = formed.created();
    grace.post("/cabals/bee_watch/members", json!({"contribution": "I count."})).await.must_be(201);

    let body = formed.json();
    assert_eq!(body["url"], app.url("/c/bee_watch"));
    assert_eq!(body["object_id"], app.url("/c/bee_watch"));
    assert_eq!(formed.header("location"), "/api/v1/cabals/bee_watch");
    let shown = grace.get("/cabals/bee_watch").await.must_be(200).json();
    assert_eq!((shown["id"].as_str(), shown["members_count"].as_i64()), (Some(id.as_str()), Some(2)));
    assert_eq!((shown["is_mine"].as_bool(), shown["freshness"].as_str()), (Some(true), Some("active")));
    grace.delete("/cabals/bee_watch/members/me").await.must_be(204);
    assert_eq!(grace.get("/cabals/bee_watch").await.json()["is_mine"], false);
    let again = ada.post("/cabals", json!({"name": "Bee Watch", "purpose": "Again."})).await;
    assert!(matches!(again.status, 409 | 422), "{}", again.text);
}

#[tokio::test]
async fn a_help_request_lives_from_publishing_to_withdrawal() {
    let (app, api) = bees().await;

    let published = api.post("/cabals/bees/help-requests", help()).await;
    let id = published.created();
    let path = format!("/help-requests/{id}");

    assert_eq!(published.json()["object_id"], app.url(&path));
    assert_eq!(published.header("location"), format!("/api/v1{path}"));
    let shown = app.api().get(&path).await.must_be(200).json();
    assert_eq!((shown["hours"].as_f64(), shown["state"].as_str()), (Some(1.5), Some("open")));
    assert_eq!(shown["skills"], json!(["carpentry", "bee keeping"]));
    let edited = api.patch(&path, json!({"hours": 0.25, "place": null, "is_remote": true})).await.must_be(200).json();
    assert_eq!((edited["hours"].as_f64(), edited["place"].is_null()), (Some(0.25), true));
    assert_eq!((edited["what"].as_str(), edited["is_remote"].as_bool()), (Some("Build hives"), Some(true)));
    assert_eq!(edited["deadline"], shown["deadline"]);
    assert_eq!(app.api().get("/help-requests?cabal=bees&state=open").await.json()["items"][0]["id"], id.as_str());
    api.delete(&path).await.must_be(204);
    problem(&app.api().get(&path).await, 410, "gone");
    problem(&app.api().get(&format!("{path}/offers")).await, 410, "gone");
    problem(&api.delete(&path).await, 410, "gone");
    for list in ["/help-requests", "/help-requests?state=withdrawn"] {
        assert_eq!(app.api().get(list).await.must_be(200).json()["items"], json!([]), "{list}");
    }
}

#[tokio::test]
async fn progress_lives_from_publishing_to_withdrawal() {
    let (app, api) = bees().await;

    let id = api.post("/cabals/bees/progress", json!({"text": "Two hives *stand*."})).await.created();
    let path = format!("/progress/{id}");

    assert_eq!(app.api().get(&path).await.must_be(200).json()["text"], "Two hives *stand*.");
    assert_eq!(api.patch(&path, json!({"text": "Three."})).await.must_be(200).json()["text"], "Three.");
    assert_eq!(app.api().get("/cabals/bees/progress").await.json()["items"][0]["id"], id.as_str());
    api.delete(&path).await.must_be(204);
    assert!(matches!(app.api().get(&path).await.status, 404 | 410));
}

#[tokio::test]
async fn an_offer_from_the_web_is_accepted_once() {
    let (app, api) = bees().await;
    let request = api.post("/cabals/bees/help-requests", help()).await.created();
    let body = json!({"name": "Wim", "contact": "wim@w.example", "text": "I have <b>wood</b>."});

    let offer = app.api().post(&format!("/help-requests/{request}/offers"), body).await.created();
    let accepted = api.post(&format!("/offers/{offer}/accept"), json!({"words": "Come by!"})).await.must_be(200).json();

    assert_eq!((accepted["state"].as_str(), accepted["answer_text"].as_str()), (Some("accepted"), Some("Come by!")));
    assert!(!accepted["content_html"].as_str().unwrap().contains("<b>"), "{accepted}");
    assert_eq!(app.api().get(&format!("/help-requests/{request}")).await.json()["state"], "taken");
    let late = api.post(&format!("/offers/{offer}/decline"), json!({"words": "No."})).await;
    problem(&late, 409, "offer_already_answered");
}

#[tokio::test]
async fn totals_of_a_poll_stay_hidden_until_it_closes() {
    let (app, api) = bees().await;
    let poll = json!({"question": "When?", "options": ["Saturday", "Sunday"], "duration_minutes": 60});
    let id = api.post("/cabals/bees/polls", poll).await.created();
    let path = format!("/polls/{id}");

    let vote = api.post(&format!("{path}/ballot"), json!({"choices": ["saturday"]})).await.must_be(201).json();
    let open = api.get(&path).await.must_be(200).json();
    app.advance(TimeDelta::minutes(61));
    let closed = api.get(&path).await.must_be(200).json();

    assert!(vote["receipt"].as_str().is_some_and(|receipt| receipt.len() >= 20), "{vote}");
    assert_eq!(open["options"], json!([{"name": "Saturday", "total": null}, {"name": "Sunday", "total": null}]));
    assert_eq!((open["is_open"].as_bool(), open["voters_count"].as_i64()), (Some(true), Some(1)));
    assert_eq!(closed["options"], json!([{"name": "Saturday", "total": 1}, {"name": "Sunday", "total": 0}]));
    assert_eq!(closed["is_open"], false);
    let late = api.post(&format!("{path}/ballot"), json!({"choices": ["Sunday"]})).await;
    assert_eq!(late.status, 409, "{}", late.text);
}

#[tokio::test]
async fn an_amendment_is_proposed_backed_opened_and_carried() {
    let (app, ada) = TestApp::with_community().await;
    let (ada, grace) = (app.api_of(ada).await, app.api_of(app.member("grace").await).await);
    let document = ada.get("/documents/agreement").await.must_be(200).json();
    let clause = document["clauses"][0]["id"].clone();
    let proposal = json!({"document": "agreement", "title": "Kindness", "summary": "Adds kindness.",
        "values_fit": "It fits.", "changes": [{"clause": clause, "text": "We help each other kindly."}]});

    let id = ada.post("/amendments", proposal).await.created();
    let path = format!("/amendments/{id}");
    problem(&ada.post(&format!("{path}/ballot"), json!({"choice": "for"})).await, 409, "not_open");
    assert_eq!(ada.post(&format!("{path}/opening"), Value::Null).await.status, 409);
    grace.post(&format!("{path}/backing"), Value::Null).await.must_be(201);
    assert_eq!(grace.get(&path).await.json()["backings_count"], 1);
    ada.patch(&path, json!({"title": "Kind help"})).await.must_be(200);
    assert_eq!(grace.get(&path).await.json()["backings_count"], 0);
    grace.post(&format!("{path}/backing"), Value::Null).await.must_be(201);
    let poll = ada.post(&format!("{path}/opening"), Value::Null).await.created();
    for voter in [&ada, &grace] {
        voter.post(&format!("{path}/ballot"), json!({"choice": "For"})).await.must_be(201);
    }
    let changed = grace.post(&format!("{path}/ballot"), json!({"choice": "Abstain"})).await.must_be(200).json();
    grace.post(&format!("{path}/ballot"), json!({"choice": "for"})).await.must_be(200);
    assert_eq!(changed["is_changed"], true);
    let open = ada.get(&format!("/polls/{poll}")).await.must_be(200).json();
    assert!(open["options"].as_array().unwrap().iter().all(|option| option["total"].is_null()), "{open}");
    assert_eq!(ada.patch(&path, json!({"title": "Too late"})).await.status, 409);
    app.advance(TimeDelta::seconds(604_801));

    let closed = app.api().get(&format!("/polls/{poll}")).await.must_be(200).json();
    assert_eq!(
        (closed["result"]["is_carried"].as_bool(), closed["result"]["votes_for"].as_u64()),
        (Some(true), Some(2))
    );
    assert_eq!(closed["result"]["share_of_roll"], 100.0);
    let document = ada.get("/documents/agreement").await.must_be(200).json();
    assert_eq!(document["clauses"][0]["text"], "We help each other kindly.");
    assert_eq!((document["version"].as_i64(), &document["clauses"][0]["id"]), (Some(2), &clause));
    assert_eq!(ada.get(&path).await.json()["state"], "carried");
}

#[tokio::test]
async fn a_program_finds_the_comment_that_it_may_take_back() {
    let (app, ada) = TestApp::with_community().await;
    let (hers, his) = (app.api_of(ada).await, app.api_of(app.member("bea").await).await);
    let path = format!("/amendments/{}/comments", app.propose(ada, "2.1", "Better.").await);
    let comment = his.post(&path, json!({"text": "I like it."})).await.created();

    let first = async |api: &Api| api.get(&path).await.must_be(200).json()["items"][0].clone();
    let (mine, anothers, a_strangers) = (first(&his).await, first(&hers).await, first(&app.api()).await);

    assert_eq!((&mine["is_mine"], &mine["id"], &mine["name"]), (&json!(true), &json!(comment), &json!("bea")));
    assert_eq!(anothers["is_mine"], false);
    assert!(a_strangers.get("is_mine").is_none() && a_strangers["name"].is_null(), "{a_strangers}");
    hers.delete(&format!("/comments/{comment}")).await.must_be(403);
    his.delete(&format!("/comments/{comment}")).await.must_be(204);
}

#[tokio::test]
async fn the_polls_of_a_cabal_are_listed_and_tell_no_hidden_totals() {
    let (app, api) = bees().await;
    let mut made = Vec::new();
    for question in ["First?", "Second?", "Third?"] {
        let poll = json!({"question": question, "options": ["Saturday", "Sunday"], "duration_minutes": 60});
        made.insert(0, api.post("/cabals/bees/polls", poll).await.created());
    }
    api.post("/cabals", json!({"name": "Wasps", "purpose": "W."})).await.must_be(201);
    api.post(&format!("/polls/{}/ballot", made[0]), json!({"choices": ["Sunday"]})).await.must_be(201);

    let first = app.api().get("/cabals/bees/polls?limit=2").await.must_be(200).json();
    let rest = api.get(&format!("/cabals/bees/polls?before={}", first["next"].as_str().unwrap())).await.json();

    let ids =
        |page: &Value| page["items"].as_array().unwrap().iter().map(|poll| poll["id"].clone()).collect::<Vec<_>>();
    assert_eq!([ids(&first), ids(&rest)].concat(), made);
    assert_eq!(first["items"][0]["options"][1], json!({"name": "Sunday", "total": null}));
    assert_eq!(api.get("/cabals/wasps/polls").await.must_be(200).json()["items"], json!([]));
    api.get("/cabals/bees/polls?before=x").await.must_be(400);
    api.get("/cabals/nobody/polls").await.must_be(404);
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let (app, api) = bees().await;
    for number in 0..5 {
        let text = json!({"text": format!("Update {number}")});
        api.post("/cabals/bees/progress", text).await.created();
    }
    let mut seen = Vec::new();
    let mut next = String::new();

    for _ in 0..3 {
        let page = app.api().get(&format!("/cabals/bees/progress?limit=2{next}")).await.must_be(200).json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["text"].as_str().unwrap().to_owned()));
        next = page["next"].as_str().map(|id| format!("&before={id}")).unwrap_or_default();
    }

    assert_eq!(seen, ["Update 4", "Update 3", "Update 2", "Update 1", "Update 0"]);
    assert_eq!(next, "");
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_said_field_by_field() {
    let (_app, api) = bees().await;
    let path = "/cabals/bees/help-requests";

    let all = problem(&api.post(path, json!({})).await, 422, "invalid_fields");
    let unknown = problem(&api.post(path, json!({"what": "x", "colour": "red"})).await, 422, "invalid_fields");
    let wrong = problem(&api.post(path, json!({"what": ["x"]})).await, 422, "invalid_fields");
    let nested = json!({"document": "agreement", "changes": [{"clause": "x", "text": "y"}, {"clause": 1}]});
    let nested = problem(&api.post("/amendments", nested).await, 422, "invalid_fields");

    assert_eq!(all, ["what", "skills", "hours"]);
    assert_eq!(unknown, ["colour"]);
    assert_eq!(wrong, ["what"]);
    assert_eq!(nested, ["changes[1].clause"]);
}

#[tokio::test]
async fn hostile_bodies_are_refused_and_change_nothing() {
    let (app, api) = bees().await;
    let path = "/cabals/bees/progress";
    let json_kind = "application/json";
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let long = json!({"text": "x".repeat(70_000)}).to_string();

    for (kind, body, status, code) in [
        (json_kind, "", 400, "bad_json"),
        (json_kind, "{", 400, "bad_json"),
        (json_kind, "[]", 400, "bad_json"),
        (json_kind, "\"text\"", 400, "bad_json"),
        (json_kind, "{\"text\":\"a\"} {\"text\":\"b\"}", 400, "bad_json"),
        (json_kind, "{\"text\":\"\\ud800\"}", 400, "bad_json"),
        (json_kind, deep.as_str(), 400, "bad_json"),
        (json_kind, long.as_str(), 413, "too_long"),
        (json_kind, "{\"text\":\"a\",\"text\":\"b\"}", 422, "invalid_fields"),
        (json_kind, "{\"text\":\"\\u0000\\u202e\"}", 422, "invalid_fields"),
        ("text/plain", "{\"text\":\"a\"}", 415, "not_json"),
        ("application/x-www-form-urlencoded", "text=a", 415, "not_json"),
        ("application/json-seq", "{\"text\":\"a\"}", 415, "not_json"),
    ] {
        let answer = api.try_send(Method::POST, path, Some((kind, body))).await.unwrap();
        problem(&answer, status, code);
    }
    assert_eq!(app.api().get(path).await.json()["items"], json!([]));
}

#[tokio::test]
async fn what_is_not_there_is_answered_alike() {
    let (app, api) = bees().await;
    let unknown = "01900000-0000-7000-8000-000000000000";
    let first = api.get("/cabals/no-such").await;

    problem(&first, 404, "not_found");
    for path in [
        format!("/help-requests/{unknown}"),
        "/help-requests/1".to_owned(),
        "/help-requests/..%2f..%2fetc".to_owned(),
        "/help-requests/%ff%fe".to_owned(),
        "/help-requests/'; DROP TABLE posts;--".to_owned(),
        format!("/help-requests/{unknown}/offers"),
        format!("/progress/{unknown}"),
        format!("/polls/{unknown}"),
        format!("/amendments/{unknown}"),
        "/documents/none".to_owned(),
        "/cabals/none/progress".to_owned(),
        "/help-requests?cabal=none".to_owned(),
    ] {
        let answer = api.get(&path).await;
        problem(&answer, 404, "not_found");
        assert_eq!(answer.text, first.text, "{path}");
    }
    problem(&app.api().get("/nothing").await, 404, "no_such_route");
    problem(&app.api().send(Method::PUT, "/cabals", None).await, 405, "no_such_method");
    problem(&app.api().send(Method::DELETE, "/cabals/bees", None).await, 405, "no_such_method");
}

#[tokio::test]
async fn odd_query_strings_are_refused() {
    let (app, _) = bees().await;

    for query in ["limit=x", "limit=-1", "before=x", "colour=red", "limit=1&limit=2"] {
        problem(&app.api().get(&format!("/cabals?{query}")).await, 400, "bad_query");
    }
    problem(&app.api().get("/help-requests?state=lost").await, 400, "bad_query");
    for query in ["limit=0", "limit=4000000000", ""] {
        app.api().get(&format!("/cabals?{query}")).await.must_be(200);
    }
}

#[tokio::test]
async fn the_openapi_document_describes_what_the_server_does() {
    let (app, _) = bees().await;
    let document = app.api().get("/../openapi.json").await.must_be(200).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    assert_eq!(document["servers"][0]["url"], "/api/v1");
    let mut operations = 0;

    for (path, methods) in document["paths"].as_object().unwrap() {
        let real = path.replace("{handle}", "bees").replace("{id}", "x").replace("{slug}", "x");
        for (method, operation) in methods.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = app.api().send(method.clone(), &real, None).await;
            let code = if answer.status < 400 { Value::Null } else { answer.json()["code"].clone() };
            assert!(code != "no_such_route" && code != "no_such_method", "{method} {path} is not served");
            let needs_token = operation["security"].is_array();
            assert_eq!(needs_token, answer.status == 401, "{method} {path}: {}", answer.text);
            assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 5), "{method} {path}");
            operations += 1;
        }
    }
    assert!(operations > 35, "{operations}");
}
