//! Lists: their query strings and their pages.

use super::problem::Problem;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::future::{Ready, ready};
use utoipa::{IntoParams, ToSchema};

/// How many items a page has when nobody says.
const USUAL: u32 = 20;
/// How many items a page may have.
const MOST: u32 = 100;

/// The query string, read; unknown parameters are refused.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(serde_html_form::from_str(request.query_string()).map(Self).map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "bad_query",
                "A parameter of the query is unknown or has the wrong form. See /api/openapi.json.",
            )
        }))
    }
}

/// Which part of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// The last id of the page before; its `next` says it
    pub before: Option<String>,
    /// How many items, 1 to 100
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u32>,
}

impl Paging {
    /// The id after which this page begins.
    pub fn before<T: std::str::FromStr>(&self) -> Result<Option<T>, Problem> {
        match self.before.as_deref() {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| {
                Problem::field(StatusCode::BAD_REQUEST, "bad_query", "before", "Please give the id that next named.")
            }),
        }
    }

    /// How many items the page has.
    pub fn limit(&self) -> i64 {
        i64::from(self.limit.unwrap_or(USUAL).clamp(1, MOST))
    }

    /// The same, for lists that are short enough to be read whole.
    pub fn length(&self) -> usize {
        usize::try_from(self.limit()).unwrap_or(usize::MAX)
    }
}

/// A part of a list, newest first unless its description says otherwise.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Give this as `before` to read on; null on the last page.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The page of `items`, which were read with this paging.
    pub fn of(items: Vec<T>, paging: &Paging, id: impl Fn(&T) -> String) -> Self {
        let is_full = i64::try_from(items.len()).is_ok_and(|count| count >= paging.limit());
        let next = items.last().filter(|_| is_full).map(id);
        Self { items, next }
    }
}
