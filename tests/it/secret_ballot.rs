//! A vote on an amendment by every channel, with receipts: what the log, the tables and everything that is shown
//! to anybody tell of it while it is open (A8, A12, V-31, V-33, V-55, I-11).

use super::support::api::Api;
use super::support::app::beside;
use super::support::browser::Browser;
use super::support::load::{confirm_token, talkative};
use super::support::peer::{Peer, Person};
use super::support::rows::dump_over;
use super::support::store::Store;
use super::support::votes::amending;
use super::support::world::kept_member;
use super::support::{TestApp, rows};
use caucus::App;
use caucus::clock::SystemClock;
use caucus::db::linked_actors::insert_link;
use caucus::db::members::find_member_by_handle;
use caucus::ids::{AmendmentId, MemberId, PollId, random_receipt};
use caucus::services::{ServiceError, back_amendment, open_ballot, propose_amendment};
use caucus::workers::timers;
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Opens a vote of ada, bea and cleo; answers it and the accounts of the latter two, which are linked.
async fn open_vote(app: &App, peer: &Peer) -> (PollId, [Person; 2]) {
    let ada = app.read(|conn| find_member_by_handle(conn, "ada")).await.unwrap().unwrap().id;
    let people = [peer.person("unmistakable-bea"), peer.person("unmistakable-cleo")];
    let (bea, cleo) = (kept_member(app, "bea").await, kept_member(app, "cleo").await);
    for (person, member) in people.iter().zip([bea, cleo]) {
        let url = person.url.clone();
        assert!(app.write(move |tx| insert_link(tx, &url, member)).await.unwrap());
    }
    let new = amending(app, "2", "Everybody has one vote, and one only.").await;
    let opened: Result<PollId, ServiceError> = app
        .write(move |tx| {
            let id = propose_amendment::propose_amendment(tx, ada, &new)?;
            back_amendment::back_amendment(tx, bea, id)?;
            open_ballot::open_ballot(tx, ada, id)
        })
        .await;
    (opened.unwrap(), people)
}

/// A vote as a choice in a poll, or as a reply of the word.
fn vote(base: &str, poll: PollId, by: &Person, (key, words): (&str, &str)) -> Value {
    let id = format!("{}/votes/{}", by.url, random_receipt());
    let community = format!("{base}/c/commons");
    let mut note = json!({"id": id, "type": "Note", "attributedTo": by.url, "to": community,
        "inReplyTo": format!("{base}/polls/{poll}")});
    note[key] = json!(words);
    json!({"id": format!("{id}/activity"), "type": "Create", "actor": by.url, "to": community, "object": note})
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_log_nor_the_tables_tell_who_voted_how_on_an_amendment() {
    let (store, process, token) = talkative().await;
    let base = process.base.clone();
    let mut ada = confirm_token(&base).await;
    let peer = Peer::start_by(Arc::new(SystemClock), "127.0.0.1").await;
    let (poll, [bea, cleo]) = open_vote(&beside(&store, &base, Arc::new(SystemClock)), &peer).await;
    let supporter = peer.person("unmistakable-fan");
    let opened = process.log().len();

    // Ada on the web and then by the API, Bea in the poll, Cleo by a word and then once more, and a supporter.
    let form = ada.get(&format!("/polls/{poll}")).await.form("/ballot").choose("choice", "1");
    assert_eq!(ada.submit(&form).await.status, 200);
    let api = Api::at(&base).with(&token);
    let changed = api.post(&format!("/polls/{poll}/ballot"), json!({"choices": ["Abstain"]})).await;
    let receipt = changed.must_be(200).json()["receipt"].as_str().unwrap().to_owned();
    for (person, words) in [
        (&bea, ("name", "Against")),
        (&cleo, ("content", "<p>Against</p>")),
        (&cleo, ("name", "Abstain")),
        (&supporter, ("name", "Against")),
    ] {
        assert_eq!(peer.send(person, &format!("{base}/inbox"), &vote(&base, poll, person, words)).await.0, 202);
    }
    let told = |person: &Person| {
        peer.received().iter().any(|letter| letter.path.contains(person.url.rsplit('/').next().unwrap()))
    };
    while !([&bea, &cleo, &supporter].into_iter().all(told) && store.count("deliveries", "true") == 0) {
        tokio::task::yield_now().await;
    }
    while store.count("inbox_activities", "body IS NOT NULL") > 0 {
        tokio::task::yield_now().await;
    }
    let log = process.log()[opened..].to_owned();
    process.kill();

    let receipts = store.values("SELECT receipt AS value FROM ballots");
    assert!(receipts.len() == 3 && receipts.contains(&receipt), "{receipts:?}");
    assert!(log.contains("TRACE"), "nothing was logged at this level");
    for secret in receipts.iter().map(String::as_str).chain(["Against", "Abstain"]) {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "the log tells {secret}: {line:?}");
    }
    only_the_links_lead_to_ballots(&store, &receipts);
}

/// The one table that may, and the tally of supporters; both are destroyed at the close.
fn only_the_links_lead_to_ballots(store: &Store, receipts: &[String]) {
    let rows = dump_over(&mut store.connect());
    assert_eq!(rows["ballot_links"].len(), 3);
    let voters = store.values("SELECT id AS value FROM members");
    let names = ["unmistakable".to_owned(), "member:".to_owned()];
    for (table, row) in rows.iter().flat_map(|(table, rows)| rows.iter().map(move |row| (table, row))) {
        let names_voter = names.iter().chain(&voters).any(|voter| row.contains(voter.as_str()));
        let tells = receipts.iter().any(|receipt| row.contains(receipt.as_str()))
            || ["\"Against\"", "\"Abstain\"", "<p>Against", "<p>Abstain"].iter().any(|choice| row.contains(choice));
        // The Question says which options there are, and who called the vote.
        let is_of_the_opening = matches!(table.as_str(), "posts" | "outbox_activities" | "chain_entries" | "polls");
        let is_letter = row.contains("unmistakable");
        assert!(
            table == "ballot_links" || !(names_voter && tells) || (is_of_the_opening && !is_letter),
            "{table}: {row}"
        );
    }
}

