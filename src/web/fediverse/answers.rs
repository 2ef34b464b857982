//! How answers to other servers look: types, caching, the statuses for what is not there.

use super::negotiation::ACTIVITY_JSON;
use crate::db::DbError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde_json::Value;
use std::fmt;

/// How long others may keep documents that change seldom, in seconds.
pub const SELDOM: u32 = 180;

/// A document at a URL that also has a page.
pub fn document(body: Bytes, max_age: u32) -> HttpResponse {
    document_builder(StatusCode::OK, max_age).body(body)
}

/// What stands in the place of something deleted: 410 and the Tombstone.
pub fn gone(tombstone: String) -> HttpResponse {
    document_builder(StatusCode::GONE, SELDOM).body(tombstone)
}

fn document_builder(status: StatusCode, max_age: u32) -> HttpResponseBuilder {
    let mut builder = HttpResponse::build(status);
    builder
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static(ACTIVITY_JSON)))
        .insert_header((header::VARY, HeaderValue::from_static("Accept")))
        .insert_header((header::CACHE_CONTROL, cache_control(max_age)));
    builder
}

/// An answer of discovery: widgets in browsers may read it too.
pub fn discovery(kind: &'static str, body: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static(kind)))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")))
        .insert_header((header::CACHE_CONTROL, cache_control(SELDOM)))
        .body(body)
}

fn cache_control(max_age: u32) -> HeaderValue {
    match max_age {
        0 => HeaderValue::from_static("no-cache"),
        SELDOM => HeaderValue::from_static("public, max-age=180"),
        other => HeaderValue::from_str(&format!("public, max-age={other}"))
            .unwrap_or_else(|_| HeaderValue::from_static("no-cache")),
    }
}

/// The bytes of a JSON document.
pub fn bytes(json: &Value) -> Bytes {
    Bytes::from(json.to_string())
}

/// Why there is no document.
#[derive(Debug)]
pub enum NoAnswer {
    /// The request cannot be read; the sentence says why.
    Malformed(&'static str),
    /// It never existed, or it is not for everybody.
    NotFound,
    /// It was deleted.
    Gone,
    /// The store fails.
    Broken(DbError),
}

impl From<DbError> for NoAnswer {
    fn from(error: DbError) -> Self {
        match error {
            DbError::NotFound => Self::NotFound,
            other => Self::Broken(other),
        }
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed(sentence) => sentence,
            Self::NotFound => "There is no such thing here.",
            Self::Gone => "This was deleted.",
            Self::Broken(_) => "This server has a difficulty just now. Please try again later.",
        })
    }
}

impl ResponseError for NoAnswer {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Gone => StatusCode::GONE,
            Self::Broken(DbError::Busy(_) | DbError::Closed) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut builder = HttpResponse::build(self.status_code());
        if let Self::Broken(error) = self {
            tracing::error!(%error, "a document could not be read");
            builder.insert_header((header::RETRY_AFTER, HeaderValue::from_static("30")));
        }
        builder
            .insert_header((header::VARY, HeaderValue::from_static("Accept")))
            .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")))
            .content_type("text/plain; charset=utf-8")
            .body(format!("{self}\n"))
    }
}
