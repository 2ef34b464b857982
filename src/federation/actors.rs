//! Actors of other servers: fetched once, kept in the store, the busy ones in memory with their
//! keys parsed, so that a vote from a known voter needs neither the network nor a read.

use super::actor_document::{self, ReadActor};
use super::blocks;
use super::bounded::BoundedMap;
use super::http::{Budget, FetchError};
use super::signatures::VerifyingKey;
use super::sources::Sources;
use super::webfinger;
use crate::app::App;
use crate::clock::Stamp;
use crate::db::remote_actors::{self, RemoteActor, RemoteKey};
use crate::db::{DbError, Tx, linked_actors};
use crate::domain::canonical;
use chrono::TimeDelta;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use url::Url;

/// Actors kept in memory, in each of two generations.
const MOST_IN_MEMORY: usize = 4_000;
/// How long memory is believed before the store is asked: another process may know better.
const MEMORY_AGE: TimeDelta = TimeDelta::minutes(5);
/// A document older than this is fetched again when its actor does something.
const DOCUMENT_AGE: TimeDelta = TimeDelta::hours(24);
/// The pause between two attempts to fetch a known actor again (SG-15).
const REFRESH_PAUSE: TimeDelta = TimeDelta::minutes(5);
/// How long an actor whose document cannot be had may still act (SG-16).
const LONGEST_UNREACHABLE: TimeDelta = TimeDelta::days(7);
/// After so long without a word under a known key, a new key may be somebody else's (AC-16).
const DARK_AFTER: TimeDelta = TimeDelta::days(30);
/// How exactly is known when an actor was last heard: a write for each activity would be too much.
const HEARD_PRECISION: TimeDelta = TimeDelta::days(1);
/// How long a failed look-up is remembered: for good reasons, and for reasons that may pass (RS-9).
const FAILURE_AGE: TimeDelta = TimeDelta::hours(1);
const PASSING_FAILURE_AGE: TimeDelta = TimeDelta::seconds(30);

/// Why an actor cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// What was typed is not a handle or an address.
    #[error("this is not the address of an account")]
    NotAHandle,
    /// It names somebody of this very instance.
    #[error("this account is on this instance")]
    OurOwn,
    /// No such account could be found; the reason is not told to the asker (SS-9).
    #[error("no account was found there")]
    NotFound,
    /// Its origin says that it is gone.
    #[error("this account is gone")]
    Gone,
    /// Its server does not answer at the moment.
    #[error("the server of this account does not answer")]
    Passing,
    /// The asker has caused too many failed look-ups (RS-9).
    #[error("too many look-ups that led nowhere")]
    TooMany,
    /// The store's fault.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// An actor with keys that are ready to verify.
pub struct KnownActor {
    /// The actor as stored.
    pub actor: RemoteActor,
    keys: Vec<VerifyingKey>,
    read_at: Stamp,
    /// False while it is in memory only: whoever was just fetched is stored together with what
    /// they said once that is believed, which costs one commit instead of two and keeps
    /// strangers who prove nothing out of the store.
    is_stored: AtomicBool,
}

impl KnownActor {
    fn new(actor: RemoteActor, now: Stamp, is_stored: bool) -> Arc<Self> {
        let (stored, keys) =
            actor.keys.iter().filter_map(|key| Some((key.clone(), VerifyingKey::from_stored(key).ok()?))).unzip();
        let actor = RemoteActor { keys: stored, ..actor };
        Arc::new(Self { actor, keys, read_at: now, is_stored: AtomicBool::new(is_stored) })
    }

    /// Stores the actor in the transaction of what it said, unless it is stored already; once a
    /// day also that it was heard.
    ///
    /// # Errors
    /// The store's fault.
    pub fn store_with(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        if !self.is_stored.load(Ordering::Acquire) {
            return remote_actors::save_remote_actor(tx, &self.actor);
        }
        if self.is_heard_long_ago(tx.now) { remote_actors::note_heard(tx, &self.actor.url) } else { Ok(()) }
    }

    fn mark_stored(&self) {
        self.is_stored.store(true, Ordering::Release);
    }

