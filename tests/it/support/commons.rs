//! A community with a follower elsewhere, and those who speak for it.

use super::app::TestApp;
use super::rows::on_their_way;
use caucus::App;
use caucus::db::spokespeople::{Spokesperson, spokesperson};
use caucus::domain::spokesperson::{SpokespersonFields, SpokespersonState};
use caucus::domain::statement::NewStatement;
use caucus::ids::{MemberId, PostId, SpokespersonId};
use caucus::services::ServiceError;
use caucus::services::back_spokesperson::{back_spokesperson, take_backing_back};
use caucus::services::leave_community::leave_community;
use caucus::services::publish_statement::{Author, edit_statement, publish_statement, withdraw_statement};
use caucus::services::volunteer_to_speak::{step_down, volunteer};
use serde_json::Value;

/// The clock of tests begins on 1 March 2026 at noon.
pub const LATEST: &str = "2026-05-29";

/// The community of ada, bea and cai.
pub struct Commons {
    pub app: TestApp,
    pub ada: MemberId,
    pub bea: MemberId,
    pub cai: MemberId,
}

impl Commons {
    pub async fn new() -> Self {
        let (app, ada) = TestApp::with_community().await;
        let (bea, cai) = (app.member("bea").await, app.member("cai").await);
        app.follow_community("far.example", "fay").await;
        Self { app, ada, bea, cai }
    }

    pub async fn volunteer(&self, by: MemberId, ends_on: &str) -> Result<SpokespersonId, ServiceError> {
        let fields =
            SpokespersonFields { purpose: "the press".into(), ends_on: ends_on.to_owned(), publish_name: true };
        self.app.app.write(move |tx| volunteer(tx, by, &fields)).await
    }

    pub async fn back(&self, by: MemberId, id: SpokespersonId) -> Result<(), ServiceError> {
        back(&self.app.app, by, id).await
    }

    pub async fn take_back(&self, by: MemberId, id: SpokespersonId) -> Result<(), ServiceError> {
        self.app.app.write(move |tx| take_backing_back(tx, by, id)).await
    }

    pub async fn step_down(&self, by: MemberId, id: SpokespersonId) -> Result<(), ServiceError> {
        self.app.app.write(move |tx| step_down(tx, by, id)).await
    }

    pub async fn leave(&self, by: MemberId) {
        self.app.app.write(move |tx| leave_community(tx, by, &[])).await.unwrap();
    }

    /// Somebody who speaks, backed by another.
    pub async fn speaking(&self, by: MemberId, backer: MemberId) -> SpokespersonId {
        let id = self.volunteer(by, LATEST).await.unwrap();
        self.back(backer, id).await.unwrap();
        id
    }

    pub async fn row(&self, id: SpokespersonId) -> Spokesperson {
        self.app.app.read(move |conn| spokesperson(conn, id)).await.unwrap()
    }

    pub async fn state(&self, id: SpokespersonId) -> SpokespersonState {
        self.row(id).await.state_at(self.app.app.deadline())
    }

    /// Says something in the name of the community.
    pub async fn say(&self, by: MemberId, text: &str) -> Result<PostId, ServiceError> {
        say(&self.app.app, by, text).await
    }

    pub async fn edit(&self, by: MemberId, id: PostId, text: &str) -> Result<(), ServiceError> {
        let new = NewStatement { text: text.to_owned(), language: "en".to_owned() };
        self.app.app.write(move |tx| edit_statement(tx, by, id, &new)).await
    }

    pub async fn withdraw(&self, by: MemberId, id: PostId) -> Result<(), ServiceError> {
        self.app.app.write(move |tx| withdraw_statement(tx, by, id)).await
    }

    /// What is on its way to the follower, as type and content.
    pub fn told(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let all = on_their_way(&self.app).into_iter();
        all.map(|(_, activity)| (text(&activity["type"]), text(&activity["object"]["content"]))).collect()
    }
}

pub async fn back(app: &App, by: MemberId, id: SpokespersonId) -> Result<(), ServiceError> {
    app.write(move |tx| back_spokesperson(tx, by, id)).await
}

pub async fn say(app: &App, by: MemberId, text: &str) -> Result<PostId, ServiceError> {
    let new = NewStatement { text: text.to_owned(), language: "en".to_owned() };
    app.write(move |tx| publish_statement(tx, by, Author::Community, &new)).await
}
