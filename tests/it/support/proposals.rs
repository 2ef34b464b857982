//! Proposals before their vote, through the API and the services: to begin with, and to look at what people
//! are told of them.

use super::app::TestApp;
use super::rows::{of_type, on_their_way};
use caucus::db::member_notices::Notices;
use caucus::db::{amendments, documents, member_notices};
use caucus::domain::document::Clause;
use caucus::ids::{AmendmentId, MemberId, PollId};
use caucus::services::{ServiceError, announce_opening};
use caucus::workers::timers;
use chrono::TimeDelta;
use serde_json::{Value, json};

/// A request that proposes these changes of the agreement.
pub fn request(changes: &Value) -> Value {
    json!({
        "document": "agreement", "title": "A change", "summary": "It says it better.",
        "values_fit": "We help each other (clause 1).", "changes": changes,
    })
}

impl TestApp {
    /// The clauses of the first document as they stand.
    pub async fn clauses(&self) -> Vec<Clause> {
        let read = self.app.read(|conn| {
            let document = documents::list_documents(conn)?.remove(0);
            documents::list_clauses(conn, document.version.id)
        });
        read.await.unwrap()
    }

    /// The id of the clause that has this number now.
    pub async fn id_of(&self, number: &str) -> String {
        self.clauses().await.iter().find(|clause| clause.number == number).unwrap().id.to_string()
    }

    /// Proposes what a request of the API says.
    pub async fn propose_changes(&self, by: MemberId, changes: Value) -> AmendmentId {
        self.api_of(by).await.post("/amendments", request(&changes)).await.created().parse().unwrap()
    }

    /// All of them vote for it, and its week passes.
    pub async fn carry(&self, poll: PollId, voters: &[MemberId]) {
        for voter in voters {
            self.vote_on_the_web(poll, *voter, &[0]).await.unwrap();
        }
        self.advance(TimeDelta::days(7));
        timers::step(&self.app).await.unwrap();
    }

    /// A week passes in which nobody votes.
    pub async fn carry_nothing(&self) {
        self.advance(TimeDelta::days(7));
        while timers::step(&self.app).await.unwrap() > 0 {}
    }

    /// Announces its opening, or a later one.
    pub async fn announce(&self, by: MemberId, id: AmendmentId, days: u32) -> Result<(), ServiceError> {
        self.app.write(move |tx| announce_opening::announce_opening(tx, by, id, days)).await
    }

    /// What a member was told, the newest first.
    pub async fn notices(&self, member: MemberId) -> Vec<String> {
        let told =
            self.app.read(move |conn| member_notices::list_notices(conn, member, Notices::All, 50)).await.unwrap();
        told.into_iter().map(|notice| notice.sentence).collect()
    }

    /// What is served as the Note of a proposal.
    pub async fn note_of(&self, id: AmendmentId) -> Value {
        let note = self.app.read(move |conn| amendments::amendment(conn, id)).await.unwrap().note_id.unwrap();
        let (status, body) = self.fetch(&format!("/notes/{note}"), "application/activity+json").await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The Updates of the Note of a proposal that are on their way, the oldest first.
    pub async fn updates_of(&self, id: AmendmentId) -> Vec<Value> {
        let note = self.note_of(id).await["id"].clone();
        let updates = of_type(&on_their_way(self), "Update").into_iter();
        updates.map(|(_, update)| update["object"].clone()).filter(|object| object["id"] == note).collect()
    }
}
