//! A post that has no page of its own kind: an answer, a result, a notice. Only public ones are shown.

use super::view;
use crate::App;
use crate::db::posts::find_post;
use crate::db::{DbError, local_actors};
use crate::ids::PostId;
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "note.html")]
struct Content {
    handle: String,
    name: String,
    html: String,
    published: String,
}

/// `GET /notes/{id}`
pub async fn show(app: web::Data<App>, session: Session, id: web::Path<PostId>) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    let found = app
        .read(move |conn| -> Result<_, DbError> {
            let post = find_post(conn, id)?.filter(|p| p.deleted_at.is_none() && p.visibility.is_for_everybody());
            match post {
                Some(post) => Ok(Some((local_actors::actor(conn, post.actor_id)?, post))),
                None => Ok(None),
            }
        })
        .await?;
    let (actor, post) = found.ok_or(PageError::not_found("post"))?;
    let object: serde_json::Value = serde_json::from_str(&post.object).unwrap_or_default();
    let html = view::clean_html(object.get("content").and_then(|content| content.as_str()).unwrap_or_default());
    let page = session.page(&app, format!("Post by {}", actor.name)).with_activity(app.urls.note(id));
    page.show(&Content { handle: actor.handle, name: actor.name, html, published: view::moment(&post.published_at) })
}
