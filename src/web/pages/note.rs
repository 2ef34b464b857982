//! A post that has no page of its own kind: an answer, a result, a notice, what a spokesperson said.
//! Only public ones are shown.

use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::local_actors::{ActorKind, LocalActor, actor};
use crate::db::posts::{Post, find_post};
use crate::db::spokespeople::find_speaking;
use crate::db::statements::find_statement;
use crate::db::{AnyConnection, DbError};
use crate::ids::{MemberId, PostId};
use crate::services::ServiceError;
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "note.html")]
struct Content {
    id: PostId,
    speaker: LocalActor,
    html: String,
    language: String,
    published: String,
    /// When it was edited, as a day.
    edited: Option<String>,
    /// Whether the one who looks may edit and withdraw it.
    is_mine: bool,
}

impl Content {
    fn is_of_community(&self) -> bool {
        self.speaker.kind == ActorKind::Community
    }
}

/// `GET /notes/{id}`
pub async fn show(app: web::Data<App>, session: Session, id: web::Path<PostId>) -> Result<HttpResponse, PageError> {
    let (id, viewer, now) = (id.into_inner(), session.member_id(), app.deadline());
    let (post, speaker, is_mine) = app.read(move |conn| load(conn, id, viewer, now)).await?;
    if post.deleted_at.is_some() {
        return Err(PageError::Gone("post"));
    }
    let object: serde_json::Value = serde_json::from_str(&post.object).unwrap_or_default();
    let html = view::clean_html(object.get("content").and_then(|content| content.as_str()).unwrap_or_default());
    let language = object.pointer("/contentMap").and_then(|map| map.as_object()?.keys().next().cloned());
    let page = session.page(&app, format!("Post by {}", speaker.name)).with_activity(app.urls.note(id));
    page.show(&Content {
        id,
        speaker,
        html,
        language: language.unwrap_or_else(|| "en".to_owned()),
        published: view::moment(&post.published_at),
        edited: post.updated_at.map(|at| view::day(&at)),
        is_mine,
    })
}

fn load(
    conn: &mut AnyConnection,
    id: PostId,
    viewer: Option<MemberId>,
    now: Stamp,
) -> Result<(Post, LocalActor, bool), ServiceError> {
    let public = find_post(conn, id)?.filter(|post| post.visibility.is_for_everybody());
    let post = public.ok_or(ServiceError::NotFound("post"))?;
    let speaker = actor(conn, post.actor_id)?;
    let is_mine = match (viewer, find_statement(conn, id)?) {
        (Some(viewer), Some(_)) => speaker.kind == ActorKind::Community && speaks(conn, viewer, now)?,
        _ => false,
    };
    Ok((post, speaker, is_mine))
}

fn speaks(conn: &mut AnyConnection, viewer: MemberId, now: Stamp) -> Result<bool, DbError> {
    Ok(find_speaking(conn, viewer, now)?.is_some())
}
