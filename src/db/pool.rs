//! Pooled connections: readers on SQLite, everything on PostgreSQL.

use super::connection::{AnyConnection, establish};
use super::error::DbError;
use crate::settings::DatabaseUrl;
use diesel::connection::SimpleConnection as _;
use diesel::r2d2;
use std::time::Duration;

/// SQLite readers: a few are enough, each holds a page cache.
const SQLITE_READERS: u32 = 4;
/// PostgreSQL connections of one process.
const POSTGRES_CONNECTIONS: u32 = 16;

#[derive(Clone)]
pub(super) struct Pool(r2d2::Pool<Manager>);

impl Pool {
    pub(super) fn open(url: &DatabaseUrl) -> Result<Self, DbError> {
        let size = match url {
            DatabaseUrl::Sqlite(_) => SQLITE_READERS,
            DatabaseUrl::Postgres(_) => POSTGRES_CONNECTIONS,
        };
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .test_on_check_out(matches!(url, DatabaseUrl::Postgres(_)))
            .connection_timeout(Duration::from_secs(10))
            .build_unchecked(Manager(url.clone()));
        Ok(Self(pool))
    }

    pub(super) fn size(&self) -> usize {
        usize::try_from(self.0.max_size()).unwrap_or(1)
    }

    pub(super) fn get(&self) -> Result<r2d2::PooledConnection<Manager>, DbError> {
        self.0.get().map_err(|e| DbError::Busy(e.to_string()))
    }
}

#[derive(Clone)]
pub(super) struct Manager(DatabaseUrl);

impl r2d2::ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = r2d2::Error;

    fn connect(&self) -> Result<AnyConnection, r2d2::Error> {
        establish(&self.0)
            .map_err(|e| r2d2::Error::ConnectionError(diesel::ConnectionError::BadConnection(e.to_string())))
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), r2d2::Error> {
        connection.batch_execute("SELECT 1").map_err(r2d2::Error::QueryError)
    }

    fn has_broken(&self, _: &mut AnyConnection) -> bool {
        std::thread::panicking()
    }
}
