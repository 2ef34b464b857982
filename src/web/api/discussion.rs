//! What is said about an amendment: comments that members write here, and replies from other servers.

use super::answer::{self, Created};
use super::body::Body;
use super::member::{ApiMember, MaybeMember};
use super::problem::Problem;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::amendment_comments::list_comments;
use crate::db::messages::{Answer, list_discussion};
use crate::ids::{AmendmentId, RowId};
use crate::services::ServiceError;
use crate::services::discuss_amendment::{discuss_amendment, take_comment_back};
use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many comments or replies are told at once.
const MOST: u16 = 200;

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
    /// Whether the member of the token wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_mine: Option<bool>,
}

/// Comments, the oldest first.
#[derive(Serialize, ToSchema)]
pub struct CommentList {
    items: Vec<CommentView>,
}

/// A public reply from another server.
#[derive(Serialize, ToSchema)]
pub struct ReplyView {
    /// Its id at its home server, where it can be read
    url: String,
    /// `@name@host` of who wrote it
    handle: String,
    /// What it says, as HTML that was cleaned
    content_html: String,
    received_at: String,
    edited_at: Option<String>,
}

impl From<Answer> for ReplyView {
    fn from(Answer { message, handle }: Answer) -> Self {
        Self {
            url: message.note_id,
            handle,
            content_html: message.content_html,
            received_at: iso_seconds(message.received_at),
            edited_at: message.edited_at.map(iso_seconds),
        }
    }
}

/// Replies: those to the proposal and to its vote first, then those to replies.
#[derive(Serialize, ToSchema)]
pub struct ReplyList {
    items: Vec<ReplyView>,
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
            Ok(list_comments(conn, id, MOST.into())?)
        })
        .await?;
    let items = comments.into_iter().map(|comment| CommentView {
        id: comment.id.to_string(),
        is_mine: viewer.map(|viewer| viewer == comment.member_id),
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

/// List what people on other servers reply to an amendment and to its vote
#[utoipa::path(tag = "amendments", responses((status = 200, body = ReplyList), (status = 404, body = Problem)))]
#[get("/amendments/{id}/replies")]
pub async fn list_amendment_replies(
    app: web::Data<App>,
    viewer: MaybeMember,
    id: web::Path<String>,
) -> Result<web::Json<ReplyList>, Problem> {
    let (viewer, id): (_, AmendmentId) = (viewer.id(), answer::id(&id)?);
    let urls = app.urls.clone();
    let replies = app
        .read(move |conn| -> Result<_, ServiceError> {
            let amendment = super::amendments::existing(conn, id, viewer)?;
            Ok(list_discussion(conn, amendment.posts(&urls), MOST.into())?)
        })
        .await?;
    Ok(web::Json(ReplyList { items: replies.into_iter().map(ReplyView::from).collect() }))
}
