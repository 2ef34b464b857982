//! Objections to an amendment (rule A14).

use super::answer::{self, Created};
use super::body::Body;
use super::member::ApiMember;
use super::problem::Problem;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::members::member;
use crate::db::objections::Objection;
use crate::db::{AnyConnection, DbError};
use crate::ids::{AmendmentId, MemberId, ObjectionId};
use crate::services::raise_objection as acts;
use actix_web::{HttpResponse, delete, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An objection that stands beside the ballot.
#[derive(Serialize, ToSchema)]
pub struct ObjectionView {
    id: String,
    reason: String,
    raised_at: String,
    /// What the proposer answers.
    answer: Option<String>,
    /// Whether another member has backed it, so that it stands beside the ballot.
    is_backed: bool,
    /// Who raised it; for members.
    #[serde(skip_serializing_if = "Option::is_none")]
    raised_by: Option<String>,
    /// Whether the member of the token raised it.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_mine: Option<bool>,
}

impl ObjectionView {
    /// As this viewer sees it.
    ///
    /// # Errors
    /// The store's fault.
    pub(super) fn of(
        conn: &mut AnyConnection,
        objection: Objection,
        viewer: Option<MemberId>,
    ) -> Result<Self, DbError> {
        let raised_by = viewer.map(|_| member(conn, objection.member_id)).transpose()?;
        Ok(Self {
            raised_by: raised_by.map(|member| member.name),
            is_mine: viewer.map(|viewer| viewer == objection.member_id),
            id: objection.id.to_string(),
            reason: objection.reason,
            raised_at: iso_seconds(objection.raised_at),
            answer: objection.answer,
            is_backed: objection.backer_id.is_some(),
        })
    }
}

/// An objection to raise.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectionRequest {
    /// At most 500 characters
    #[serde(default)]
    #[schema(required)]
    reason: String,
}

/// The proposer's answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// At most 500 characters; empty takes an earlier answer away
    #[serde(default)]
    answer: String,
}

/// Object to an amendment; it stands beside the ballot once another member backs it
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 201, body = Created), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/amendments/{id}/objections")]
pub async fn raise_objection(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    body: Body<ObjectionRequest>,
) -> Result<HttpResponse, Problem> {
    let (by, amendment): (_, AmendmentId) = (member.voice()?, answer::id(&id)?);
    let id = app.write(move |tx| acts::raise_objection(tx, by, amendment, &body.0.reason)).await?;
    let created = Created { id: id.to_string(), url: app.urls.amendment(amendment), object_id: None };
    Ok(created.at(&format!("/amendments/{amendment}")))
}

/// Back the objection of another member
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem)))]
#[post("/objections/{id}/backing")]
pub async fn back_objection(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (by, id): (_, ObjectionId) = (member.voice()?, answer::id(&id)?);
    app.write(move |tx| acts::back_objection(tx, by, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Answer an objection to your amendment
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
#[put("/objections/{id}/answer")]
pub async fn answer_objection(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    body: Body<AnswerRequest>,
) -> Result<HttpResponse, Problem> {
    let (by, id): (_, ObjectionId) = (member.voice()?, answer::id(&id)?);
    app.write(move |tx| acts::answer_objection(tx, by, id, &body.0.answer)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Take your objection back
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem)))]
#[delete("/objections/{id}")]
pub async fn withdraw_objection(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (by, id): (_, ObjectionId) = (member.voice()?, answer::id(&id)?);
    app.write(move |tx| acts::withdraw_objection(tx, by, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
