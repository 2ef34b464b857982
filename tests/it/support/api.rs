//! A program that uses the JSON API.

use super::app::TestApp;
use caucus::domain::token::TokenScope;
use caucus::ids::MemberId;
use caucus::services::create_token::create_token;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// Speaks to the API of one server, with a token or without.
#[derive(Clone)]
#[expect(clippy::disallowed_types, reason = "the test asks from outside")]
pub struct Api {
    base: String,
    token: Option<String>,
    client: reqwest::Client,
}

/// What the API answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Api {
    /// A program without a token at the server with this address.
    #[expect(clippy::disallowed_types, reason = "the test asks from outside")]
    pub fn at(base: &str) -> Self {
        Self { base: base.to_owned(), token: None, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    /// The same program with a token.
    pub fn with(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Asks for a path below `/api/v1`.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| body.to_string());
        self.try_send(method, path, body.as_deref().map(|body| ("application/json", body))).await.unwrap()
    }

    /// The same, with any body; fails when the server does not answer.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, &str)>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.client.request(method, format!("{}/api/v1{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body.to_owned());
        }
        let answer = request.send().await?;
        Ok(Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), text: answer.text().await? })
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    /// The answer, when it has this status.
    pub fn must_be(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The `id` of what was created, when the answer says all that it must.
    pub fn created(&self) -> String {
        assert_eq!(self.status, 201, "{}", self.text);
        let body = self.json();
        assert!(body["url"].as_str().is_some_and(|url| url.starts_with("http")), "{body}");
        assert!(body["object_id"].is_null() || body["object_id"].as_str().is_some_and(|id| id.starts_with("http")));
        assert!(self.header("location").starts_with("/api/v1/"), "{:?}", self.headers);
        body["id"].as_str().unwrap().to_owned()
    }

    /// A header, empty when missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl TestApp {
    /// The API without a token.
    pub fn api(&self) -> Api {
        Api::at(&self.base)
    }

    /// The API with a new token of a member.
    pub async fn api_of(&self, member: MemberId) -> Api {
        self.api().with(&self.token(member, TokenScope::Write).await)
    }

    /// A new token.
    pub async fn token(&self, member: MemberId, scope: TokenScope) -> String {
        self.app.write(move |tx| create_token(tx, member, "test", scope)).await.unwrap().secret
    }
}