    /// The key of this id. An id that is the actor's own means the only key there is.
    pub fn key(&self, key_id: &str) -> Option<&VerifyingKey> {
        let is_only = self.keys.len() == 1 && key_id == self.actor.url;
        let position = self.actor.keys.iter().position(|key| key.key_id == key_id).or(is_only.then_some(0))?;
        self.keys.get(position)
    }

    /// False when its origin says that it is gone, or could not be reached for long (SG-16).
    pub fn may_act(&self, now: Stamp) -> bool {
        let is_lost = self.actor.unreachable_since.is_some_and(|since| now - since > LONGEST_UNREACHABLE);
        self.actor.gone_at.is_none() && !is_lost
    }

    /// True when what is stored of its last word is older than it need be.
    fn is_heard_long_ago(&self, now: Stamp) -> bool {
        self.actor.heard_at.is_none_or(|heard| now - heard > HEARD_PRECISION)
    }

    /// False when `fetched` lists a key that was not known, and nothing shows that whoever serves
    /// it is still the same: we heard nothing for long, or the account was made anew. That an old
    /// key is listed too shows nothing, because it is public (AC-16).
    fn is_continued_by(&self, fetched: &RemoteActor, now: Stamp) -> bool {
        let known = &self.actor;
        let is_new = |key: &RemoteKey| !known.keys.iter().any(|old| old.public_key == key.public_key);
        let is_dark = now - known.heard_at.unwrap_or(known.fetched_at) > DARK_AFTER;
        let is_made_anew = known.published.is_some() && known.published != fetched.published;
        known.keys.is_empty() || !fetched.keys.iter().any(is_new) || !(is_dark || is_made_anew)
    }

    fn is_due(&self, now: Stamp) -> bool {
        let is_old = now - self.actor.fetched_at > DOCUMENT_AGE || self.actor.gone_at.is_some();
        is_old && self.may_be_refreshed(now)
    }

    fn may_be_refreshed(&self, now: Stamp) -> bool {
        self.actor.refresh_tried_at.is_none_or(|tried| (now - tried).abs() >= REFRESH_PAUSE)
    }
}

/// What is in memory of actors.
pub struct Actors {
    memory: Mutex<BoundedMap<String, Arc<KnownActor>>>,
    /// Until when a look-up need not be tried again, and whether its reason may pass.
    failures: Mutex<BoundedMap<String, (Stamp, bool)>>,
    /// One look-up per actor at a time; the others wait for its outcome.
    asking: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    sources: Sources,
}

impl Default for Actors {
    fn default() -> Self {
        Self {
            memory: Mutex::new(BoundedMap::new(MOST_IN_MEMORY)),
            failures: Mutex::new(BoundedMap::new(MOST_IN_MEMORY)),
            asking: Mutex::default(),
            sources: Sources::default(),
        }
    }
}

impl Actors {
    fn turn<'a>(&'a self, url: &'a str) -> Turn<'a> {
        let lock = Arc::clone(self.asking.lock().entry(url.to_owned()).or_default());
        Turn { actors: self, url, lock }
    }

    fn recent_failure(&self, url: &str, now: Stamp) -> Option<LookupError> {
        let (until, is_passing) = self.failures.lock().get(url)?;
        let error = if is_passing { LookupError::Passing } else { LookupError::NotFound };
        (now < until).then_some(error)
    }

    fn remember_failure(&self, url: &str, now: Stamp, error: &LookupError) {
        match error {
            LookupError::NotFound | LookupError::Gone => {
                self.failures.lock().insert(url.to_owned(), (now + FAILURE_AGE, false));
            }
            LookupError::Passing => {
                self.failures.lock().insert(url.to_owned(), (now + PASSING_FAILURE_AGE, true));
            }
            _ => {}
        }
    }

    fn remember(&self, actor: RemoteActor, now: Stamp, is_stored: bool) -> Arc<KnownActor> {
        let known = KnownActor::new(actor, now, is_stored);
        self.memory.lock().insert(known.actor.url.clone(), Arc::clone(&known));
        known
    }
}

/// The right to look an actor up; forgotten when nobody wants it any more.
struct Turn<'a> {
    actors: &'a Actors,
    url: &'a str,
    lock: Arc<tokio::sync::Mutex<()>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut asking = self.actors.asking.lock();
        // One for the map, one for this one.
        if Arc::strong_count(&self.lock) <= 2 {
            asking.remove(self.url);
        }
    }
}

