//! What spokespeople say in the name of the community: list, show, publish, edit, withdraw (rule V1).

use super::answer::{self, Created};
use super::body::Body;
use super::member::ApiMember;
use super::problem::Problem;
use super::progress::{ProgressChange, ProgressRequest};
use super::query::{Page, Paging, Query};
use crate::App;
use crate::clock::iso_seconds;
use crate::db::local_actors::ActorKind;
use crate::db::statements::{Statement, Whose, list_statements, statement};
use crate::db::{AnyConnection, DbError};
use crate::domain::Urls;
use crate::domain::statement::NewStatement;
use crate::ids::PostId;
use crate::services::ServiceError;
use crate::services::publish_statement::{self as act, Author};
use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::Serialize;
use utoipa::ToSchema;

/// What a spokesperson said in the name of the community.
#[derive(Serialize, ToSchema)]
pub struct StatementView {
    id: String,
    /// Simple Markdown.
    text: String,
    language: String,
    /// The line under it: for whom it is said, by whom, and who edited it.
    signature: String,
    /// The spokesperson who published it.
    spokesperson: String,
    /// The spokesperson who edited it last.
    edited_by: Option<String>,
    published_at: String,
    updated_at: String,
    url: String,
    object_id: String,
}

fn view(conn: &mut AnyConnection, one: Statement, urls: &Urls) -> Result<StatementView, DbError> {
    let (url, spokesperson) = (urls.note(one.id), one.spoken_as.ok_or(DbError::NotFound)?);
    Ok(StatementView {
        id: one.id.to_string(),
        signature: act::signature_of(conn, &one)?.unwrap_or_default(),
        spokesperson: spokesperson.to_string(),
        edited_by: one.edited_as.map(|id| id.to_string()),
        text: one.text,
        language: one.language,
        published_at: iso_seconds(one.published_at),
        updated_at: iso_seconds(one.updated_at),
        object_id: url.clone(),
        url,
    })
}

/// A statement of the community; one of a cabal is progress.
fn of_community(conn: &mut AnyConnection, id: PostId) -> Result<Statement, DbError> {
    let one = statement(conn, id)?;
    if one.speaker == ActorKind::Community { Ok(one) } else { Err(DbError::NotFound) }
}

/// List what was said in the name of the community, newest first
#[utoipa::path(tag = "spokespeople", params(Paging), responses((status = 200, body = Page<StatementView>)))]
#[get("/statements")]
pub async fn list_community_statements(
    app: web::Data<App>,
    paging: Query<Paging>,
) -> Result<web::Json<Page<StatementView>>, Problem> {
    let (before, limit, urls) = (paging.0.before()?, paging.0.limit(), std::sync::Arc::clone(&app.urls));
    let items = app
        .read(move |conn| -> Result<Vec<_>, DbError> {
            let found = list_statements(conn, Whose::Community, before, limit)?;
            found.into_iter().map(|one| view(conn, one, &urls)).collect()
        })
        .await?;
    Ok(web::Json(Page::of(items, &paging.0, |one: &StatementView| one.id.clone())))
}

/// Show what was said
#[utoipa::path(tag = "spokespeople", responses((status = 200, body = StatementView), (status = 404, body = Problem)))]
#[get("/statements/{id}")]
pub async fn show_statement(app: web::Data<App>, id: web::Path<String>) -> Result<web::Json<StatementView>, Problem> {
    let (id, urls): (PostId, _) = (answer::id(&id)?, std::sync::Arc::clone(&app.urls));
    let seen = app
        .read(move |conn| {
            let one = of_community(conn, id)?;
            view(conn, one, &urls)
        })
        .await?;
    Ok(web::Json(seen))
}

/// Say something in the name of the community; for spokespeople
#[utoipa::path(tag = "spokespeople", security(("token" = [])), responses(
    (status = 201, body = Created), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
#[post("/statements")]
pub async fn speak(
    app: web::Data<App>,
    member: ApiMember,
    body: Body<ProgressRequest>,
) -> Result<HttpResponse, Problem> {
    let by = member.id();
    let new = NewStatement::parse(&body.0.into_fields())?;
    let id = app.write(move |tx| act::publish_statement(tx, by, Author::Community, &new)).await?;
    Ok(Created::published(id, app.urls.note(id)).at(&format!("/statements/{id}")))
}

/// Change what was said; followers are told
#[utoipa::path(tag = "spokespeople", security(("token" = [])), responses(
    (status = 200, body = StatementView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
#[patch("/statements/{id}")]
pub async fn edit_statement(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    body: Body<ProgressChange>,
) -> Result<web::Json<StatementView>, Problem> {
    let (by, id): (_, PostId) = (member.id(), answer::id(&id)?);
    let changed = app
        .write(move |tx| -> Result<_, ServiceError> {
            let standing = of_community(tx.conn, id)?;
            let new = NewStatement::parse(&body.0.over(standing))?;
            act::edit_statement(tx, by, id, &new)?;
            let after = statement(tx.conn, id)?;
            Ok(view(tx.conn, after, tx.urls)?)
        })
        .await?;
    Ok(web::Json(changed))
}

/// Take it back; it is deleted wherever it went
#[utoipa::path(tag = "spokespeople", security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[delete("/statements/{id}")]
pub async fn withdraw_statement(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (by, id): (_, PostId) = (member.id(), answer::id(&id)?);
    app.write(move |tx| -> Result<_, ServiceError> {
        of_community(tx.conn, id)?;
        act::withdraw_statement(tx, by, id)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}
