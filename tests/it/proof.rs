//! The proof of a vote: what froze cannot be changed, and what is changed all the same by somebody
//! who owns the database is found and named (A4, A13, C3, V-35, V-36, V-39).

use crate::support::TestApp;
use crate::support::process::{caucus, run};
use crate::support::rows::{dump, force, of_type, on_their_way};
use caucus::domain::nomination::Way;
use caucus::ids::{AmendmentId, MemberId, PollId};
use caucus::services::hand_over_lead::{Naming, nominate};
use caucus::services::join_cabal::join_cabal;
use caucus::services::raise_objection::{back_objection, raise_objection};
use caucus::services::verify_votes::{Verified, verify_votes};
use caucus::settings::DatabaseUrl;
use caucus::workers::timers;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use serde_json::{Value, json};

/// A vote of four members that is still open, with ballots on the web and an objection beside it.
pub(crate) async fn open_vote() -> (TestApp, Vec<MemberId>, AmendmentId, PollId) {
    let (app, ada) = TestApp::with_community().await;
    let mut members = vec![ada];
    for name in ["bea", "cai", "dan"] {
        members.push(app.member(name).await);
    }
    app.follow_community("near.example", "fay").await;
    let (id, poll) = app.open_vote(ada, members[1]).await;
    let (cai, dan) = (members[2], members[3]);
    app.app
        .write(move |tx| {
            let objection = raise_objection(tx, cai, id, "It says too little.")?;
            back_objection(tx, dan, objection)
        })
        .await
        .unwrap();
    app.vote_on_the_web(poll, members[0], &[0]).await.unwrap();
    app.vote_on_the_web(poll, members[1], &[1]).await.unwrap();
    app.vote_on_the_web(poll, members[1], &[0]).await.unwrap();
    app.vote_on_the_web(poll, members[2], &[1]).await.unwrap();
    (app, members, id, poll)
}

pub(crate) async fn closed_vote() -> (TestApp, AmendmentId, PollId) {
    let (app, _, id, poll) = open_vote().await;
    app.advance(TimeDelta::weeks(1));
    assert_eq!(timers::step(&app.app).await.unwrap(), 1);
    (app, id, poll)
}

/// A vote of three on who leads a cabal, with two ballots.
pub(crate) async fn open_lead_vote() -> (TestApp, Vec<MemberId>, PollId) {
    let (app, ada) = TestApp::with_community().await;
    let mut members = vec![ada];
    let cabal = app.cabal(ada, "tea").await;
    for name in ["bea", "cai"] {
        let member = app.member(name).await;
        app.app.write(move |tx| join_cabal(tx, member, cabal, "I count.")).await.unwrap();
        members.push(member);
    }
    let bea = members[1];
    let naming = Naming { cabal, nominee: bea, way: Way::Vote, publish_name: true };
    app.app.write(move |tx| nominate(tx, bea, naming)).await.unwrap();
    let poll: PollId = dump(&app)["polls"][0].split(" | ").next().unwrap().parse().unwrap();
    app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
    app.vote_on_the_web(poll, bea, &[0]).await.unwrap();
    (app, members, poll)
}

pub(crate) async fn verify(app: &TestApp) -> Verified {
    let urls = std::sync::Arc::clone(&app.app.urls);
    app.app.read(move |conn| verify_votes(conn, &urls)).await.unwrap()
}

fn sql(app: &TestApp, query: &str) -> Result<(), String> {
    app.store.connect().batch_execute(query).map_err(|error| error.to_string())
}

#[tokio::test]
async fn an_honest_vote_holds_from_its_opening_to_its_minutes() {
    let (app, members, _, poll) = open_vote().await;
    let open = verify(&app).await;
    assert_eq!((open.votes, open.entries, open.faults.len()), (1, 5, 0), "{open:?}");
    let question = app.fetch_question(poll).await;
    let entries = dump(&app)["chain_entries"].clone();
    assert_eq!(
        question["chainHead"],
        entries.iter().find(|e| e.contains("| opening |")).unwrap().rsplit(" | ").next().unwrap()
    );

    app.vote_on_the_web(poll, members[3], &[2]).await.unwrap();
    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();

    let closed = verify(&app).await;
    assert_eq!((closed.votes, closed.entries, closed.faults.len()), (1, 7, 0), "{closed:?}");
    let entries = dump(&app)["chain_entries"].clone();
    let head = entries.iter().find(|e| e.contains("| closing |")).unwrap().rsplit(" | ").next().unwrap().to_owned();
    let result =
        of_type(&on_their_way(&app), "Create").into_iter().find(|(_, c)| c["object"]["chainHead"] == head.as_str());
    let (_, result) = result.expect("the head at the close is in the result");
    assert_eq!(result["object"]["recordSha256"], app.result(poll).await.unwrap().record_sha256);
    assert!(result["object"]["content"].as_str().unwrap().contains(&head));
    let record: Value = serde_json::from_str(&app.record(poll).await).unwrap();
    assert_eq!((&record["took_part"], &record["faults"]), (&json!(4), &json!([])));
    assert_eq!(record["objections"], json!([{"reason": "It says too little.", "answer": null}]));
    assert_eq!(record["frozen"]["decides"]["summary"], "It says it better.");
}

