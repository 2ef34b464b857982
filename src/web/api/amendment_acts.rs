//! What is done to a proposal until it is decided: back it, open or announce its vote, renew it, vote
//! (rules A3, A4, A7).

use super::amendments::{AmendmentView, existing, whole};
use super::answer::{self, Created};
use super::body::Body;
use super::member::ApiMember;
use super::polls;
use super::problem::Problem;
use crate::App;
use crate::domain::refusal::Refusal;
use crate::ids::AmendmentId;
use crate::services as acts;
use actix_web::{HttpResponse, delete, post, web};
use serde::Deserialize;
use utoipa::ToSchema;

/// When a vote is to open.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeRequest {
    /// After how many days, 1 to 30
    #[serde(default)]
    days: u32,
}

/// A ballot on an amendment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceRequest {
    /// For, Against or Abstain
    #[serde(default)]
    #[schema(required, example = "For")]
    choice: String,
}

/// Back the amendment of another member
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 201, body = Created), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem)))]
#[post("/amendments/{id}/backing")]
pub async fn back_amendment(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (by, id): (_, AmendmentId) = (member.voice()?, answer::id(&id)?);
    app.write(move |tx| acts::back_amendment::back_amendment(tx, by, id)).await?;
    let created = Created { id: id.to_string(), url: app.urls.amendment(id), object_id: None };
    Ok(created.at(&format!("/amendments/{id}")))
}

/// Take your backing back, until the vote opens
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
#[delete("/amendments/{id}/backing")]
pub async fn take_backing_back(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (by, id) = (member.voice()?, answer::id(&id)?);
    app.write(move |tx| acts::back_amendment::take_backing_back(tx, by, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Open the vote: text, rule and roll freeze, and the fediverse votes for a week
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 201, body = Created), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem)))]
#[post("/amendments/{id}/opening")]
pub async fn open_ballot(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (by, id) = (member.voice()?, answer::id(&id)?);
    let poll = app.write(move |tx| acts::open_ballot::open_ballot(tx, by, id)).await?;
    Ok(Created::published(poll, app.urls.poll(poll)).at(&format!("/polls/{poll}")))
}

/// Announce that the vote opens by itself after some days, or move that to a later day
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 200, body = AmendmentView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/amendments/{id}/announcement")]
pub async fn announce_opening(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    body: Body<NoticeRequest>,
) -> Result<web::Json<AmendmentView>, Problem> {
    let (by, id, days) = (member.voice()?, answer::id(&id)?, body.0.days);
    app.write(move |tx| acts::announce_opening::announce_opening(tx, by, id, days)).await?;
    Ok(web::Json(whole(&app, id, Some(by)).await?))
}

/// Take the announcement back; the amendment stays backed
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 200, body = AmendmentView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem)))]
#[delete("/amendments/{id}/announcement")]
pub async fn take_announcement_back(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<web::Json<AmendmentView>, Problem> {
    let (by, id) = (member.voice()?, answer::id(&id)?);
    app.write(move |tx| acts::announce_opening::take_announcement_back(tx, by, id)).await?;
    Ok(web::Json(whole(&app, id, Some(by)).await?))
}

/// Give an unbacked proposal another 30 days
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 200, body = AmendmentView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem)))]
#[post("/amendments/{id}/renewal")]
pub async fn renew_amendment(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<web::Json<AmendmentView>, Problem> {
    let (by, id) = (member.voice()?, answer::id(&id)?);
    app.write(move |tx| acts::propose_amendment::renew_amendment(tx, by, id)).await?;
    Ok(web::Json(whole(&app, id, Some(by)).await?))
}

/// Cast your ballot; until the close the last one counts
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 201, body = polls::ReceiptView),
    (status = 200, body = polls::ReceiptView, description = "The ballot was changed"),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/amendments/{id}/ballot")]
pub async fn vote_on_amendment(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    body: Body<ChoiceRequest>,
) -> Result<HttpResponse, Problem> {
    let id = answer::id(&id)?;
    let by = member.id();
    let poll = app.read(move |conn| existing(conn, id, Some(by))).await?.poll_id.ok_or_else(|| {
        let words = "No vote on this amendment is open. See its state.";
        Problem::refused(actix_web::http::StatusCode::CONFLICT, Refusal::new("not_open", words))
    })?;
    polls::cast(&app, &member, poll, vec![body.0.choice]).await
}
