//! Published objects at their ids. What is not for everybody does not exist for those who ask
//! here; what was deleted is told so.

use super::answers::{NoAnswer, bytes, document, gone};
use crate::App;
use crate::clock::Stamp;
use crate::db::posts::{Post, PostKind};
use crate::db::{DbError, polls, posts};
use crate::ids::{PollId, PostId};
use crate::services::{ServiceError, close_ballot, publish_poll};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

/// The first parts of the URLs of objects.
pub const PATHS: [&str; 4] = ["help-requests", "progress", "polls", "notes"];

/// How long others may keep an object that may be edited, in seconds.
const OBJECT: u32 = 60;

/// How long others may keep an open poll at most, in seconds (fediverse.md 6.3).
const OPEN_POLL: u32 = 30;

/// `GET /help-requests/{id}` and its like.
pub async fn show(app: web::Data<App>, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, NoAnswer> {
    let post = for_everybody(&app, &id, request.path()).await?;
    if post.deleted_at.is_some() {
        return Ok(gone(post.object));
    }
    if post.kind == PostKind::Poll {
        return question(&app, PollId::from_uuid(post.id.uuid())).await;
    }
    Ok(document(Bytes::from(post.object), OBJECT))
}

/// The post with this id, deleted or not, if it is for everybody and `path` is its own.
pub(super) async fn for_everybody(app: &App, id: &str, path: &str) -> Result<Post, NoAnswer> {
    let id: PostId = id.parse().map_err(|_| NoAnswer::NotFound)?;
    let post = app.read::<_, DbError>(move |conn| posts::post(conn, id)).await?;
    let is_its_own = post.url(&app.urls).strip_prefix(app.urls.base()) == Some(path);
    if is_its_own && post.visibility.is_for_everybody() { Ok(post) } else { Err(NoAnswer::NotFound) }
}

async fn question(app: &App, id: PollId) -> Result<HttpResponse, NoAnswer> {
    let (question, max_age) = question_now(app, id).await?;
    Ok(document(bytes(&question), max_age))
}

/// A Question as it stands now, and how long others may keep it: from the very moment of its end with
/// the final numbers, because some servers ask once after the end and never again.
pub(super) async fn question_now(app: &App, id: PollId) -> Result<(Value, u32), NoAnswer> {
    let now = app.deadline();
    let mut poll = app.read(move |conn| polls::poll(conn, id)).await?;
    if poll.is_due(now) {
        close_ballot::settle(app, id).await.map_err(no_answer)?;
        poll = app.read(move |conn| polls::poll(conn, id)).await?;
    }
    let max_age = max_age(poll.closes_at, poll.closed_at, now);
    let question = app.read(move |conn| publish_poll::question_now(conn, &poll)).await.map_err(no_answer)?;
    Ok((question, max_age))
}

/// Never kept across the close.
fn max_age(closes_at: Stamp, closed_at: Option<Stamp>, now: Stamp) -> u32 {
    if closed_at.is_some() {
        return OBJECT;
    }
    let left = (closes_at - now).num_seconds().clamp(0, i64::from(OPEN_POLL));
    u32::try_from(left).unwrap_or(0)
}

fn no_answer(error: ServiceError) -> NoAnswer {
    match error {
        ServiceError::NotFound(_) => NoAnswer::NotFound,
        ServiceError::Broken(fault) => NoAnswer::Broken(fault),
        other => NoAnswer::Broken(DbError::Broken(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone as _, Utc};

    #[test]
    fn an_open_poll_is_kept_for_half_a_minute_and_never_across_its_end() {
        let end = Utc.with_ymd_and_hms(2026, 3, 8, 12, 0, 0).unwrap();
        let at = |before: i64| max_age(end, None, end - TimeDelta::milliseconds(before));

        assert_eq!([at(3_600_000), at(30_000), at(29_999), at(1_500), at(999), at(0)], [30, 30, 29, 1, 0, 0]);
        assert_eq!(at(-5_000), 0);
        assert_eq!(max_age(end, Some(end), end), OBJECT);
    }
}
