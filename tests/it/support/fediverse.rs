//! A cabal with another server to speak to: what arrives goes through the front door and the
//! inbound worker, and what is promised to be sent can be looked at before it goes.

use super::app::TestApp;
use super::peer::{Peer, Person};
use caucus::db::DbError;
use caucus::db::cabals::{Cabal, cabal};
use caucus::db::help_requests::{HelpRequest, help_request};
use caucus::db::inbox::{NewReceived, store_once};
use caucus::db::linked_actors::insert_link;
use caucus::db::messages::{Message, list_messages};
use caucus::db::offers::{Offer, list_offers};
use caucus::domain::help_request::{HelpRequestFields, NewHelpRequest};
use caucus::domain::visibility::PUBLIC;
use caucus::ids::{ActorId, CabalId, HelpRequestId, MemberId};
use caucus::services::ServiceError;
use caucus::services::publish_help_request::publish_help_request;
use caucus::workers::inbound;
use diesel::RunQueryDsl as _;
use serde_json::{Value, json};

/// A running program with a cabal, and a server beside it.
pub struct Fediverse {
    pub app: TestApp,
    pub peer: Peer,
    /// The steward, who formed the cabal.
    pub ada: MemberId,
    /// The cabal `search`.
    pub cabal: CabalId,
}

/// How a reply is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Public,
    Unlisted,
    Followers,
    Direct,
}

#[derive(diesel::QueryableByName)]
struct OnItsWay {
    #[diesel(sql_type = diesel::sql_types::Text)]
    body: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    inbox: String,
}

impl Fediverse {
    /// The cabal `search` formed by `ada`, and a peer.
    pub async fn start() -> Self {
        let (app, ada) = TestApp::with_community().await;
        let cabal = app.cabal(ada, "search").await;
        let peer = Peer::start(&app).await;
        Self { app, peer, ada, cabal }
    }

    /// The URL of the cabal's actor.
    pub fn cabal_url(&self) -> String {
        self.app.url("/c/search")
    }

    /// A help request of the cabal.
    pub async fn help_request(&self) -> HelpRequestId {
        let (by, cabal, new) = (self.ada, self.cabal, self.new_help_request("Index the minutes"));
        let published: Result<HelpRequestId, ServiceError> =
            self.app.app.write(move |tx| publish_help_request(tx, by, cabal, &new)).await;
        published.unwrap()
    }

    /// What a form with the required fields says.
    pub fn new_help_request(&self, what: &str) -> NewHelpRequest {
        let fields = HelpRequestFields {
            what: what.to_owned(),
            skills: "Rust, full-text search".to_owned(),
            hours: "2.5".to_owned(),
            ..HelpRequestFields::default()
        };
        NewHelpRequest::parse(&fields, self.app.app.now()).unwrap()
    }

    /// `person` sends `activity` to the shared inbox, and it is worked through.
    pub async fn take(&self, person: &Person, activity: &Value) {
        let (status, reason) = self.peer.send(person, &self.app.url("/inbox"), activity).await;
        assert_eq!(status, 202, "{reason}: {activity}");
        self.work().await;
    }

    /// Stores an activity as if the door had believed it.
    pub async fn store(&self, actor_url: &str, id: &str, body: &Value) {
        let new = NewReceived {
            actor_url: actor_url.to_owned(),
            activity_id: id.to_owned(),
            inbox_handle: None,
            body: body.to_string(),
            signed_at: self.app.app.now(),
        };
        let stored: Result<bool, DbError> = self.app.app.write(move |tx| store_once(tx, &new)).await;
        assert!(stored.unwrap());
    }

    /// Everything that waits is worked through.
    pub async fn work(&self) {
        while inbound::step(&self.app.app).await.unwrap() > 0 {}
    }

    /// A Follow of the cabal.
    pub fn follow(&self, person: &Person) -> Value {
        json!({
            "type": "Follow", "id": self.peer.fresh_url("follows"), "actor": person.url, "object": self.cabal_url(),
        })
    }

