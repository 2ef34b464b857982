//! A document as it stood in a version or on a day, and the text of any version as a file (A1).

use super::{document, view};
use crate::App;
use crate::clock::Stamp;
use crate::db::AnyConnection;
use crate::db::community_names::{list_name_changes, renamed_between};
use crate::db::documents::{self, Document, Version, list_clauses};
use crate::domain::Refusal;
use crate::domain::document::{Clause, end_of_day, export_markdown, export_plain};
use crate::services::ServiceError;
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "document_version.html")]
struct Content<'a> {
    document: &'a Document,
    version: &'a Version,
    clauses: &'a [Clause],
    /// When the next version took its place.
    until: Option<Stamp>,
    /// The name of the community before it and with it, where it brought one.
    renamed: Option<(String, String)>,
}

/// Which text of a document.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Which {
    /// The text at the end of this day.
    on: Option<String>,
    /// The text of this version.
    version: Option<i32>,
}

impl Which {
    /// Whether a version or a day was named.
    pub(super) fn is_old(&self) -> bool {
        self.on.is_some() || self.version.is_some()
    }
}

/// `GET /documents/{slug}/versions/{number}`
pub async fn show(
    app: web::Data<App>,
    session: Session,
    path: web::Path<(String, i32)>,
) -> Result<HttpResponse, PageError> {
    let (slug, number) = path.into_inner();
    show_old(&app, &session, slug, Which { version: Some(number), on: None }).await
}

/// The page of a text that was asked for by its version or by a day.
pub(super) async fn show_old(
    app: &App,
    session: &Session,
    slug: String,
    which: Which,
) -> Result<HttpResponse, PageError> {
    let now = app.now();
    let (document, version, clauses, until, renamed) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let (document, version, clauses) = load(conn, &slug, &which, now)?;
            let next = documents::find_version_numbered(conn, document.id, version.number.saturating_add(1))?;
            let span = (version.number - 1, version.number);
            let renamed = renamed_between(&list_name_changes(conn)?, document.id, span);
            Ok((document, version, clauses, next.map(|next| next.created_at), renamed))
        })
        .await?;
    let page = session.page(app, format!("{}, version {}", document.title, version.number));
    page.show(&Content { document: &document, version: &version, clauses: &clauses, until, renamed })
}

/// `GET /documents/{slug}/export.{format}`: the text as a file.
pub async fn export(
    app: web::Data<App>,
    path: web::Path<(String, String)>,
    which: web::Query<Which>,
) -> Result<HttpResponse, PageError> {
    let ((slug, format), which, now) = (path.into_inner(), which.into_inner(), app.now());
    let (document, version, clauses) = app.read(move |conn| load(conn, &slug, &which, now)).await?;
    let (kind, body) = match format.as_str() {
        "txt" => ("text/plain; charset=utf-8", export_plain(&clauses)),
        "md" => ("text/markdown; charset=utf-8", export_markdown(&clauses)),
        "json" => ("application/json", documents::as_json(&document, &version, &clauses).to_string()),
        _ => return Err(PageError::not_found("file")),
    };
    let name = format!("attachment; filename=\"{}-{}.{format}\"", document.slug, version.number);
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, kind)).insert_header((CONTENT_DISPOSITION, name)).body(body))
}

/// The text that was asked for; the one in force when nothing was said.
fn load(
    conn: &mut AnyConnection,
    slug: &str,
    which: &Which,
    now: Stamp,
) -> Result<(Document, Version, Vec<Clause>), ServiceError> {
    let document = document::find(conn, slug)?;
    let version = match (which.version, which.on.as_deref()) {
        (Some(number), _) => documents::find_version_numbered(conn, document.id, number)?,
        (None, Some(day)) => {
            let found = documents::find_version_before(conn, document.id, end_of_day(day, now)?)?;
            match found {
                Some(found) => Some(found),
                None => return Err(not_there_yet(conn, &document)?),
            }
        }
        (None, None) => Some(document.version.clone()),
    };
    let version = version.ok_or(ServiceError::NotFound("version of this document"))?;
    let clauses = list_clauses(conn, version.id)?;
    Ok((document, version, clauses))
}

fn not_there_yet(conn: &mut AnyConnection, document: &Document) -> Result<ServiceError, ServiceError> {
    let first = documents::find_version_numbered(conn, document.id, 1)?;
    let since = first.map_or_else(String::new, |first| format!(" It begins on {}.", view::day(&first.created_at)));
    let sentence = format!("{} was not there yet on that day.{since} Please choose a later one.", document.title);
    Ok(Refusal::field("on", sentence).into())
}
