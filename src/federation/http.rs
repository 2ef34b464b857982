//! The one HTTP client for everything that leaves this server. It follows no redirect by itself,
//! uses no proxy, asks for no content coding, keeps to sizes and times, and connects only where
//! [`super::address`] allows, in every build.

use super::address::{CheckedResolver, Lookup};
use super::answer::{check_type, date, is_activity_type, is_jrd_type, read_limited, retry_after, told};
use super::signatures::{Header, Outgoing, SigningKey, sign_cavage};
use crate::clock::{Clock, HeardFrom};
use crate::db::{Database, local_actors};
use crate::domain::Urls;
use crate::domain::canonical::{self, Strictness};
use crate::federation::inbound::json_guard;
use bytes::Bytes;
use parking_lot::Mutex;
use reqwest::header::{ACCEPT, HeaderMap, LOCATION};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use url::Url;

#[expect(clippy::disallowed_types, reason = "the one place that may")]
type Client = reqwest::Client;

/// The largest document that we fetch (RS-1).
pub const LARGEST_DOCUMENT: usize = 1024 * 1024;
/// All the time that a fetch or a delivery may take, from the name's look-up to the last byte (RS-2).
pub const LONGEST_REQUEST: Duration = Duration::from_secs(10);
/// Requests to one host at the same time; more wait.
const AT_ONCE_PER_HOST: usize = 32;
/// Hosts whose slots are remembered before idle ones are forgotten.
const MOST_HOSTS: usize = 2_000;
/// Connections kept open to one host, and how long they may idle.
const IDLE_PER_HOST: usize = 8;
const LONGEST_IDLE: Duration = Duration::from_secs(10);

/// What we ask documents for, and one of which they must be (ID-11).
const ACTIVITY_TYPES: &str =
    "application/activity+json, application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"";
const JRD_TYPES: &str = "application/jrd+json, application/json";

/// How many documents may still be fetched on behalf of one act (RS-6).
#[derive(Debug)]
pub struct Budget(u8);

impl Budget {
    /// What one inbound activity, or one act of a person, may cost.
    pub fn for_one_act() -> Self {
        Self(10)
    }

    fn spend(&mut self) -> Result<(), FetchError> {
        self.0 = self.0.checked_sub(1).ok_or(FetchError::OverBudget)?;
        Ok(())
    }
}

/// A fetched ActivityStreams document.
#[derive(Debug)]
pub struct Document {
    /// Its URL; its `id` says the same.
    pub url: Url,
    /// The document.
    pub json: Value,
}

/// How another server answered a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostOutcome {
    /// The status code.
    pub status: u16,
    /// How long it asks us to wait (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// Why nothing came of a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The URL, or an address behind its name, is one that we do not call.
    #[error("the address is not one that this server calls")]
    Refused,
    /// The URL is on our own host.
    #[error("the address is our own")]
    OurOwn,
    /// It has used up its fetches.
    #[error("too many fetches for one act")]
    OverBudget,
    /// Nobody could be reached there.
    #[error("the server cannot be reached")]
    Unreachable,
    /// It took longer than it may.
    #[error("the server took too long")]
    TimedOut,
    /// It answered with this status instead of 200.
    #[error("the server answered {0}")]
    Status(u16),
    /// It answered something else than a document of the right type, size and id.
    #[error("the answer is not the document asked for: {0}")]
    NotADocument(&'static str),
    /// Our own actor or its key is not there yet.
    #[error("this instance has no key to sign with yet")]
    NotReady,
}

impl FetchError {
    /// True when the same request may well succeed a little later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::TimedOut | Self::NotReady | Self::Status(408 | 429 | 500..=599))
    }
}

/// What a fetch must answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Activity,
    Jrd,
}

/// The one HTTP client.
pub struct HttpClient {
    parts: ClientParts,
    client: OnceLock<Client>,
    instance_key: OnceCell<SigningKey>,
    slots: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// What the client is made of.
pub struct ClientParts {
    /// How strict it is about URLs and addresses.
    pub strictness: Strictness,
    /// Our own URLs, which are never fetched.
    pub urls: Arc<Urls>,
    /// Dates the signatures.
    pub clock: Arc<dyn Clock>,
    /// Holds the instance actor's key.
    pub db: Database,
    /// Names to addresses.
    pub lookup: Arc<dyn Lookup>,
    /// All the time that a request may take; [`LONGEST_REQUEST`] in the program.
    pub patience: Duration,
}

impl HttpClient {
    /// Puts the client together; connections and certificates wait for the first request.
    pub fn new(parts: ClientParts) -> Self {
        Self { parts, client: OnceLock::new(), instance_key: OnceCell::new(), slots: Mutex::default() }
    }

