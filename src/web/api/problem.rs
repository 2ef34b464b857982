//! Problem details (RFC 9457): the one shape in which the API says no. What a person may read is
//! in `detail` and `errors`; causes of faults go to the log under the reference number only
//! (security.md PV-9).

use crate::db::DbError;
use crate::domain::Refusal;
use crate::ids;
use crate::services::ServiceError;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

/// What is wrong with one field of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldError {
    /// The field, with a path where it is inside another: `changes[0].text`.
    pub field: String,
    /// One plain sentence that says what to do.
    pub detail: String,
}

/// Why a request was not done. Sent as `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: &'static str,
    /// The name of the status.
    pub title: &'static str,
    /// The HTTP status, repeated.
    pub status: u16,
    /// Plain sentences for a person.
    pub detail: String,
    /// A stable word for programs.
    pub code: &'static str,
    /// What has to change, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// For the header `Retry-After`.
    #[serde(skip)]
    retry_after_seconds: Option<u32>,
}

impl Problem {
    /// A problem with a status, a stable code and a sentence.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            errors: Vec::new(),
            retry_after_seconds: None,
        }
    }

    /// The same words for what does not exist and for what the asker may not know of (PV-2).
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here that you may see.")
    }

    /// A rule's no.
    pub fn refused(status: StatusCode, refusal: Refusal) -> Self {
        let errors =
            refusal.fields.into_iter().map(|p| FieldError { field: p.field.to_owned(), detail: p.sentence }).collect();
        Self { errors, ..Self::new(status, refusal.code, refusal.sentence) }
    }

    /// One field that has to change.
    pub fn field(status: StatusCode, code: &'static str, field: &str, detail: impl Into<String>) -> Self {
        let error = FieldError { field: field.to_owned(), detail: detail.into() };
        Self { errors: vec![error.clone()], ..Self::new(status, code, error.detail) }
    }

    /// The same was tried too often in a short time.
    pub fn too_many(wait_seconds: u64) -> Self {
        let detail = "There were many tries in a short time. Please wait a while and try again.";
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many", detail);
        Self { retry_after_seconds: u32::try_from(wait_seconds).ok(), ..problem }
    }

    /// No key could be made for a new actor.
    pub fn no_key() -> Self {
        Self::broken(&DbError::Broken("no key pair could be made".to_owned()))
    }

    fn broken(fault: &DbError) -> Self {
        let reference = ids::random_receipt();
        tracing::error!(%reference, %fault, "an API request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "fault",
            format!(
                "Something broke on our side; nothing was changed. If it happens again, tell the steward this number: {reference}."
            ),
        )
    }

    fn busy(fault: &DbError) -> Self {
        tracing::error!(%fault, "the database cannot be written");
        let detail = "The store cannot take this now; nothing was changed. Please try again in a little while.";
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail);
        Self { retry_after_seconds: Some(5), ..problem }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if self.status == 401 {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"Caucus API\""));
        }
        if let Some(seconds) = self.retry_after_seconds {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        response.body(serde_json::to_vec(self).unwrap_or_default())
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Refused(refusal) => Self::refused(StatusCode::UNPROCESSABLE_ENTITY, refusal),
            ServiceError::Conflict(refusal) => Self::refused(StatusCode::CONFLICT, refusal),
            ServiceError::NotFound(_) => Self::not_found(),
            ServiceError::Forbidden(sentence) => Self::new(StatusCode::FORBIDDEN, "forbidden", sentence),
            ServiceError::Broken(fault) => fault.into(),
        }
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        match error {
            DbError::NotFound => Self::not_found(),
            DbError::Busy(_) | DbError::Closed => Self::busy(&error),
            _ => Self::broken(&error),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::refused(StatusCode::UNPROCESSABLE_ENTITY, refusal)
    }
}
