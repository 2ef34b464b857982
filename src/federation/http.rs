//! The one HTTP client for everything that leaves this server.

use super::signatures::Header;
use bytes::Bytes;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// How many documents may still be fetched on behalf of one act (RS-6).
#[derive(Debug)]
pub struct Budget(u8);

impl Budget {
    /// What one inbound activity, or one act of a person, may cost.
    pub fn for_one_act() -> Self {
        Self(10)
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

/// The one HTTP client.
pub struct HttpClient;

impl HttpClient {
    /// Fetches an ActivityStreams document, signed by the instance actor.
    ///
    /// # Errors
    /// Why there is no such document.
    pub async fn get_document(&self, _url: &Url, _budget: &mut Budget) -> Result<Document, FetchError> {
        todo!()
    }

    /// Sends `body` to an inbox with headers that were signed for it. Redirects are not followed.
    ///
    /// # Errors
    /// Why no answer came.
    pub async fn post(&self, _inbox: &Url, _headers: Vec<Header>, _body: Bytes) -> Result<PostOutcome, FetchError> {
        todo!()
    }
}
