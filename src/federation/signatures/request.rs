//! A request as the verifiers see it, what they expect of it, and how they say no.

use crate::clock::Stamp;
use crate::domain::canonical;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};

/// How old a signature may be (SG-8).
pub const OLDEST: TimeDelta = TimeDelta::minutes(60);
/// How far a signer's clock may be ahead of ours (SG-8).
pub const FURTHEST_AHEAD: TimeDelta = TimeDelta::minutes(5);
/// Headers that say who speaks, when and to whom: none may come twice (SG-3).
const ONCE_ONLY: &[&str] = &[
    "signature",
    "signature-input",
    "authorization",
    "digest",
    "content-digest",
    "date",
    "host",
    "content-type",
    "content-length",
    "content-encoding",
    "transfer-encoding",
];
/// The longest header value that is looked at.
const LONGEST_VALUE: usize = 8 * 1024;

/// Method, target and headers of a request, as they came.
#[derive(Debug)]
pub struct RequestHead {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
}

/// Why a signature cannot count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The request is written in a way that is open to two readings: 400.
    Ambiguous(&'static str),
    /// The signature is missing, weak, stale, for another host or wrong: 401.
    Unverifiable(&'static str),
}

/// What a signature must have been made for.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Our public address without a final slash: scheme and host, perhaps a port.
    pub base: &'a str,
    /// The present moment, by the machine's clock.
    pub now: Stamp,
    /// The latest moment that has surely passed: another one while the clock is in doubt. What is fresh
    /// by either is fresh, so that no doubt of ours ends the talk with others.
    pub certain: Stamp,
}

impl RequestHead {
    /// Takes a request apart. Header names in any case, in the order they came.
    ///
    /// # Errors
    /// When a header that says who speaks, when or to whom comes twice or is not text.
    pub fn new<'h>(
        method: &str,
        target: &str,
        headers: impl Iterator<Item = (&'h str, &'h [u8])>,
    ) -> Result<Self, Problem> {
        let mut taken: Vec<(String, String)> = Vec::with_capacity(16);
        for (name, value) in headers {
            let name = name.to_ascii_lowercase();
            let is_once_only = ONCE_ONLY.contains(&name.as_str());
            if is_once_only && taken.iter().any(|(known, _)| *known == name) {
                return Err(Problem::Ambiguous("a header that may come once came twice"));
            }
            match std::str::from_utf8(value) {
                Ok(text) if text.len() <= LONGEST_VALUE => taken.push((name, text.trim().to_owned())),
                _ if is_once_only => return Err(Problem::Ambiguous("a header is too long or not text")),
                _ => {}
            }
        }
        Ok(Self { method: method.to_owned(), target: target.to_owned(), headers: taken })
    }

    /// The value of a header that may come once.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// True when the header is there.
    pub fn has(&self, name: &str) -> bool {
        self.header(name).is_some()
    }

    /// All values of a header, joined as RFC 9110 says.
    pub(super) fn joined(&self, name: &str) -> Option<String> {
        let values: Vec<&str> =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// The method in capital letters.
    pub(super) fn method(&self) -> &str {
        &self.method
    }

    /// Path and query, as they came.
    pub(super) fn target(&self) -> &str {
        &self.target
    }

    /// The path alone.
    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The query with its question mark, if there is one.
    pub(super) fn query(&self) -> Option<&str> {
        self.target.find('?').and_then(|at| self.target.get(at..))
    }
}

impl Expected<'_> {
    /// Our scheme.
    pub(super) fn scheme(&self) -> &str {
        self.base.split("://").next().unwrap_or_default()
    }

    /// Our host, with the port where it is not the usual one.
    pub(super) fn authority(&self) -> &str {
        self.base.split("://").nth(1).unwrap_or_default()
    }

    /// The request was sent to us: its `Host` is ours in whatever spelling (SG-5).
    pub(super) fn check_host(&self, request: &RequestHead) -> Result<(), Problem> {
        let host = request.header("host").ok_or(Problem::Unverifiable("the Host header is missing"))?;
        match canonical::header_authority(host, self.scheme()) {
            Some(host) if host == self.authority() => Ok(()),
            _ => Err(Problem::Unverifiable("the request was made for another host")),
        }
    }

    /// The moment, if it lies in the window (SG-8).
    pub(super) fn check_fresh(&self, at: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
        let check = |now: Stamp| {
            if at < now - OLDEST {
                Err(Problem::Unverifiable("the signature is too old"))
            } else if at > now + FURTHEST_AHEAD {
                Err(Problem::Unverifiable("the signature is from the future"))
            } else {
                Ok(at)
            }
        };
        check(self.now).or_else(|problem| check(self.certain).map_err(|_| problem))
    }

    /// Whether a signature that is good until `end` is so no longer.
    pub(super) fn has_expired(&self, end: DateTime<Utc>) -> bool {
        end < self.now.min(self.certain)
    }
}

/// Seconds since 1970, in digits and within reason (SG-9).
pub(super) fn seconds(text: &str) -> Result<DateTime<Utc>, Problem> {
    let is_number = (1..=11).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let number = if is_number { text.parse().ok() } else { None };
    number
        .and_then(|seconds: i64| DateTime::from_timestamp(seconds, 0))
        .ok_or(Problem::Unverifiable("a time of the signature cannot be read"))
}

/// The `Date` header as a moment.
pub(super) fn http_date(text: &str) -> Result<DateTime<Utc>, Problem> {
    httpdate::parse_http_date(text).map(DateTime::from).map_err(|_| Problem::Unverifiable("the Date cannot be read"))
}

/// Base64 with padding.
pub(super) fn base64(text: &str) -> Result<Vec<u8>, Problem> {
    STANDARD.decode(text).map_err(|_| Problem::Unverifiable("the signature cannot be read"))
}
