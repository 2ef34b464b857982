//! Tokens, and what the API keeps from those whom it does not concern (security.md AC-18, PV-1, PV-2).

use super::support::village::Village;
use caucus::domain::token::TokenScope;
use caucus::ids::MemberId;
use serde_json::{Value, json};

#[tokio::test]
async fn a_revoked_token_stops_at_the_next_request() {
    let village = Village::start().await;
    let me = village.outsider.get("/me").await.must_be(200).json();
    let member: MemberId = me["id"].as_str().unwrap().parse().unwrap();
    assert_eq!((me["handle"].as_str(), me["is_steward"].as_bool()), (Some("carl"), Some(false)));

    let tokens = village.app.app.read(move |conn| caucus::db::api_tokens::list_tokens(conn, member)).await.unwrap();
    let id = tokens[0].id;
    village.app.app.write(move |tx| caucus::services::create_token::revoke_token(tx, id)).await.unwrap();

    assert_eq!(village.outsider.get("/me").await.must_be(401).json()["code"], "bad_token");
}

#[tokio::test]
async fn only_bearer_tokens_are_credentials() {
    let village = Village::start().await;
    let token = village.app.token(village.app.member("dora").await, TokenScope::Write).await;
    let client = reqwest_client();

    for (header, status) in [
        (format!("Bearer {token}"), 200),
        (format!("bearer {token}"), 200),
        (format!("Basic {token}"), 401),
        (token.clone(), 401),
        (format!("Bearer {token}x"), 401),
        ("Bearer ".to_owned(), 401),
        (format!("Bearer {}", "x".repeat(5_000)), 401),
        ("Bearer \u{e9}".to_owned(), 401),
    ] {
        let request = client.get(village.app.url("/api/v1/me")).header("authorization", header.as_bytes());
        assert_eq!(request.send().await.unwrap().status(), status, "{header}");
    }
    let cookie = client.get(village.app.url("/api/v1/me")).header("cookie", format!("token={token}"));
    assert_eq!(cookie.send().await.unwrap().status(), 401);
    let query = client.get(village.app.url(&format!("/api/v1/me?access_token={token}")));
    assert_eq!(query.send().await.unwrap().status(), 401);
}

#[expect(clippy::disallowed_types, reason = "the test asks from outside")]
fn reqwest_client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

#[tokio::test]
async fn a_private_offer_is_for_the_members_of_its_cabal() {
    let village = Village::start().await;
    let request = village.help_request().await;
    let offer = village.offer(&request).await;
    let offers = format!("/help-requests/{request}/offers");

    let seen = village.of_cabal.get(&offers).await.must_be(200).json();

    assert_eq!(seen["items"][0]["contact"], "wim@secret.example");
    for caller in [&village.app.api(), &village.outsider, &village.steward] {
        let answer = caller.get(&offers).await.must_be(200);
        assert_eq!(answer.json()["items"], json!([]));
        assert!(!answer.text.contains("secret"));
    }
    let invisible = village.outsider.post(&format!("/offers/{offer}/accept"), json!({"words": "Yes."})).await;
    let unknown = "/offers/01900000-0000-7000-8000-000000000000/accept";
    let unknown = village.outsider.post(unknown, json!({"words": "Yes."})).await;
    assert_eq!((invisible.status, &invisible.text), (404, &unknown.text));
    assert_eq!(village.of_cabal.get(&offers).await.json()["items"][0]["state"], "waiting");
}

#[tokio::test]
async fn nothing_says_who_is_a_member() {
    let village = Village::start().await;
    let amendment = village.amendment().await;
    village.outsider.post(&format!("/amendments/{amendment}/backing"), Value::Null).await.must_be(201);
    let request = village.help_request().await;

    for path in [
        "/cabals".to_owned(),
        "/cabals/bees".to_owned(),
        format!("/help-requests/{request}"),
        "/amendments".to_owned(),
        format!("/amendments/{amendment}"),
    ] {
        let answer = village.app.api().get(&path).await.must_be(200);
        for name in ["bea", "carl"] {
            assert!(!answer.text.contains(&format!("\"{name}\"")), "{path}: {}", answer.text);
        }
    }
}
