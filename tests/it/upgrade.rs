//! A server that goes on after it was brought up to date: a database as the first versions made it, with a
//! document, a vote that was carried and one that is open, none of which has a chain.

use super::support::TestApp;
use super::support::process::{caucus, run};
use super::support::rows::tables;
use super::support::store::Store;
use caucus::clock::iso_seconds;
use caucus::db::{AnyConnection, DbError, amendments, documents, migrations};
use caucus::domain::amendment::Change;
use caucus::domain::document::{FingerprintOf, fingerprint};
use caucus::domain::record::{canonical_json, sha256_hex};
use caucus::ids::{AmendmentId, MemberId, PollId};
use caucus::services::verify_votes::verify_votes;
use caucus::workers::timers;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const ADDRESS: &str = "https://commons.example";

/// What the rows of an old database are about.
struct Old {
    app: TestApp,
    members: [MemberId; 3],
    carried: (AmendmentId, PollId),
    open: (AmendmentId, PollId),
    advisory: PollId,
}

impl Old {
    /// Made by the services, for what they write of these tables has stayed the same.
    async fn make() -> Self {
        let app = TestApp::in_public(ADDRESS).await;
        let ada = app.set_up().await;
        let members = [ada, app.member("bea").await, app.member("cai").await];
        let cabal = app.cabal(ada, "tea").await;
        app.follow_community("near.example", "fay").await;
        let carried = app.open_vote(ada, members[1]).await;
        app.vote_on_the_web(carried.1, ada, &[0]).await.unwrap();
        app.vote_on_the_web(carried.1, members[1], &[0]).await.unwrap();
        app.vote_on_the_web(carried.1, members[2], &[1]).await.unwrap();
        app.advance(TimeDelta::weeks(1));
        while timers::step(&app.app).await.unwrap() > 0 {}
        let id = app.propose(ada, "2.2", "Three quarters carry.").await;
        app.back(members[1], id).await.unwrap();
        let poll = app.open(ada, id).await.unwrap();
        let theirs = app.linked(members[1], "bea").await;
        app.vote_on_the_web(poll, ada, &[0]).await.unwrap();
        app.vote(poll, &theirs, "Against").await;
        app.vote(poll, &app.remote("fan").await, "For").await;
        let advisory = app.poll(ada, cabal, false, false).await;
        app.vote_on_the_web(advisory, ada, &[1]).await.unwrap();
        Self { app, members, carried, open: (id, poll), advisory }
    }
}

