//! The ballots of a history, from the web and from afar.

use super::model::Sent;
use super::town::{ACTORS, BASE, Town};
use caucus::db::DbError;
use caucus::db::inbox::{NewReceived, store_once};
use caucus::services::cast_ballot;
use caucus::workers::inbound;
use serde_json::json;

const WORDS: [&str; 3] = ["For", "Against", "Abstain"];

/// How a vote from afar says its choice.
#[derive(Clone, Copy)]
pub enum Words {
    /// As the choice in a poll.
    Name(usize),
    /// As a reply of a single word.
    Reply(usize),
}

/// A vote as it came.
#[derive(Clone)]
pub struct Arrived {
    activity_id: String,
    body: String,
    says: Sent,
}

impl Town {
    pub async fn vote_on_the_web(&mut self, poll: usize, member: usize, choice: usize) {
        let Some(poll) = self.vote_number(poll) else { return };
        self.a_moment_passes();
        let (member, now) = (self.model.member(member), self.deadline());
        let id = self.model.votes[poll].poll;
        let choices = vec![u32::try_from(choice).unwrap()];
        let cast = cast_ballot::on_the_web(self.node(), member, id, choices).await;
        let vote = &self.model.votes[poll];
        assert_eq!(cast.is_ok(), vote.is_open(now) && vote.roll.contains(&member), "who may vote, and when (A6)");
        self.model.chooses_on_the_web(poll, member, (choice, now));
    }

    fn vote_number(&self, number: usize) -> Option<usize> {
        let count = self.model.votes.len();
        (count > 0).then(|| number % count)
    }

    /// A vote arrives; no worker has come to it yet.
    pub async fn vote_from_afar(&mut self, poll: usize, actor: usize, words: Words) {
        let Some(poll) = self.vote_number(poll) else { return };
        self.a_moment_passes();
        let actor = actor_url(actor);
        let question = self.node().urls.poll(self.model.votes[poll].poll);
        let arrived = arrived((poll, &question), &actor, self.sent.len(), words, self.deadline());
        self.receive(&arrived).await;
        self.model.arrives(arrived.says.clone());
        self.sent.push(arrived);
    }

    /// The last one comes once more as it is: it was stored already.
    pub async fn repeat(&mut self) {
        let Some(arrived) = self.sent.last().cloned() else { return };
        self.receive(&arrived).await;
        self.work().await;
    }

    /// An older one comes once more in another activity.
    pub async fn replay(&mut self, which: usize) {
        if self.sent.is_empty() {
            return;
        }
        self.a_moment_passes();
        let mut arrived = self.sent[which % self.sent.len()].clone();
        let again = format!("{}/again/{}", arrived.activity_id, self.sent.len());
        arrived.body = arrived.body.replace(&format!("\"{}\"", arrived.activity_id), &format!("\"{again}\""));
        assert!(arrived.body.contains(&again));
        (arrived.activity_id, arrived.says.received) = (again, self.deadline());
        self.receive(&arrived).await;
        self.model.arrives(arrived.says.clone());
        self.sent.push(arrived);
        self.work().await;
    }

    /// What the inbox does once a signature is believed.
    async fn receive(&self, arrived: &Arrived) {
        let new = NewReceived {
            actor_url: arrived.says.actor.clone(),
            activity_id: arrived.activity_id.clone(),
            inbox_handle: Some("commons".to_owned()),
            signed_at: self.now(),
            body: arrived.body.clone(),
        };
        self.node().write::<_, DbError>(move |tx| store_once(tx, &new)).await.unwrap();
    }

    /// The worker comes to everything that waits.
    pub async fn work(&mut self) {
        while inbound::step(self.node()).await.unwrap() > 0 {}
        self.model.work();
    }
}

pub fn actor_url(number: usize) -> String {
    format!("https://far.example/users/a{}", number % ACTORS)
}

fn arrived(
    (poll, question): (usize, &str),
    actor: &str,
    number: usize,
    words: Words,
    received: caucus::clock::Stamp,
) -> Arrived {
    let id = format!("{actor}/votes/{number}");
    let community = format!("{BASE}/c/commons");
    let mut note = json!({"id": id, "type": "Note", "attributedTo": actor, "inReplyTo": question, "to": community});
    let choice = match words {
        Words::Name(choice) => {
            note["name"] = json!(WORDS[choice]);
            choice
        }
        Words::Reply(choice) => {
            note["content"] = json!(format!("<p>{}</p>", WORDS[choice]));
            choice
        }
    };
    let activity_id = format!("{id}/activity");
    let activity = json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": activity_id, "type": "Create", "actor": actor, "to": community, "object": note,
    });
    let says = Sent { poll, actor: actor.to_owned(), id, choice, received };
    Arrived { activity_id, body: activity.to_string(), says }
}
