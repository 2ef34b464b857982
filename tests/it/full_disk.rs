//! A disk that is full: no success is told without a durable row (security.md OP-11), reading goes
//! on, and with room again everything goes on by itself.

use super::support::api::Api;
use super::support::load::{set_up, try_publishing};
use super::support::process::{Process, caucus, free_port};
use super::support::store::{Store, skipped};
use caucus::settings::DatabaseUrl;
use std::collections::BTreeSet;
use std::process::Command;

/// How much a file of the server may grow, in blocks of 1024 bytes: less than the log of SQLite
/// grows before it is folded into the database.
const BLOCKS: u64 = 2_600;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_as_such_and_loses_nothing() {
    let (store, port) = (Store::fresh(), free_port());
    let DatabaseUrl::Sqlite(_) = &store.url else { return skipped("it is about the file that a SQLite database is") };
    let base = format!("http://127.0.0.1:{port}");
    let token = set_up(&store, &base);
    let process = Process::start(with_little_room(&store, &base), &store, port).await;
    let api = Api::at(&base).with(&token);

    let mut acknowledged = BTreeSet::new();
    let mut refusals = 0;
    for number in 0..3_000 {
        let text = format!("Update {number} {}", "x".repeat(4_000));
        let answer = try_publishing(&api, &text).await.unwrap();
        match answer.status {
            201 => drop(acknowledged.insert(text)),
            503 => {
                assert_eq!(answer.header("content-type"), "application/problem+json");
                assert_eq!(answer.json()["code"], "busy");
                assert!(!answer.header("retry-after").is_empty());
                refusals += 1;
            }
            other => panic!("{other}: {}\n{}", answer.text, process.log()),
        }
        if refusals >= 10 {
            break;
        }
    }
    api.get("/cabals/bees/progress").await.must_be(200);
    process.kill();
    let process = Process::serve(&store, port).await;

    assert!(refusals >= 10 && !acknowledged.is_empty(), "the disk was never full: {}", acknowledged.len());
    let standing: BTreeSet<String> = store.values("SELECT text AS value FROM statements").into_iter().collect();
    assert_eq!(standing, acknowledged);
    assert_eq!(try_publishing(&api, "There is room again.").await.unwrap().status, 201);
    assert!(process.terminate().await.success());
}

/// The server under a limit on the size of the files that it writes; it is told of it by an error,
/// as by a full disk, and not by a signal.
fn with_little_room(store: &Store, base: &str) -> Command {
    let plain = caucus(store);
    let mut command = Command::new("bash");
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f {BLOCKS}; exec \"$0\" \"$@\"")]);
    command.arg(plain.get_program()).args(plain.get_args()).args(["--public-url", base]);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}
