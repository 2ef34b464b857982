//! The governing documents, clause by clause (rule A1).

use super::problem::Problem;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::AnyConnection;
use crate::db::documents::{self, Document};
use crate::domain::Urls;
use crate::domain::document::Clause;
use crate::services::ServiceError;
use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;

/// A governing document in the version in force.
#[derive(Serialize, ToSchema)]
pub struct DocumentView {
    id: String,
    /// Its name in URLs.
    slug: String,
    title: String,
    /// Counts from 1.
    version: i32,
    /// SHA-256 of the canonical text.
    fingerprint: String,
    in_force_since: String,
    rule: RuleView,
    url: String,
    /// In reading order; only in the answer about one document.
    #[serde(skip_serializing_if = "Option::is_none")]
    clauses: Option<Vec<ClauseView>>,
}

/// The rule by which it is amended (A9).
#[derive(Serialize, ToSchema)]
pub struct RuleView {
    /// Two thirds of what: the votes cast, or the roll.
    #[schema(example = "cast")]
    base: &'static str,
    /// How many ballots there must be.
    quorum: u32,
}

/// A clause.
#[derive(Serialize, ToSchema)]
pub struct ClauseView {
    /// The same through all versions.
    id: String,
    parent: Option<String>,
    /// From 0.
    depth: i32,
    #[schema(example = "4.1.9")]
    number: String,
    text: String,
}

/// All documents.
#[derive(Serialize, ToSchema)]
pub struct DocumentList {
    items: Vec<DocumentView>,
}

fn view(document: Document, urls: &Urls) -> DocumentView {
    DocumentView {
        id: document.id.to_string(),
        version: document.version.number,
        fingerprint: document.version.fingerprint,
        in_force_since: iso_seconds(document.version.created_at),
        rule: RuleView { base: document.rule.base.as_str(), quorum: document.rule.quorum },
        url: urls.document(&document.slug),
        slug: document.slug,
        title: document.title,
        clauses: None,
    }
}

pub(super) fn clause_view(clause: Clause) -> ClauseView {
    ClauseView {
        id: clause.id.to_string(),
        parent: clause.parent.map(|id| id.to_string()),
        depth: clause.depth,
        number: clause.number,
        text: clause.text,
    }
}

/// The document with this name in URLs.
pub(super) fn find(conn: &mut AnyConnection, slug: &str) -> Result<Document, ServiceError> {
    documents::find_document_by_slug(conn, slug)?.ok_or(ServiceError::NotFound("document"))
}

/// List the governing documents
#[utoipa::path(tag = "documents", responses((status = 200, body = DocumentList)))]
#[get("/documents")]
pub async fn list_documents(app: web::Data<App>) -> Result<web::Json<DocumentList>, Problem> {
    let found = app.read(documents::list_documents).await?;
    Ok(web::Json(DocumentList { items: found.into_iter().map(|document| view(document, &app.urls)).collect() }))
}

/// Show a document with its clauses
#[utoipa::path(tag = "documents", responses((status = 200, body = DocumentView), (status = 404, body = Problem)))]
#[get("/documents/{slug}")]
pub async fn show_document(app: web::Data<App>, slug: web::Path<String>) -> Result<web::Json<DocumentView>, Problem> {
    let slug = slug.into_inner();
    let (document, clauses) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let document = find(conn, &slug)?;
            let clauses = documents::list_clauses(conn, document.version.id)?;
            Ok((document, clauses))
        })
        .await?;
    let clauses = clauses.into_iter().map(clause_view).collect();
    Ok(web::Json(DocumentView { clauses: Some(clauses), ..view(document, &app.urls) }))
}