/// Everything that anybody is shown of a vote and around it.
async fn shown(hall: &Hall) -> BTreeMap<String, String> {
    let (poll, amendment) = (hall.poll, hall.amendment);
    let mut all = BTreeMap::new();
    for path in [
        format!("/polls/{poll}"),
        format!("/polls/{poll}/replies"),
        format!("/polls/{poll}/secrecy"),
        format!("/amendments/{amendment}"),
        "/amendments".to_owned(),
        "/c/commons".to_owned(),
        "/c/commons/outbox".to_owned(),
        "/c/commons/outbox/page/1".to_owned(),
        "/feeds/amendments.atom".to_owned(),
        "/documents/agreement".to_owned(),
        "/log".to_owned(),
        "/nodeinfo/2.1".to_owned(),
        "/healthz".to_owned(),
        "/readyz".to_owned(),
        "/feeds/community.atom".to_owned(),
        "/c/commons/featured".to_owned(),
        "/help-requests".to_owned(),
    ] {
        for accept in ["application/activity+json", "text/html", "application/json"] {
            all.insert(format!("anybody {path} {accept}"), hall.app.fetch(&path, accept).await.1);
        }
        for handle in ["ada", "bea"] {
            let page = hall.browsers[handle].lock().await.get(&path).await;
            all.insert(format!("{handle} {path}"), without_tokens(&page.body));
        }
    }
    for (who, api) in [("ada", &hall.steward), ("bea", &hall.other)] {
        for path in [
            format!("/polls/{poll}"),
            format!("/polls/{poll}/minutes"),
            format!("/polls/{poll}/record"),
            format!("/amendments/{amendment}"),
            "/amendments".to_owned(),
            "/me/notices".to_owned(),
        ] {
            all.insert(format!("{who} by API {path}"), api.get(&path).await.text);
        }
    }
    all
}

/// A page without what is made anew for each form.
fn without_tokens(page: &str) -> String {
    let parts = page.split("name=\"form_token\" value=\"");
    parts.enumerate().map(|(n, part)| if n == 0 { part } else { part.split_once('"').unwrap().1 }).collect()
}

/// A vote whose proposer is the steward, and everybody who looks at it.
struct Hall {
    app: TestApp,
    members: Vec<MemberId>,
    accounts: Vec<String>,
    amendment: AmendmentId,
    poll: PollId,
    browsers: BTreeMap<&'static str, tokio::sync::Mutex<Browser>>,
    steward: Api,
    other: Api,
}

impl Hall {
    async fn open() -> Self {
        let (app, ada) = TestApp::with_community().await;
        let mut members = vec![ada];
        for handle in ["bea", "cai", "dan", "eli"] {
            members.push(app.member(handle).await);
        }
        let (amendment, poll) = app.open_vote(ada, members[1]).await;
        let mut accounts = Vec::new();
        for (number, member) in members.iter().enumerate() {
            accounts.push(app.linked(*member, &format!("voter{number}")).await);
        }
        let mut browsers = BTreeMap::new();
        for handle in ["ada", "bea"] {
            browsers.insert(handle, tokio::sync::Mutex::new(app.signed_in(handle).await));
        }
        let (steward, other) = (app.api_of(ada).await, app.api_of(members[1]).await);
        Self { app, members, accounts, amendment, poll, browsers, steward, other }
    }
}

#[tokio::test]
async fn nothing_that_stewards_or_others_are_shown_depends_on_what_people_choose() {
    let hall = Hall::open().await;
    let (cai, dan) = (hall.members[2], hall.members[3]);
    hall.app.vote_on_the_web(hall.poll, cai, &[0]).await.unwrap();
    hall.app.vote(hall.poll, &hall.accounts[3], "For").await;
    hall.app.vote(hall.poll, &hall.app.remote("fan").await, "For").await;
    hall.app.vote(hall.poll, &hall.accounts[4], "Abstain").await;
    let before = shown(&hall).await;

    hall.app.vote_on_the_web(hall.poll, cai, &[1]).await.unwrap();
    hall.app.vote_on_the_web(hall.poll, dan, &[1]).await.unwrap();
    hall.app.vote(hall.poll, &hall.accounts[4], "Against").await;
    hall.app.vote(hall.poll, &hall.app.remote("fan").await, "Against").await;

    let after = shown(&hall).await;
    for (what, text) in &before {
        assert_eq!(text, &after[what], "{what}");
    }
    // And it is no empty comparison: the turnout is there, and after the end everything tells the numbers.
    assert!(before[&format!("anybody /polls/{} application/activity+json", hall.poll)].contains("\"votersCount\":3"));
    hall.app.advance(TimeDelta::weeks(1));
    timers::step(&hall.app.app).await.unwrap();
    let closed = shown(&hall).await;
    let differing = before.iter().filter(|(what, text)| *text != &closed[*what]).count();
    assert!(differing >= 10, "{differing}");
    assert!(rows::dump(&hall.app)["ballot_links"].is_empty());
}
