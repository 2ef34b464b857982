//! What the answers of the resources have in common.

use super::problem::Problem;
use crate::clock::{Stamp, iso_seconds};
use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Serialize;
use std::str::FromStr;
use utoipa::ToSchema;

/// Something that was created: where it is for programs (`Location`), for people (`url`) and on
/// the fediverse (`object_id`).
#[derive(Debug, Serialize, ToSchema)]
pub struct Created {
    /// Its id here.
    pub id: String,
    /// Its page.
    pub url: String,
    /// Its id on the fediverse; null for what is not published there.
    pub object_id: Option<String>,
}

impl Created {
    /// Something whose page and whose object on the fediverse are one URL.
    pub fn published(id: impl ToString, url: String) -> Self {
        Self { id: id.to_string(), object_id: Some(url.clone()), url }
    }

    /// The answer: 201, with the address of the resource in the API.
    pub fn at(self, location: &str) -> HttpResponse {
        HttpResponse::Created().insert_header((header::LOCATION, format!("/api/v1{location}"))).json(self)
    }
}

/// The id in a path. What is no id names nothing.
pub fn id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// A moment that may be missing.
pub fn moment(stamp: Option<Stamp>) -> Option<String> {
    stamp.map(iso_seconds)
}

/// Reads a field that may be left out (`None`), emptied with `null` (`Some(None)`) or given.
pub fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    serde::Deserialize::deserialize(deserializer).map(Some)
}
