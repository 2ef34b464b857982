//! The page of a progress update.

use super::view;
use crate::App;
use crate::db::AnyConnection;
use crate::db::citations::Library;
use crate::db::progress_updates::{ProgressUpdate, find_progress_update};
use crate::domain::offer::Viewer;
use crate::ids::ProgressId;
use crate::services::ServiceError;
use crate::services::publish_progress::withdraw_progress;
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
    update: &'a ProgressUpdate,
    html: String,
    is_mine: bool,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "progress_withdraw.html")]
struct Question<'a> {
    page: &'a Page,
    update: &'a ProgressUpdate,
}

/// `GET /progress/{id}`
pub async fn show(app: web::Data<App>, session: Session, id: web::Path<ProgressId>) -> Result<HttpResponse, PageError> {
    let (id, member, urls) = (id.into_inner(), session.member_id(), Arc::clone(&app.urls));
    let found = app
        .read(move |conn| {
            let update = find(conn, id)?;
            let viewer = view::viewer(conn, update.cabal_id, member)?;
            let shelf = Library::new(&urls).shelf(conn, &update.text, (update.updated_at, None))?;
            Ok::<_, ServiceError>((update, viewer, shelf))
        })
        .await;
    let (update, viewer, shelf) = view::or_gone(&app, id.into(), found).await?;
    let url = app.urls.progress(id);
    let page = session.page(&app, format!("Progress of {}", update.cabal_name)).with_activity(url.clone());
    let html = view::markdown(&update.text, &shelf);
    page.show(&Content { update: &update, html, is_mine: viewer == Viewer::OfTheCabal, url: &url })
}

/// `GET /progress/{id}/withdraw`
pub async fn ask_withdraw(
    app: web::Data<App>,
    visit: MemberSession,
    id: web::Path<ProgressId>,
) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    let update = app.read(move |conn| find(conn, id)).await?;
    let page = visit.session.page(&app, "Withdraw this progress?");
    page.show(&Question { page: &page, update: &update })
}

/// `POST /progress/{id}/withdraw`
pub async fn withdraw(
    app: web::Data<App>,
    id: web::Path<ProgressId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    let (id, by) = (id.into_inner(), form.me.member_id);
    let cabal = app.read(move |conn| Ok::<_, ServiceError>(find(conn, id)?.cabal_handle)).await?;
    app.write(move |tx| withdraw_progress(tx, by, id)).await?;
    form.session.done(&app, &format!("/c/{cabal}"), "It is withdrawn.").await
}

pub(super) fn find(conn: &mut AnyConnection, id: ProgressId) -> Result<ProgressUpdate, ServiceError> {
    find_progress_update(conn, id)?.ok_or(ServiceError::NotFound("progress"))
}