    fn client(&self) -> Result<&Client, FetchError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let built = self.build(|builder| builder).or_else(|error| {
            tracing::error!(%error, "no certificates of authorities were found on this machine: https servers cannot be reached");
            self.build(|builder| builder.tls_certs_only([]))
        });
        let client = built.map_err(|_| FetchError::NotReady)?;
        Ok(self.client.get_or_init(|| client))
    }

    fn build(
        &self,
        trusting: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Result<Client, reqwest::Error> {
        let (lookup, strictness) = (Arc::clone(&self.parts.lookup), self.parts.strictness);
        let builder = Client::builder()
            .user_agent(format!("caucus/{} (+{}/)", env!("CARGO_PKG_VERSION"), self.parts.urls.base()))
            .dns_resolver(Arc::new(CheckedResolver::new(lookup, strictness)))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .https_only(strictness == Strictness::Public)
            .timeout(self.parts.patience)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .pool_idle_timeout(LONGEST_IDLE);
        trusting(builder).build()
    }

    /// How strict this client is about URLs.
    pub fn strictness(&self) -> Strictness {
        self.parts.strictness
    }

    /// Fetches an ActivityStreams document, signed by the instance actor. Its `id` is the URL
    /// that answered; if it names another on the same host, that one is asked once (ID-5, RS-5).
    ///
    /// # Errors
    /// Why there is no such document.
    pub async fn get_document(&self, url: &Url, budget: &mut Budget) -> Result<Document, FetchError> {
        let first = self.get_json(url, Wanted::Activity, budget).await?;
        let id = document_id(&first.json, self.parts.strictness)?;
        if id == first.url {
            return Ok(first);
        }
        if !canonical::same_host(&id, &first.url) {
            return Err(FetchError::NotADocument("its id is on another host"));
        }
        let second = self.get_json(&id, Wanted::Activity, budget).await?;
        if document_id(&second.json, self.parts.strictness)? != second.url || second.url != id {
            return Err(FetchError::NotADocument("its id is not where it is"));
        }
        Ok(second)
    }

    /// Fetches a document that stands at `url` and may have another id: a key by itself.
    ///
    /// # Errors
    /// Why there is no such document.
    pub async fn get_key_document(&self, url: &Url, budget: &mut Budget) -> Result<Value, FetchError> {
        self.get_json(url, Wanted::Activity, budget).await.map(|document| document.json)
    }

    /// Fetches a WebFinger document (RFC 7033).
    ///
    /// # Errors
    /// Why there is no such document.
    pub async fn get_jrd(&self, url: &Url, budget: &mut Budget) -> Result<Value, FetchError> {
        self.get_json(url, Wanted::Jrd, budget).await.map(|document| document.json)
    }

    /// Sends `body` to an inbox with headers that were signed for it. Redirects are not followed.
    ///
    /// # Errors
    /// Why no answer came.
    pub async fn post(&self, inbox: &Url, headers: Vec<Header>, body: Bytes) -> Result<PostOutcome, FetchError> {
        self.check(inbox)?;
        let sending = async {
            let _slot = self.slot(inbox).await?;
            let request = self.client()?.post(inbox.clone()).headers(header_map(&headers)?).body(body);
            let response = request.send().await.map_err(|error| told(&error))?;
            self.hear(inbox, response.headers());
            let outcome =
                PostOutcome { status: response.status().as_u16(), retry_after: retry_after(response.headers()) };
            // Read to the end, within limits, so that the connection can serve the next delivery.
            let _ = read_limited(response, 16 * 1024).await;
            Ok(outcome)
        };
        tokio::time::timeout(self.parts.patience, sending).await.map_err(|_| FetchError::TimedOut)?
    }

    async fn get_json(&self, url: &Url, wanted: Wanted, budget: &mut Budget) -> Result<Document, FetchError> {
        let fetching = self.get_following_once(url, wanted, budget);
        let (url, body) =
            tokio::time::timeout(self.parts.patience, fetching).await.map_err(|_| FetchError::TimedOut)??;
        let json = json_guard::parse_document(&body).map_err(FetchError::NotADocument)?;
        Ok(Document { url, json })
    }

    /// At most one redirect, checked like the first URL (SS-4, RS-3).
    async fn get_following_once(
        &self,
        url: &Url,
        wanted: Wanted,
        budget: &mut Budget,
    ) -> Result<(Url, Bytes), FetchError> {
        let mut url = url.clone();
        url.set_fragment(None);
        let mut may_move = true;
        loop {
            self.check(&url)?;
            budget.spend()?;
            let _slot = self.slot(&url).await?;
            let response = self.send_get(&url, wanted).await?;
            match response.status().as_u16() {
                200 => {
                    let is_wanted = match wanted {
                        Wanted::Activity => is_activity_type,
                        Wanted::Jrd => is_jrd_type,
                    };
                    check_type(response.headers(), is_wanted)?;
                    return Ok((url, read_limited(response, LARGEST_DOCUMENT).await?));
                }
                301 | 302 | 303 | 307 | 308 if may_move => {
                    may_move = false;
                    url = self.moved_to(&url, response.headers())?;
                }
                status => return Err(FetchError::Status(status)),
            }
        }
    }

    async fn send_get(&self, url: &Url, wanted: Wanted) -> Result<reqwest::Response, FetchError> {
        let key = self.instance_key.get_or_try_init(|| self.load_instance_key()).await?;
        let outgoing = Outgoing { method: "GET", url, date: self.parts.clock.claimed(), body: None };
        let signed = sign_cavage(key, &outgoing).map_err(|_| FetchError::NotReady)?;
        let accept = match wanted {
            Wanted::Activity => ACTIVITY_TYPES,
            Wanted::Jrd => JRD_TYPES,
        };
        let request = self.client()?.get(url.clone()).headers(header_map(&signed)?).header(ACCEPT, accept);
        let response = request.send().await.map_err(|error| told(&error))?;
        self.hear(url, response.headers());
        Ok(response)
    }

    /// What time it is there speaks for our own clock, or against it, while that is in doubt.
    fn hear(&self, url: &Url, headers: &HeaderMap) {
        if let Some(date) = date(headers) {
            self.parts.clock.hear(&canonical::authority(url), date, HeardFrom::Answer);
        }
    }

    async fn load_instance_key(&self) -> Result<SigningKey, FetchError> {
        let loaded = self
            .parts
            .db
            .read(|conn| {
                let Some(actor) = local_actors::find_instance_actor(conn)? else { return Ok(None) };
                local_actors::private_key_pem(conn, actor.id).map(Some)
            })
            .await;
        let pem = loaded.map_err(|_: crate::db::DbError| FetchError::NotReady)?.ok_or(FetchError::NotReady)?;
        SigningKey::from_pem(Urls::key_id(&self.parts.urls.instance_actor()), &pem).map_err(|_| FetchError::NotReady)
    }

    fn moved_to(&self, from: &Url, headers: &HeaderMap) -> Result<Url, FetchError> {
        let location = headers
            .get(LOCATION)
            .and_then(|value| value.to_str().ok())
            .ok_or(FetchError::NotADocument("no Location"))?;
        let mut to = from.join(location).map_err(|_| FetchError::Refused)?;
        to.set_fragment(None);
        // Read anew from its text, so that nothing gets in by way of a redirect that could not directly.
        if location.contains(['\\', '@']) { Err(FetchError::Refused) } else { self.parse(to.as_str()) }
    }

    fn parse(&self, text: &str) -> Result<Url, FetchError> {
        canonical::parse_remote(text, self.parts.strictness).map_err(|_| FetchError::Refused)
    }

    /// The last look at a URL before a request goes there (SS-1, SS-5, SS-6, SS-10).
    fn check(&self, url: &Url) -> Result<(), FetchError> {
        if self.parts.urls.is_ours(url.as_str()) {
            return Err(FetchError::OurOwn);
        }
        self.parse(url.as_str()).map(drop)
    }

    async fn slot(&self, url: &Url) -> Result<OwnedSemaphorePermit, FetchError> {
        let slots = {
            let mut all = self.slots.lock();
            if all.len() >= MOST_HOSTS {
                all.retain(|_, slots| slots.available_permits() < AT_ONCE_PER_HOST);
            }
            let slots = all.entry(canonical::authority(url));
            Arc::clone(slots.or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE_PER_HOST))))
        };
        slots.acquire_owned().await.map_err(|_| FetchError::Unreachable)
    }
}

fn header_map(headers: &[Header]) -> Result<HeaderMap, FetchError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, value.parse().map_err(|_| FetchError::Refused)?);
    }
    Ok(map)
}

/// A document's `id`, read as strictly as any URL of others.
fn document_id(json: &Value, strictness: Strictness) -> Result<Url, FetchError> {
    let id = json.get("id").and_then(Value::as_str).ok_or(FetchError::NotADocument("it has no id"))?;
    canonical::parse_remote(id, strictness).map_err(|_| FetchError::NotADocument("its id is no plain URL"))
}
