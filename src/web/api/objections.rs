//! What members say about an amendment: objections (rule A14), comments; and what a member is told.

use super::answer::{self, Created};
use super::body::Body;
use super::member::{ApiMember, MaybeMember};
use super::problem::Problem;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::amendment_comments::list_comments;
use crate::db::member_notices::list_notices;
use crate::db::objections::Objection;
use crate::ids::{AmendmentId, ObjectionId, RowId};
use crate::services::ServiceError;
use crate::services::discuss_amendment::{discuss_amendment, take_comment_back};
use crate::services::raise_objection as acts;
use actix_web::{HttpResponse, delete, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many comments or notices are told at once.
const MOST: i64 = 200;

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
}

impl From<Objection> for ObjectionView {
    fn from(objection: Objection) -> Self {
        Self {
            id: objection.id.to_string(),
            reason: objection.reason,
            raised_at: iso_seconds(objection.raised_at),
            answer: objection.answer,
            is_backed: objection.backer_id.is_some(),
        }
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

/// A comment to write.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommentRequest {
    /// At most 2000 characters
    #[serde(default)]
    #[schema(required)]
    text: String,
}

/// A comment of a member. Who wrote it is told to members.
#[derive(Serialize, ToSchema)]
pub struct CommentView {
    id: String,
    name: Option<String>,
    text: String,
    written_at: String,
}

/// Comments, the oldest first.
#[derive(Serialize, ToSchema)]
pub struct CommentList {
    items: Vec<CommentView>,
}

/// Something that you are told.
#[derive(Serialize, ToSchema)]
pub struct NoticeView {
    sentence: String,
    url: String,
    told_at: String,
}

/// What you are told, the newest first.
#[derive(Serialize, ToSchema)]
pub struct NoticeList {
    items: Vec<NoticeView>,
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

/// List what members wrote under an amendment
#[utoipa::path(tag = "amendments", responses((status = 200, body = CommentList), (status = 404, body = Problem)))]
#[get("/amendments/{id}/comments")]
pub async fn list_amendment_comments(
    app: web::Data<App>,
    viewer: MaybeMember,
    id: web::Path<String>,
) -> Result<web::Json<CommentList>, Problem> {
    let (viewer, id): (_, AmendmentId) = (viewer.id(), answer::id(&id)?);
    let comments = app
        .read(move |conn| -> Result<_, ServiceError> {
            super::amendments::existing(conn, id, viewer)?;
            Ok(list_comments(conn, id, MOST)?)
        })
        .await?;
    let items = comments.into_iter().map(|comment| CommentView {
        id: comment.id.to_string(),
        name: viewer.map(|_| comment.name),
        text: comment.text,
        written_at: iso_seconds(comment.written_at),
    });
    Ok(web::Json(CommentList { items: items.collect() }))
}

/// Write under an amendment
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 201, body = Created), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/amendments/{id}/comments")]
pub async fn write_amendment_comment(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    body: Body<CommentRequest>,
) -> Result<HttpResponse, Problem> {
    let (by, amendment): (_, AmendmentId) = (member.id(), answer::id(&id)?);
    let id = app.write(move |tx| discuss_amendment(tx, by, amendment, &body.0.text)).await?;
    let created = Created { id: id.to_string(), url: app.urls.amendment(amendment), object_id: None };
    Ok(created.at(&format!("/amendments/{amendment}/comments")))
}

/// Take your comment back
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[delete("/comments/{id}")]
pub async fn delete_amendment_comment(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (by, id): (_, RowId) = (member.id(), answer::id(&id)?);
    app.write(move |tx| take_comment_back(tx, by, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List what you are told on your page
#[utoipa::path(tag = "me", security(("token" = [])), responses(
    (status = 200, body = NoticeList), (status = 401, body = Problem)))]
#[get("/me/notices")]
pub async fn list_my_notices(app: web::Data<App>, member: ApiMember) -> Result<web::Json<NoticeList>, Problem> {
    let by = member.id();
    let notices = app.read(move |conn| list_notices(conn, by, MOST)).await?;
    let items = notices.into_iter().map(|notice| NoticeView {
        url: format!("{}{}", app.urls.base(), notice.about),
        sentence: notice.sentence,
        told_at: iso_seconds(notice.told_at),
    });
    Ok(web::Json(NoticeList { items: items.collect() }))
}