/// The actor with this id, from the store or from its origin.
///
/// # Errors
/// Why it cannot be had.
pub async fn find_by_url(app: &App, url: &str) -> Result<RemoteActor, LookupError> {
    let url = canonical::parse_remote(url, app.federation.http.strictness()).map_err(|_| LookupError::NotAHandle)?;
    let blocks = blocks::current(app).await?;
    if blocks.has_server(&canonical::authority(&url)) || blocks.has_account(url.as_str()) {
        return Err(LookupError::NotFound);
    }
    let known = find(app, &url, None).await?;
    if !known.is_stored.load(Ordering::Acquire) {
        let to_store = Arc::clone(&known);
        app.write_aside(move |tx| to_store.store_with(tx)).await?;
        known.mark_stored();
    }
    if known.may_act(app.now()) { Ok(known.actor.clone()) } else { Err(LookupError::Gone) }
}

/// The actor with this handle, `@user@host`; WebFinger and the actor's document must agree (ID-14).
///
/// # Errors
/// Why it cannot be had.
pub async fn find_by_handle(app: &App, handle: &str) -> Result<RemoteActor, LookupError> {
    let host = handle.rsplit_once('@').and_then(|(_, host)| canonical::header_authority(host.trim(), "https"));
    if blocks::current(app).await?.has_server(&host.unwrap_or_default()) {
        return Err(LookupError::NotFound);
    }
    let mut budget = Budget::for_one_act();
    let url = webfinger::resolve(app, handle, &mut budget).await?;
    let actor = find_by_url(app, url.as_str()).await?;
    webfinger::confirm(app, handle, &actor, &mut budget).await?;
    Ok(actor)
}

/// The actor if it was ever fetched: from memory, else from the store.
///
/// # Errors
/// The store's fault.
pub async fn find_known(app: &App, url: &str) -> Result<Option<Arc<KnownActor>>, DbError> {
    let now = app.now();
    let remembered = app.federation.actors.memory.lock().get(url);
    if let Some(known) = remembered.filter(|known| (now - known.read_at).abs() < MEMORY_AGE) {
        return Ok(Some(known));
    }
    let wanted = url.to_owned();
    let stored = app.read(move |conn| remote_actors::find_remote_actor(conn, &wanted)).await?;
    Ok(stored.map(|actor| app.federation.actors.remember(actor, now, true)))
}

/// The actor, fetched if it was never seen or its document is old. `source` is the address that
/// made us look (RS-9).
///
/// # Errors
/// Why it cannot be had. An actor that is gone or unreachable but was known is given all the
/// same: [`KnownActor::may_act`] tells.
pub async fn find(app: &App, url: &Url, source: Option<IpAddr>) -> Result<Arc<KnownActor>, LookupError> {
    match find_known(app, url.as_str()).await? {
        Some(known) if known.is_due(app.now()) => Ok(refresh(app, url, &known).await?),
        Some(known) => Ok(known),
        None => fetch_new(app, url, source).await,
    }
}

/// Fetches a known actor again, at most once in five minutes (SG-15): because its document is
/// old, or because a signature did not fit. Gives what is known then.
///
/// # Errors
/// The store's fault.
pub async fn refresh(app: &App, url: &Url, known: &Arc<KnownActor>) -> Result<Arc<KnownActor>, DbError> {
    let turn = app.federation.actors.turn(url.as_str());
    let _mine = turn.lock.lock().await;
    // Another request may have done it while this one waited.
    let latest = find_known(app, url.as_str()).await?.unwrap_or_else(|| Arc::clone(known));
    if latest.may_be_refreshed(app.now()) { refresh_now(app, url, &latest).await } else { Ok(latest) }
}