#[tokio::test]
async fn a_vote_on_a_lead_is_proven_like_any_other() {
    let (app, _, poll) = open_lead_vote().await;
    let open = verify(&app).await;
    assert_eq!((open.votes, open.entries, open.faults.len()), (1, 3, 0), "{open:?}");
    let question = app.fetch_question(poll).await;
    assert!(question["chainHead"].is_string() && question["rollSize"] == 3, "{question}");

    app.advance(TimeDelta::hours(72));
    timers::step(&app.app).await.unwrap();

    let closed = verify(&app).await;
    assert_eq!((closed.votes, closed.entries, closed.faults.len()), (1, 4, 0), "{closed:?}");
    let record: Value = serde_json::from_str(&app.record(poll).await).unwrap();
    assert_eq!(record["frozen"]["rule"], json!({"majority": "simple", "base": "cast", "quorum": 0}));
    assert_eq!((&record["is_carried"], &record["frozen"]["decides"]["kind"]), (&json!(true), &json!("lead")));
    let file = app.store.folder.path().join("record.json");
    std::fs::write(&file, app.record(poll).await).unwrap();
    let counted = run(caucus(&app.store).arg("recount").arg(&file), "");
    let told = String::from_utf8(counted.stdout).unwrap();
    assert!(counted.status.success() && told.contains("more votes for than against): carried"), "{told}");
    let (status, minutes) = app.fetch(&format!("/polls/{poll}/minutes"), "text/html").await;
    assert!(status == 200 && minutes.contains("Chosen to lead") && minutes.contains("SHA-256"), "{minutes}");
    let (_, view) = app.fetch(&format!("/api/v1/polls/{poll}"), "application/json").await;
    let view: Value = serde_json::from_str(&view).unwrap();
    assert_eq!(view["result"]["outcome"], "elected");
}

#[tokio::test]
async fn the_chain_tells_neither_voters_nor_receipts_nor_choices_and_the_nonces_are_destroyed() {
    let (app, members, _, _) = open_vote().await;
    let before = dump(&app);
    let receipts: Vec<String> =
        before["ballots"].iter().map(|row| row.split(" | ").next().unwrap().to_owned()).collect();
    for secret in receipts.iter().cloned().chain(members.iter().map(ToString::to_string)) {
        assert!(before["chain_entries"].iter().all(|entry| !entry.contains(&secret)), "{secret}");
    }
    assert!(before["chain_entries"].iter().all(|e| !e.contains("| ballots |") || !e.contains("Against")));
    let nonces: Vec<String> =
        before["ballot_links"].iter().map(|row| row.split(" | ").nth(3).unwrap().to_owned()).collect();
    assert!(nonces.len() == 3 && nonces.iter().all(|nonce| nonce.len() == 22), "{nonces:?}");

    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();

    assert!(dump(&app).values().flatten().all(|row| nonces.iter().all(|nonce| !row.contains(nonce))));
}

