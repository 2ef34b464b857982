//! Taking an answer of another server apart: type, size, reasons of failure.

use super::address::RefusedAddress;
use super::http::FetchError;
use crate::clock::Stamp;
use activitypub_federation::FEDERATION_CONTENT_TYPE;
use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use std::time::Duration;

/// The answer has exactly one content type, which is wanted, and is not compressed (ID-11, RS-8).
pub(super) fn check_type(headers: &HeaderMap, is_wanted: impl Fn(&str) -> bool) -> Result<(), FetchError> {
    let is_coded = headers.get_all(CONTENT_ENCODING).iter().any(|coding| coding.as_bytes() != b"identity");
    if is_coded {
        return Err(FetchError::NotADocument("it is compressed"));
    }
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next().and_then(|value| value.to_str().ok()), types.next()) else {
        return Err(FetchError::NotADocument("it has no type"));
    };
    if is_wanted(only) { Ok(()) } else { Err(FetchError::NotADocument("it is of another type")) }
}

/// A media type without its parameters, in lower case.
pub(super) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// ActivityStreams in one of its two types (ID-11).
pub(super) fn is_activity_type(content_type: &str) -> bool {
    match essence(content_type).as_str() {
        FEDERATION_CONTENT_TYPE => true,
        "application/ld+json" => content_type.contains("https://www.w3.org/ns/activitystreams"),
        _ => false,
    }
}

/// A WebFinger document.
pub(super) fn is_jrd_type(content_type: &str) -> bool {
    matches!(essence(content_type).as_str(), "application/jrd+json" | "application/json")
}

/// The body, unless it is larger than `most`: what is declared is believed only when it is too much.
pub(super) async fn read_limited(mut response: reqwest::Response, most: usize) -> Result<Bytes, FetchError> {
    let too_large = FetchError::NotADocument("it is too large");
    if response.content_length().is_some_and(|length| length > u64::try_from(most).unwrap_or(u64::MAX)) {
        return Err(too_large);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| told(&error))? {
        if body.len() + chunk.len() > most {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// `Retry-After` in seconds; the form with a date is rare and not worth a clock here.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u32 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(u64::from(seconds)))
}

/// When an answer was made, by the clock of its server.
pub(super) fn date(headers: &HeaderMap) -> Option<Stamp> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok().map(Stamp::from)
}

/// What to make of the library's error; its text may hold URLs and is never shown.
pub(super) fn told(error: &reqwest::Error) -> FetchError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.is::<RefusedAddress>() {
            return FetchError::Refused;
        }
        source = cause.source();
    }
    if error.is_timeout() { FetchError::TimedOut } else { FetchError::Unreachable }
}
