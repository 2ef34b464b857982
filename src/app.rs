//! The program put together once, by `serve`, by the other commands and by tests.

use crate::clock::{Clock, Stamp, Timekeeper};
use crate::db::{AnyConnection, Database, DbError, Tx};
use crate::domain::Urls;
use crate::federation::Federation;
use crate::ids::Ids;
use crate::settings::Settings;
use crate::web::limits::Limits;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// Everything an act needs. Cheap to share: pass `&App`, keep `Arc<App>`.
pub struct App {
    /// Checked settings.
    pub settings: Settings,
    /// The one source of time.
    pub clock: Arc<dyn Clock>,
    /// The same, for those who ask whether it is to be believed.
    pub time: Arc<Timekeeper>,
    /// The store.
    pub db: Database,
    /// Every URL that we mint.
    pub urls: Arc<Urls>,
    /// Wakes the workers.
    pub bells: Bells,
    /// Keys and caches for speaking with other servers.
    pub federation: Federation,
    /// How often the same person may try the same thing.
    pub limits: Limits,
    ids: Arc<Ids>,
    generation: AtomicU64,
}

/// Rung after a commit that may have left work for a worker.
#[derive(Debug, Default)]
pub struct Bells {
    /// Activities wait in the inbox.
    pub inbound: Notify,
    /// Deliveries wait.
    pub delivery: Notify,
    /// A deadline was set or moved.
    pub timers: Notify,
}

impl App {
    /// Puts the program together over an open database.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>, db: Database) -> Self {
        let time = Arc::new(Timekeeper::over(clock));
        let clock: Arc<dyn Clock> = Arc::clone(&time) as Arc<dyn Clock>;
        let urls = Arc::new(Urls::new(&settings.public_url));
        let limits = Limits::new(&clock);
        let federation = Federation::new(&settings, Arc::clone(&urls), Arc::clone(&clock), db.clone());
        Self {
            settings,
            clock,
            time,
            db,
            urls,
            bells: Bells::default(),
            limits,
            federation,
            ids: Arc::new(Ids::default()),
            generation: AtomicU64::new(0),
        }
    }

    /// The present moment.
    pub fn now(&self) -> Stamp {
        self.clock.now()
    }

    /// The moment by which the deadlines of votes are judged: never earlier than any before it, even
    /// when the clock is set back, and never moved by a clock that is in doubt.
    pub fn deadline(&self) -> Stamp {
        self.clock.deadline()
    }

    /// The latest moment that has surely passed: what ends for good, ends by it. While the clock is in
    /// doubt it is earlier than [`App::now`].
    pub fn certain(&self) -> Stamp {
        self.clock.now().min(self.clock.deadline())
    }

    /// A number that changes with every committed write of this process: what was worked out
    /// under an older number may be stale.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Reads from the database.
    ///
    /// # Errors
    /// What `query` answers, or the store's fault.
    pub async fn read<T, E>(
        &self,
        query: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.db.read(query).await
    }

    /// Runs one act in one write transaction; rings the bells once it is durable.
    ///
    /// # Errors
    /// What `act` answers, or the store's fault; nothing was written then.
    pub async fn write<T, E>(&self, act: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (value, wakes_delivery) = self.run(act).await?;
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.bells.timers.notify_one();
        if wakes_delivery {
            self.bells.delivery.notify_one();
        }
        Ok(value)
    }

    /// Writes what nobody reads or waits for as such: what came in, what we know of others. Answers
    /// worked out before stay good, and no timer is woken.
    ///
    /// # Errors
    /// What `act` answers, or the store's fault; nothing was written then.
    pub async fn write_aside<T, E>(
        &self,
        act: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (value, wakes_delivery) = self.run(act).await?;
        if wakes_delivery {
            self.bells.delivery.notify_one();
        }
        Ok(value)
    }

    async fn run<T, E>(&self, act: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<(T, bool), E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (clock, urls, ids) = (Arc::clone(&self.clock), Arc::clone(&self.urls), Arc::clone(&self.ids));
        self.db
            .write(move |conn| {
                // The clock is read inside the transaction: on SQLite, where one write follows the other,
                // what was written before a poll's close also bears an earlier time (A6).
                Tx::run(conn, clock.as_ref(), &urls, &ids, act)
            })
            .await
    }
}
