//! The command line: every way it can fail says one clear thing and has its exit code.

use super::support::process::{Process, caucus, free_port, run};
use super::support::store::{Store, skipped};
use caucus::db::{AnyConnection, DbError};
use caucus::settings::DatabaseUrl;
use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;
use std::net::TcpListener;
use std::process::{Command, Output};

const PASS_PHRASE: &str = "a long pass phrase\n";

fn words(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Runs a command that must succeed and answers what it printed.
fn done(store: &Store, arguments: &[&str], input: &str) -> String {
    let (code, stdout, stderr) = words(&run(caucus(store).args(arguments), input));
    assert_eq!(code, Some(0), "{arguments:?}: {stdout}{stderr}");
    stdout
}

/// Runs a command that must fail with this code and this in its words.
fn fails(command: &mut Command, code: i32, said: &[&str]) {
    let (got, stdout, stderr) = words(&run(command, PASS_PHRASE));
    assert_eq!(got, Some(code), "{stdout}{stderr}");
    for words in said {
        assert!(stderr.contains(words), "{words:?} is not in:\n{stderr}");
    }
    assert!(!stderr.contains("panicked") && !stderr.contains("RUST_BACKTRACE"), "{stderr}");
}

/// Sets a community up with one document and one steward, `ada`.
fn set_up(store: &Store) {
    let document = store.folder.path().join("manifesto.md");
    std::fs::write(&document, "# Manifesto\n\n1. We look after bees.\n2. Everybody may join.\n").unwrap();
    let document = document.to_string_lossy().into_owned();
    let arguments = ["setup", "--name", "Bee Keepers", "--handle", "beekeepers", "--mission", "Bees."];
    let more = ["--steward", "ada", "--password-stdin", "--document", &document];
    done(store, &[&arguments[..], &more[..]].concat(), PASS_PHRASE);
}

#[test]
fn all_problems_of_the_settings_are_told_at_once_with_exit_code_2() {
    let store = Store::fresh();

    fails(
        caucus(&store).args(["serve", "--listen", "here", "--public-url", "http://caucus.example"]),
        2,
        &["- listen is", "- public_url is", "needs https"],
    );
    fails(caucus(&store).arg("serve").env("CAUCUS_COLOUR", "red"), 2, &["CAUCUS_COLOUR is not a setting"]);
    fails(caucus(&store).arg("serve").env("DANGER_FEDERATION_ALLOW_LOCAL_IP", "1"), 2, &["Please unset it"]);
    fails(caucus(&store).arg("dance"), 2, &["dance"]);
}

#[test]
fn data_is_served_under_its_own_address_only() {
    let store = Store::fresh();
    set_up(&store);

    let other = ["serve", "--listen", "127.0.0.1:0", "--public-url", "http://other.test:8080"];
    fails(caucus(&store).args(other), 1, &["belongs to http://localhost:8080", "--public-url http://localhost:8080"]);
}

#[test]
fn a_port_in_use_is_said() {
    let store = Store::fresh();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();

    fails(caucus(&store).args(["serve", "--listen", &address]), 1, &["is in use", "--listen"]);
}

#[test]
fn a_data_folder_that_cannot_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let settings = folder.path().join("caucus.toml");
    std::fs::write(&settings, "").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_caucus"));
    command.env_remove("CAUCUS_TEST_POSTGRES").arg("--config").arg(settings).arg("--data-dir").arg(file.join("data"));
    command.args(["--listen", "127.0.0.1:0", "serve"]);

    fails(&mut command, 1, &["The data folder", "cannot be written", "--data-dir"]);
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let store = Store::fresh();
    let mut connection = store.connect();
    connection
        .batch_execute(
            "INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('20990101000000', '2099-01-01 00:00:00')",
        )
        .unwrap();

    fails(caucus(&store).args(["serve", "--listen", "127.0.0.1:0"]), 1, &["newer version of Caucus", "20990101000000"]);
    fails(caucus(&store).args(["member", "list"]), 1, &["newer version of Caucus"]);
}

#[test]
fn a_file_that_is_no_database_is_said() {
    let store = Store::fresh();
    let DatabaseUrl::Sqlite(file) = &store.url else {
        return skipped("it is about the file that a SQLite database is");
    };
    std::fs::write(file, "not a database at all, but long enough to be looked at by SQLite").unwrap();

    fails(caucus(&store).args(["serve", "--listen", "127.0.0.1:0"]), 1, &["database"]);
}

#[test]
fn a_database_that_another_program_holds_is_said() {
    let store = Store::fresh();
    let AnyConnection::Sqlite(mut other) = store.connect() else {
        return skipped("it is about the file that a SQLite database is");
    };
    other.batch_execute("BEGIN EXCLUSIVE").unwrap();

    fails(caucus(&store).args(["serve", "--listen", "127.0.0.1:0"]), 1, &["cannot be written now", "another program"]);
}

