//! A write transaction as the services see it: the connection, and what every act needs beside
//! it. Time is read once, so that everything an act writes bears one moment.

use super::connection::{AnyConnection, in_savepoint};
use super::error::DbError;
use crate::clock::Stamp;
use crate::domain::Urls;
use crate::ids::Ids;
use uuid::Uuid;

/// One write transaction.
pub struct Tx<'a> {
    /// The connection, inside the open transaction.
    pub conn: &'a mut AnyConnection,
    /// The moment of this act.
    pub now: Stamp,
    /// Every URL that we mint.
    pub urls: &'a Urls,
    ids: &'a Ids,
}

impl<'a> Tx<'a> {
    /// Puts together what an act needs.
    pub fn new(conn: &'a mut AnyConnection, now: Stamp, urls: &'a Urls, ids: &'a Ids) -> Self {
        Self { conn, now, urls, ids }
    }

    /// A new id.
    pub fn next_id(&self) -> Uuid {
        self.ids.next(self.now)
    }

    /// Runs `work` so that its failure undoes it alone and not the rest of the transaction.
    ///
    /// # Errors
    /// What `work` answers.
    pub fn separately<T, E: From<DbError>>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let (now, urls, ids) = (self.now, self.urls, self.ids);
        in_savepoint(self.conn, |conn| work(&mut Tx { conn, now, urls, ids }))
    }
}
