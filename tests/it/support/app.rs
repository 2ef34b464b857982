//! The program over a fresh store.

use super::browser::Browser;
use super::store::Store;
use super::world::kept_pair;
use caucus::App;
use caucus::clock::{Clock, FixedClock, Stamp, SystemClock};
use caucus::db::local_actors::{self, ActorKind, NewActor};
use caucus::db::{Database, DbError, Tx};
use caucus::settings::{Flags, Settings};
use chrono::{TimeDelta, TimeZone as _, Utc};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

/// One running program: its store, its clock and its public address.
pub struct TestApp {
    pub app: Arc<App>,
    pub base: String,
    /// The address and port on which it listens.
    pub listens: String,
    clock: Option<Arc<FixedClock>>,
    server: actix_web::dev::ServerHandle,
    // Declared last: the store goes after everything that uses it.
    pub store: Store,
}

/// What is not as usual about a program.
#[derive(Default)]
struct Special<'a> {
    public: Option<&'a str>,
    patience: Option<Duration>,
    /// A store that is there already, instead of a fresh one.
    store: Option<Store>,
}

/// When the clocks of tests stand, unless a test sets them.
pub fn test_start() -> Stamp {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

impl TestApp {
    /// A program whose clock stands until the test moves it.
    pub async fn start() -> Self {
        let clock = Arc::new(FixedClock::at(test_start()));
        Self::build(clock.clone(), Some(clock), Special::default()).await
    }

    /// A program that waits no longer than this for the body of a request.
    pub async fn impatient(patience: Duration) -> Self {
        let clock = Arc::new(FixedClock::at(test_start()));
        Self::build(clock.clone(), Some(clock), Special { patience: Some(patience), ..Special::default() }).await
    }

    /// A program that stands behind a proxy under a public https address.
    pub async fn in_public(address: &str) -> Self {
        let clock = Arc::new(FixedClock::at(test_start()));
        Self::build(clock.clone(), Some(clock), Special { public: Some(address), ..Special::default() }).await
    }

    /// A program over a store that is there already, at a moment, under the public address that it has had.
    pub async fn over(store: Store, public: &str, now: Stamp) -> Self {
        let clock = Arc::new(FixedClock::at(now));
        let special = Special { public: Some(public), store: Some(store), ..Special::default() };
        Self::build(clock.clone(), Some(clock), special).await
    }

    /// A program on the clock of the machine.
    pub async fn on_real_time() -> Self {
        Self::build(Arc::new(SystemClock), None, Special::default()).await
    }

    async fn build(clock: Arc<dyn Clock>, fixed: Option<Arc<FixedClock>>, special: Special<'_>) -> Self {
        let Special { public, patience, store } = special;
        let (store, is_fresh) = match store {
            Some(store) => (store, false),
            None => (Store::fresh(), true),
        };
        // Bound first, because the public address holds the port.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let listens = listener.local_addr().unwrap().to_string();
        let mut settings = settings(&store, &format!("http://{listens}"));
        if let Some(address) = public {
            // As a release build would read it; a debug build refuses public addresses.
            settings.public_url = url::Url::parse(address).unwrap();
            settings.is_local_mode = false;
        }
        let base = settings.public_url.as_str().trim_end_matches('/').to_owned();
        let db = Database::open(&settings.database_url).unwrap();
        let mut app = App::new(settings, clock, db);
        if let Some(patience) = patience {
            app.limits.longest_body_wait = patience;
        }
        let app = Arc::new(app);
        if is_fresh {
            app.write(create_instance_actor).await.unwrap();
        }
        let server = caucus::web::server(Arc::clone(&app), listener).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        Self { app, base, listens, clock: fixed, server: handle, store }
    }

    /// A path on this server as a full URL.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A person who opens this server for the first time.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.base)
    }

    /// Stops the server; connections are refused afterwards.
    pub async fn stop(&self) {
        self.server.stop(true).await;
    }

    /// Moves the clock of this program.
    pub fn advance(&self, delta: TimeDelta) {
        self.clock.as_ref().expect("this program runs on real time").advance(delta);
    }

    /// Sets the clock of this program ahead or back, although no time passes.
    pub fn jump(&self, delta: TimeDelta) {
        self.clock.as_ref().expect("this program runs on real time").jump(delta);
    }

    /// Sets the clock of this program.
    pub fn set_clock(&self, moment: Stamp) {
        self.clock.as_ref().expect("this program runs on real time").set(moment);
    }
}

/// What `serve` makes at its first start, with a key that is kept between runs.
pub fn create_instance_actor(tx: &mut Tx<'_>) -> Result<(), DbError> {
    let (handle, keys) = (tx.urls.host().to_owned(), kept_pair(2));
    let new = NewActor { kind: ActorKind::Instance, handle: &handle, name: &handle, summary: "", keys: &keys };
    local_actors::create_actor(tx, &new).map(drop)
}

/// A program with a public address of its own that serves nobody, for calling it directly.
pub fn quiet(base: &str, now: Stamp) -> (Arc<App>, Arc<FixedClock>, Store) {
    let (store, clock) = (Store::fresh(), Arc::new(FixedClock::at(now)));
    let app = beside(&store, base, Arc::clone(&clock) as Arc<dyn Clock>);
    (Arc::new(app), clock, store)
}

/// A hand on a store, beside whatever else works on it.
pub fn beside(store: &Store, base: &str, clock: Arc<dyn Clock>) -> App {
    let settings = settings(store, base);
    let db = Database::open(&settings.database_url).unwrap();
    App::new(settings, clock, db)
}

fn settings(store: &Store, base: &str) -> Settings {
    let flags = Flags {
        data_dir: Some(store.folder.path().to_string_lossy().into_owned()),
        listen: Some("127.0.0.1:0".to_owned()),
        public_url: Some(base.to_owned()),
        database_url: Some(store.url_text()),
        config: Some(empty_file(store)),
    };
    Settings::load(&flags, &BTreeMap::new()).unwrap()
}

/// So that no `caucus.toml` of the folder in which the tests run has a say.
fn empty_file(store: &Store) -> std::path::PathBuf {
    let path = store.folder.path().join("caucus.toml");
    std::fs::write(&path, "").unwrap();
    path
}
