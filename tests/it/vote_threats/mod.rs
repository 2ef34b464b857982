//! What hostile, broken and merely unusual servers do to a vote (V-1 to V-55), over HTTP between real servers.
//! Who is on the roll, what froze and what is proven have files of their own; here is what comes in.

mod elsewhere;
mod flooding;
mod forged;
mod mid_vote;
mod nobody_decides;
mod two_closers;
mod two_texts;
mod zones;

use crate::support::peer::{Peer, Person};
use crate::support::{TestApp, rows};
use caucus::db::linked_actors::insert_link;
use caucus::domain::visibility::PUBLIC;
use caucus::ids::{AmendmentId, MemberId, PollId, random_receipt};
use caucus::workers::{inbound, timers};
use serde_json::{Value, json};

/// A community whose vote on an amendment is open, and another server on which its members have accounts.
struct Hall {
    app: TestApp,
    peer: Peer,
    /// The steward, who proposed.
    ada: MemberId,
    /// Who backed it.
    bea: MemberId,
    amendment: AmendmentId,
    poll: PollId,
}

impl Hall {
    /// With so many members besides the two, named `member0` and so on.
    async fn with(more: usize) -> (Self, Vec<MemberId>) {
        let (app, ada) = TestApp::with_community().await;
        let bea = app.member("bea").await;
        let mut members = Vec::new();
        for number in 0..more {
            members.push(app.member(&format!("member{number}")).await);
        }
        let (amendment, poll) = app.open_vote(ada, bea).await;
        let peer = Peer::start(&app).await;
        (Self { app, peer, ada, bea, amendment, poll }, members)
    }

    async fn open() -> Self {
        Self::with(0).await.0
    }

    /// An account of a member on a server.
    async fn account_on(&self, peer: &Peer, member: MemberId, name: &str) -> Person {
        let person = peer.person(name);
        let url = person.url.clone();
        assert!(self.app.app.write(move |tx| insert_link(tx, &url, member)).await.unwrap());
        person
    }

    /// The same on the server of the hall.
    async fn account(&self, member: MemberId, name: &str) -> Person {
        self.account_on(&self.peer, member, name).await
    }

    /// What Mastodon sends for a vote, with an id of its own.
    fn vote(&self, by: &Person, choice: &str) -> Value {
        self.vote_in(self.poll, by, choice)
    }

    fn vote_in(&self, poll: PollId, by: &Person, choice: &str) -> Value {
        let (id, to) = (format!("{}#votes/{}", by.url, random_receipt()), self.app.url("/c/commons"));
        json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": format!("{id}/activity"), "type": "Create", "actor": by.url, "to": to,
            "object": {"id": id, "type": "Note", "name": choice, "attributedTo": by.url, "to": to,
                       "inReplyTo": self.app.app.urls.poll(poll)},
        })
    }

    /// A vote that everybody may read.
    fn public_vote(&self, by: &Person, choice: &str) -> Value {
        let mut vote = self.vote(by, choice);
        vote["to"] = json!([PUBLIC, self.app.url("/c/commons")]);
        vote["object"]["to"] = vote["to"].clone();
        vote
    }

    /// Sends it, signed, to the shared inbox; answers the status.
    async fn send(&self, by: &Person, activity: &Value) -> u16 {
        self.peer.send(by, &self.app.url("/inbox"), activity).await.0
    }

    /// The same for what the door takes, and works through it.
    async fn take(&self, by: &Person, activity: &Value) {
        assert_eq!(self.send(by, activity).await, 202, "{activity}");
        self.work().await;
    }

    async fn work(&self) {
        while inbound::step(&self.app.app).await.unwrap() > 0 {}
    }

    fn ballots(&self) -> usize {
        self.app.store.count("ballots", "true")
    }

    /// Lets the vote come to its end; answers its totals.
    async fn totals(&self) -> Vec<u32> {
        let closes_at = self.app.poll_row(self.poll).await.closes_at;
        self.app.set_clock(closes_at.max(self.app.app.now()));
        while timers::step(&self.app.app).await.unwrap() > 0 {}
        self.work().await;
        self.app.poll_row(self.poll).await.options.iter().map(|option| option.total).collect()
    }

    /// How many votes did not count for this reason.
    fn uncounted(&self, reason: &str) -> i32 {
        let rows = rows::dump(&self.app)["uncounted_votes"].clone();
        let parts = rows.iter().map(|row| row.split(" | ").collect::<Vec<_>>());
        parts.filter(|parts| parts[1] == reason).map(|parts| parts[2].parse::<i32>().unwrap()).sum()
    }
}
