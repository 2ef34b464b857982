//! The governing documents, clause by clause (rule A1).

use super::problem::Problem;
use super::query::{Page, Paging, Query};
use crate::App;
use crate::clock::iso_seconds;
use crate::db::AnyConnection;
use crate::db::documents::{self, Document};
use crate::domain::Urls;
use crate::domain::document::Clause;
use crate::domain::tally::Rule;
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
    /// SHA-256 of what `fingerprint_of` says.
    fingerprint: String,
    /// text: its clauses; text_and_rule: the rule of voting and its clauses
    #[schema(example = "text_and_rule")]
    fingerprint_of: &'static str,
    in_force_since: String,
    /// Whether whoever joins signs it. False for a document that a steward put in after the set-up,
    /// until an amendment of it is carried
    is_agreed: bool,
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

pub(super) fn rule_view(rule: Rule) -> RuleView {
    RuleView { base: rule.base.as_str(), quorum: rule.quorum }
}

fn view(document: Document, urls: &Urls) -> DocumentView {
    DocumentView {
        id: document.id.to_string(),
        version: document.version.number,
        is_agreed: document.is_agreed(),
        fingerprint_of: document.version.fingerprint_of.as_str(),
        fingerprint: document.version.fingerprint,
        in_force_since: iso_seconds(document.version.created_at),
        rule: rule_view(document.rule),
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

/// List the governing documents, by their names in URLs
#[utoipa::path(tag = "documents", params(Paging), responses((status = 200, body = Page<DocumentView>)))]
#[get("/documents")]
pub async fn list_documents(
    app: web::Data<App>,
    paging: Query<Paging>,
) -> Result<web::Json<Page<DocumentView>>, Problem> {
    let before = paging.0.before.clone().unwrap_or_default();
    let found = app.read(documents::list_documents).await?;
    let rest = found.into_iter().filter(|document| document.slug > before);
    let items = rest.take(paging.0.length()).map(|document| view(document, &app.urls)).collect();
    Ok(web::Json(Page::of(items, &paging.0, |document: &DocumentView| document.slug.clone())))
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
