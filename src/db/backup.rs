//! A whole copy of a SQLite database while it is used, and what is asked of a copy before it takes
//! the place of a database.

use super::{AnyConnection, DbError, migrations};
use diesel::connection::{Connection as _, SimpleConnection as _};
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl as _, SqliteConnection};
use std::io::Read as _;

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Soundness {
    /// A whole database of this program that this version can serve.
    Sound,
    /// Something else.
    Foreign,
    /// A database of which parts are missing or changed; what SQLite says of it.
    Damaged(String),
    /// Written by a newer version, which knows this migration.
    Newer(String),
}

/// Copies the database into an empty file, as it stands at one moment.
///
/// # Errors
/// When the file cannot be written, or the database is not SQLite.
pub fn copy_to(conn: &mut AnyConnection, file: &str) -> Result<(), DbError> {
    let AnyConnection::Sqlite(conn) = conn else {
        return Err(DbError::Broken("only SQLite is copied this way".to_owned()));
    };
    diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(file).execute(conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    word: String,
}

/// Reads a whole file to see whether it may take the place of a database.
pub fn look_at(file: &str) -> Soundness {
    if !begins_as_database(file) {
        return Soundness::Foreign;
    }
    let mut conn = match SqliteConnection::establish(file) {
        Ok(conn) => conn,
        Err(fault) => return Soundness::Damaged(fault.to_string()),
    };
    let mut words = |query: &str| -> Result<Vec<String>, DbError> {
        Ok(diesel::sql_query(query).load::<Found>(&mut conn)?.into_iter().map(|found| found.word).collect())
    };
    let tables = match words("SELECT name AS word FROM sqlite_schema WHERE type = 'table'") {
        Ok(tables) => tables,
        Err(fault) => return Soundness::Damaged(fault.to_string()),
    };
    let has = |table: &str| tables.iter().any(|name| name == table);
    if !["__diesel_schema_migrations", "instance_facts", "local_actors", "members"].into_iter().all(has) {
        return Soundness::Foreign;
    }
    match words("SELECT integrity_check AS word FROM pragma_integrity_check") {
        Ok(told) if told == ["ok"] => {}
        Ok(told) => return Soundness::Damaged(told.join(" ")),
        Err(fault) => return Soundness::Damaged(fault.to_string()),
    }
    match migrations::refuse_newer_sqlite(&mut conn) {
        Ok(()) => Soundness::Sound,
        Err(DbError::Newer(migration)) => Soundness::Newer(migration),
        Err(fault) => Soundness::Damaged(fault.to_string()),
    }
}

/// What was decided by votes that a backup does not know as decided, though the database in whose place
/// it would come does; the questions, the oldest first.
///
/// # Errors
/// When one of the two files cannot be read as it should be.
pub fn decided_since(backup: &str, database: &str) -> Result<Vec<String>, DbError> {
    let mut conn = SqliteConnection::establish(backup).map_err(|fault| DbError::Broken(fault.to_string()))?;
    diesel::sql_query("ATTACH DATABASE ? AS now").bind::<Text, _>(database).execute(&mut conn)?;
    let missing = "SELECT polls.question AS word FROM now.results JOIN now.polls ON polls.id = results.poll_id \
                   WHERE results.poll_id NOT IN (SELECT poll_id FROM main.results) ORDER BY polls.closes_at";
    Ok(diesel::sql_query(missing).load::<Found>(&mut conn)?.into_iter().map(|found| found.word).collect())
}

fn begins_as_database(file: &str) -> bool {
    let mut head = [0_u8; 16];
    std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut head)).is_ok() && &head == b"SQLite format 3\0"
}

/// Brings what still stands in the log of a database into its file, so that the file is whole
/// without it. Nobody may be using it.
///
/// # Errors
/// When it cannot be opened or written, for example because it is damaged.
pub fn empty_log(file: &str) -> Result<(), DbError> {
    let mut conn = SqliteConnection::establish(file).map_err(|fault| DbError::Broken(fault.to_string()))?;
    Ok(conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?)
}
