//! Public activities that we sent, at their ids.

use super::answers::{NoAnswer, SELDOM, bytes, document};
use super::objects::question_now;
use crate::App;
use crate::db::posts::{Post, PostKind};
use crate::db::{DbError, outbox, posts};
use crate::federation::outbound::activities::{Head, wrap};
use crate::ids::{OutboxId, PollId, PostId};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use serde_json::Value;

/// `GET /activities/{id}`. The Create of a deleted post is gone with it; that of a Question holds it
/// with the numbers of now.
pub async fn show(app: web::Data<App>, id: web::Path<String>) -> Result<HttpResponse, NoAnswer> {
    let id: OutboxId = id.parse().map_err(|_| NoAnswer::NotFound)?;
    let (activity, post) = app
        .read::<_, DbError>(move |conn| {
            Ok((outbox::find_activity(conn, id)?, posts::find_post(conn, PostId::from_uuid(id.uuid()))?))
        })
        .await?;
    if post.as_ref().is_some_and(|post| post.deleted_at.is_some() && post.visibility.is_for_everybody()) {
        return Err(NoAnswer::Gone);
    }
    let activity = activity.filter(|activity| activity.is_public).ok_or(NoAnswer::NotFound)?;
    match post.filter(|post| post.kind == PostKind::Poll) {
        Some(post) => create_of_question(&app, id, &post).await,
        None => Ok(document(Bytes::from(activity.body), SELDOM)),
    }
}

async fn create_of_question(app: &App, id: OutboxId, post: &Post) -> Result<HttpResponse, NoAnswer> {
    let (question, max_age) = question_now(app, PollId::from_uuid(post.id.uuid())).await?;
    let actor = question.get("attributedTo").and_then(Value::as_str).unwrap_or_default();
    let head = Head { kind: "Create", id: &app.urls.activity(id), actor, at: post.published_at };
    Ok(document(bytes(&wrap(head, &question)), max_age))
}
