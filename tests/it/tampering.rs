//! Whatever somebody changes who owns the database and is held back by nothing in it is found and named, in open
//! votes, in closed ones, in votes on a lead and in the documents (A13, C3, V-35, V-46).

use super::proof::{closed_vote, open_lead_vote, open_vote, verify};
use crate::support::TestApp;
use crate::support::rows::{dump, force};
use caucus::workers::timers;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use serde_json::{Value, json};

/// Changes made past every refusal, and what is said of them.
async fn is_found(app: &TestApp, subject: &str, query: &str, sentence: &str) {
    force(app, query);
    let faults = verify(app).await.faults;
    assert!(
        faults.iter().any(|fault| fault.starts_with(subject) && fault.contains(sentence)),
        "{query}: {sentence:?} is not in {faults:?}"
    );
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
        ("UPDATE chain_entries SET entry_json = '{}' WHERE position = 4", "entry 4 of its chain (ballots)"),
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
        ("UPDATE ballots SET choices = 8 WHERE choices = 2", "its ballots are not those of entry 4"),
        (
            "UPDATE ballots SET receipt = 'AAAAAAAAAAAAAAAAAAAAAA' WHERE choices = 2",
            "not every ballot is one that was cast",
        ),
        (
            "UPDATE ballot_links SET nonce = 'x' WHERE voter = (SELECT min(voter) FROM ballot_links)",
            "its ballots are not those of entry 4",
        ),
        ("DELETE FROM ballots WHERE choices = 2", "not as many ballots as voters"),
        ("INSERT INTO ballots SELECT 'AAAAAAAAAAAAAAAAAAAAAA', id, 1 FROM polls", "not as many ballots as voters"),
        ("UPDATE polls SET voters_count = 2", "not as many ballots as voters"),
        ("UPDATE polls SET voters_count = -1", "it cannot be read"),
        (
            "UPDATE ballot_links SET voter = (SELECT 'member:' || id FROM members WHERE handle = 'dan') \
             WHERE voter = (SELECT min(voter) FROM ballot_links)",
            "a ballot leads to somebody who did not take part",
        ),
        (
            "UPDATE poll_voters SET voter = (SELECT 'member:' || id FROM members WHERE handle = 'dan') \
             WHERE voter = (SELECT min(voter) FROM poll_voters)",
            "a ballot leads to somebody who did not take part",
        ),
        ("INSERT INTO roll_entries SELECT id, 'somebody' FROM polls", "its roll"),
        ("DELETE FROM roll_entries WHERE member_id = (SELECT min(member_id) FROM roll_entries)", "its roll"),
        (
            "UPDATE poll_voters SET voter = 'member:somebody' WHERE voter = (SELECT min(voter) FROM poll_voters)",
            "who is not on its roll",
        ),
        (
            "UPDATE poll_voters SET voter = replace(voter, 'member:', 'MEMBER:') WHERE voter = (SELECT min(voter) FROM poll_voters)",
            "who is not on its roll",
        ),
        ("UPDATE polls SET closes_at = '2026-03-09 12:00:00'", "not those of the opening"),
        ("UPDATE polls SET majority = 'simple'", "not those of the opening"),
        ("UPDATE polls SET vote_base = 'roll'", "not those of the opening"),
        ("UPDATE polls SET totals_hidden = FALSE", "not those of the opening"),
        ("UPDATE polls SET is_multiple = TRUE", "not those of the opening"),
        ("UPDATE amendment_changes SET new_text = 'Ada decides.'", "not those of the opening"),
        ("UPDATE amendments SET summary = 'Harmless.'", "not those of the opening"),
        ("UPDATE amendments SET values_fit = 'Harmless.'", "not those of the opening"),
        ("UPDATE poll_options SET name = 'Yes' WHERE position = 0", "not those of the opening"),
        ("UPDATE polls SET question = 'Harmless'", "not those of the opening"),
        ("UPDATE amendments SET frozen_hash = 'x'", "its amendment is not the one of the opening"),
        ("UPDATE amendments SET state = 'carried'", "the state of its amendment"),
        ("UPDATE polls SET closed_at = '2026-03-02 12:00:00'", "marked as closed"),
        ("UPDATE posts SET object_json = replace(object_json, 'frozenHash', 'x')", "published Question"),
        ("UPDATE posts SET object_json = replace(object_json, 'Abstain', 'Maybe')", "published Question"),
    ] {
        let (app, _, _, poll) = open_vote().await;
        is_found(&app, &app.app.urls.poll(poll), query, sentence).await;
    }
}

