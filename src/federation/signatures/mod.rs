//! HTTP signatures, draft-cavage-12 and RFC 9421, both ways. We read the headers ourselves,
//! strictly, and leave only the arithmetic to `aws-lc-rs`: what must be signed, how fresh it must
//! be, for which host it was meant and which keys count is decided here.

pub mod cavage;
pub mod digest;
pub mod keys;
pub mod request;
pub mod rfc9421;

pub use cavage::sign_cavage;
pub use keys::{BadKey, SigningKey, VerifyingKey};
pub use request::{Expected, Problem, RequestHead};
pub use rfc9421::sign_rfc9421;

use crate::clock::Stamp;
use url::Url;

/// A request of ours that is about to be signed.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// Where it goes.
    pub url: &'a Url,
    /// The moment of sending.
    pub date: Stamp,
    /// The exact body and its content type, for a `POST`.
    pub body: Option<(&'a [u8], &'a str)>,
}

/// A header to send: lower-case name and value.
pub type Header = (&'static str, String);

/// A signature could not be made: the private key is damaged or the arithmetic failed.
#[derive(Debug, thiserror::Error)]
#[error("the request could not be signed")]
pub struct SignError;

impl Outgoing<'_> {
    /// The `Host` header that goes with this request: the port only where it is not the usual one.
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Path and query, as they stand in the request line.
    fn target(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    /// The date as HTTP writes it.
    fn http_date(&self) -> String {
        httpdate::fmt_http_date(self.date.into())
    }
}

/// A signature that was read and found to cover what it must, for our host, now; what is left is
/// to check it with the signer's key.
#[derive(Debug)]
pub struct Claim {
    /// The URL that names the key.
    pub key_id: String,
    /// When it was made, by the clock of its maker; the latest moment that is signed.
    pub signed_at: Stamp,
    /// The texts that may have been signed; a `GET` has two when it has a query.
    texts: Vec<String>,
    signature: Vec<u8>,
    /// RFC 9421 allows Ed25519; the label of the signature, if any, must fit the key (SG-13).
    allowed: Allowed,
}

/// The kinds of keys that may have made a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Allowed {
    Rsa,
    Ed25519,
    Either,
}

impl Claim {
    /// True when `key` made this signature.
    pub fn is_made_by(&self, key: &VerifyingKey) -> bool {
        let fits = match self.allowed {
            Allowed::Rsa => !key.is_ed25519(),
            Allowed::Ed25519 => key.is_ed25519(),
            Allowed::Either => true,
        };
        fits && self.texts.iter().any(|text| key.has_signed(text, &self.signature))
    }
}

/// Reads the signature of a request. If `Signature-Input` is there, only RFC 9421 counts (SG-20).
/// `body` is absent for a request that has none.
///
/// # Errors
/// Why it cannot count, whatever key it was made with.
pub fn read(request: &RequestHead, body: Option<&[u8]>, expected: &Expected<'_>) -> Result<Claim, Problem> {
    if request.has("signature-input") {
        rfc9421::read(request, body, expected)
    } else {
        cavage::read(request, body, expected)
    }
}

#[cfg(test)]
mod tests;
