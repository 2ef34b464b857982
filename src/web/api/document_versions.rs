//! How a document came to its text: versions, what differs between two, the history of a clause,
//! and the text as a file (rule A1).

use super::answer;
use super::documents::{ClauseView, RuleView, clause_view, find, rule_view};
use super::problem::Problem;
use super::query::{Page, Paging, Query};
use crate::App;
use crate::clock::{Stamp, iso_seconds};
use crate::db::AnyConnection;
use crate::db::clause_history::{ClauseEvent, clause_history};
use crate::db::community_names::{NameChange, list_name_changes, renamed_between};
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
    /// SHA-256 of what `fingerprint_of` says.
    fingerprint: String,
    /// text: its clauses; text_and_rule: the rule of voting and its clauses
    #[schema(example = "text_and_rule")]
    fingerprint_of: &'static str,
    in_force_since: String,
    /// The amendment that brought it; null for the first.
    amendment: Option<String>,
    /// The rule by which this text is amended.
    rule: RuleView,
    /// The name that it gave the community; null when it brought none.
    community_name: Option<String>,
    /// In reading order; only in the answer about one version.
    #[serde(skip_serializing_if = "Option::is_none")]
    clauses: Option<Vec<ClauseView>>,
}

/// Which text.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// The text at the end of this day, UTC
    #[param(example = "2026-03-08")]
    on: Option<String>,
    /// The number of a version; the one in force when left out
    version: Option<i32>,
}

/// Which text, and how it is written.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct File {
    /// The text at the end of this day, UTC
    #[param(example = "2026-03-08")]
    on: Option<String>,
    /// The number of a version; the one in force when left out
    version: Option<i32>,
    /// plain, markdown or json; json when left out
    #[param(example = "plain")]
    format: Option<String>,
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
    /// The rule of voting before and after; null when it is the same.
    rule: Option<RuleChange>,
    /// The name of the community before and after; null when the versions between brought none.
    community_name: Option<NameChangeView>,
}

/// A rule of voting that became another.
#[derive(Serialize, ToSchema)]
pub struct RuleChange {
    old: RuleView,
    new: RuleView,
}

/// A name of the community that became another.
#[derive(Serialize, ToSchema)]
pub struct NameChangeView {
    old: String,
    new: String,
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
    backings_count: Option<u32>,
    /// The vote that carried it.
    poll: Option<String>,
    votes_for: Option<u64>,
    votes_against: Option<u64>,
    votes_abstain: Option<u64>,
}

fn version_view(version: Version, names: &[NameChange], clauses: Option<Vec<Clause>>) -> VersionView {
    let brought = |name: &&NameChange| name.document_id == version.document_id && name.version == version.number;
    VersionView {
        community_name: names.iter().find(brought).map(|name| name.new.clone()),
        version: version.number,
        fingerprint_of: version.fingerprint_of.as_str(),
        fingerprint: version.fingerprint,
        rule: rule_view(version.rule),
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
        backings_count: event.passed.as_ref().map(|passed| passed.backers_count),
        poll: result.map(|result| result.poll_id.to_string()),
        votes_for: result.map(|result| result.tally.votes_for),
        votes_against: result.map(|result| result.tally.against),
        votes_abstain: result.map(|result| result.tally.abstain),
        change: compared(id, event.step.as_str(), event.old, event.new),
    }
}

fn chosen(conn: &mut AnyConnection, document: &Document, which: &Which, now: Stamp) -> Result<Version, ServiceError> {
    let found = match (which.version, which.on.as_deref()) {
        (Some(number), _) => documents::find_version_numbered(conn, document.id, number)?,
        (None, Some(day)) => documents::find_version_before(conn, document.id, end_of_day(day, now)?)?,
        (None, None) => Some(document.version.clone()),
    };
    found.ok_or(ServiceError::NotFound("version of this document"))
}

/// List the versions of a document
#[utoipa::path(tag = "documents", params(Paging), responses(
    (status = 200, body = Page<VersionView>), (status = 400, body = Problem), (status = 404, body = Problem)))]
#[get("/documents/{slug}/versions")]
pub async fn list_versions(
    app: web::Data<App>,
    slug: web::Path<String>,
    paging: Query<Paging>,
) -> Result<web::Json<Page<VersionView>>, Problem> {
    let before: Option<i32> = paging.0.before()?;
    let (found, names) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let document = find(conn, &slug)?;
            Ok((documents::list_versions(conn, document.id)?, list_name_changes(conn)?))
        })
        .await?;
    let rest = found.into_iter().filter(|version| before.is_none_or(|before| version.number < before));
    let items = rest.take(paging.0.length()).map(|version| version_view(version, &names, None)).collect();
    Ok(web::Json(Page::of(items, &paging.0, |version: &VersionView| version.version.to_string())))
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
    let now = app.now();
    let (version, names, clauses) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let document = find(conn, &slug)?;
            let version = chosen(conn, &document, &which, now)?;
            let clauses = documents::list_clauses(conn, version.id)?;
            Ok((version, list_name_changes(conn)?, clauses))
        })
        .await?;
    Ok(version_view(version, &names, Some(clauses)))
}

/// Get the text as a file that can be imported again
#[utoipa::path(tag = "documents", params(File), responses(
    (status = 200, content((serde_json::Value = "application/json"), (String = "text/plain"), (String = "text/markdown"))),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
#[get("/documents/{slug}/export")]
pub async fn export_document(
    app: web::Data<App>,
    slug: web::Path<String>,
    file: Query<File>,
) -> Result<HttpResponse, Problem> {
    let (slug, File { on, version, format }) = (slug.into_inner(), file.0);
    let (which, format) = (Which { on, version }, format.unwrap_or_default());
    let now = app.now();
    let (document, version, clauses) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let document = find(conn, &slug)?;
            let version = chosen(conn, &document, &which, now)?;
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
    let ((before, old), (after, new), renamed) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let document = find(conn, &slug)?;
            let mut numbered = |number| -> Result<_, ServiceError> {
                let version = documents::find_version_numbered(conn, document.id, number)?;
                let version = version.ok_or(ServiceError::NotFound("version of this document"))?;
                let clauses = documents::list_clauses(conn, version.id)?;
                Ok((version, clauses))
            };
            let (old, new) = (numbered(from)?, numbered(to)?);
            Ok((old, new, renamed_between(&list_name_changes(conn)?, document.id, (from, to))))
        })
        .await?;
    let rule =
        (before.rule != after.rule).then(|| RuleChange { old: rule_view(before.rule), new: rule_view(after.rule) });
    let community_name = renamed.map(|(old, new)| NameChangeView { old, new });
    let changes = compare(&old, &new).into_iter().filter_map(|one| {
        let id = one.new.as_ref().or(one.old.as_ref())?.id;
        Some(compared(id, one.step?.as_str(), one.old, one.new))
    });
    Ok(web::Json(Comparison { from, to, changes: changes.collect(), rule, community_name }))
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