#[tokio::test]
async fn an_honest_ballot_afterwards_hides_no_change_before_it() {
    let (app, members, _, poll) = open_vote().await;
    force(&app, "UPDATE ballots SET choices = 1");

    app.vote_on_the_web(poll, members[3], &[0]).await.unwrap();

    assert!(verify(&app).await.faults[0].contains("its ballots are not those of entry 5"));
}

#[tokio::test]
async fn whatever_is_changed_in_a_closed_vote_is_found() {
    for (query, sentence) in [
        ("UPDATE results SET votes_for = 3", "its totals"),
        (
            "UPDATE results SET is_carried = NOT is_carried; UPDATE amendments SET state = CASE state WHEN 'carried' THEN 'lost' ELSE 'carried' END",
            "its result does not follow",
        ),
        ("UPDATE results SET roll_size = 3", "its result does not follow"),
        (
            "UPDATE results SET record_json = replace(record_json, 'For', 'for')",
            "its record is not the one of its hash",
        ),
        ("UPDATE results SET record_sha256 = 'x'", "its record is not the one of its hash"),
        (
            "UPDATE results SET minutes_json = replace(minutes_json, 'too little', 'enough')",
            "its minutes are not those of its record",
        ),
        ("UPDATE results SET version_id = NULL", "the version that it brought"),
        ("UPDATE ballots SET choices = 1", "its ballots are not those of its record"),
        (
            "UPDATE ballots SET receipt = 'AAAAAAAAAAAAAAAAAAAAAA' WHERE choices = 2",
            "its ballots are not those of its record",
        ),
        ("DELETE FROM ballots WHERE choices = 2", "its ballots are not those of its record"),
        ("UPDATE poll_options SET total = 9 WHERE position = 2", "its totals"),
        ("UPDATE polls SET voters_count = 9", "its number of voters"),
        ("DELETE FROM poll_voters WHERE voter = (SELECT min(voter) FROM poll_voters)", "its number of voters"),
        (
            "UPDATE poll_voters SET voter = 'member:somebody' WHERE voter = (SELECT min(voter) FROM poll_voters)",
            "who is not on its roll",
        ),
        ("DELETE FROM roll_entries WHERE member_id = (SELECT min(member_id) FROM roll_entries)", "its roll"),
        ("DELETE FROM results", "its result is missing"),
        ("DELETE FROM chain_entries WHERE kind = 'closing'", "the close is missing"),
        ("DELETE FROM polls", "the vote itself is missing"),
        ("UPDATE polls SET roll_fingerprint = NULL", "nothing froze at its opening"),
        ("UPDATE polls SET closed_at = NULL", "not marked so"),
        (
            "UPDATE posts SET object_json = replace(object_json, 'recordSha256', 'x') WHERE kind = 'result'",
            "its published result",
        ),
        ("DELETE FROM posts WHERE kind = 'result'", "its published result"),
        ("UPDATE chain_entries SET hash = 'x' WHERE kind = 'closing'", "(closing)"),
        ("UPDATE objections SET reason = 'All is well.'", "its objections"),
        ("DELETE FROM objections", "its objections"),
        ("UPDATE uncounted_votes SET total = 0", "votes that did not count"),
        ("DELETE FROM incidents", "what happened to the server"),
        ("UPDATE amendments SET state = 'lost'", "the state of its amendment"),
    ] {
        let (app, members, _, poll) = open_vote().await;
        let elsewhere = app.linked(members[0], "elsewhere").await;
        app.vote(poll, &elsewhere, "Perhaps").await;
        force(
            &app,
            "INSERT INTO incidents (id, kind, began_at, ended_at) VALUES ('i', 'down', '2026-03-02 12:00:00', '2026-03-02 13:00:00')",
        );
        app.advance(TimeDelta::weeks(1));
        assert_eq!(timers::step(&app.app).await.unwrap(), 1);
        assert_eq!(verify(&app).await.faults, Vec::<String>::new(), "before");
        is_found(&app, &app.app.urls.poll(poll), query, sentence).await;
    }
}

