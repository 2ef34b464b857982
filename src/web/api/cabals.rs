//! Cabals: list, show, form, join and leave (rules C1, C2, C6).

use super::answer::{Created, moment};
use super::body::Body;
use super::member::{ApiMember, MaybeMember};
use super::problem::Problem;
use super::query::{Page, Paging, Query};
use crate::App;
use crate::clock::{Stamp, iso_seconds};
use crate::db::cabals::{self, Cabal};
use crate::db::{AnyConnection, DbError, Tx};
use crate::domain::Urls;
use crate::domain::cabal::{CabalFields, NewCabal};
use crate::ids::{CabalId, MemberId};
use crate::services::{self as acts, ServiceError};
use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A cabal as anybody may see it.
#[derive(Serialize, ToSchema)]
pub struct CabalView {
    id: String,
    handle: String,
    /// As it is addressed on the fediverse.
    #[schema(example = "@bees@caucus.example")]
    address: String,
    name: String,
    purpose: String,
    /// active, quiet (30 days) or resting (60 days)
    freshness: &'static str,
    followers_count: i32,
    formed_at: String,
    last_published_at: Option<String>,
    url: String,
    object_id: String,
    /// Only in the answer about one cabal.
    #[serde(skip_serializing_if = "Option::is_none")]
    members_count: Option<i64>,
    /// Whether the member of the token is in it; only in the answer about one cabal.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_mine: Option<bool>,
}

/// A cabal to form.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CabalRequest {
    #[serde(default)]
    #[schema(required, max_length = 80, example = "Bee watch")]
    name: String,
    #[serde(default)]
    #[schema(required, max_length = 1000, example = "We count the bees of the valley.")]
    purpose: String,
    /// Made from the name when left out
    #[serde(default)]
    #[schema(pattern = "^[a-z0-9_]{2,30}$", example = "bees")]
    handle: String,
}

/// What somebody who joins will do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinRequest {
    /// One line
    #[serde(default)]
    #[schema(required, max_length = 200, example = "I can build hives.")]
    contribution: String,
}

fn view(cabal: Cabal, urls: &Urls, now: Stamp) -> CabalView {
    let url = urls.actor(&cabal.handle);
    CabalView {
        id: cabal.id.to_string(),
        address: format!("@{}@{}", cabal.handle, urls.host()),
        freshness: cabal.freshness(now).as_str(),
        formed_at: iso_seconds(cabal.formed_at),
        last_published_at: moment(cabal.last_published_at),
        handle: cabal.handle,
        name: cabal.name,
        purpose: cabal.purpose,
        followers_count: cabal.followers_count,
        object_id: url.clone(),
        url,
        members_count: None,
        is_mine: None,
    }
}

/// The cabal with this handle, for the handlers below it.
pub(super) fn by_handle(conn: &mut AnyConnection, handle: &str) -> Result<Cabal, ServiceError> {
    cabals::find_cabal_by_handle(conn, handle)?.ok_or(ServiceError::NotFound("cabal"))
}

/// Does something in the cabal with this handle, in one transaction.
pub(super) async fn in_cabal<T: Send + 'static>(
    app: &App,
    handle: String,
    act: impl FnOnce(&mut Tx<'_>, CabalId) -> Result<T, ServiceError> + Send + 'static,
) -> Result<T, Problem> {
    let done: Result<T, ServiceError> = app
        .write(move |tx| {
            let cabal = by_handle(tx.conn, &handle)?.id;
            act(tx, cabal)
        })
        .await;
    Ok(done?)
}

/// List the cabals, newest first
#[utoipa::path(tag = "cabals", params(Paging), responses((status = 200, body = Page<CabalView>)))]
#[get("/cabals")]
pub async fn list_cabals(app: web::Data<App>, paging: Query<Paging>) -> Result<web::Json<Page<CabalView>>, Problem> {
    let (before, limit, now) = (paging.0.before()?, paging.0.limit(), app.now());
    let found = app.read(move |conn| cabals::list_cabals(conn, before, limit)).await?;
    let items = found.into_iter().map(|cabal| view(cabal, &app.urls, now)).collect();
    Ok(web::Json(Page::of(items, &paging.0, |cabal: &CabalView| cabal.id.clone())))
}

