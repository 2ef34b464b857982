//! The store, and the only user of diesel. One body of queries serves SQLite and PostgreSQL
//! (docs/adr/0002-database-access.md). Row structs stay private to the file of their table;
//! callers get domain types. It knows nothing of HTTP or of ActivityPub.

pub mod amendment_changes;
pub mod amendment_comments;
pub mod amendment_deadlines;
pub mod amendments;
pub mod api_tokens;
pub mod audience;
pub mod backings;
pub mod backup;
pub mod backup_secrets;
pub mod ballot_secrecy;
pub mod ballots;
pub mod blocks;
pub mod cabal_life;
pub mod cabals;
pub mod chain;
pub mod citations;
pub mod clause_history;
pub mod community_names;
pub mod connection;
mod convert;
pub mod credits;
pub mod deliveries;
pub mod documents;
pub mod error;
pub mod facts;
pub mod followers;
pub mod heartbeats;
pub mod help_requests;
pub mod inbox;
pub mod inbox_doubt;
pub mod incidents;
pub mod lead_nominations;
pub mod leaving;
pub mod linked_actors;
pub mod local_actors;
pub mod member_notices;
pub mod members;
pub mod messages;
pub mod migrations;
pub mod objections;
pub mod offer_course;
pub mod offers;
pub mod outbox;
pub mod polls;
mod pool;
pub mod posts;
pub mod remote_actors;
pub mod remote_hosts;
pub mod replies;
pub mod reports;
pub mod reset_links;
pub mod results;
pub mod roll;
pub mod said_once;
pub(crate) mod schema;
pub mod sessions;
pub mod signings;
pub mod soundings;
pub mod spokespeople;
pub mod spokesperson_log;
pub mod statements;
pub mod steward_log;
pub mod tombstones;
pub mod tx;
pub mod vote_senders;
mod writer;

pub use connection::AnyConnection;
pub use error::DbError;
pub use tx::Tx;

use crate::settings::DatabaseUrl;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The database: hands out connections for reading and transactions for writing.
#[derive(Clone)]
pub struct Database {
    readers: pool::Pool,
    permits: Arc<Semaphore>,
    writes: Writes,
}

/// How writes reach the database.
#[derive(Clone)]
enum Writes {
    /// SQLite: one thread commits all waiting writes at once.
    Writer(writer::Writer),
    /// PostgreSQL: each write is a transaction of its own on a pooled connection.
    Pooled,
}

impl Database {
    /// Opens the database, brings its tables up to date and starts what it needs.
    ///
    /// # Errors
    /// When it cannot be reached or opened, or was written by a newer version.
    pub fn open(url: &DatabaseUrl) -> Result<Self, DbError> {
        let mut first = connection::establish(url)?;
        connection::assert_durable(&mut first)?;
        migrations::run(&mut first)?;
        let readers = pool::Pool::open(url)?;
        let writes = match url {
            DatabaseUrl::Sqlite(_) => Writes::Writer(writer::Writer::start(first)?),
            DatabaseUrl::Postgres(_) => Writes::Pooled,
        };
        let permits = Arc::new(Semaphore::new(readers.size()));
        Ok(Self { readers, permits, writes })
    }

    /// Runs `query` on a reading connection, off the async threads.
    ///
    /// # Errors
    /// What `query` answers, or `Busy`/`Broken` when no connection could be had.
    pub async fn read<T, E>(
        &self,
        query: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        // The permit comes first, so that waiters hold no thread.
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| DbError::Closed)?;
        let readers = self.readers.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut connection = readers.get()?;
            query(&mut connection)
        })
        .await
        .map_err(|_| DbError::Panicked)?
    }

    /// Runs `work` in one write transaction and answers once it is durable. An error rolls back
    /// this work and no other.
    ///
    /// # Errors
    /// What `work` answers, or `Busy`/`Broken` when it could not be committed.
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        match &self.writes {
            Writes::Writer(writer) => writer.write(work).await,
            Writes::Pooled => {
                let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| DbError::Closed)?;
                let readers = self.readers.clone();
                tokio::task::spawn_blocking(move || {
                    let _permit = permit;
                    let mut connection = readers.get()?;
                    connection::in_transaction(&mut connection, work)
                })
                .await
                .map_err(|_| DbError::Panicked)?
            }
        }
    }

    /// True when several processes may share this database.
    pub fn is_shared(&self) -> bool {
        matches!(self.writes, Writes::Pooled)
    }
}

#[cfg(test)]
mod tests;

/// Asks the database anything, to see that it answers.
///
/// # Errors
/// When it does not.
pub fn ping(conn: &mut AnyConnection) -> Result<(), DbError> {
    use diesel::connection::SimpleConnection as _;
    Ok(conn.batch_execute("SELECT 1")?)
}
