//! How a document came to its text: versions, what differs between two, the history of a clause,
//! and the text as a file (rule A1).

use super::answer;
use super::documents::{ClauseView, clause_view, find};
use super::problem::Problem;
use super::query::Query;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::AnyConnection;
use crate::db::clause_history::{ClauseEvent, clause_history};
use crate::db::documents::{self, Document, Version};
use crate::domain::Refusal;
use crate::domain::document::{Clause, compare, end_of_day, export_markdown, export_plain};
use crate::ids::ClauseId;
use crate::services::ServiceError;
use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One version of a document.
#[derive(Serialize, ToSchema)]
pub struct VersionView {
    /// Counts from 1.
    version: i32,
    /// SHA-256 of the canonical text.
    fingerprint: String,
    in_force_since: String,
    /// The amendment that brought it; null for the first.
    amendment: Option<String>,
    /// In reading order; only in the answer about one version.
    #[serde(skip_serializing_if = "Option::is_none")]
    clauses: Option<Vec<ClauseView>>,
}

/// All versions, the newest first.
#[derive(Serialize, ToSchema)]
pub struct VersionList {
    items: Vec<VersionView>,
}

/// Which text.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// The text at the end of this day, UTC
    #[param(example = "2026-03-08")]
    on: Option<String>,
    /// plain, markdown or json
    #[param(example = "plain")]
    format: Option<String>,
    /// The number of a version; the one in force when left out
    version: Option<i32>,
}

/// Which versions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Pair {
    /// The number of the old version
    from: i32,
    /// The number of the new version
    to: i32,
}

/// What differs between two versions.
#[derive(Serialize, ToSchema)]
pub struct Comparison {
    from: i32,
    to: i32,
    /// The clauses that are not as before, in reading order.
    changes: Vec<ComparedView>,
}

/// A clause that differs.
#[derive(Serialize, ToSchema)]
pub struct ComparedView {
    clause: String,
    /// added, reworded, moved, reworded_and_moved, renumbered or removed
    #[schema(example = "reworded")]
    step: &'static str,
    old_number: Option<String>,
    new_number: Option<String>,
    old_text: Option<String>,
    new_text: Option<String>,
}

/// A clause and how it came to its words.
#[derive(Serialize, ToSchema)]
pub struct ClauseHistory {
    clause: String,
    /// The latest first.
    history: Vec<EventView>,
}

/// What a version did to a clause.
#[derive(Serialize, ToSchema)]
pub struct EventView {
    #[serde(flatten)]
    change: ComparedView,
    version: i32,
    since: String,
    /// Null for what came with the first text.
    amendment: Option<String>,
    /// How many members backed the amendment.
    backings_count: Option<usize>,
    /// The vote that carried it.
    poll: Option<String>,
    votes_for: Option<u64>,
    votes_against: Option<u64>,
    votes_abstain: Option<u64>,
}

fn version_view(version: Version, clauses: Option<Vec<Clause>>) -> VersionView {
    VersionView {
        version: version.number,
        fingerprint: version.fingerprint,
        in_force_since: iso_seconds(version.created_at),
        amendment: version.amendment_id.map(|id| id.to_string()),
        clauses: clauses.map(|clauses| clauses.into_iter().map(clause_view).collect()),
    }
}

fn compared(id: ClauseId, step: &'static str, old: Option<Clause>, new: Option<Clause>) -> ComparedView {
    let (old_number, old_text) = old.map(|clause| (clause.number, clause.text)).unzip();
    let (new_number, new_text) = new.map(|clause| (clause.number, clause.text)).unzip();
    ComparedView { clause: id.to_string(), step, old_number, new_number, old_text, new_text }
}

fn event(id: ClauseId, event: ClauseEvent) -> EventView {
    let result = event.passed.as_ref().and_then(|passed| passed.result.as_ref());
    EventView {
        version: event.version.number,
        since: iso_seconds(event.version.created_at),
        amendment: event.passed.as_ref().map(|passed| passed.amendment.id.to_string()),
        backings_count: event.passed.as_ref().map(|passed| passed.backers.len()),
        poll: result.map(|result| result.poll_id.to_string()),
        votes_for: result.map(|result| result.tally.votes_for),
        votes_against: result.map(|result| result.tally.against),
        votes_abstain: result.map(|result| result.tally.abstain),
        change: compared(id, event.step.as_str(), event.old, event.new),
    }
}

fn chosen(conn: &mut AnyConnection, document: &Document, which: &Which) -> Result<Version, ServiceError> {
    let found = match (which.version, which.on.as_deref()) {
        (Some(number), _) => documents::find_version_numbered(conn, document.id, number)?,
        (None, Some(day)) => documents::find_version_before(conn, document.id, end_of_day(day)?)?,
        (None, None) => Some(document.version.clone()),
    };
    found.ok_or(ServiceError::NotFound("version of this document"))
}