/// Show a cabal
#[utoipa::path(tag = "cabals", responses((status = 200, body = CabalView), (status = 404, body = Problem)))]
#[get("/cabals/{handle}")]
pub async fn show_cabal(
    app: web::Data<App>,
    viewer: MaybeMember,
    handle: web::Path<String>,
) -> Result<web::Json<CabalView>, Problem> {
    let (handle, viewer, now) = (handle.into_inner(), viewer.id(), app.now());
    let (cabal, members, is_mine) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let cabal = by_handle(conn, &handle)?;
            let members = cabals::count_cabal_members(conn, cabal.id)?;
            let is_mine = viewer.map(|member| cabals::is_member(conn, cabal.id, member)).transpose()?;
            Ok((cabal, members, is_mine))
        })
        .await?;
    Ok(web::Json(CabalView { members_count: Some(members), is_mine, ..view(cabal, &app.urls, now) }))
}

/// Form a cabal; it is live and federated at once
#[utoipa::path(tag = "cabals", security(("token" = [])), responses(
    (status = 201, body = Created), (status = 401, body = Problem), (status = 422, body = Problem)))]
#[post("/cabals")]
pub async fn form_cabal(
    app: web::Data<App>,
    member: ApiMember,
    body: Body<CabalRequest>,
) -> Result<HttpResponse, Problem> {
    let CabalRequest { name, purpose, handle } = body.0;
    let new = NewCabal::parse(&CabalFields { name, purpose, handle })?;
    let (by, per_day) = (member.id(), app.settings.cabals_per_day);
    let handle = new.handle.to_string();
    let keys = app.federation.keys.take().await.map_err(|_| Problem::no_key())?;
    let id = app.write(move |tx| acts::form_cabal::form_cabal(tx, by, new, &keys, per_day)).await?;
    Ok(Created::published(id, app.urls.actor(&handle)).at(&format!("/cabals/{handle}")))
}

/// Join a cabal by saying what you will do
#[utoipa::path(tag = "cabals", security(("token" = [])), responses(
    (status = 201, body = Created), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/cabals/{handle}/members")]
pub async fn join_cabal(
    app: web::Data<App>,
    member: ApiMember,
    handle: web::Path<String>,
    body: Body<JoinRequest>,
) -> Result<HttpResponse, Problem> {
    let (by, handle) = (member.id(), handle.into_inner());
    let cabal = app
        .write(move |tx| -> Result<_, ServiceError> {
            let cabal = by_handle(tx.conn, &handle)?;
            acts::join_cabal::join_cabal(tx, by, cabal.id, &body.0.contribution)?;
            Ok(cabal)
        })
        .await?;
    // Membership is private: it has a page, and is nothing on the fediverse.
    let created = Created { id: by.to_string(), url: app.urls.actor(&cabal.handle), object_id: None };
    Ok(created.at(&format!("/cabals/{}", cabal.handle)))
}

/// Leave a cabal
#[utoipa::path(tag = "cabals", security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
#[delete("/cabals/{handle}/members/me")]
pub async fn leave_cabal(
    app: web::Data<App>,
    member: ApiMember,
    handle: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let by = member.id();
    in_cabal(&app, handle.into_inner(), move |tx, cabal| acts::join_cabal::leave_cabal(tx, by, cabal)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Whether a member is in a cabal; nobody is not.
pub(super) fn is_of(conn: &mut AnyConnection, cabal: CabalId, viewer: Option<MemberId>) -> Result<bool, DbError> {
    viewer.map_or(Ok(false), |member| cabals::is_member(conn, cabal, member))
}
