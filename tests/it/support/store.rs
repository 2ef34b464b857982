//! A fresh, migrated store for every test: a copy of a template, because a copy is much faster
//! than running the migrations each time.

use caucus::db::AnyConnection;
use caucus::db::connection::establish;
use caucus::db::migrations;
use caucus::ids::{hex, random_receipt};
use caucus::settings::DatabaseUrl;
use diesel::connection::SimpleConnection as _;
use sha2::Digest as _;
use std::path::{Path, PathBuf};

/// One test's database; gone with this value.
pub struct Store {
    pub folder: tempfile::TempDir,
    pub url: DatabaseUrl,
    drop_with: Option<(String, String)>,
}

/// The PostgreSQL server that the suite shall run on, if any.
pub fn postgres_server() -> Option<String> {
    std::env::var("CAUCUS_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// Says that the test that calls it is not run here, and why: on the test's error output and, for the summary of
/// `tests/run`, in the file that `SKIPPED_TESTS` names.
#[expect(clippy::print_stderr, reason = "whoever runs the tests shall read it")]
#[track_caller]
pub fn skipped(why: &str) {
    use std::io::Write as _;
    let place = std::panic::Location::caller();
    let line = format!("{}:{}: {why}", place.file(), place.line());
    eprintln!("NOT RUN {line}");
    if let Some(file) = std::env::var_os("SKIPPED_TESTS") {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
        // In one write, because other tests write too.
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

impl Store {
    /// A fresh store of the kind that this run is for.
    pub fn fresh() -> Self {
        match postgres_server() {
            Some(server) => Self::on_postgres(&server),
            None => Self::on_sqlite(),
        }
    }

    /// A fresh PostgreSQL database when this run has a server.
    pub fn on_postgres_if_there_is_one() -> Option<Self> {
        postgres_server().map(|server| Self::on_postgres(&server))
    }

    /// A store of the kind that this run is for, without a single table.
    pub fn empty() -> Self {
        match postgres_server() {
            Some(server) => {
                let name = format!("caucus_test_{}", hex(random_receipt().as_bytes()));
                let mut admin = establish(&DatabaseUrl::Postgres(server.clone())).unwrap();
                admin.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
                let url = DatabaseUrl::Postgres(with_database(&server, &name));
                Self { folder: tempfile::tempdir().unwrap(), url, drop_with: Some((server, name)) }
            }
            None => {
                let folder = tempfile::tempdir().unwrap();
                let url = DatabaseUrl::Sqlite(folder.path().join("caucus.sqlite"));
                Self { folder, url, drop_with: None }
            }
        }
    }

    fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("caucus.sqlite");
        std::fs::copy(sqlite_template(), &file).unwrap();
        Self { folder, url: DatabaseUrl::Sqlite(file), drop_with: None }
    }

    fn on_postgres(server: &str) -> Self {
        let template = format!("caucus_template_{}", fingerprint("migrations/postgres"));
        let name = format!("caucus_test_{}", hex(random_receipt().as_bytes()));
        let mut admin = establish(&DatabaseUrl::Postgres(server.to_owned())).unwrap();
        make_postgres_template(&mut admin, server, &template);
        admin.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            url: DatabaseUrl::Postgres(with_database(server, &name)),
            drop_with: Some((server.to_owned(), name)),
        }
    }

    /// How the settings name this store.
    pub fn url_text(&self) -> String {
        match &self.url {
            DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
            DatabaseUrl::Postgres(url) => url.clone(),
        }
    }

    /// A connection of its own, to look at what stands in the tables.
    pub fn connect(&self) -> AnyConnection {
        establish(&self.url).unwrap()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.drop_with
            && let Ok(mut admin) = establish(&DatabaseUrl::Postgres(server.clone()))
        {
            // A store that stays behind costs disk until the temporary cluster goes; no test fails of it.
            let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// The migrated SQLite file that tests copy; made by the first test that needs it.
fn sqlite_template() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let template = folder.join(format!("template-{}.sqlite", fingerprint("migrations/sqlite")));
    if !template.exists() {
        let draft = folder.join(format!("draft-{}.sqlite", random_receipt()));
        let mut connection = establish(&DatabaseUrl::Sqlite(draft.clone())).unwrap();
        migrations::run(&mut connection).unwrap();
        drop(connection);
        // Several tests may come here at once; the last rename wins and all are alike.
        std::fs::rename(draft, &template).unwrap();
    }
    template
}

fn make_postgres_template(admin: &mut AnyConnection, server: &str, template: &str) {
    // One test makes the template, the others wait for it: the lock goes with the connection.
    admin.batch_execute("SELECT pg_advisory_lock(724228011)").unwrap();
    if !database_exists(admin, template) {
        let draft = format!("{template}_draft");
        admin.batch_execute(&format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)")).unwrap();
        admin.batch_execute(&format!("CREATE DATABASE {draft}")).unwrap();
        let mut inside = establish(&DatabaseUrl::Postgres(with_database(server, &draft))).unwrap();
        migrations::run(&mut inside).unwrap();
        drop(inside);
        admin.batch_execute(&format!("ALTER DATABASE {draft} RENAME TO {template}")).unwrap();
    }
    admin.batch_execute("SELECT pg_advisory_unlock(724228011)").unwrap();
}

fn database_exists(admin: &mut AnyConnection, name: &str) -> bool {
    use diesel::RunQueryDsl as _;
    use diesel::sql_types::Bool;
    #[derive(diesel::QueryableByName)]
    struct Answer {
        #[diesel(sql_type = Bool)]
        exists: bool,
    }
    let AnyConnection::Postgres(admin) = admin else { panic!("not a PostgreSQL server") };
    diesel::sql_query("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1) AS exists")
        .bind::<diesel::sql_types::Text, _>(name)
        .get_result::<Answer>(admin)
        .unwrap()
        .exists
}

/// The server's URL with another database in its path.
fn with_database(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(name);
    url.to_string()
}

/// A name for the state of a migration tree, so that a changed tree makes a new template.
fn fingerprint(tree: &str) -> String {
    let mut hash = sha2::Sha256::new();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(tree))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    for folder in folders {
        hash.update(std::fs::read(folder.join("up.sql")).unwrap());
    }
    hex(&hash.finalize()[..8])
}