#[test]
fn commands_do_not_make_an_empty_database_in_the_wrong_folder() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("caucus.toml");
    std::fs::write(&settings, "").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_caucus"));
    command.env_remove("CAUCUS_TEST_POSTGRES").arg("--config").arg(settings);
    command.arg("--data-dir").arg(folder.path().join("data")).args(["member", "list"]);

    fails(&mut command, 1, &["There is no Caucus here yet", "caucus setup"]);
    assert!(!folder.path().join("data").exists());
}

#[test]
fn about_names_version_licences_and_source() {
    let store = Store::fresh();

    let told = done(&store, &["about"], "");

    for word in [env!("CARGO_PKG_VERSION"), "MIT", "AGPL-3.0", "https://caucus.example/source"] {
        assert!(told.contains(word), "{word}: {told}");
    }
}

#[test]
fn every_command_explains_itself() {
    let store = Store::fresh();

    for (command, words) in [
        (&["help"][..], "caucus serve"),
        (&["help", "serve"], "--database-url postgres://"),
        (&["help", "setup"], "--password-stdin"),
        (&["help", "member"], "caucus member add"),
        (&["help", "token"], "Authorization: Bearer"),
        (&["help", "cabal"], "caucus cabal form"),
        (&["help", "queue"], "host by host"),
    ] {
        let told = done(&store, command, "");
        assert!(told.contains(words), "{command:?}: {told}");
    }
}

#[test]
fn a_community_is_set_up_once() {
    let store = Store::fresh();

    set_up(&store);

    assert!(done(&store, &["member", "list"], "").contains("ada  ada  steward"));
    let again = ["setup", "--name", "B", "--handle", "bb", "--mission", "m", "--steward", "eve", "--password-stdin"];
    let document = store.folder.path().join("manifesto.md");
    fails(caucus(&store).args(again).arg("--document").arg(document), 1, &["caucus: "]);
    assert!(!done(&store, &["member", "list"], "").contains("eve"));
}

#[test]
fn set_up_says_what_is_wrong_with_what_was_typed() {
    let store = Store::fresh();
    let document = store.folder.path().join("empty.md");
    std::fs::write(&document, "\n").unwrap();
    let with = |handle: &str, file: &str| {
        let mut command = caucus(&store);
        command.args(["setup", "--name", "B", "--handle", handle, "--mission", "m", "--steward", "ada"]);
        command.args(["--password-stdin", "--document", file]);
        command
    };

    fails(&mut with("no such handle!", "x.md"), 1, &["community_handle"]);
    fails(&mut with("bees", "/nowhere/x.md"), 1, &["/nowhere/x.md", "cannot be read"]);
    fails(&mut with("bees", &document.to_string_lossy()), 1, &["caucus: "]);
    fails(with("bees", "x.md").args(["--vote-base", "half"]), 1, &["choose cast or roll"]);
    fails(caucus(&store).args(["setup", "--name", "B"]), 2, &["--handle"]);
}

#[test]
fn members_are_added_with_a_password_that_never_shows() {
    let store = Store::fresh();
    set_up(&store);

    done(&store, &["member", "add", "grace", "--name", "Grace", "--password-stdin"], "another pass phrase\n");

    assert!(done(&store, &["member", "list"], "").contains("grace  Grace\n"));
    fails(caucus(&store).args(["member", "add", "grace", "--password-stdin"]), 1, &["handle"]);
    fails(caucus(&store).args(["member", "add", "heidi"]), 1, &["--password-stdin"]);
    fails(caucus(&store).args(["member", "add", "a b", "--password-stdin"]), 1, &["2 to 30"]);
    let short = run(caucus(&store).args(["member", "add", "heidi", "--password-stdin"]), "short\n");
    assert_eq!(words(&short).0, Some(1));
    assert!(words(&short).2.contains("at least 10"), "{short:?}");
}

#[test]
fn a_token_is_shown_once_listed_without_its_secret_and_revoked() {
    let store = Store::fresh();
    set_up(&store);

    let secret = done(&store, &["token", "create", "--member", "@Ada", "--name", "script"], "");
    let listed = done(&store, &["token", "list", "--member", "ada"], "");
    let id = listed.split_whitespace().next().unwrap().to_owned();

    assert!(secret.starts_with("caucus_") && secret.trim().len() > 40, "{secret}");
    assert!(listed.contains("script") && listed.contains("works") && !listed.contains(secret.trim()), "{listed}");
    assert!(!stored_hashes(&store).unwrap().contains(&secret.trim().to_owned()));
    done(&store, &["token", "revoke", &id], "");
    assert!(done(&store, &["token", "list", "--member", "ada"], "").contains("revoked"));
    fails(caucus(&store).args(["token", "revoke", &id]), 1, &["no such token"]);
    fails(caucus(&store).args(["token", "revoke", "x"]), 1, &["not the id"]);
    fails(caucus(&store).args(["token", "create", "--member", "nobody"]), 1, &["There is no member nobody"]);
}