/// The migrations of this run's database, the oldest first.
fn migration_folders() -> Vec<PathBuf> {
    let tree = if super::support::store::postgres_server().is_some() { "postgres" } else { "sqlite" };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(tree);
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

/// A store as the first so many migrations made it, known to be at that version.
fn store_of_age(migrations: usize) -> Store {
    let store = Store::empty();
    let mut connection = store.connect();
    connection
        .batch_execute(
            "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
             run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
        )
        .unwrap();
    for folder in migration_folders().into_iter().take(migrations) {
        connection.batch_execute(&std::fs::read_to_string(folder.join("up.sql")).unwrap()).unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let version: String = name.split('_').next().unwrap().chars().filter(char::is_ascii_digit).collect();
        connection
            .batch_execute(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')"))
            .unwrap();
    }
    store
}

/// The columns that a table of a store has now; none when there is no such table.
fn columns(store: &Store, table: &str) -> BTreeSet<String> {
    let query = match store.connect() {
        AnyConnection::Sqlite(_) => format!("SELECT name AS value FROM pragma_table_info('{table}')"),
        AnyConnection::Postgres(_) => {
            format!(
                "SELECT CAST(column_name AS TEXT) AS value FROM information_schema.columns WHERE table_name = '{table}'"
            )
        }
    };
    store.values(&query).into_iter().collect()
}

/// The text of a statement that writes the rows of a table which both stores have, as far as the older one has columns.
fn copy_of(from: &Store, table: &str, known: &[String], into: &BTreeSet<String>) -> String {
    let shared: Vec<&String> = known.iter().filter(|column| into.contains(*column)).collect();
    let names = shared.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let quoted =
        |column: &&String| format!("COALESCE('''' || REPLACE(CAST({column} AS TEXT), '''', '''''') || '''', 'NULL')");
    let values = shared.iter().map(quoted).collect::<Vec<_>>().join(" || ', ' || ");
    // What later versions tell of a proposal had no place yet.
    let only = match table {
        "posts" => "WHERE kind IN ('help_request', 'progress', 'poll', 'answer', 'result', 'notice')",
        _ => "",
    };
    let rows = from.values(&format!("SELECT {values} AS value FROM {table} {only}"));
    rows.iter().map(|row| format!("INSERT INTO {table} ({names}) VALUES ({row});\n")).collect()
}

/// The fingerprint of each version by today's account and by that of then, which did not cover the rule.
async fn fingerprints(app: &TestApp) -> Vec<(String, String)> {
    let read = app.app.read(|conn| {
        let document = documents::list_documents(conn)?.remove(0);
        let mut both = Vec::new();
        for version in documents::list_versions(conn, document.id)? {
            let clauses = documents::list_clauses(conn, version.id)?;
            both.push((version.fingerprint, fingerprint(FingerprintOf::Text, &clauses, version.rule)));
        }
        Ok::<_, DbError>(both)
    });
    read.await.unwrap()
}

/// The hash of what froze at an opening, as an amendment keeps it today and as the first versions made it.
async fn frozen_hashes(app: &TestApp, (id, poll): (AmendmentId, PollId)) -> (String, String) {
    let row = app.poll_row(poll).await;
    let read = app.app.read(move |conn| {
        let amendment = amendments::amendment(conn, id)?;
        let base = documents::find_version(conn, amendment.base_version_id)?.unwrap();
        let text = fingerprint(FingerprintOf::Text, &documents::list_clauses(conn, base.id)?, base.rule);
        Ok::<_, DbError>((amendment.frozen_hash.unwrap(), text, amendments::list_changes(conn, id)?))
    });
    let (today, base, changes) = read.await.unwrap();
    let frozen = row.frozen.unwrap();
    let change = |change: &Change| {
        json!({"clause": change.clause, "number": change.number, "old_text": change.old_text,
            "new_text": change.new_text})
    };
    let then = json!({
        "amendment": id,
        "base_fingerprint": base,
        "changes": changes.iter().map(change).collect::<Vec<_>>(),
        "rule": {"base": "cast", "quorum": 0},
        "roll": {"size": frozen.roll_size, "fingerprint": frozen.roll_fingerprint},
        "opens_at": iso_seconds(row.opens_at),
        "closes_at": iso_seconds(row.closes_at),
    });
    (today, sha256_hex(&canonical_json(&then)))
}

/// The rows as the first versions wrote them: no head of a chain was told, fingerprints were of the text alone, and
/// the record of a closed vote held less, so that its hash is another one.
async fn as_of_old(Old { app: old, carried, open, .. }: &Old, mut script: String) -> String {
    for head in old.store.values("SELECT hash AS value FROM chain_entries") {
        for told in [format!(",\"chainHead\":\"{head}\""), format!("\"chainHead\":\"{head}\",")] {
            script = script.replace(&told, "");
        }
    }
    let record = &old.store.values("SELECT record_json AS value FROM results")[0];
    let mut older: Value = serde_json::from_str(record).unwrap();
    let fields = older.as_object_mut().unwrap();
    for key in ["chain", "checksum", "faults", "incidents", "took_part"] {
        fields.remove(key);
    }
    fields.insert("version".to_owned(), json!(1));
    let quoted = |text: &str| text.replace('\'', "''");
    script = script.replace(&quoted(record), "RECORD");
    let mut older = canonical_json(&older);
    let hashes = [frozen_hashes(old, *carried).await, frozen_hashes(old, *open).await];
    for (today, then) in fingerprints(old).await.into_iter().chain(hashes) {
        (script, older) = (script.replace(&today, &then), older.replace(&today, &then));
    }
    script.replace("RECORD", &quoted(&older)).replace(&sha256_hex(record), &sha256_hex(&older))
}

/// Tables in an order in which each comes after those that it refers to.
const ORDER: [&str; 29] = [
    "instance_facts",
    "local_actors",
    "members",
    "passwords",
    "documents",
    "document_versions",
    "document_clauses",
    "signings",
    "cabals",
    "cabal_members",
    "cabal_log",
    "posts",
    "remote_actors",
    "remote_keys",
    "followers",
    "linked_actors",
    "amendments",
    "amendment_changes",
    "backings",
    "polls",
    "poll_options",
    "roll_entries",
    "ballots",
    "poll_voters",
    "ballot_links",
    "soundings",
    "uncounted_votes",
    "vote_notices",
    "results",
];

/// The rows of today in the tables of then.
async fn write_rows(old: &Old, store: &Store) {
    let known = tables();
    let mut script = String::new();
    for table in ORDER {
        let into = columns(store, table);
        assert!(!into.is_empty(), "{table} was there from the first");
        script.push_str(&copy_of(&old.app.store, table, &known[table], &into));
    }
    let script = as_of_old(old, script).await;
    assert!(script.len() > 5_000);
    // The opening of votes was not guarded yet, and the order of rows within a vote is of no matter here.
    let mut connection = store.connect();
    let unguarded = match connection {
        AnyConnection::Sqlite(_) => script,
        AnyConnection::Postgres(_) => format!("SET session_replication_role = replica; {script}"),
    };
    connection.batch_execute(&unguarded).unwrap();
}

#[tokio::test]
async fn a_database_of_the_first_versions_is_brought_up_to_date_and_its_votes_go_on() {
    let old = Old::make().await;
    let now = old.app.app.now();
    let store = store_of_age(1);
    write_rows(&old, &store).await;

    migrations::run(&mut store.connect()).unwrap();
    let app = TestApp::over(store, ADDRESS, now).await;

    everything_is_readable(&app, &old).await;
    verify_says_what_it_cannot_check(&app).await;
    the_open_vote_goes_on_to_its_end(&app, &old).await;
}

/// What a path answers at the port behind the public address.
#[expect(clippy::disallowed_types, reason = "the test plays the proxy")]
async fn get(app: &TestApp, path: &str, accept: &str) -> (u16, String) {
    let request = reqwest::Client::new().get(format!("http://{}{path}", app.listens)).header("accept", accept);
    let answer = request.header("host", "commons.example").send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn everything_is_readable(app: &TestApp, old: &Old) {
    let ((carried, closed), (open, poll)) = (old.carried, old.open);
    for (path, words) in [
        ("/documents/agreement".to_owned(), "Everybody has one vote, and one only."),
        (format!("/amendments/{carried}"), "Carried"),
        (format!("/amendments/{open}"), "quarters"),
        (format!("/polls/{closed}"), "For"),
        (format!("/polls/{closed}/minutes"), "Carried"),
        (format!("/polls/{closed}/record.json"), "\"Against\""),
        (format!("/polls/{poll}"), "2 voters"),
        (format!("/polls/{}", old.advisory), "What shall we drink?"),
        ("/c/tea".to_owned(), "The tea"),
        ("/amendments".to_owned(), "Change clause 2.2"),
    ] {
        let (status, body) = get(app, &path, "text/html").await;
        assert!(status == 200 && body.contains(words), "{path}: {status} without {words}");
    }
    for (id, voters) in [(closed, 3), (poll, 2), (old.advisory, 1)] {
        let (status, body) = get(app, &format!("/polls/{id}"), "application/activity+json").await;
        let question: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &question["votersCount"]), (200, &json!(voters)), "{body}");
    }
}

async fn verify_says_what_it_cannot_check(app: &TestApp) {
    let urls = std::sync::Arc::clone(&app.app.urls);
    let verified = app.app.read(move |conn| verify_votes(conn, &urls)).await.unwrap();
    assert_eq!(verified.faults, Vec::<String>::new());
    assert_eq!((verified.votes, verified.without_chain, verified.entries), (2, 2, 0));

    let told = run(caucus(&app.store).args(["--public-url", "http://127.0.0.1:1", "verify"]), "");
    let told = format!("{}{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    assert!(told.contains("2 votes were opened before"), "{told}");
}

async fn the_open_vote_goes_on_to_its_end(app: &TestApp, old: &Old) {
    let [ada, _, cai] = old.members;
    let ((_, closed), (amendment, poll)) = (old.carried, old.open);
    let record = app.record(closed).await;
    assert!(app.vote_on_the_web(poll, ada, &[1]).await.unwrap().is_changed);
    app.vote(poll, "https://far.example/users/bea", "For").await;
    app.vote_on_the_web(poll, cai, &[0]).await.unwrap();
    app.advance(TimeDelta::weeks(1));
    while timers::step(&app.app).await.unwrap() > 0 {}

    let result = app.result(poll).await.unwrap();
    assert_eq!((result.tally.votes_for, result.tally.against, result.is_carried), (2, 1, true));
    assert_eq!(app.state(amendment).await.as_str(), "carried");
    assert_eq!(app.store.count("ballot_links", "true"), 0);
    assert_eq!(app.record(closed).await, record, "what was decided before stays as it is");
    let poll_of_tea = app.poll_row(old.advisory).await;
    assert_eq!(poll_of_tea.options.iter().map(|option| option.total).collect::<Vec<_>>(), [0, 1, 0]);
}
