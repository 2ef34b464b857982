//! Two acts of which one begins while the other has done everything but commit.

use super::store::Store;
use caucus::App;
use caucus::db::connection::establish;
use caucus::db::{AnyConnection, DbError, Tx};
use caucus::services::ServiceError;
use caucus::settings::DatabaseUrl;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Lets `first` stop before its commit, begins `second`, and lets `first` commit once `second` waits for it or
/// has ended. On SQLite the second write waits in any case.
pub async fn while_held<A: Send + 'static, B>(
    store: &Store,
    app: App,
    first: impl FnOnce(&mut Tx<'_>) -> Result<A, ServiceError> + Send + 'static,
    second: impl Future<Output = B>,
) -> (Result<A, ServiceError>, B) {
    let (held, is_held) = std::sync::mpsc::channel();
    let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
    let first = tokio::spawn(async move {
        let act = move |tx: &mut Tx<'_>| {
            let value = first(tx)?;
            held.send(()).unwrap();
            goes_on.recv().unwrap();
            Ok(value)
        };
        app.write(act).await
    });
    tokio::task::spawn_blocking(move || is_held.recv().unwrap()).await.unwrap();
    let has_ended = Arc::new(AtomicBool::new(false));
    let second = async {
        let value = second.await;
        has_ended.store(true, Ordering::Release);
        value
    };
    let release = async {
        let (url, has_ended) = (store.url.clone(), Arc::clone(&has_ended));
        tokio::task::spawn_blocking(move || until_somebody_waits(&url, &has_ended)).await.unwrap();
        go_on.send(()).unwrap();
    };
    let (second, ()) = tokio::join!(second, release);
    (first.await.unwrap(), second)
}

/// On PostgreSQL: returns once a transaction waits for the row of another, or has ended without. On SQLite a
/// write reads the clock only after it has waited, so there is nothing to wait for.
pub fn until_somebody_waits(store: &DatabaseUrl, has_ended: &AtomicBool) {
    use diesel::RunQueryDsl as _;
    #[derive(diesel::QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        many: i64,
    }
    let established: Result<AnyConnection, DbError> = establish(store);
    let AnyConnection::Postgres(mut connection) = established.unwrap() else { return };
    let query = "SELECT count(*) AS many FROM pg_stat_activity WHERE datname = current_database() \
                 AND wait_event_type = 'Lock'";
    let mut is_waiting = || diesel::sql_query(query).get_result::<Waiting>(&mut connection).unwrap().many > 0;
    while !has_ended.load(Ordering::Acquire) && !is_waiting() {}
}
