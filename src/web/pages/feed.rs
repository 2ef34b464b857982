//! Atom feeds: what they have in common.

use crate::App;
use crate::clock::{Stamp, iso_seconds};
use crate::web::errors::PageError;
use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use askama::Template;

/// How many entries a feed has at most.
pub const MOST: usize = 50;

/// One entry.
pub struct Entry {
    /// Its page, which is also its id.
    pub url: String,
    /// What it is called.
    pub title: String,
    /// What it says, as plain text.
    pub text: String,
    /// When it changed last.
    pub updated: Stamp,
}

/// A feed about something.
pub struct About {
    /// What is in it, after the name of the community.
    pub about: &'static str,
    /// Where it is, as a path.
    pub path: &'static str,
    /// The page that shows the same, as a path.
    pub page: &'static str,
}

#[derive(Template)]
#[template(path = "feed.xml", escape = "xml")]
struct Feed<'a> {
    base: &'a str,
    community: String,
    about: &'a str,
    path: &'a str,
    page: &'a str,
    entries: Vec<Entry>,
}

impl Feed<'_> {
    fn updated(&self) -> String {
        self.entries.first().map_or_else(|| "1970-01-01T00:00:00Z".to_owned(), |entry| iso_seconds(entry.updated))
    }
}

/// The answer: the newest first.
///
/// # Errors
/// When the template fails: a fault of the program.
pub fn answer(app: &App, about: &About, community: String, mut entries: Vec<Entry>) -> Result<HttpResponse, PageError> {
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.updated));
    entries.truncate(MOST);
    let About { about, path, page } = *about;
    let feed = Feed { base: app.urls.base(), community, about, path, page, entries }.render()?;
    Ok(HttpResponse::Ok()
        .content_type("application/atom+xml; charset=utf-8")
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .body(feed))
}
