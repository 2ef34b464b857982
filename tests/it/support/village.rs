//! A community with everybody who may use the JSON API of it, and what they make there.

use super::TestApp;
use super::api::Api;
use caucus::domain::token::TokenScope;
use caucus::ids::{MemberId, random_receipt};
use serde_json::{Value, json};

/// A community with a steward, a cabal of one and a member who is in no cabal.
pub struct Village {
    pub app: TestApp,
    pub steward: Api,
    pub of_cabal: Api,
    pub outsider: Api,
    pub reader: Api,
}

impl Village {
    pub async fn start() -> Self {
        let (app, ada) = TestApp::with_community().await;
        let (bea, carl): (MemberId, MemberId) = (app.member("bea").await, app.member("carl").await);
        app.cabal(bea, "bees").await;
        app.cabal(bea, "wasps").await;
        let reader = app.api().with(&app.token(bea, TokenScope::Read).await);
        let (steward, of_cabal, outsider) = (app.api_of(ada).await, app.api_of(bea).await, app.api_of(carl).await);
        Self { app, steward, of_cabal, outsider, reader }
    }

    pub async fn make(&self, path: &str, body: Value) -> String {
        self.of_cabal.post(path, body).await.created()
    }

    pub async fn help_request(&self) -> String {
        self.make("/cabals/bees/help-requests", json!({"what": "Hives", "skills": ["carpentry"], "hours": 2})).await
    }

    pub async fn offer(&self, request: &str) -> String {
        self.make(&format!("/help-requests/{request}/offers"), web_offer()).await
    }

    pub async fn accepted(&self, request: &str) -> String {
        let offer = self.offer(request).await;
        self.of_cabal.post(&format!("/offers/{offer}/accept"), json!({"words": "Yes."})).await.must_be(200);
        offer
    }

    pub async fn amendment(&self) -> String {
        self.make("/amendments", self.proposal(0).await).await
    }

    /// A proposal to change a clause of the agreement, each under a title of its own.
    pub async fn proposal(&self, clause: usize) -> Value {
        let document = self.app.api().get("/documents/agreement").await.must_be(200).json();
        let clause = document["clauses"][clause]["id"].clone();
        json!({"document": "agreement", "title": format!("Kindness {}", random_receipt()), "summary": "Adds kindness.", "values_fit": "Fits.",
               "changes": [{"clause": clause, "text": "We help each other kindly."}]})
    }
}

pub fn web_offer() -> Value {
    json!({"name": "Wim", "contact": "wim@secret.example", "text": "I have wood."})
}

pub fn poll() -> Value {
    json!({"question": "When?", "options": ["Saturday", "Sunday"], "duration_minutes": 60})
}
