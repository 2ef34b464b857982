//! The governing documents: the list, and each as a tree of clauses with a link to every one (A1).

use super::view;
use crate::App;
use crate::db::amendments::{Amendment, list_amendments};
use crate::db::documents::{Document, Version, find_document_by_slug, list_clauses, list_documents, list_versions};
use crate::db::{AnyConnection, DbError};
use crate::domain::amendment::AmendmentState;
use crate::domain::document::Clause;
use crate::services::ServiceError;
use crate::web::errors::PageError;
use crate::web::layout::Page;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "document_list.html")]
struct List {
    documents: Vec<Document>,
}

#[derive(Template)]
#[template(path = "document.html")]
struct Content<'a> {
    page: &'a Page,
    found: &'a Found,
}

struct Found {
    document: Document,
    clauses: Vec<Clause>,
    versions: Vec<Version>,
    alive: Vec<Amendment>,
}

/// `GET /documents`
pub async fn list(app: web::Data<App>, session: Session) -> Result<HttpResponse, PageError> {
    let documents = app.read(list_documents).await?;
    session.page(&app, "Documents").show(&List { documents })
}

/// `GET /documents/{slug}`
pub async fn show(app: web::Data<App>, session: Session, slug: web::Path<String>) -> Result<HttpResponse, PageError> {
    let slug = slug.into_inner();
    let found = app.read(move |conn| load(conn, &slug)).await?;
    let page = session.page(&app, found.document.title.clone());
    page.show(&Content { page: &page, found: &found })
}

/// The document with this name in URLs.
pub(super) fn find(conn: &mut AnyConnection, slug: &str) -> Result<Document, ServiceError> {
    find_document_by_slug(conn, slug)?.ok_or(ServiceError::NotFound("document"))
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
    amendments
        .retain(|a| matches!(a.state, AmendmentState::SeekingBacking | AmendmentState::Backed | AmendmentState::Open));
    Ok(amendments)
}
