//! Progress updates of cabals: list, show, publish, edit and withdraw.

use super::answer::{self, Created};
use super::body::Body;
use super::cabals::{by_handle, in_cabal};
use super::member::ApiMember;
use super::problem::Problem;
use super::query::{Page, Paging, Query};
use crate::App;
use crate::clock::iso_seconds;
use crate::db::local_actors::ActorKind;
use crate::db::statements::{Statement, Whose, list_statements, statement};
use crate::db::{AnyConnection, DbError, Tx};
use crate::domain::Urls;
use crate::domain::statement::{NewStatement, StatementFields};
use crate::ids::PostId;
use crate::services::ServiceError;
use crate::services::publish_statement::{self as act, Author};
use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a cabal tells of its work.
#[derive(Serialize, ToSchema)]
pub struct ProgressView {
    id: String,
    /// The handle of the cabal.
    cabal: String,
    /// Simple Markdown.
    text: String,
    language: String,
    published_at: String,
    updated_at: String,
    url: String,
    object_id: String,
}

/// Progress to publish.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgressRequest {
    /// Simple Markdown
    #[serde(default)]
    #[schema(required, max_length = 5000)]
    text: String,
    /// en when left out
    #[serde(default)]
    language: Option<String>,
}

/// What shall change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgressChange {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    language: Option<String>,
}

impl ProgressRequest {
    /// The form that it stands for.
    pub(super) fn into_fields(self) -> StatementFields {
        StatementFields { text: self.text, language: self.language.unwrap_or_default() }
    }
}

impl ProgressChange {
    /// What stands, with what is to change.
    pub(super) fn over(self, standing: Statement) -> StatementFields {
        let (text, language) = (self.text.unwrap_or(standing.text), self.language.unwrap_or(standing.language));
        StatementFields { text, language }
    }
}

/// A statement of a cabal; one of the community is no progress.
fn of_cabal(conn: &mut AnyConnection, id: PostId) -> Result<Statement, DbError> {
    let one = statement(conn, id)?;
    if one.speaker == ActorKind::Cabal { Ok(one) } else { Err(DbError::NotFound) }
}

fn view(update: Statement, urls: &Urls) -> ProgressView {
    let url = urls.progress(update.id);
    ProgressView {
        id: update.id.to_string(),
        cabal: update.handle,
        text: update.text,
        language: update.language,
        published_at: iso_seconds(update.published_at),
        updated_at: iso_seconds(update.updated_at),
        object_id: url.clone(),
        url,
    }
}

/// List the progress of a cabal, newest first
#[utoipa::path(tag = "progress", params(Paging), responses(
    (status = 200, body = Page<ProgressView>), (status = 404, body = Problem)))]
#[get("/cabals/{handle}/progress")]
pub async fn list_progress(
    app: web::Data<App>,
    handle: web::Path<String>,
    paging: Query<Paging>,
) -> Result<web::Json<Page<ProgressView>>, Problem> {
    let (handle, before, limit) = (handle.into_inner(), paging.0.before()?, paging.0.limit());
    let found = app
        .read(move |conn| -> Result<_, ServiceError> {
            let cabal = by_handle(conn, &handle)?;
            Ok(list_statements(conn, Whose::Of(cabal.id.into()), before, limit)?)
        })
        .await?;
    let items = found.into_iter().map(|update| view(update, &app.urls)).collect();
    Ok(web::Json(Page::of(items, &paging.0, |update: &ProgressView| update.id.clone())))
}

/// Show a progress update
#[utoipa::path(tag = "progress", responses((status = 200, body = ProgressView), (status = 404, body = Problem)))]
#[get("/progress/{id}")]
pub async fn show_progress(app: web::Data<App>, id: web::Path<String>) -> Result<web::Json<ProgressView>, Problem> {
    let id: PostId = answer::id(&id)?;
    let update = app.read(move |conn| of_cabal(conn, id)).await?;
    Ok(web::Json(view(update, &app.urls)))
}

/// Publish progress of a cabal
#[utoipa::path(tag = "progress", security(("token" = [])), responses(
    (status = 201, body = Created), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
#[post("/cabals/{handle}/progress")]
pub async fn publish_progress(
    app: web::Data<App>,
    member: ApiMember,
    handle: web::Path<String>,
    body: Body<ProgressRequest>,
) -> Result<HttpResponse, Problem> {
    let by = member.id();
    let new = NewStatement::parse(&body.0.into_fields())?;
    let publish = move |tx: &mut Tx<'_>, cabal| act::publish_statement(tx, by, Author::Cabal(cabal), &new);
    let id = in_cabal(&app, handle.into_inner(), publish).await?;
    Ok(Created::published(id, app.urls.progress(id)).at(&format!("/progress/{id}")))
}

/// Change a progress update; followers are told
#[utoipa::path(tag = "progress", security(("token" = [])), responses(
    (status = 200, body = ProgressView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
#[patch("/progress/{id}")]
pub async fn edit_progress(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    body: Body<ProgressChange>,
) -> Result<web::Json<ProgressView>, Problem> {
    let (by, id): (_, PostId) = (member.id(), answer::id(&id)?);
    let update = app
        .write(move |tx| -> Result<_, ServiceError> {
            let new = NewStatement::parse(&body.0.over(of_cabal(tx.conn, id)?))?;
            act::edit_statement(tx, by, id, &new)?;
            Ok(statement(tx.conn, id)?)
        })
        .await?;
    Ok(web::Json(view(update, &app.urls)))
}

/// Take a progress update back; it is deleted wherever it went
#[utoipa::path(tag = "progress", security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[delete("/progress/{id}")]
pub async fn withdraw_progress(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (by, id): (_, PostId) = (member.id(), answer::id(&id)?);
    app.write(move |tx| -> Result<_, ServiceError> {
        of_cabal(tx.conn, id)?;
        act::withdraw_statement(tx, by, id)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}