/// List the versions of a document
#[utoipa::path(tag = "documents", responses((status = 200, body = VersionList), (status = 404, body = Problem)))]
#[get("/documents/{slug}/versions")]
pub async fn list_versions(app: web::Data<App>, slug: web::Path<String>) -> Result<web::Json<VersionList>, Problem> {
    let found = app
        .read(move |conn| -> Result<_, ServiceError> {
            let document = find(conn, &slug)?;
            Ok(documents::list_versions(conn, document.id)?)
        })
        .await?;
    Ok(web::Json(VersionList { items: found.into_iter().map(|version| version_view(version, None)).collect() }))
}

/// Show one version with its clauses
#[utoipa::path(tag = "documents", responses((status = 200, body = VersionView), (status = 404, body = Problem)))]
#[get("/documents/{slug}/versions/{number}")]
pub async fn show_version(
    app: web::Data<App>,
    path: web::Path<(String, String)>,
) -> Result<web::Json<VersionView>, Problem> {
    let (slug, number) = path.into_inner();
    let which = Which { version: Some(answer::id(&number)?), ..Which::default() };
    Ok(web::Json(text(&app, slug, which).await?))
}

/// Show the text as it stood at the end of a day
#[utoipa::path(tag = "documents", params(Which), responses(
    (status = 200, body = VersionView), (status = 404, body = Problem), (status = 422, body = Problem)))]
#[get("/documents/{slug}/text")]
pub async fn show_text(
    app: web::Data<App>,
    slug: web::Path<String>,
    which: Query<Which>,
) -> Result<web::Json<VersionView>, Problem> {
    Ok(web::Json(text(&app, slug.into_inner(), which.0).await?))
}

async fn text(app: &App, slug: String, which: Which) -> Result<VersionView, Problem> {
    let (version, clauses) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let document = find(conn, &slug)?;
            let version = chosen(conn, &document, &which)?;
            let clauses = documents::list_clauses(conn, version.id)?;
            Ok((version, clauses))
        })
        .await?;
    Ok(version_view(version, Some(clauses)))
}

/// Get the text as a file that can be imported again
#[utoipa::path(tag = "documents", params(Which), responses(
    (status = 200, body = String, content_type = "text/plain"), (status = 404, body = Problem),
    (status = 422, body = Problem)))]
#[get("/documents/{slug}/export")]
pub async fn export_document(
    app: web::Data<App>,
    slug: web::Path<String>,
    which: Query<Which>,
) -> Result<HttpResponse, Problem> {
    let (slug, which) = (slug.into_inner(), which.0);
    let format = which.format.clone().unwrap_or_default();
    let (document, version, clauses) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let document = find(conn, &slug)?;
            let version = chosen(conn, &document, &which)?;
            let clauses = documents::list_clauses(conn, version.id)?;
            Ok((document, version, clauses))
        })
        .await?;
    match format.as_str() {
        "plain" => Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(export_plain(&clauses))),
        "markdown" => {
            Ok(HttpResponse::Ok().content_type("text/markdown; charset=utf-8").body(export_markdown(&clauses)))
        }
        "" | "json" => Ok(HttpResponse::Ok().json(documents::as_json(&document, &version, &clauses))),
        _ => Err(ServiceError::from(Refusal::field("format", "Please choose plain, markdown or json.")).into()),
    }
}

/// Compare two versions clause by clause
#[utoipa::path(tag = "documents", params(Pair), responses(
    (status = 200, body = Comparison), (status = 404, body = Problem)))]
#[get("/documents/{slug}/compare")]
pub async fn compare_versions(
    app: web::Data<App>,
    slug: web::Path<String>,
    pair: Query<Pair>,
) -> Result<web::Json<Comparison>, Problem> {
    let Pair { from, to } = pair.0;
    let (old, new) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let document = find(conn, &slug)?;
            let mut clauses = |number| -> Result<Vec<Clause>, ServiceError> {
                let version = chosen(conn, &document, &Which { version: Some(number), ..Which::default() })?;
                Ok(documents::list_clauses(conn, version.id)?)
            };
            Ok((clauses(from)?, clauses(to)?))
        })
        .await?;
    let changes = compare(&old, &new).into_iter().filter_map(|one| {
        let id = one.new.as_ref().or(one.old.as_ref())?.id;
        Some(compared(id, one.step?.as_str(), one.old, one.new))
    });
    Ok(web::Json(Comparison { from, to, changes: changes.collect() }))
}

/// Show how a clause came to its words: amendments, votes, dates
#[utoipa::path(tag = "documents", responses((status = 200, body = ClauseHistory), (status = 404, body = Problem)))]
#[get("/documents/{slug}/clauses/{clause}/history")]
pub async fn show_clause_history(
    app: web::Data<App>,
    path: web::Path<(String, String)>,
) -> Result<web::Json<ClauseHistory>, Problem> {
    let (slug, id) = path.into_inner();
    let id: ClauseId = answer::id(&id)?;
    let events = app
        .read(move |conn| -> Result<_, ServiceError> {
            let document = find(conn, &slug)?;
            Ok(clause_history(conn, document.id, id)?)
        })
        .await?;
    if events.is_empty() {
        return Err(Problem::not_found());
    }
    let history = events.into_iter().map(|one| event(id, one)).collect();
    Ok(web::Json(ClauseHistory { clause: id.to_string(), history }))
}
