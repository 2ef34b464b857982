//! Bringing the tables up to date at start.

use super::connection::AnyConnection;
use super::error::DbError;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Applies every migration that is still missing. On PostgreSQL one process at a time.
///
/// # Errors
/// `Newer` when the database knows a migration that this version does not; `Broken` otherwise.
pub fn run(connection: &mut AnyConnection) -> Result<(), DbError> {
    use diesel::connection::SimpleConnection as _;
    match connection {
        AnyConnection::Sqlite(c) => {
            refuse_newer_sqlite(c)?;
            c.run_pending_migrations(SQLITE).map_err(fault)?;
        }
        AnyConnection::Postgres(c) => {
            c.batch_execute("SELECT pg_advisory_lock(724228010)")?;
            let outcome = c
                .applied_migrations()
                .map_err(fault)
                .and_then(|applied| refuse_newer::<diesel::pg::Pg>(&applied, &POSTGRES))
                .and_then(|()| c.run_pending_migrations(POSTGRES).map(|_| ()).map_err(fault));
            c.batch_execute("SELECT pg_advisory_unlock(724228010)")?;
            outcome?;
        }
    }
    Ok(())
}

/// Refuses a file that a newer version has written.
///
/// # Errors
/// `Newer` names the first migration that this version does not know.
pub(super) fn refuse_newer_sqlite(connection: &mut diesel::SqliteConnection) -> Result<(), DbError> {
    refuse_newer::<diesel::sqlite::Sqlite>(&connection.applied_migrations().map_err(fault)?, &SQLITE)
}

fn refuse_newer<B: diesel::backend::Backend>(
    applied: &[diesel::migration::MigrationVersion<'static>],
    known: &EmbeddedMigrations,
) -> Result<(), DbError> {
    use diesel::migration::MigrationSource as _;
    let known: Vec<Box<dyn diesel::migration::Migration<B>>> = known.migrations().map_err(fault)?;
    match applied.iter().find(|version| !known.iter().any(|m| m.name().version() == **version)) {
        Some(version) => Err(DbError::Newer(version.to_string())),
        None => Ok(()),
    }
}

fn fault(error: impl std::fmt::Display) -> DbError {
    DbError::Broken(format!("cannot bring the tables up to date: {error}"))
}
