//! The proof of a vote: what froze cannot be changed, and what is changed all the same by somebody
//! who owns the database is found and named (A4, A13, V-35, V-36, V-39).

use crate::support::TestApp;
use crate::support::process::{caucus, run};
use crate::support::rows::{dump, force, of_type, on_their_way};
use caucus::ids::{AmendmentId, MemberId, PollId};
use caucus::services::verify_votes::{Verified, verify_votes};
use caucus::workers::timers;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use serde_json::Value;

/// A vote of four members that is still open, with ballots by the web and by reply.
async fn open_vote() -> (TestApp, Vec<MemberId>, AmendmentId, PollId) {
    let (app, ada) = TestApp::with_community().await;
    let mut members = vec![ada];
    for name in ["bea", "cai", "dan"] {
        members.push(app.member(name).await);
    }
    app.follow_community("near.example", "fay").await;
    let (id, poll) = app.open_vote(ada, members[1]).await;
    app.vote_on_the_web(poll, members[0], &[0]).await.unwrap();
    app.vote_on_the_web(poll, members[1], &[1]).await.unwrap();
    app.vote_on_the_web(poll, members[1], &[0]).await.unwrap();
    app.vote_on_the_web(poll, members[2], &[1]).await.unwrap();
    (app, members, id, poll)
}

async fn closed_vote() -> (TestApp, AmendmentId, PollId) {
    let (app, _, id, poll) = open_vote().await;
    app.advance(TimeDelta::weeks(1));
    assert_eq!(timers::step(&app.app).await.unwrap(), 1);
    (app, id, poll)
}

