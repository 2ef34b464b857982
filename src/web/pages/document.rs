//! The governing documents: the list, and each as a tree of clauses, in force, as it stood on a
//! day or in a version (A1).

use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::amendments::{Amendment, list_amendments};
use crate::db::documents::{
    self, Document, Version, find_document_by_slug, list_clauses, list_documents, list_versions,
};
use crate::db::{AnyConnection, DbError};
use crate::domain::Refusal;
use crate::domain::amendment::AmendmentState;
use crate::domain::document::{Clause, end_of_day, export_markdown, export_plain};
use crate::services::ServiceError;
use crate::web::errors::PageError;
use crate::web::layout::Page;
use crate::web::session::Session;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "document_list.html")]
struct List {
    documents: Vec<Document>,
    is_steward: bool,
}

#[derive(Template)]
#[template(path = "document.html")]
struct Content<'a> {
    page: &'a Page,
    found: &'a Found,
}

#[derive(Template)]
#[template(path = "document_version.html")]
struct Old<'a> {
    document: &'a Document,
    version: &'a Version,
    clauses: &'a [Clause],
    /// When the next version took its place.
    until: Option<Stamp>,
}

struct Found {
    document: Document,
    clauses: Vec<Clause>,
    versions: Vec<Version>,
    alive: Vec<Amendment>,
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

/// `GET /documents`
pub async fn list(app: web::Data<App>, session: Session) -> Result<HttpResponse, PageError> {
    let documents = app.read(list_documents).await?;
    let is_steward = session.signed_in.as_ref().is_some_and(|me| me.is_steward);
    session.page(&app, "Documents").show(&List { documents, is_steward })
}

/// `GET /documents/{slug}`, with `?on=2026-03-08` as it stood on that day.
pub async fn show(
    app: web::Data<App>,
    session: Session,
    slug: web::Path<String>,
    which: web::Query<Which>,
) -> Result<HttpResponse, PageError> {
    let slug = slug.into_inner();
    if which.on.is_some() || which.version.is_some() {
        return show_old(&app, &session, slug, which.into_inner()).await;
    }
    let found = app.read(move |conn| load(conn, &slug)).await?;
    let page = session.page(&app, found.document.title.clone());
    page.show(&Content { page: &page, found: &found })
}

/// `GET /documents/{slug}/versions/{number}`
pub async fn version(
    app: web::Data<App>,
    session: Session,
    path: web::Path<(String, i32)>,
) -> Result<HttpResponse, PageError> {
    let (slug, number) = path.into_inner();
    show_old(&app, &session, slug, Which { version: Some(number), on: None }).await
}

/// `GET /documents/{slug}/export.{format}`: the text as a file.
pub async fn export(
    app: web::Data<App>,
    path: web::Path<(String, String)>,
    which: web::Query<Which>,
) -> Result<HttpResponse, PageError> {
    let ((slug, format), which) = (path.into_inner(), which.into_inner());
    let (document, version, clauses) = app.read(move |conn| load_version(conn, &slug, &which)).await?;
    let (kind, body) = match format.as_str() {
        "txt" => ("text/plain; charset=utf-8", export_plain(&clauses)),
        "md" => ("text/markdown; charset=utf-8", export_markdown(&clauses)),
        "json" => ("application/json", documents::as_json(&document, &version, &clauses).to_string()),
        _ => return Err(PageError::not_found("file")),
    };
    let name = format!("attachment; filename=\"{}-{}.{format}\"", document.slug, version.number);
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, kind)).insert_header((CONTENT_DISPOSITION, name)).body(body))
}

async fn show_old(app: &App, session: &Session, slug: String, which: Which) -> Result<HttpResponse, PageError> {
    let (document, version, clauses, until) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let (document, version, clauses) = load_version(conn, &slug, &which)?;
            let next = documents::find_version_numbered(conn, document.id, version.number.saturating_add(1))?;
            Ok((document, version, clauses, next.map(|next| next.created_at)))
        })
        .await?;
    let page = session.page(app, format!("{}, version {}", document.title, version.number));
    page.show(&Old { document: &document, version: &version, clauses: &clauses, until })
}

/// The document with this name in URLs.
pub(super) fn find(conn: &mut AnyConnection, slug: &str) -> Result<Document, ServiceError> {
    find_document_by_slug(conn, slug)?.ok_or(ServiceError::NotFound("document"))
}

/// The text that was asked for; the one in force when nothing was said.
fn load_version(
    conn: &mut AnyConnection,
    slug: &str,
    which: &Which,
) -> Result<(Document, Version, Vec<Clause>), ServiceError> {
    let document = find(conn, slug)?;
    let version = match (which.version, which.on.as_deref()) {
        (Some(number), _) => documents::find_version_numbered(conn, document.id, number)?,
        (None, Some(day)) => {
            let found = documents::find_version_before(conn, document.id, end_of_day(day)?)?;
            Some(found.ok_or_else(|| not_there_yet(&document))?)
        }
        (None, None) => Some(document.version.clone()),
    };
    let version = version.ok_or(ServiceError::NotFound("version of this document"))?;
    let clauses = list_clauses(conn, version.id)?;
    Ok((document, version, clauses))
}

fn not_there_yet(document: &Document) -> ServiceError {
    let sentence = format!("{} was not there yet on that day. Please choose a later one.", document.title);
    Refusal::field("on", sentence).into()
}

fn load(conn: &mut AnyConnection, slug: &str) -> Result<Found, ServiceError> {
    let document = find(conn, slug)?;
    Ok(Found {
        clauses: list_clauses(conn, document.version.id)?,
        versions: list_versions(conn, document.id)?,
        alive: list_alive(conn, &document)?,
        document,
    })
}

fn list_alive(conn: &mut AnyConnection, document: &Document) -> Result<Vec<Amendment>, DbError> {
    let mut amendments = list_amendments(conn, Some(document.id))?;
    amendments.retain(|a| a.state == AmendmentState::Open || a.state.may_be_edited());
    Ok(amendments)
}
