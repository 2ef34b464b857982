//! The page of a progress update, and taking a statement back: that of a cabal or of the community.

use super::view;
use crate::App;
use crate::db::AnyConnection;
use crate::db::citations::Library;
use crate::db::local_actors::ActorKind;
use crate::db::statements::{Statement, find_statement};
use crate::domain::offer::Viewer;
use crate::ids::{CabalId, PostId};
use crate::services::ServiceError;
use crate::services::publish_statement::withdraw_statement;
use crate::web::errors::PageError;
use crate::web::form::{MemberForm, Nothing};
use crate::web::layout::Page;
use crate::web::session::{MemberSession, Session};
use actix_web::{HttpResponse, web};
use askama::Template;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "progress.html")]
struct Content<'a> {
    update: &'a Statement,
    html: String,
    is_mine: bool,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "statement_withdraw.html")]
struct Question<'a> {
    page: &'a Page,
    statement: &'a Statement,
    path: String,
}

/// `GET /progress/{id}`
pub async fn show(app: web::Data<App>, session: Session, id: web::Path<PostId>) -> Result<HttpResponse, PageError> {
    let (id, member, urls) = (id.into_inner(), session.member_id(), Arc::clone(&app.urls));
    let found = app
        .read(move |conn| {
            let update = find(conn, id)?;
            if update.speaker != ActorKind::Cabal {
                return Err(ServiceError::NotFound("progress"));
            }
            let viewer = view::viewer(conn, CabalId::from_uuid(update.actor_id.uuid()), member)?;
            let shelf = Library::new(&urls).shelf(conn, &update.text, (update.updated_at, None))?;
            Ok((update, viewer, shelf))
        })
        .await;
    let (update, viewer, shelf) = view::or_gone(&app, id, found).await?;
    let url = app.urls.progress(id);
    let page = session.page(&app, format!("Progress of {}", update.name)).with_activity(url.clone());
    let html = view::markdown(&update.text, &shelf);
    page.show(&Content { update: &update, html, is_mine: viewer == Viewer::OfTheCabal, url: &url })
}

/// `GET /progress/{id}/withdraw` and `GET /notes/{id}/withdraw`
pub async fn ask_withdraw(
    app: web::Data<App>,
    visit: MemberSession,
    id: web::Path<PostId>,
) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    let statement = app.read(move |conn| find(conn, id)).await?;
    let page = visit.session.page(&app, "Withdraw this post?");
    page.show(&Question { page: &page, path: path(&statement), statement: &statement })
}

/// `POST /progress/{id}/withdraw` and `POST /notes/{id}/withdraw`
pub async fn withdraw(
    app: web::Data<App>,
    id: web::Path<PostId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    let (id, by) = (id.into_inner(), form.me.member_id);
    let statement = app.read(move |conn| find(conn, id)).await?;
    app.write(move |tx| withdraw_statement(tx, by, id)).await?;
    form.session.done(&app, &home(&statement), "It is withdrawn.").await
}

/// A statement of a cabal or of the community.
///
/// # Errors
/// `NotFound`, or the store's fault.
pub(super) fn find(conn: &mut AnyConnection, id: PostId) -> Result<Statement, ServiceError> {
    find_statement(conn, id)?.ok_or(ServiceError::NotFound("post"))
}

/// Its page.
pub(super) fn path(statement: &Statement) -> String {
    let id = statement.id;
    if statement.speaker == ActorKind::Cabal { format!("/progress/{id}") } else { format!("/notes/{id}") }
}

/// The page of those who say it.
fn home(statement: &Statement) -> String {
    if statement.speaker == ActorKind::Cabal { format!("/c/{}", statement.handle) } else { "/spokespeople".to_owned() }
}
