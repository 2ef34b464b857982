//! Who may do what over the API: one table of all routes and all kinds of callers (security.md
//! AC-18, AC-19), and what is invisible looks like what is not there (PV-1, PV-2).

use super::support::api::Api;
use super::support::village::{Village, poll, web_offer};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A route, what is sent, and the status for: nobody, a wrong token, a token that may only read
/// (of the cabal's member), a member of no cabal, a steward of no cabal, the cabal's member.
type Row = (Method, &'static str, String, Option<Value>, [u16; 6]);

#[tokio::test]
async fn every_route_knows_who_may_use_it() {
    let village = Village::start().await;
    let nobody = village.app.api();
    let stranger = nobody.with("caucus_not-a-token-of-ours-0000000000000000000000");
    let callers = [&nobody, &stranger, &village.reader, &village.outsider, &village.steward, &village.of_cabal];

    let rows = rows(&village).await;
    for (method, route, path, body, expected) in &rows {
        for (column, (caller, status)) in callers.iter().zip(expected).enumerate() {
            let body = body.clone().map(|body| numbered(body, column));
            let answer = caller.send(method.clone(), path, body).await;
            assert_eq!(answer.status, *status, "{method} {route}, caller {column}: {}", answer.text);
            if answer.status >= 400 {
                assert_eq!(answer.header("content-type"), "application/problem+json");
            }
            assert_eq!(answer.header("cache-control"), "private, no-store", "{method} {route}");
        }
    }

    assert_eq!(
        rows.iter().map(|row| format!("{} {}", row.0, row.1)).collect::<BTreeSet<_>>(),
        described(&village).await
    );
}

/// Gives every caller a name of their own for what must be unique.
fn numbered(mut body: Value, column: usize) -> Value {
    if let Some(name) = body.get("name").and_then(Value::as_str).map(|name| format!("{name} {column}")) {
        body["name"] = name.into();
    }
    body
}

/// Every operation of the OpenAPI document.
async fn described(village: &Village) -> BTreeSet<String> {
    let document = openapi(village.app.base.as_str()).await;
    let paths = document["paths"].as_object().unwrap().clone();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect()
}

async fn openapi(base: &str) -> Value {
    // One level up from /api/v1.
    Api::at(base).get("/../openapi.json").await.must_be(200).json()
}

async fn rows(village: &Village) -> Vec<Row> {
    let request = village.help_request().await;
    let (taken, refused) = (village.offer(&request).await, village.offer(&request).await);
    let (second, third) = (village.help_request().await, village.help_request().await);
    let (finished, freed) = (village.accepted(&second).await, village.accepted(&third).await);
    let progress = village.make("/cabals/bees/progress", json!({"text": "Two hives stand."})).await;
    let question = village.make("/cabals/bees/polls", poll()).await;
    let (draft, backed) = (village.amendment().await, village.amendment().await);
    village.outsider.post(&format!("/amendments/{backed}/backing"), Value::Null).await.must_be(201);
    let words = Some(json!({"words": "Thank you, see you there."}));
    let help = Some(json!({"what": "Hives", "skills": ["carpentry"], "hours": 2}));
    let mut rows = vec![
        get("/instance", "/instance".to_owned(), [200; 6]),
        get("/me", "/me".to_owned(), [401, 401, 200, 200, 200, 200]),
        get("/cabals", "/cabals".to_owned(), [200; 6]),
        get("/cabals/{handle}", "/cabals/bees".to_owned(), [200, 401, 200, 200, 200, 200]),
        get("/help-requests", "/help-requests".to_owned(), [200; 6]),
        get("/help-requests/{id}", format!("/help-requests/{request}"), [200; 6]),
        get("/help-requests/{id}/offers", format!("/help-requests/{request}/offers"), [200, 401, 200, 200, 200, 200]),
        get("/cabals/{handle}/progress", "/cabals/bees/progress".to_owned(), [200; 6]),
        get("/progress/{id}", format!("/progress/{progress}"), [200; 6]),
        get("/cabals/{handle}/polls", "/cabals/bees/polls".to_owned(), [200, 401, 200, 200, 200, 200]),
        get("/polls/{id}", format!("/polls/{question}"), [200, 401, 200, 200, 200, 200]),
        get("/polls/{id}/record", format!("/polls/{question}/record"), [404; 6]),
        get("/polls/{id}/minutes", format!("/polls/{question}/minutes"), [404, 401, 404, 404, 404, 404]),
        get("/documents", "/documents".to_owned(), [200; 6]),
        get("/documents/{slug}", "/documents/agreement".to_owned(), [200; 6]),
        get("/amendments", "/amendments".to_owned(), [200; 6]),
        get("/amendments/{id}", format!("/amendments/{draft}"), [200, 401, 200, 200, 200, 200]),
        get("/linked-actors", "/linked-actors".to_owned(), [401, 401, 200, 200, 200, 200]),
        get("/blocks", "/blocks".to_owned(), [401, 401, 403, 403, 200, 403]),
        get("/steward-log", "/steward-log".to_owned(), [200, 401, 200, 200, 200, 200]),
        get("/reports", "/reports".to_owned(), [401, 401, 403, 403, 200, 403]),
        post(
            "/blocks",
            "/blocks".to_owned(),
            Some(json!({"subject": "evil.localhost"})),
            [401, 401, 403, 403, 201, 403],
        ),
        delete("/blocks", "/blocks?subject=evil.localhost".to_owned(), [401, 401, 403, 403, 204, 403]),
        post(
            "/reports/{id}/settle",
            "/reports/0191f3a0-0000-7000-8000-000000000002/settle".to_owned(),
            None,
            [401, 401, 403, 403, 404, 403],
        ),
        post(
            "/cabals",
            "/cabals".to_owned(),
            Some(json!({"name": "Moths", "purpose": "Moths."})),
            [401, 401, 403, 201, 201, 201],
        ),
        post(
            "/cabals/{handle}/members",
            "/cabals/wasps/members".to_owned(),
            Some(json!({"contribution": "I watch."})),
            [401, 401, 403, 201, 201, 409],
        ),
        delete("/cabals/{handle}/members/me", "/cabals/wasps/members/me".to_owned(), [401, 401, 403, 204, 204, 204]),
        post(
            "/cabals/{handle}/help-requests",
            "/cabals/bees/help-requests".to_owned(),
            help,
            [401, 401, 403, 403, 403, 201],
        ),
        post("/help-requests/{id}/offers", format!("/help-requests/{request}/offers"), Some(web_offer()), [201; 6]),
        post("/offers/{id}/accept", format!("/offers/{taken}/accept"), words.clone(), [401, 401, 403, 404, 404, 200]),
        post("/offers/{id}/decline", format!("/offers/{refused}/decline"), words, [401, 401, 403, 404, 404, 200]),
        post("/offers/{id}/word", format!("/offers/{finished}/word"), None, [401, 401, 403, 404, 404, 200]),
        post("/offers/{id}/done", format!("/offers/{finished}/done"), Some(json!({})), [401, 401, 403, 404, 404, 200]),
        post("/offers/{id}/free", format!("/offers/{freed}/free"), None, [401, 401, 403, 404, 404, 200]),
        post(
            "/help-requests/{id}/renew",
            format!("/help-requests/{third}/renew"),
            None,
            [401, 401, 403, 403, 403, 200],
        ),
        get("/cabals/{handle}/offers", "/cabals/bees/offers".to_owned(), [401, 401, 200, 403, 403, 200]),
        post(
            "/cabals/{handle}/progress",
            "/cabals/bees/progress".to_owned(),
            Some(json!({"text": "More."})),
            [401, 401, 403, 403, 403, 201],
        ),
        get(
            "/cabals/{handle}/lead-nominations",
            "/cabals/bees/lead-nominations".to_owned(),
            [401, 401, 200, 403, 403, 200],
        ),
        post(
            "/cabals/{handle}/lead-nominations",
            "/cabals/bees/lead-nominations".to_owned(),
            Some(json!({"nominee": "bea", "way": "vote", "publish_name": true})),
            [401, 401, 403, 403, 403, 201],
        ),
        post(
            "/lead-nominations/{id}/acceptance",
            format!("/lead-nominations/{request}/acceptance"),
            Some(json!({})),
            [401, 401, 403, 404, 404, 404],
        ),
        post(
            "/lead-nominations/{id}/refusal",
            format!("/lead-nominations/{request}/refusal"),
            None,
            [401, 401, 403, 404, 404, 404],
        ),
        post("/cabals/{handle}/polls", "/cabals/bees/polls".to_owned(), Some(poll()), [401, 401, 403, 403, 403, 201]),
        post(
            "/polls/{id}/ballot",
            format!("/polls/{question}/ballot"),
            Some(json!({"choices": ["Sunday"]})),
            [401, 401, 403, 201, 201, 201],
        ),
        patch(
            "/help-requests/{id}",
            format!("/help-requests/{request}"),
            json!({"hours": 3}),
            [401, 401, 403, 403, 403, 200],
        ),
        patch(
            "/progress/{id}",
            format!("/progress/{progress}"),
            json!({"text": "Three."}),
            [401, 401, 403, 403, 403, 200],
        ),
        post(
            "/linked-actors",
            "/linked-actors".to_owned(),
            Some(json!({"handle": "no handle"})),
            [401, 401, 403, 422, 422, 422],
        ),
        post(
            "/linked-actors/confirmation",
            "/linked-actors/confirmation".to_owned(),
            Some(json!({"code": "000000"})),
            [401, 401, 403, 422, 422, 422],
        ),
        delete("/linked-actors", "/linked-actors?actor=https://a.test/b".to_owned(), [401, 401, 403, 404, 404, 404]),
        delete("/help-requests/{id}", format!("/help-requests/{request}"), [401, 401, 403, 403, 403, 204]),
        delete("/progress/{id}", format!("/progress/{progress}"), [401, 401, 403, 403, 403, 204]),
    ];
    let discussed = village.amendment().await;
    rows.extend(amendment_rows(village, &draft, &backed).await);
    rows.extend(talk_rows(village, &discussed).await);
    rows.extend(version_rows(village).await);
    rows.extend(spokesperson_rows(village).await);
    // Last, because nobody is there any more afterwards.
    rows.push(delete("/me", "/me".to_owned(), [401, 401, 403, 204, 204, 204]));
    rows
}

async fn amendment_rows(village: &Village, draft: &str, backed: &str) -> Vec<Row> {
    vec![
        post("/amendments", "/amendments".to_owned(), Some(village.proposal(1).await), [401, 401, 403, 201, 201, 201]),
        post("/amendments/{id}/backing", format!("/amendments/{draft}/backing"), None, [401, 401, 403, 201, 201, 403]),
        delete("/amendments/{id}/backing", format!("/amendments/{draft}/backing"), [401, 401, 403, 204, 204, 409]),
        patch(
            "/amendments/{id}",
            format!("/amendments/{draft}"),
            json!({"title": "More"}),
            [401, 401, 403, 403, 403, 200],
        ),
        post("/amendments/{id}/opening", format!("/amendments/{backed}/opening"), None, [401, 401, 403, 403, 403, 201]),
        post(
            "/amendments/{id}/ballot",
            format!("/amendments/{backed}/ballot"),
            Some(json!({"choice": "for"})),
            [401, 401, 403, 201, 201, 201],
        ),
        get("/amendments/{id}/can-i-vote", format!("/amendments/{backed}/can-i-vote"), [200, 401, 200, 200, 200, 200]),
        post("/amendments/{id}/renewal", format!("/amendments/{draft}/renewal"), None, [401, 401, 403, 403, 403, 200]),
        post(
            "/amendments/{id}/announcement",
            format!("/amendments/{draft}/announcement"),
            Some(json!({"days": 2})),
            [401, 401, 403, 403, 403, 409],
        ),
        delete(
            "/amendments/{id}/announcement",
            format!("/amendments/{draft}/announcement"),
            [401, 401, 403, 403, 403, 409],
        ),
        delete("/amendments/{id}", format!("/amendments/{draft}"), [401, 401, 403, 403, 403, 204]),
    ]
}

/// What is said about an amendment; the objection is of a member of no cabal, the comment of the
/// cabal's member.
async fn talk_rows(village: &Village, amendment: &str) -> Vec<Row> {
    let reason = json!({"reason": "It forgets guests."});
    let objection =
        village.outsider.post(&format!("/amendments/{amendment}/objections"), reason.clone()).await.created();
    let comments = format!("/amendments/{amendment}/comments");
    let comment = village.make(&comments, json!({"text": "I like it."})).await;
    vec![
        get("/me/notices", "/me/notices".to_owned(), [401, 401, 200, 200, 200, 200]),
        post(
            "/me/notices/read",
            "/me/notices/read".to_owned(),
            Some(json!({"notices": [comment]})),
            [401, 401, 403, 204, 204, 204],
        ),
        get("/me/drafts", "/me/drafts".to_owned(), [401, 401, 200, 200, 200, 200]),
        get("/amendments/{id}/comments", comments.clone(), [200, 401, 200, 200, 200, 200]),
        post("/amendments/{id}/comments", comments, Some(json!({"text": "Me too."})), [401, 401, 403, 201, 201, 201]),
        delete("/comments/{id}", format!("/comments/{comment}"), [401, 401, 403, 403, 403, 204]),
        get("/amendments/{id}/replies", format!("/amendments/{amendment}/replies"), [200, 401, 200, 200, 200, 200]),
        post(
            "/amendments/{id}/objections",
            format!("/amendments/{amendment}/objections"),
            Some(reason),
            [401, 401, 403, 409, 201, 201],
        ),
        post(
            "/objections/{id}/backing",
            format!("/objections/{objection}/backing"),
            None,
            [401, 401, 403, 403, 204, 204],
        ),
        (
            Method::PUT,
            "/objections/{id}/answer",
            format!("/objections/{objection}/answer"),
            Some(json!({"answer": "They may speak."})),
            [401, 401, 403, 403, 403, 204],
        ),
        delete("/objections/{id}", format!("/objections/{objection}"), [401, 401, 403, 204, 404, 404]),
    ]
}

/// The register is public; the cabal's member has volunteered and is backed by the member of no cabal.
async fn spokesperson_rows(village: &Village) -> Vec<Row> {
    let offer = json!({"purpose": "the press", "ends_on": "2026-04-30", "publish_name": true});
    let id = village.make("/spokespeople", offer.clone()).await;
    let one = format!("/spokespeople/{id}");
    let missing = format!("/statements/{id}");
    vec![
        get("/spokespeople", "/spokespeople".to_owned(), [200, 401, 200, 200, 200, 200]),
        get("/spokespeople/{id}", one.clone(), [404, 401, 200, 200, 200, 200]),
        post("/spokespeople/{id}/backing", format!("{one}/backing"), None, [401, 401, 403, 200, 409, 403]),
        delete("/spokespeople/{id}/backing", format!("{one}/backing"), [401, 401, 403, 409, 409, 409]),
        post("/statements", "/statements".to_owned(), Some(json!({"text": "We are."})), [401, 401, 403, 403, 403, 201]),
        get("/statements", "/statements".to_owned(), [200; 6]),
        get("/statements/{id}", missing.clone(), [404; 6]),
        patch("/statements/{id}", missing.clone(), json!({"text": "We were."}), [401, 401, 403, 404, 404, 404]),
        delete("/statements/{id}", missing, [401, 401, 403, 404, 404, 404]),
        delete("/spokespeople/{id}", one, [401, 401, 403, 403, 403, 204]),
        post("/spokespeople", "/spokespeople".to_owned(), Some(offer), [401, 401, 403, 201, 201, 201]),
    ]
}

/// How a document came to its text: for everybody.
async fn version_rows(village: &Village) -> Vec<Row> {
    let document = village.app.api().get("/documents/agreement").await.must_be(200).json();
    let clause = document["clauses"][0]["id"].as_str().unwrap().to_owned();
    let of = |route: &'static str, path: &str| get(route, format!("/documents/agreement{path}"), [200; 6]);
    vec![
        of("/documents/{slug}/versions", "/versions"),
        of("/documents/{slug}/versions/{number}", "/versions/1"),
        of("/documents/{slug}/text", "/text?on=2026-03-01"),
        of("/documents/{slug}/export", "/export?format=plain"),
        of("/documents/{slug}/compare", "/compare?from=1&to=1"),
        of("/documents/{slug}/clauses/{clause}/history", &format!("/clauses/{clause}/history")),
    ]
}

fn get(route: &'static str, path: String, expected: [u16; 6]) -> Row {
    (Method::GET, route, path, None, expected)
}

fn post(route: &'static str, path: String, body: Option<Value>, expected: [u16; 6]) -> Row {
    (Method::POST, route, path, body, expected)
}

fn patch(route: &'static str, path: String, body: Value, expected: [u16; 6]) -> Row {
    (Method::PATCH, route, path, Some(body), expected)
}

fn delete(route: &'static str, path: String, expected: [u16; 6]) -> Row {
    (Method::DELETE, route, path, None, expected)
}
