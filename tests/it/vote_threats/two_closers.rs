//! Two programs over one database come to the end of the same votes (V-44).

use crate::support::app::beside;
use crate::support::process::{Process, caucus, free_port};
use crate::support::store::{Store, skipped};
use crate::support::votes::amending;
use crate::support::world::{found_community, kept_member, kept_pair};
use caucus::App;
use caucus::clock::{Clock as _, FixedClock, SystemClock};
use caucus::domain::cabal::{CabalFields, NewCabal};
use caucus::domain::poll::{BALLOT_WEEK, Closing, NewPoll, PollForm};
use caucus::federation::keys::ensure_instance_actor;
use caucus::ids::{CabalId, MemberId, PollId};
use caucus::services::{
    ServiceError, back_amendment, cast_ballot, form_cabal, open_ballot, propose_amendment, publish_poll,
};
use chrono::TimeDelta;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;

const CLAUSES: [&str; 3] = ["1", "2.1", "2.2"];
const ADVISORY: usize = 17;
const PATIENCE: Duration = Duration::from_secs(30);

async fn open_amendment(app: &App, clause: &str, [by, backer]: [MemberId; 2]) -> PollId {
    let new = amending(app, clause, &format!("What is new in clause {clause}.")).await;
    let opened: Result<PollId, ServiceError> = app
        .write(move |tx| {
            let id = propose_amendment::propose_amendment(tx, by, &new)?;
            back_amendment::back_amendment(tx, backer, id)?;
            open_ballot::open_ballot(tx, by, id)
        })
        .await;
    let poll = opened.unwrap();
    for member in [by, backer] {
        cast_ballot::on_the_web(app, member, poll, vec![0]).await.unwrap();
    }
    poll
}

async fn open_advisory(app: &App, cabal: CabalId, by: MemberId, number: usize) -> PollId {
    let form = PollForm {
        question: format!("Question {number}?"),
        options: ["Tea", "Coffee"].map(str::to_owned).to_vec(),
        is_multiple: false,
        totals_hidden: true,
        closing: Closing::After(BALLOT_WEEK),
        language: "en".to_owned(),
    };
    let new = NewPoll::parse(&form).unwrap();
    let poll = app.write(move |tx| publish_poll::publish_poll(tx, by, cabal, &new)).await.unwrap();
    cast_ballot::on_the_web(app, by, poll, vec![1]).await.unwrap();
    poll
}

/// Twenty votes that all end in two seconds.
async fn open_votes(store: &Store, base: &str) -> Vec<PollId> {
    let early = SystemClock.now() - BALLOT_WEEK + TimeDelta::seconds(2);
    let app = beside(store, base, Arc::new(FixedClock::at(early)));
    let ada = found_community(&app).await;
    let bea = kept_member(&app, "bea").await;
    let fields = CabalFields { name: "Tea".to_owned(), purpose: "To brew.".to_owned(), handle: "tea".to_owned() };
    let new = NewCabal::parse(&fields).unwrap();
    let formed: Result<CabalId, ServiceError> =
        app.write(move |tx| form_cabal::form_cabal(tx, ada, new, &kept_pair(1), 100)).await;
    let cabal = formed.unwrap();
    let mut polls = Vec::new();
    for clause in CLAUSES {
        polls.push(open_amendment(&app, clause, [ada, bea]).await);
    }
    for number in 0..ADVISORY {
        polls.push(open_advisory(&app, cabal, ada, number).await);
    }
    polls
}

/// What a program tells of a vote, as other servers ask.
#[expect(clippy::disallowed_types, reason = "the test plays another server")]
async fn is_closed(client: &reqwest::Client, base: &str, poll: PollId) -> bool {
    let request = client.get(format!("{base}/polls/{poll}")).header("accept", "application/activity+json");
    let question: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    question.get("closed").is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_that_come_to_one_end_close_every_vote_once() {
    let Some(store) = Store::on_postgres_if_there_is_one() else {
        return skipped("only processes on PostgreSQL share a database");
    };
    let ports = [free_port(), free_port()];
    let base = format!("http://127.0.0.1:{}", ports[0]);
    ensure_instance_actor(&beside(&store, &base, Arc::new(SystemClock))).await.unwrap();
    let mut programs = Vec::new();
    for port in ports {
        let mut serve = caucus(&store);
        serve.args(["--public-url", &base]);
        programs.push(Process::start(serve, &store, port).await);
    }
    let polls = open_votes(&store, &base).await;

    #[expect(clippy::disallowed_types, reason = "the test plays another server")]
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    // Both are asked for all of them at once, over and over, so that whoever reads races with the timers too.
    let end = async {
        loop {
            let asked = polls.iter().flat_map(|poll| programs.iter().map(move |program| (program, poll)));
            let closed = join_all(asked.map(|(program, poll)| is_closed(&client, &program.base, *poll))).await;
            if closed.iter().all(|closed| *closed) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, end).await.unwrap();
    for program in programs {
        assert!(!program.log().contains("could not be closed"), "{}", program.log());
        assert!(program.terminate().await.success());
    }

    assert_eq!(store.count("polls", "closed_at IS NOT NULL"), CLAUSES.len() + ADVISORY);
    assert_eq!((store.count("results", "true"), store.count("results", "is_carried")), (3, 3));
    assert_eq!(store.count("document_versions", "true"), 1 + CLAUSES.len());
    assert_eq!((store.count("ballot_links", "true"), store.count("ballots", "true")), (0, 6 + ADVISORY));
    for poll in polls {
        let of_it = format!("post_id = '{poll}' AND body LIKE '%\"type\":\"Update\"%'");
        assert_eq!(store.count("outbox_activities", &of_it), 1, "one Update");
        let results = format!("kind = 'result' AND object_json LIKE '%/polls/{poll}\"%'");
        assert!(store.count("posts", &results) <= 1, "one result");
    }
}
