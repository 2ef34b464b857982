//! Amendments, polls and votes to begin with, all through the services.

use super::app::TestApp;
use super::rows::{of_type, on_their_way};
use caucus::App;
use caucus::clock::Stamp;
use caucus::db::followers::{Follower, add_follower};
use caucus::db::inbox::{NewReceived, store_once};
use caucus::db::linked_actors::insert_link;
use caucus::db::local_actors::find_community;
use caucus::db::polls::{self, Poll};
use caucus::db::remote_actors::{RemoteActor, save_remote_actor};
use caucus::db::{amendments, documents, results};
use caucus::domain::amendment::{AmendmentForm, AmendmentState, Edit, NewAmendment};
use caucus::domain::ballot::VoteOutcome;
use caucus::domain::poll::{Closing, NewPoll, PollForm};
use caucus::ids::{AmendmentId, CabalId, MemberId, PollId, random_receipt};
use caucus::services::cast_ballot::{self, FediverseVote, Receipt};
use caucus::services::{ServiceError, back_amendment, open_ballot, propose_amendment, publish_poll};
use caucus::workers::inbound;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use serde_json::{Value, json};

/// An actor of another server as we keep it, met at this moment.
pub fn remote_actor(host: &str, name: &str, met: Stamp) -> RemoteActor {
    let url = format!("https://{host}/users/{name}");
    RemoteActor {
        url: url.clone(),
        kind: "Person".to_owned(),
        host: host.to_owned(),
        username: name.to_owned(),
        name: name.to_owned(),
        profile_url: format!("https://{host}/@{name}"),
        inbox: format!("{url}/inbox"),
        shared_inbox: Some(format!("https://{host}/inbox")),
        followers_url: None,
        fetched_at: met,
        refresh_tried_at: None,
        unreachable_since: None,
        gone_at: None,
        heard_at: Some(met),
        published: None,
        keys: Vec::new(),
    }
}

/// What changes the clause with this number of the first document.
pub async fn amending(app: &App, number: &str, words: &str) -> NewAmendment {
    let (number, words) = (number.to_owned(), words.to_owned());
    let read: Result<NewAmendment, ServiceError> = app
        .read(move |conn| {
            let document = documents::list_documents(conn)?.remove(0);
            let clauses = documents::list_clauses(conn, document.version.id)?;
            let clause = clauses.iter().find(|clause| clause.number == number).unwrap();
            let form = AmendmentForm {
                title: format!("Change clause {number}"),
                summary: "It says it better.".to_owned(),
                values_fit: "We help each other.".to_owned(),
                edits: vec![Edit::reword(clause.id, words)],
            };
            Ok(NewAmendment::parse(document.id, &form)?)
        })
        .await;
    read.unwrap()
}

impl TestApp {
    /// An actor of another server as we keep it once we met it.
    pub async fn remote(&self, name: &str) -> String {
        self.remote_on("far.example", name).await
    }

    /// The same on a host of its own.
    pub async fn remote_on(&self, host: &str, name: &str) -> String {
        let actor = remote_actor(host, name, self.app.now());
        let url = actor.url.clone();
        self.app.write(move |tx| save_remote_actor(tx, &actor)).await.unwrap();
        url
    }

    /// An actor of another server that is linked to a member.
    pub async fn linked(&self, member: MemberId, name: &str) -> String {
        let url = self.remote(name).await;
        let actor = url.clone();
        assert!(self.app.write(move |tx| insert_link(tx, &actor, member)).await.unwrap());
        url
    }

    /// What changes the clause with this number of the first document.
    pub async fn amending(&self, number: &str, words: &str) -> NewAmendment {
        amending(&self.app, number, words).await
    }

    pub async fn propose(&self, by: MemberId, number: &str, words: &str) -> AmendmentId {
        let new = self.amending(number, words).await;
        self.app.write(move |tx| propose_amendment::propose_amendment(tx, by, &new)).await.unwrap()
    }

    pub async fn edit(&self, by: MemberId, id: AmendmentId, number: &str, words: &str) -> Result<(), ServiceError> {
        let new = self.amending(number, words).await;
        self.app.write(move |tx| propose_amendment::edit_amendment(tx, by, id, &new)).await
    }

    pub async fn back(&self, by: MemberId, id: AmendmentId) -> Result<(), ServiceError> {
        self.app.write(move |tx| back_amendment::back_amendment(tx, by, id)).await
    }

    pub async fn open(&self, by: MemberId, id: AmendmentId) -> Result<PollId, ServiceError> {
        self.app.write(move |tx| open_ballot::open_ballot(tx, by, id)).await
    }

    /// An amendment of clause 2.1 whose vote is open.
    pub async fn open_vote(&self, by: MemberId, backer: MemberId) -> (AmendmentId, PollId) {
        let id = self.propose(by, "2.1", "Everybody has one vote, and one only.").await;
        self.back(backer, id).await.unwrap();
        (id, self.open(by, id).await.unwrap())
    }

    /// An advisory poll with the options Tea, Coffee and Water, open for a day.
    pub async fn poll(&self, by: MemberId, cabal: CabalId, is_multiple: bool, totals_hidden: bool) -> PollId {
        let form = PollForm {
            question: "What shall we drink?".to_owned(),
            options: ["Tea", "Coffee", "Water"].map(str::to_owned).to_vec(),
            is_multiple,
            totals_hidden,
            closing: Closing::After(TimeDelta::days(1)),
            language: "en".to_owned(),
        };
        let new = NewPoll::parse(&form).unwrap();
        self.app.write(move |tx| publish_poll::publish_poll(tx, by, cabal, &new)).await.unwrap()
    }