#[tokio::test]
async fn a_whole_new_chain_is_not_the_one_that_other_servers_were_told_of() {
    let (app, _, _, poll) = open_vote().await;
    // Somebody who writes the chain anew from its first entry, with every hash in order.
    let rows = dump(&app)["chain_entries"].clone();
    let mut before = caucus::domain::chain::BEGINNING.to_owned();
    let mut script = String::new();
    for row in rows {
        let parts: Vec<&str> = row.split(" | ").collect();
        let entry = parts[3].replace("Everybody has one vote, and one only.", "Ada has two votes.");
        before = caucus::domain::chain::link(&before, &entry);
        script.push_str(&format!(
            "UPDATE chain_entries SET entry_json = '{entry}', hash = '{before}' WHERE position = {}; ",
            parts[1]
        ));
    }
    script.push_str("UPDATE amendment_changes SET new_text = 'Ada has two votes.'");

    is_found(&app, &app.app.urls.poll(poll), &script, "its published Question is not the one of the opening").await;
    let head = dump(&app)["chain_entries"][0].rsplit(" | ").next().unwrap().to_owned();
    assert_ne!(app.fetch_question(poll).await["chainHead"], head);
}

#[tokio::test]
async fn whatever_is_changed_in_a_vote_on_a_lead_is_found() {
    let other = "(SELECT id FROM members WHERE handle = 'cai')";
    for (is_closed, query, sentence) in [
        (false, format!("UPDATE lead_nominations SET nominee_id = {other}"), "not those of the opening"),
        (false, "UPDATE lead_nominations SET state = 'elected'".to_owned(), "the state of its nomination"),
        (false, "UPDATE ballots SET choices = 2".to_owned(), "its ballots are not those of entry 2"),
        (false, "UPDATE polls SET majority = 'two_thirds'".to_owned(), "not those of the opening"),
        (true, "UPDATE lead_nominations SET state = 'open'".to_owned(), "the state of its nomination"),
        (true, "UPDATE ballots SET choices = 2".to_owned(), "its ballots are not those of its record"),
        (
            true,
            "UPDATE results SET is_carried = FALSE; UPDATE lead_nominations SET state = 'not_elected'".to_owned(),
            "its result does not follow",
        ),
    ] {
        let (app, _, poll) = open_lead_vote().await;
        if is_closed {
            app.advance(TimeDelta::hours(72));
            timers::step(&app.app).await.unwrap();
        }
        is_found(&app, &app.app.urls.poll(poll), &query, sentence).await;
    }
}

#[tokio::test]
async fn a_text_that_no_vote_brought_is_found() {
    let clauses = "UPDATE document_clauses SET text = 'Ada decides.' WHERE number = '2.1' AND version_id = (SELECT current_version_id FROM documents)";
    for (query, sentence) in [
        (clauses, "its text or its rule is not the one of its fingerprint"),
        (
            "UPDATE document_versions SET quorum = 1 WHERE number = 2",
            "its text or its rule is not the one of its fingerprint",
        ),
        (
            "UPDATE documents SET current_version_id = (SELECT id FROM document_versions WHERE number = 1)",
            "it is in force, and a newer one is there",
        ),
        ("UPDATE document_versions SET amendment_id = NULL WHERE number = 2", "no vote brought it"),
        ("UPDATE results SET version_id = NULL", "no vote brought it"),
        ("UPDATE document_versions SET number = 3 WHERE number = 2", "it is missing"),
    ] {
        let (app, _, _) = closed_vote().await;
        is_found(&app, "version ", query, sentence).await;
    }
    for state in ["carried", "open", "lost"] {
        let (app, ada) = TestApp::with_community().await;
        let id = app.propose(ada, "2.1", "Ada decides.").await;
        let query = format!("UPDATE amendments SET state = '{state}'");
        is_found(&app, &app.app.urls.amendment(id), &query, "does not follow from a vote").await;
    }
}