async fn verify(app: &TestApp) -> Verified {
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
    let stored = app.result(poll).await.unwrap();
    assert_eq!(result["object"]["recordSha256"], stored.record_sha256);
    assert!(result["object"]["content"].as_str().unwrap().contains(&head));
    let record: Value = serde_json::from_str(&stored.record_json).unwrap();
    assert_eq!((&record["took_part"], &record["is_as_sealed"]), (&Value::from(4), &Value::from(true)));
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
async fn what_froze_cannot_be_changed_not_even_by_sql() {
    let (app, id, poll) = closed_vote().await;
    let (second, members, open_id, open_poll) = open_vote().await;
    let roll = members[0];
    for (store, query) in [
        (&second, format!("UPDATE polls SET closes_at = '2027-01-01 00:00:00' WHERE id = '{open_poll}'")),
        (&second, format!("UPDATE polls SET opens_at = '2020-01-01 00:00:00' WHERE id = '{open_poll}'")),
        (&second, format!("UPDATE polls SET roll_size = 1 WHERE id = '{open_poll}'")),
        (&second, format!("UPDATE polls SET vote_base = 'roll' WHERE id = '{open_poll}'")),
        (&second, format!("UPDATE polls SET quorum = 99 WHERE id = '{open_poll}'")),
        (&second, format!("UPDATE polls SET question = 'Another?' WHERE id = '{open_poll}'")),
        (&second, format!("DELETE FROM poll_options WHERE poll_id = '{open_poll}' AND position = 2")),
        (&second, format!("UPDATE poll_options SET name = 'Yes' WHERE poll_id = '{open_poll}' AND position = 0")),
        (&second, format!("INSERT INTO poll_options VALUES ('{open_poll}', 3, 'Maybe', 0)")),
        (&second, format!("INSERT INTO roll_entries VALUES ('{open_poll}', 'somebody')")),
        (&second, format!("DELETE FROM roll_entries WHERE member_id = '{roll}'")),
        (&second, format!("UPDATE roll_entries SET member_id = 'x' WHERE member_id = '{roll}'")),
        (&second, format!("UPDATE amendments SET title = 'Harmless' WHERE id = '{open_id}'")),
        (&second, format!("UPDATE amendments SET frozen_hash = 'x' WHERE id = '{open_id}'")),
        (&second, format!("UPDATE amendments SET state = 'backed' WHERE id = '{open_id}'")),
        (&second, format!("UPDATE amendments SET state = 'withdrawn' WHERE id = '{open_id}'")),
        (&second, format!("UPDATE amendment_changes SET new_text = 'x' WHERE amendment_id = '{open_id}'")),
        (&second, format!("DELETE FROM amendment_changes WHERE amendment_id = '{open_id}'")),
        (
            &second,
            format!(
                "INSERT INTO amendment_changes (amendment_id, clause_id, number, old_text, new_text) \
             VALUES ('{open_id}', 'c', '9', 'a', 'b')"
            ),
        ),
        (&second, "UPDATE chain_entries SET entry_json = '{}'".to_owned()),
        (&second, "DELETE FROM chain_entries".to_owned()),
        (&app, format!("UPDATE polls SET closed_at = NULL WHERE id = '{poll}'")),
        (&app, format!("UPDATE polls SET voters_count = 9 WHERE id = '{poll}'")),
        (&app, format!("UPDATE poll_options SET total = 9 WHERE poll_id = '{poll}' AND position = 0")),
        (&app, format!("UPDATE amendments SET state = 'open' WHERE id = '{id}'")),
        (
            &app,
            format!(
                "UPDATE amendments SET state = 'carried' WHERE id = '{id}' AND state = 'lost'; \
                        UPDATE amendments SET state = 'lost' WHERE id = '{id}' AND state = 'carried'"
            ),
        ),
        (&app, "UPDATE results SET votes_for = 9".to_owned()),
        (&app, "UPDATE results SET record_json = '{}'".to_owned()),
        (&app, "DELETE FROM results".to_owned()),
    ] {
        let before = dump(store);
        let refused = sql(store, &query).expect_err(&query);
        assert!(refused.contains("frozen"), "{query}: {refused}");
        assert_eq!(dump(store), before, "{query}");
    }
    // An advisory poll and an amendment that is not opened yet are nobody's business here.
    let rival = second.propose(members[1], "2.2", "Three quarters carry.").await;
    sql(&second, &format!("UPDATE amendments SET title = 'Better' WHERE id = '{rival}'")).unwrap();
    assert!(verify(&app).await.faults.is_empty() && verify(&second).await.faults.is_empty());
}

/// Changes made past every refusal, and what is said of them.
async fn is_found(app: &TestApp, poll: PollId, query: &str, sentence: &str) {
    force(app, query);
    let faults = verify(app).await.faults;
    assert_eq!(faults.len(), 1, "{query}: {faults:?}");
    assert!(faults[0].starts_with(&app.app.urls.poll(poll)) && faults[0].contains(sentence), "{query}: {faults:?}");
}

#[tokio::test]
async fn whatever_is_changed_in_an_open_vote_is_found() {
    for (query, sentence) in [
        (
            "UPDATE chain_entries SET entry_json = replace(entry_json, '2.1', '2.2') WHERE position = 0",
            "entry 0 of its chain (opening)",
        ),
        (
            "UPDATE chain_entries SET entry_json = replace(entry_json, '\"count\":2', '\"count\":3') WHERE position = 3",
            "entry 3 of its chain (ballots)",
        ),
        ("UPDATE chain_entries SET hash = 'x' WHERE position = 1", "entry 1 of its chain (ballots)"),
        ("UPDATE chain_entries SET kind = 'restored' WHERE position = 2", "entry 2 of its chain (restored)"),
        ("DELETE FROM chain_entries WHERE position = 2", "entry 2 of its chain is missing"),
        ("DELETE FROM chain_entries WHERE position = 0", "entry 0 of its chain is missing"),
        ("DELETE FROM chain_entries", "entry 0 of its chain is missing"),
        ("DELETE FROM chain_entries WHERE position = 4", "its ballots are not those of entry 3"),
        (
            "UPDATE chain_entries SET position = 9 WHERE position = 2; UPDATE chain_entries SET position = 2 WHERE position = 3; UPDATE chain_entries SET position = 3 WHERE position = 9",
            "entry 2 of its chain",
        ),
        (
            "INSERT INTO chain_entries SELECT poll_id, 5, kind, entry_json, hash FROM chain_entries WHERE position = 4",
            "entry 5 of its chain",
        ),
        ("UPDATE ballots SET choices = 1", "its ballots are not those of entry 4"),
        ("UPDATE ballots SET receipt = 'AAAAAAAAAAAAAAAAAAAAAA' WHERE choices = 2", "not as many ballots as voters"),
        ("DELETE FROM ballots WHERE choices = 2", "not as many ballots as voters"),
        ("INSERT INTO ballots SELECT 'AAAAAAAAAAAAAAAAAAAAAA', id, 1 FROM polls", "not as many ballots as voters"),
        ("INSERT INTO roll_entries SELECT id, 'somebody' FROM polls", "its roll"),
        ("UPDATE polls SET closes_at = '2026-03-09 12:00:00'", "its text, rule or times"),
        ("UPDATE amendment_changes SET new_text = 'Ada decides.'", "its text, rule or times"),
        ("UPDATE poll_options SET name = 'Yes' WHERE position = 0", "entry 0 of its chain (opening)"),
        ("UPDATE amendments SET title = 'Harmless'", "entry 0 of its chain (opening)"),
        ("UPDATE amendments SET state = 'carried'", "the state of its amendment"),
    ] {
        let (app, _, _, poll) = open_vote().await;
        is_found(&app, poll, query, sentence).await;
    }
}

#[tokio::test]
async fn whatever_is_changed_in_a_closed_vote_is_found() {
    for (query, sentence) in [
        ("UPDATE results SET votes_for = 3", "its totals"),
        (
            "UPDATE results SET is_carried = NOT is_carried; UPDATE amendments SET state = CASE state WHEN 'carried' THEN 'lost' ELSE 'carried' END",
            "its result does not follow",
        ),
        (
            "UPDATE results SET record_json = replace(record_json, 'For', 'for')",
            "its record is not the one of its hash",
        ),
        ("UPDATE results SET record_sha256 = 'x'", "its record is not the one of its hash"),
        ("UPDATE ballots SET choices = 1", "its ballots are not those of its record"),
        ("DELETE FROM ballots WHERE choices = 2", "its ballots are not those of its record"),
        ("UPDATE poll_options SET total = 9 WHERE position = 2", "its totals"),
        ("UPDATE polls SET voters_count = 9", "its number of voters"),
        ("DELETE FROM results", "its result is missing"),
        ("DELETE FROM chain_entries WHERE kind = 'closing'", "the close, is missing"),
        (
            "UPDATE posts SET object_json = replace(object_json, 'recordSha256', 'x') WHERE kind = 'result'; UPDATE posts SET object_json = '{}' WHERE kind = 'result'",
            "its published result",
        ),
        ("UPDATE chain_entries SET hash = 'x' WHERE kind = 'closing'", "(closing)"),
    ] {
        let (app, _, poll) = closed_vote().await;
        is_found(&app, poll, query, sentence).await;
    }
}

#[tokio::test]
async fn ballots_that_were_changed_before_the_close_are_told_of_in_the_record() {
    let (app, _, _, poll) = open_vote().await;
    force(&app, "UPDATE ballots SET choices = 1");
    app.advance(TimeDelta::weeks(1));
    timers::step(&app.app).await.unwrap();

    let record: Value = serde_json::from_str(&app.result(poll).await.unwrap().record_json).unwrap();
    assert_eq!(record["is_as_sealed"], false);
    assert!(verify(&app).await.faults[0].contains("its ballots were changed"));
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
