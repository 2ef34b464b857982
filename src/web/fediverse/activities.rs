//! Public activities that we sent, at their ids.

use super::answers::{NoAnswer, SELDOM, document};
use crate::App;
use crate::db::{DbError, outbox, posts};
use crate::ids::{OutboxId, PostId};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};

/// `GET /activities/{id}`. The Create of a deleted post is gone with it.
pub async fn show(app: web::Data<App>, id: web::Path<String>) -> Result<HttpResponse, NoAnswer> {
    let id: OutboxId = id.parse().map_err(|_| NoAnswer::NotFound)?;
    let (activity, post) = app
        .read::<_, DbError>(move |conn| {
            Ok((outbox::find_activity(conn, id)?, posts::find_post(conn, PostId::from_uuid(id.uuid()))?))
        })
        .await?;
    if post.is_some_and(|post| post.deleted_at.is_some() && post.visibility.is_for_everybody()) {
        return Err(NoAnswer::Gone);
    }
    let activity = activity.filter(|activity| activity.is_public).ok_or(NoAnswer::NotFound)?;
    Ok(document(Bytes::from(activity.body), SELDOM))
}