#[tokio::test]
async fn what_froze_at_an_opening_cannot_be_changed_not_even_by_sql() {
    let (app, members, id, poll) = open_vote().await;
    let roll = members[0];
    for query in [
        format!("UPDATE polls SET closes_at = '2027-01-01 00:00:00' WHERE id = '{poll}'"),
        format!("UPDATE polls SET opens_at = '2020-01-01 00:00:00' WHERE id = '{poll}'"),
        format!("UPDATE polls SET roll_size = 1 WHERE id = '{poll}'"),
        format!("UPDATE polls SET vote_base = 'roll' WHERE id = '{poll}'"),
        format!("UPDATE polls SET majority = 'simple' WHERE id = '{poll}'"),
        format!("UPDATE polls SET quorum = 99 WHERE id = '{poll}'"),
        format!("UPDATE polls SET question = 'Another?' WHERE id = '{poll}'"),
        format!("UPDATE polls SET totals_hidden = FALSE WHERE id = '{poll}'"),
        format!("DELETE FROM poll_options WHERE poll_id = '{poll}' AND position = 2"),
        format!("UPDATE poll_options SET name = 'Yes' WHERE poll_id = '{poll}' AND position = 0"),
        format!("INSERT INTO poll_options VALUES ('{poll}', 3, 'Maybe', 0)"),
        format!("INSERT INTO roll_entries VALUES ('{poll}', 'somebody')"),
        format!("DELETE FROM roll_entries WHERE member_id = '{roll}'"),
        format!("UPDATE roll_entries SET member_id = 'x' WHERE member_id = '{roll}'"),
        format!("UPDATE amendments SET title = 'Harmless' WHERE id = '{id}'"),
        format!("UPDATE amendments SET summary = 'Harmless' WHERE id = '{id}'"),
        format!("UPDATE amendments SET frozen_hash = 'x' WHERE id = '{id}'"),
        format!("UPDATE amendments SET state = 'backed' WHERE id = '{id}'"),
        format!("UPDATE amendments SET state = 'withdrawn' WHERE id = '{id}'"),
        format!("UPDATE amendments SET state = 'carried' WHERE id = '{id}'"),
        format!("UPDATE amendments SET state = 'lost' WHERE id = '{id}'"),
        format!("UPDATE polls SET closed_at = opens_at WHERE id = '{poll}'"),
        format!("UPDATE amendment_changes SET new_text = 'x' WHERE amendment_id = '{id}'"),
        format!("DELETE FROM amendment_changes WHERE amendment_id = '{id}'"),
        format!(
            "INSERT INTO amendment_changes (amendment_id, clause_id, number, old_text, new_text) \
             VALUES ('{id}', 'c', '9', 'a', 'b')"
        ),
        format!("DELETE FROM backings WHERE amendment_id = '{id}'"),
        format!("UPDATE backings SET member_id = '{}' WHERE amendment_id = '{id}'", members[2]),
        "UPDATE chain_entries SET entry_json = '{}'".to_owned(),
        "DELETE FROM chain_entries".to_owned(),
    ] {
        refused(&app, &query);
    }
    // An amendment that is not opened yet is nobody's business here.
    let rival = app.propose(members[1], "2.2", "Three quarters carry.").await;
    sql(&app, &format!("UPDATE amendments SET title = 'Better' WHERE id = '{rival}'")).unwrap();
    assert_eq!(verify(&app).await.faults, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_counted_cannot_be_changed_not_even_by_sql() {
    let (app, id, poll) = closed_vote().await;
    for query in [
        format!("UPDATE polls SET closed_at = NULL WHERE id = '{poll}'"),
        format!("UPDATE polls SET voters_count = 9 WHERE id = '{poll}'"),
        format!("UPDATE poll_options SET total = 9 WHERE poll_id = '{poll}' AND position = 0"),
        format!("UPDATE amendments SET state = 'open' WHERE id = '{id}'"),
        format!(
            "UPDATE amendments SET state = 'carried' WHERE id = '{id}' AND state = 'lost'; \
             UPDATE amendments SET state = 'lost' WHERE id = '{id}' AND state = 'carried'"
        ),
        "UPDATE results SET votes_for = 9".to_owned(),
        "UPDATE results SET record_json = '{}'".to_owned(),
        "UPDATE results SET minutes_json = '{}'".to_owned(),
        "DELETE FROM results".to_owned(),
        "UPDATE ballots SET choices = 1".to_owned(),
        "DELETE FROM ballots".to_owned(),
        format!("INSERT INTO ballots VALUES ('AAAAAAAAAAAAAAAAAAAAAA', '{poll}', 1)"),
        "UPDATE poll_voters SET voter = 'member:x' WHERE voter = (SELECT min(voter) FROM poll_voters)".to_owned(),
        "DELETE FROM poll_voters".to_owned(),
        format!("INSERT INTO poll_voters VALUES ('{poll}', 'member:x', NULL)"),
        "UPDATE objections SET reason = 'All is well.'".to_owned(),
        "DELETE FROM objections".to_owned(),
        format!("INSERT INTO chain_entries VALUES ('{poll}', 99, 'ballots', '{{}}', 'x')"),
    ] {
        refused(&app, &query);
    }
}

#[tokio::test]
async fn what_is_frozen_is_not_replaced_or_emptied_either() {
    let (app, id, poll) = closed_vote().await;
    let queries: Vec<String> = match app.store.url {
        DatabaseUrl::Sqlite(_) => vec![
            format!("REPLACE INTO ballots SELECT receipt, '{poll}', 8 FROM ballots LIMIT 1"),
            "REPLACE INTO results SELECT * FROM results".to_owned(),
            "REPLACE INTO polls SELECT * FROM polls".to_owned(),
            "REPLACE INTO chain_entries SELECT * FROM chain_entries WHERE position = 0".to_owned(),
            format!("REPLACE INTO amendment_changes SELECT * FROM amendment_changes WHERE amendment_id = '{id}'"),
            "UPDATE OR REPLACE poll_voters SET voter = (SELECT min(voter) FROM poll_voters)".to_owned(),
        ],
        DatabaseUrl::Postgres(_) => {
            let leaves = ["amendment_changes", "poll_options", "backings", "objections", "uncounted_votes"];
            leaves.iter().chain(&["lead_nominations"]).map(|table| format!("TRUNCATE {table} CASCADE")).collect()
        }
    };
    for query in queries {
        refused(&app, &query);
    }
}

#[tokio::test]
async fn nothing_can_be_moved_into_what_is_frozen_not_even_by_sql() {
    let (app, id, poll) = closed_vote().await;
    let [dora, emil] = [app.member("dora").await, app.member("emil").await];
    let open = app.propose(dora, "2.2", "Three quarters carry.").await;
    app.back(emil, open).await.unwrap();
    raise_in(&app, emil, open).await;
    let running = app.open(dora, open).await.unwrap();
    app.vote_on_the_web(running, dora, &[0]).await.unwrap();
    app.vote(running, &app.linked(emil, "elsewhere").await, "Perhaps").await;
    let waiting = app.propose(dora, "1", "We build together.").await;
    app.back(emil, waiting).await.unwrap();
    let cabal = app.cabal(dora, "tea").await;
    let advisory = app.poll(dora, cabal, false, false).await;

    for query in [
        format!("UPDATE ballots SET poll_id = '{poll}' WHERE poll_id = '{running}'"),
        format!("UPDATE poll_voters SET poll_id = '{poll}' WHERE poll_id = '{running}'"),
        format!("UPDATE uncounted_votes SET poll_id = '{poll}' WHERE poll_id = '{running}'"),
        format!("UPDATE objections SET amendment_id = '{id}' WHERE amendment_id = '{open}'"),
        format!("UPDATE backings SET amendment_id = '{open}' WHERE amendment_id = '{waiting}'"),
        format!("UPDATE amendment_changes SET amendment_id = '{open}' WHERE amendment_id = '{waiting}'"),
        format!("UPDATE poll_options SET poll_id = '{running}', position = 3 WHERE poll_id = '{advisory}'"),
    ] {
        refused(&app, &query);
    }
}

async fn raise_in(app: &TestApp, by: MemberId, id: AmendmentId) {
    app.app.write(move |tx| raise_objection(tx, by, id, "It asks too much.")).await.unwrap();
}

#[tokio::test]
async fn what_was_decided_about_a_lead_cannot_be_changed_not_even_by_sql() {
    let (app, _, poll) = open_lead_vote().await;
    let other = "SELECT id FROM members WHERE handle = 'cai'";
    for query in [
        format!("UPDATE lead_nominations SET nominee_id = ({other})"),
        "UPDATE lead_nominations SET state = 'declined'".to_owned(),
        "UPDATE lead_nominations SET poll_id = NULL".to_owned(),
        "DELETE FROM lead_nominations".to_owned(),
    ] {
        refused(&app, &query);
    }
    app.advance(TimeDelta::hours(72));
    timers::step(&app.app).await.unwrap();
    for query in [
        "UPDATE lead_nominations SET state = 'not_elected'".to_owned(),
        format!("UPDATE poll_options SET total = 9 WHERE poll_id = '{poll}'"),
        "DELETE FROM ballots".to_owned(),
    ] {
        refused(&app, &query);
    }
}

/// The database refuses it, says why, and nothing changes.
fn refused(app: &TestApp, query: &str) {
    let before = dump(app);
    let refused = sql(app, query).expect_err(query);
    assert!(refused.contains("frozen"), "{query}: {refused}");
    assert_eq!(dump(app), before, "{query}");
}

#[tokio::test]
async fn the_command_ends_with_a_sentence_and_another_code_when_something_does_not_hold() {
    let (app, _, poll) = closed_vote().await;
    let verify = || run(caucus(&app.store).args(["--public-url", &app.base, "verify"]), "");

    let honest = verify();
    force(&app, "UPDATE chain_entries SET hash = 'x' WHERE position = 1");
    let forged = verify();

    let told = String::from_utf8(honest.stdout).unwrap();
    assert!(
        honest.status.success() && told.contains("1 vote and 6 chain entries") && told.contains("Everything holds.")
    );
    assert_eq!(forged.status.code(), Some(1));
    let told = String::from_utf8(forged.stderr).unwrap();
    assert!(told.contains(&app.app.urls.poll(poll)) && told.contains("entry 1 of its chain (ballots)"), "{told}");
}
