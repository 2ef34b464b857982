//! Backups of SQLite and their way back: looked at first, set in place whole, nothing deleted.

use super::support::TestApp;
use super::support::process::{Process, caucus, free_port, run};
use super::support::rows::dump;
use super::support::store::{Store, skipped};
use super::watch::open_vote;
use caucus::db::connection::establish;
use caucus::db::members::find_member_by_handle;
use caucus::settings::DatabaseUrl;
use caucus::workers::watch::{Watch, step};
use diesel::connection::SimpleConnection as _;
use std::path::{Path, PathBuf};
use std::process::Output;

#[tokio::test]
async fn a_backup_is_private_whole_and_comes_back_only_where_it_may() {
    let (app, watch, [_, bea], poll) = open_vote().await;
    let DatabaseUrl::Sqlite(_) = &app.store.url else {
        return skipped("it is about the file that a SQLite database is");
    };
    let file = app.store.folder.path().join("backup.sqlite");
    let name = file.to_string_lossy().into_owned();
    let command = |arguments: &[&str]| run(caucus(&app.store).args(["--public-url", &app.base]).args(arguments), "");

    assert!(command(&["backup", &name]).status.success());
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let again = command(&["backup", &name]);
    assert!(!again.status.success() && String::from_utf8(again.stderr).unwrap().contains("overwrites nothing"));
    app.vote_on_the_web(poll, bea, &[1]).await.unwrap();
    for _ in 0..3 {
        step(&app.app, &watch).await.unwrap();
    }

    let refused = command(&["restore", &name]);
    assert!(!refused.status.success() && String::from_utf8(refused.stderr).unwrap().contains("--replace"));
    assert_eq!(dump(&app)["ballots"].len(), 2);
    std::fs::write(app.store.folder.path().join("text"), "no database").unwrap();
    let text = app.store.folder.path().join("text").to_string_lossy().into_owned();
    assert!(!command(&["restore", &text, "--replace"]).status.success());
    app.stop().await;
    assert!(command(&["restore", &name, "--replace"]).status.success());

    assert_eq!(dump(&app)["ballots"].len(), 1);
    assert!(step(&app.second_process(), &Watch::begin()).await.unwrap().is_restored);
    assert!(command(&["clock", "show"]).stdout.windows(8).any(|words| words == b"a backup"));
}

/// What stands at a path, in the words of the command line.
pub fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Everything that a command printed.
pub fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A community on SQLite, a backup of it, and a command line for it.
async fn backed_up() -> Option<(TestApp, PathBuf)> {
    let (app, _) = TestApp::with_community().await;
    let DatabaseUrl::Sqlite(_) = &app.store.url else {
        skipped("it is about the file that a SQLite database is");
        return None;
    };
    let file = app.store.folder.path().join("backup.sqlite");
    assert!(run(caucus(&app.store).args(["backup", &shown(&file)]), "").status.success());
    app.stop().await;
    Some((app, file))
}

#[tokio::test]
async fn a_file_that_is_no_whole_backup_changes_nothing() {
    let Some((app, file)) = backed_up().await else { return };
    let before = dump(&app);
    let folder = app.store.folder.path();
    let whole = std::fs::read(&file).unwrap();
    let with = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let by_sql = |name: &str, sql: &str| {
        let path = with(name, &whole);
        establish(&DatabaseUrl::Sqlite(path.clone())).unwrap().batch_execute(sql).unwrap();
        path
    };
    let mut scratched = whole.clone();
    let middle = scratched.len() / 2 / 4096 * 4096;
    scratched[middle..middle + 4096].fill(7);
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000000')";

    for (path, words) in [
        (with("text", b"no database"), "not a backup of Caucus"),
        (with("empty", b""), "not a backup of Caucus"),
        (by_sql("foreign", "PRAGMA foreign_keys = OFF; DROP TABLE local_actors"), "not a backup of Caucus"),
        (with("short", &whole[..whole.len() - 8192]), "is damaged"),
        (with("scratched", &scratched), "is damaged"),
        (by_sql("newer", newer), "newer version"),
        (folder.join("nothing"), "cannot be read"),
    ] {
        let refused = run(caucus(&app.store).args(["restore", &shown(&path), "--replace"]), "");
        assert!(!refused.status.success() && told(&refused).contains(words), "{words}: {}", told(&refused));
        assert!(dump(&app) == before, "{words}");
    }
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("restoring")), "{left:?}");
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("replaced")), "{left:?}");
}

#[tokio::test]
async fn what_a_restore_replaces_is_set_aside_whole() {
    let Some((app, file)) = backed_up().await else { return };
    // Held open, so that what is written now is in the log and not in the file.
    app.member("late").await;

    let done = run(caucus(&app.store).args(["restore", &shown(&file), "--replace"]), "");

    assert!(done.status.success(), "{}", told(&done));
    assert!(!dump(&app)["members"].iter().any(|row| row.contains("late")));
    assert!(dump(&app)["steward_log"].iter().any(|act| act.contains("put the data back")));
    let names = std::fs::read_dir(app.store.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let aside = names.into_iter().find(|name| shown(name).contains(".replaced-") && !shown(name).ends_with("-wal"));
    let aside = aside.expect("the old database");
    assert!(told(&done).contains(&shown(&aside)), "{}", told(&done));
    let mut old = establish(&DatabaseUrl::Sqlite(aside)).unwrap();
    assert!(find_member_by_handle(&mut old, "late").unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_restored_under_a_server_that_runs() {
    let store = Store::fresh();
    let DatabaseUrl::Sqlite(_) = &store.url else { return skipped("it is about the file that a SQLite database is") };
    let port = free_port();
    super::support::load::set_up(&store, &format!("http://127.0.0.1:{port}"));
    let file = shown(&store.folder.path().join("backup.sqlite"));
    let server = Process::serve(&store, port).await;
    assert!(run(caucus(&store).args(["backup", &file]), "").status.success(), "a backup needs no pause");

    let refused = run(caucus(&store).args(["restore", &file, "--replace"]), "");
    let second = run(caucus(&store).args(["--listen", &format!("127.0.0.1:{}", free_port()), "serve"]), "");

    assert!(!refused.status.success() && told(&refused).contains("The server is running"), "{}", told(&refused));
    assert!(!second.status.success() && told(&second).contains("Another server runs"), "{}", told(&second));
    server.kill();
    let done = run(caucus(&store).args(["restore", &file, "--replace"]), "");
    assert!(done.status.success(), "a server that died holds nothing: {}", told(&done));
}
