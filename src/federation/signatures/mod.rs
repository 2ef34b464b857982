//! HTTP signatures: draft-cavage-12 and RFC 9421, both ways. We read the headers ourselves,
//! strictly, and leave only the arithmetic to `aws-lc-rs`: what must
//! be signed, how fresh it must be and which keys count is our decision.

pub mod cavage;
pub mod digest;
pub mod keys;
pub mod rfc9421;

pub use cavage::sign_cavage;
pub use keys::{SigningKey, VerifyingKey};
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
        crate::domain::canonical::authority(self.url)
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
