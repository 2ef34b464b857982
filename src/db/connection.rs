//! One connection type over both databases, and how a transaction begins on each.
#![expect(missing_docs, reason = "the derive makes public items without documentation")]

use super::error::DbError;
use crate::settings::DatabaseUrl;
use diesel::connection::{Connection as _, SimpleConnection as _};
use diesel::{PgConnection, SqliteConnection};

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// PostgreSQL, through the bundled libpq.
    Postgres(PgConnection),
    /// SQLite, bundled.
    Sqlite(SqliteConnection),
}

/// The backend of [`AnyConnection`], for `into_boxed` and `check_for_backend`.
pub type AnyBackend = <AnyConnection as diesel::Connection>::Backend;

/// Expands one query once per database. Needed for what the combined backend cannot say:
/// `ON CONFLICT`, inserts of many rows, `FOR UPDATE`.
#[macro_export]
macro_rules! on_each_backend {
    ($conn:expr, |$c:ident| $query:expr) => {
        match $conn {
            $crate::db::AnyConnection::Postgres($c) => $query,
            $crate::db::AnyConnection::Sqlite($c) => $query,
        }
    };
}

/// Opens one connection. The database is chosen by the URL's scheme, never by trial, so that
/// the real reason of a failure is told.
///
/// # Errors
/// When it cannot be opened or reached.
pub fn establish(url: &DatabaseUrl) -> Result<AnyConnection, DbError> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let path = path.to_string_lossy();
            let mut connection =
                SqliteConnection::establish(&path).map_err(|e| DbError::Broken(format!("cannot open {path}: {e}")))?;
            // FULL: a commit is on the disk before anybody is told of it (A16). secure_delete: what is
            // deleted is overwritten, so that no page keeps what the close of a vote destroyed (A12).
            // recursive_triggers: what a REPLACE takes away is looked at like what a DELETE takes away.
            connection.batch_execute(
                "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA secure_delete = ON; \
                 PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;",
            )?;
            Ok(AnyConnection::Sqlite(connection))
        }
        DatabaseUrl::Postgres(url) => {
            let mut connection = PgConnection::establish(url)
                .map_err(|e| DbError::Broken(format!("cannot reach the PostgreSQL database: {e}")))?;
            connection.batch_execute("SET TIME ZONE 'UTC'; SET synchronous_commit = on; SET lock_timeout = '10s';")?;
            Ok(AnyConnection::Postgres(connection))
        }
    }
}

/// Refuses a database on which a commit could be lost after it was told of (A16): a pooler
/// between us and PostgreSQL may have swallowed what [`establish`] set.
///
/// # Errors
/// When commits do not wait for the disk, or the database cannot be asked.
pub(super) fn assert_durable(connection: &mut AnyConnection) -> Result<(), DbError> {
    use diesel::{QueryableByName, RunQueryDsl as _, sql_types::Text};
    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let AnyConnection::Postgres(postgres) = connection else { return Ok(()) };
    let setting: Setting =
        diesel::sql_query("SELECT current_setting('synchronous_commit') AS value").get_result(postgres)?;
    if setting.value == "off" {
        return Err(DbError::Broken(
            "PostgreSQL would answer before a commit is on the disk; please let synchronous_commit be on".to_owned(),
        ));
    }
    Ok(())
}

/// Begins a write transaction. On SQLite it takes the write lock at once: a transaction that
/// reads first and writes later would fail when another one writes in between.
pub(super) fn begin(connection: &mut AnyConnection) -> Result<(), DbError> {
    match connection {
        AnyConnection::Postgres(c) => c.batch_execute("BEGIN")?,
        AnyConnection::Sqlite(c) => c.batch_execute("BEGIN IMMEDIATE")?,
    }
    Ok(())
}

/// Runs `work` in one transaction: committed on `Ok`, rolled back on `Err` and on panic.
pub(super) fn in_transaction<T, E: From<DbError>>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<T, E> {
    begin(connection)?;
    match caught(connection, work) {
        Ok(value) => {
            connection.batch_execute("COMMIT").map_err(DbError::from)?;
            Ok(value)
        }
        Err(error) => {
            connection.batch_execute("ROLLBACK").map_err(DbError::from)?;
            Err(error)
        }
    }
}

/// Runs `work` under a savepoint of an open transaction: an error undoes this work alone.
///
/// # Errors
/// What `work` answers, or the fault of the savepoint itself.
pub fn in_savepoint<T, E: From<DbError>>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<T, E> {
    savepoint_outcome(connection, work).0
}

/// As [`in_savepoint`], and whether the transaction around it still stands. It does not when the
/// database itself rolled everything back, as SQLite may do when the disk is full; nothing more
/// may be written then.
pub(super) fn savepoint_outcome<T, E: From<DbError>>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> (Result<T, E>, bool) {
    if let Err(fault) = connection.batch_execute("SAVEPOINT work") {
        return (Err(DbError::from(fault).into()), false);
    }
    match caught(connection, work) {
        Ok(value) => match connection.batch_execute("RELEASE work") {
            Ok(()) => (Ok(value), true),
            Err(fault) => (Err(DbError::from(fault).into()), false),
        },
        Err(error) => {
            let stands = connection.batch_execute("ROLLBACK TO work; RELEASE work").is_ok();
            (Err(error), stands)
        }
    }
}

/// A panic inside becomes an error, so that one piece of work cannot take others down.
fn caught<T, E: From<DbError>>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
) -> Result<T, E> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(connection)))
        .unwrap_or_else(|_| Err(DbError::Panicked.into()))
}