fn stored_hashes(store: &Store) -> Result<Vec<String>, DbError> {
    #[derive(diesel::QueryableByName)]
    struct Hash {
        #[diesel(sql_type = diesel::sql_types::Text)]
        token_hash: String,
    }
    let query = diesel::sql_query("SELECT token_hash FROM api_tokens");
    let hashes: Vec<Hash> = match &mut store.connect() {
        AnyConnection::Sqlite(c) => query.load(c)?,
        AnyConnection::Postgres(c) => query.load(c)?,
    };
    Ok(hashes.into_iter().map(|hash| hash.token_hash).collect())
}

#[test]
fn cabals_are_formed_shown_and_listed() {
    let store = Store::fresh();
    set_up(&store);

    let formed =
        done(&store, &["cabal", "form", "--by", "ada", "--name", "Bee watch", "--purpose", "We count bees."], "");

    assert!(formed.contains("@bee_watch@"), "{formed}");
    assert!(done(&store, &["cabal", "list"], "").contains("bee_watch  Bee watch"));
    assert!(done(&store, &["cabal", "show", "bee_watch"], "").contains("We count bees."));
    assert!(done(&store, &["queue"], "").contains("Nothing waits"));
    fails(caucus(&store).args(["cabal", "show", "wasps"]), 1, &["There is no cabal wasps"]);
}

#[tokio::test]
async fn a_server_without_a_community_prints_a_link_and_stops_at_sigterm() {
    let store = Store::fresh();
    let process = Process::serve(&store, free_port()).await;
    let log = process.log();

    assert!(log.contains(&format!("{}/setup/", process.base)), "{log}");
    assert!(log.contains("LOCAL MODE"), "{log}");
    assert!(process.terminate().await.success());
}

#[test]
fn clauses_are_looked_at_on_the_command_line_before_anything_is_kept() {
    let store = Store::fresh();
    let file = store.folder.path().join("conduct.md");
    std::fs::write(&file, "# Conduct\n\n## Pledge\n\n1. Be kind\n\n## Means\n\n1. Ask\n   a) twice\n").unwrap();
    let file = file.to_string_lossy().into_owned();
    let arguments = ["setup", "--name", "Bees", "--handle", "bees", "--mission", "B.", "--steward", "ada"];
    let clauses = "Conduct\n1  Pledge\n  1.1  Be kind\n2  Means\n  2.1  Ask\n    2.1.a  twice\n";

    let before = done(&store, &[&arguments[..], &["--document", &file, "--dry-run"]].concat(), "");
    set_up(&store);
    let after = done(&store, &["document", "import", &file, "--title", "Code", "--dry-run"], "");

    for told in [&before, &after] {
        assert!(
            told.contains(clauses) && told.contains("5 clauses with a number, 1 pieces of text without one"),
            "{told}"
        );
        assert!(told.contains("headings have no numbers, so they were counted"), "{told}");
    }
    assert!(after.contains("Code would be at http://localhost:8080/documents/code"), "{after}");
    assert!(!done(&store, &["document", "list"], "").contains("Code"), "nothing was kept");
    let taken = ["document", "import", &file, "--title", "Manifesto", "--dry-run"];
    fails(caucus(&store).args(taken), 1, &["There is a document named manifesto already"]);
    fails(caucus(&store).args(["document", "import", &file, "--title", "Code"]), 2, &["--by"]);
}

#[test]
fn a_document_is_exported_and_imported_on_the_command_line_once() {
    let store = Store::fresh();
    set_up(&store);
    let plain = done(&store, &["document", "export", "manifesto"], "");
    assert_eq!(plain, "Manifesto\n\n1. We look after bees.\n\n2. Everybody may join.\n");
    let file = store.folder.path().join("copy.txt");
    std::fs::write(&file, &plain).unwrap();
    let file = file.to_string_lossy().into_owned();
    let import = ["document", "import", &file, "--title", "Rules", "--by"];

    let told = done(&store, &[&import[..], &["ada"]].concat(), "");

    assert!(told.contains("Rules is there") && told.contains("Nobody has voted on it"), "{told}");
    assert_eq!(done(&store, &["document", "export", "rules", "--version", "1"], ""), plain);
    assert!(
        done(&store, &["document", "list"], "")
            .contains("rules  Rules  (version 1, put in by a steward, not voted on)")
    );
    assert!(done(&store, &["document", "export", "rules", "--format", "json"], "").contains("\"number\": \"2\""));
    fails(caucus(&store).args([&import[..], &["ada"]].concat()), 1, &["There is a document named rules already"]);
    done(&store, &["member", "add", "bea", "--password-stdin"], PASS_PHRASE);
    let other = ["document", "import", &file, "--title", "Other", "--by", "bea"];
    fails(caucus(&store).args(other), 1, &["Only stewards can import"]);
    fails(caucus(&store).args(["document", "export", "rules", "--version", "2"]), 1, &["caucus document list"]);
}
