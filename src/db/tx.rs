//! A write transaction as the services see it: the connection, and what every act needs beside
//! it. Time is read once, so that everything an act writes bears one moment.

use super::connection::{AnyConnection, in_savepoint};
use super::error::DbError;
use crate::clock::Stamp;
use crate::domain::Urls;
use crate::ids::Ids;
use std::cell::Cell;
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
    wakes_delivery: &'a Cell<bool>,
}

impl<'a> Tx<'a> {
    /// Runs `act` with what an act needs. Answers also whether it left work for the delivery.
    pub(crate) fn run<T>(
        conn: &mut AnyConnection,
        now: Stamp,
        urls: &Urls,
        ids: &Ids,
        act: impl FnOnce(&mut Tx<'_>) -> T,
    ) -> (T, bool) {
        let wakes_delivery = Cell::new(false);
        let outcome = act(&mut Tx { conn, now, urls, ids, wakes_delivery: &wakes_delivery });
        (outcome, wakes_delivery.get())
    }

    /// Says that the delivery has work once this is committed.
    pub(crate) fn wake_delivery(&self) {
        self.wakes_delivery.set(true);
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
        let (now, urls, ids, wakes_delivery) = (self.now, self.urls, self.ids, self.wakes_delivery);
        in_savepoint(self.conn, |conn| work(&mut Tx { conn, now, urls, ids, wakes_delivery }))
    }
}