    /// A note by `person` that replies to `parent`.
    pub fn reply(&self, person: &Person, parent: &str, text: &str, reach: Reach) -> Value {
        let followers = format!("{}/followers", person.url);
        let (cabal, theirs) = (self.cabal_url(), format!("{}/followers", self.cabal_url()));
        let (to, cc) = match reach {
            Reach::Public => (json!([PUBLIC]), json!([followers, cabal, theirs])),
            Reach::Unlisted => (json!([followers]), json!([PUBLIC, cabal, theirs])),
            Reach::Followers => (json!([followers]), json!([cabal, theirs])),
            Reach::Direct => (json!([cabal, theirs]), json!([])),
        };
        json!({
            "type": "Note", "id": self.peer.fresh_url("notes"), "attributedTo": person.url, "inReplyTo": parent,
            "to": to, "cc": cc, "published": "2026-03-01T12:00:00Z",
            "content": format!("<p><a href=\"{cabal}\" class=\"u-url mention\">@search</a> {text}</p>"),
            "tag": [{"type": "Mention", "href": cabal, "name": "@search"}],
        })
    }

    /// An activity of `person` around `object`, addressed as the object is.
    pub fn act(&self, kind: &str, person: &Person, object: &Value) -> Value {
        let mut activity = json!({
            "type": kind, "id": self.peer.fresh_url("activities"), "actor": person.url, "object": object,
        });
        for key in ["to", "cc"] {
            if let Some(value) = object.get(key) {
                activity[key] = value.clone();
            }
        }
        activity
    }

    /// `person` replies to a help request; answers the note.
    pub async fn offer(&self, person: &Person, request: HelpRequestId, reach: Reach) -> Value {
        let parent = self.app.app.urls.help_request(request);
        let note = self.reply(person, &parent, "I can help", reach);
        self.take(person, &self.act("Create", person, &note)).await;
        note
    }

    /// Every activity that is promised to be sent, with the inbox it goes to, the oldest first.
    pub fn on_their_way(&self) -> Vec<(Value, String)> {
        let query = "SELECT o.body AS body, d.inbox AS inbox FROM deliveries d \
                     JOIN outbox_activities o ON o.id = d.activity_id ORDER BY d.id";
        let mut connection = self.app.store.connect();
        let rows: Vec<OnItsWay> =
            caucus::on_each_backend!(&mut connection, |c| diesel::sql_query(query).load(c)).unwrap();
        rows.into_iter().map(|row| (serde_json::from_str(&row.body).unwrap(), row.inbox)).collect()
    }

    /// The activities of one type that are promised to be sent.
    pub fn sent(&self, kind: &str) -> Vec<Value> {
        self.on_their_way().into_iter().map(|(activity, _)| activity).filter(|a| a["type"] == kind).collect()
    }

    /// The notes by the cabal that reply to `parent` and are promised to be sent.
    pub fn answers_to(&self, parent: &Value) -> Vec<Value> {
        let parent = &parent["id"];
        let creates = self.sent("Create").into_iter();
        creates.map(|create| create["object"].clone()).filter(|note| note["inReplyTo"] == *parent).collect()
    }

    /// Links an actor of another server to a member.
    pub async fn link(&self, member: MemberId, actor_url: &str) {
        let url = actor_url.to_owned();
        let linked: Result<bool, DbError> = self.app.app.write(move |tx| insert_link(tx, &url, member)).await;
        assert!(linked.unwrap());
    }

    pub fn offers(&self, request: HelpRequestId) -> Vec<Offer> {
        list_offers(&mut self.app.store.connect(), request).unwrap()
    }

    pub fn request(&self, request: HelpRequestId) -> HelpRequest {
        help_request(&mut self.app.store.connect(), request).unwrap()
    }

    pub fn messages(&self) -> Vec<Message> {
        list_messages(&mut self.app.store.connect(), ActorId::from(self.cabal), None, None, 100).unwrap()
    }

    pub fn cabal(&self) -> Cabal {
        cabal(&mut self.app.store.connect(), self.cabal).unwrap()
    }

    pub fn followers_count(&self) -> i32 {
        self.cabal().followers_count
    }
}

/// Everybody to whom a note is addressed.
pub fn addressed(note: &Value) -> Vec<String> {
    ["to", "cc"].iter().flat_map(|key| note[key].as_array().unwrap()).map(|a| a.as_str().unwrap().to_owned()).collect()
}