    /// A vote from the fediverse that is received now.
    pub async fn vote(&self, poll: PollId, actor: &str, choice: &str) -> VoteOutcome {
        vote_at(&self.app, poll, (actor, choice), None).await.unwrap()
    }

    pub async fn vote_on_the_web(&self, poll: PollId, by: MemberId, choices: &[u32]) -> Result<Receipt, ServiceError> {
        cast_ballot::on_the_web(&self.app, by, poll, choices.to_vec()).await
    }

    pub async fn poll_row(&self, id: PollId) -> Poll {
        self.app.read(move |conn| polls::poll(conn, id)).await.unwrap()
    }

    pub async fn state(&self, id: AmendmentId) -> AmendmentState {
        self.app.read(move |conn| amendments::amendment(conn, id)).await.unwrap().state
    }

    pub async fn result(&self, id: PollId) -> Option<results::PollResult> {
        self.app.read(move |conn| results::find_result(conn, id)).await.unwrap()
    }

    /// The published record of a closed vote.
    pub async fn record(&self, id: PollId) -> String {
        self.app.read(move |conn| results::find_record(conn, id)).await.unwrap().unwrap()
    }

    /// The Question as other servers get it, and the status of the answer.
    pub async fn fetch_question(&self, id: PollId) -> Value {
        let (status, body) = self.fetch(&format!("/polls/{id}"), "application/activity+json").await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// What a path answers.
    #[expect(clippy::disallowed_types, reason = "the test plays another server")]
    pub async fn fetch(&self, path: &str, accept: &str) -> (u16, String) {
        let answer = reqwest::Client::new().get(self.url(path)).header("accept", accept).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Another process on the same database and under the same clock.
    pub fn second_process(&self) -> App {
        let db = caucus::db::Database::open(&self.store.url).unwrap();
        App::new(self.app.settings.clone(), std::sync::Arc::clone(&self.app.clock), db)
    }

    /// The names and totals of a Question's options.
    pub fn shown(question: &Value) -> Vec<(String, u64)> {
        let options = question.get("oneOf").or_else(|| question.get("anyOf")).unwrap().as_array().unwrap();
        options
            .iter()
            .map(|option| {
                (option["name"].as_str().unwrap().to_owned(), option["replies"]["totalItems"].as_u64().unwrap())
            })
            .collect()
    }
}

/// A vote from the fediverse, received at a moment, or when its transaction runs.
pub async fn vote_at(
    app: &App,
    poll: PollId,
    (actor, choice): (&str, &str),
    received_at: Option<Stamp>,
) -> Result<VoteOutcome, ServiceError> {
    let (actor_url, choice) = (actor.to_owned(), choice.to_owned());
    app.write(move |tx| {
        let received_at = received_at.unwrap_or(tx.now);
        let vote_id = format!("{actor_url}#votes/{}", tx.next_id());
        let vote = FediverseVote { poll, actor_url: &actor_url, vote_id: &vote_id, choice: &choice, received_at };
        cast_ballot::from_fediverse(tx, &vote)
    })
    .await
}

/// A wrong thing was refused with this code.
pub fn refusal_code<T: std::fmt::Debug>(outcome: Result<T, ServiceError>) -> &'static str {
    match outcome.unwrap_err() {
        ServiceError::Refused(refusal) | ServiceError::Conflict(refusal) => refusal.code,
        ServiceError::Forbidden(_) => "forbidden",
        ServiceError::NotFound(_) => "not_found",
        ServiceError::Broken(fault) => panic!("the store failed: {fault}"),
    }
}

impl TestApp {
    /// Somebody on another server follows the community.
    pub async fn follow_community(&self, host: &str, name: &str) {
        let url = self.remote_on(host, name).await;
        let host = host.to_owned();
        self.app
            .write(move |tx| {
                let community = find_community(tx.conn)?.unwrap();
                add_follower(
                    tx,
                    &Follower {
                        actor_id: community.id,
                        follow_id: format!("{url}#follow"),
                        follower_url: url,
                        inbox: format!("https://{host}/inbox"),
                        host,
                    },
                )
            })
            .await
            .unwrap();
    }

    /// A member leaves, as far as the roll is concerned.
    pub fn leave(&self, handle: &str) {
        let query = format!("UPDATE members SET left_at = '2026-03-01 12:00:00' WHERE handle = '{handle}'");
        self.store.connect().batch_execute(&query).unwrap();
    }

    /// Somebody elsewhere replies to a vote in more than a word; how often they have been told that this is no vote.
    pub async fn remark(&self, poll: PollId, author: &str, to: &str) -> usize {
        let id = format!("{author}#{}", random_receipt());
        let note = json!({"id": format!("{id}/note"), "type": "Note", "content": "<p>I think against is best</p>",
            "attributedTo": author, "inReplyTo": self.app.urls.poll(poll), "to": [to]});
        let body = json!({"id": id, "type": "Create", "actor": author, "object": note}).to_string();
        let signed_at = self.app.now();
        let new = NewReceived { actor_url: author.to_owned(), activity_id: id, inbox_handle: None, body, signed_at };
        assert!(self.app.write(move |tx| store_once(tx, &new)).await.unwrap());
        inbound::step(&self.app).await.unwrap();
        let says =
            |create: &Value| create["object"]["content"].as_str().is_some_and(|it| it.contains("taken as a remark"));
        let letters = of_type(&on_their_way(self), "Create");
        letters.iter().filter(|(_, create)| create["object"]["to"] == json!([author]) && says(create)).count()
    }
}