async fn refresh_now(app: &App, url: &Url, known: &KnownActor) -> Result<Arc<KnownActor>, DbError> {
    let now = app.now();
    let mut is_continued = true;
    let mut actor = match fetch(app, url, &mut Budget::for_one_act()).await {
        Ok(mut fetched) => {
            if fetched.keys.is_empty() {
                tracing::warn!(actor = %url, "the actor lists no usable key any more; the known one is kept");
                fetched.keys.clone_from(&known.actor.keys);
            }
            is_continued = known.is_continued_by(&fetched, now);
            fetched.heard_at = known.actor.heard_at.or(Some(known.actor.fetched_at));
            fetched
        }
        // Gone for good, by the word of its origin.
        Err(FetchError::Status(410)) => {
            RemoteActor { gone_at: Some(now), unreachable_since: None, ..known.actor.clone() }
        }
        // Not there now: it may act no more until it is back, but nothing is forgotten for that.
        Err(FetchError::Status(404)) => {
            let since = known.actor.unreachable_since.or(Some(now));
            RemoteActor { gone_at: Some(now), unreachable_since: since, ..known.actor.clone() }
        }
        Err(_) => {
            let since = known.actor.unreachable_since.or(Some(now));
            RemoteActor { unreachable_since: since, ..known.actor.clone() }
        }
    };
    actor.refresh_tried_at = Some(now);
    save(app, actor, is_continued).await
}

async fn fetch_new(app: &App, url: &Url, source: Option<IpAddr>) -> Result<Arc<KnownActor>, LookupError> {
    let (actors, now) = (&app.federation.actors, app.now());
    let turn = actors.turn(url.as_str());
    let _mine = turn.lock.lock().await;
    // Another request may have fetched it, or failed to, while this one waited.
    if let Some(known) = find_known(app, url.as_str()).await? {
        return Ok(known);
    }
    if let Some(error) = actors.recent_failure(url.as_str(), now) {
        return Err(error);
    }
    let place = match source {
        Some(address) => Some(actors.sources.enter(address, now).await.ok_or(LookupError::TooMany)?),
        None => None,
    };
    let fetched = fetch(app, url, &mut Budget::for_one_act()).await;
    if matches!(fetched, Err(FetchError::NotReady)) {
        // It is our own key that is missing: nothing to remember of the actor or of who asked.
        return Err(LookupError::Passing);
    }
    let fetched = fetched.map_err(told).and_then(|actor| {
        // Without a key it could not have signed anything (ID-17).
        if actor.keys.is_empty() { Err(LookupError::NotFound) } else { Ok(actor) }
    });
    match fetched {
        Ok(actor) => Ok(actors.remember(actor, app.now(), false)),
        Err(error) => {
            actors.remember_failure(url.as_str(), now, &error);
            if let Some(place) = place {
                actors.sources.failed(place);
            }
            Err(error)
        }
    }
}

/// Fetches and reads the document, and the keys that it names beside itself.
async fn fetch(app: &App, url: &Url, budget: &mut Budget) -> Result<RemoteActor, FetchError> {
    let http = &app.federation.http;
    let document = http.get_document(url, budget).await?;
    let ReadActor { mut actor, key_links } =
        actor_document::read(&document.json, url, http.strictness(), app.now()).map_err(FetchError::NotADocument)?;
    for link in key_links {
        let json = http.get_key_document(&link, budget).await?;
        actor.keys.extend(actor_document::read_key_document(&json, &link, url));
    }
    Ok(actor)
}

/// To be called when what the actor said is committed together with the actor.
pub fn note_stored(app: &App, known: &KnownActor) {
    known.mark_stored();
    let now = app.now();
    if known.is_heard_long_ago(now) {
        app.federation.actors.remember(RemoteActor { heard_at: Some(now), ..known.actor.clone() }, now, true);
    }
}

/// Keeps an actor. When it may be somebody else by now, a member's link to it waits until they
/// confirm it (AC-16).
async fn save(app: &App, actor: RemoteActor, is_continued: bool) -> Result<Arc<KnownActor>, DbError> {
    let known = app.federation.actors.remember(actor, app.now(), true);
    let saved = known.actor.clone();
    app.write_aside(move |tx| {
        remote_actors::save_remote_actor(tx, &saved)?;
        if is_continued { Ok(()) } else { linked_actors::hold_link(tx, &saved.url) }
    })
    .await?;
    Ok(known)
}

fn told(error: FetchError) -> LookupError {
    match error {
        FetchError::OurOwn => LookupError::OurOwn,
        FetchError::Status(410) => LookupError::Gone,
        error if error.is_passing() => LookupError::Passing,
        _ => LookupError::NotFound,
    }
}