#[tokio::test]
async fn a_vote_whose_ballots_were_changed_before_the_close_decides_nothing() {
    for (query, fault) in [
        ("UPDATE ballots SET choices = 1", "ballots"),
        ("UPDATE ballots SET choices = 8 WHERE choices = 2", "ballots"),
        ("DELETE FROM chain_entries WHERE position = 2", "chain"),
        ("UPDATE chain_entries SET entry_json = '{}' WHERE position = 4", "chain"),
        ("UPDATE chain_entries SET entry_json = 'no JSON' WHERE position = 4", "chain"),
        ("INSERT INTO roll_entries SELECT id, 'somebody' FROM polls", "roll"),
        (
            "UPDATE poll_voters SET voter = 'member:somebody' WHERE voter = (SELECT min(voter) FROM poll_voters)",
            "voters",
        ),
        (
            "UPDATE ballot_links SET voter = (SELECT 'member:' || id FROM members WHERE handle = 'dan') \
             WHERE voter = (SELECT min(voter) FROM ballot_links)",
            "ballots",
        ),
        ("UPDATE amendments SET state = 'carried'", "frozen"),
        ("UPDATE amendments SET state = 'lost'", "frozen"),
        ("UPDATE amendments SET state = 'withdrawn'", "frozen"),
        ("UPDATE polls SET closed_at = '2026-03-02 12:00:00'", "frozen"),
        ("UPDATE polls SET closed_at = '2027-03-02 12:00:00'", "frozen"),
    ] {
        let (app, members, id, poll) = open_vote().await;
        force(&app, query);
        // Dan votes on, unless the vote says that it is over or a ballot stands in his name.
        let is_kept_out = query.contains("closed_at") || query.contains("'dan'");
        assert_eq!(app.vote_on_the_web(poll, members[3], &[0]).await.is_err(), is_kept_out, "{query}");
        app.advance(TimeDelta::weeks(1));
        timers::step(&app.app).await.unwrap();

        let told = app.notices(members[0]).await.iter().filter(|told| told.contains("decided nothing")).count();
        assert_eq!(told, 1, "{query}: the steward has to look");
        assert!(app.notices(members[1]).await.iter().all(|told| !told.contains("does not hold")), "{query}");
        let record: Value = serde_json::from_str(&app.record(poll).await).unwrap();
        assert!(record["faults"].as_array().unwrap().contains(&json!(fault)), "{query}: {}", record["faults"]);
        assert_eq!(
            (&record["is_carried"], app.result(poll).await.unwrap().version_id),
            (&json!(false), None),
            "{query}"
        );
        assert_eq!(app.state(id).await.as_str(), "lost", "{query}");
        assert!(dump(&app)["ballot_links"].is_empty(), "{query}");
        assert!(!verify(&app).await.faults.is_empty(), "{query}");
        assert_eq!(timers::step(&app.app).await.unwrap(), 0, "{query}: it is closed for good");
    }
}

#[tokio::test]
async fn a_vote_on_a_lead_that_was_decided_before_its_close_decides_nothing() {
    let (app, members, poll) = open_lead_vote().await;
    let refused = app.store.connect().batch_execute("UPDATE lead_nominations SET state = 'elected'");
    assert!(refused.unwrap_err().to_string().contains("frozen"));
    force(&app, "UPDATE lead_nominations SET state = 'elected'");
    app.advance(TimeDelta::hours(72));
    timers::step(&app.app).await.unwrap();

    let record: Value = serde_json::from_str(&app.record(poll).await).unwrap();
    assert_eq!((&record["faults"], &record["is_carried"]), (&json!(["frozen"]), &json!(false)));
    assert!(dump(&app)["lead_nominations"][0].contains("not_elected"));
    assert!(app.notices(members[1]).await.iter().any(|told| told.contains("the lead stays as it was")));
}
