//! Tell progress, or edit what was told.

use super::progress;
use super::view::{self, Sent};
use crate::App;
use crate::db::cabals::{Cabal, cabal};
use crate::db::progress_updates::ProgressUpdate;
use crate::domain::progress::{NewProgress, ProgressFields};
use crate::ids::{MemberId, ProgressId};
use crate::services::ServiceError;
use crate::services::publish_progress::{edit_progress, publish_progress};
use crate::web::errors::PageError;
use crate::web::form::MemberForm;
use crate::web::layout::Page;
use crate::web::session::MemberSession;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "progress_form.html")]
struct Content<'a> {
    page: &'a Page,
    cabal: &'a Cabal,
    fields: &'a ProgressFields,
    action: String,
    is_new: bool,
}

/// `GET /c/{handle}/progress/new`
pub async fn new(
    app: web::Data<App>,
    visit: MemberSession,
    handle: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let cabal = view::my_cabal(&app, handle.into_inner(), visit.me.member_id).await?;
    let page = visit.session.page(&app, "Tell progress");
    page.show(&for_new(&page, &cabal, &ProgressFields { text: String::new(), language: "en".to_owned() }))
}

/// `POST /c/{handle}/progress/new`
pub async fn publish(
    app: web::Data<App>,
    handle: web::Path<String>,
    form: MemberForm<ProgressFields>,
) -> Result<HttpResponse, PageError> {
    let by = form.me.member_id;
    let cabal = view::my_cabal(&app, handle.into_inner(), by).await?;
    let id = cabal.id;
    let published = match NewProgress::parse(&form.fields) {
        Ok(new) => app.write(move |tx| publish_progress(tx, by, id, &new)).await,
        Err(refusal) => Err(refusal.into()),
    };
    let leads = |id| (format!("/progress/{id}"), "Your news is on its way to everybody who follows the cabal.");
    let sent = Sent { app: &app, session: &form.session, title: "Tell progress" };
    sent.end(published, leads, |page| page.show(&for_new(page, &cabal, &form.fields))).await
}

/// `GET /progress/{id}/edit`
pub async fn edit(
    app: web::Data<App>,
    visit: MemberSession,
    id: web::Path<ProgressId>,
) -> Result<HttpResponse, PageError> {
    let (update, cabal) = find(&app, id.into_inner(), visit.me.member_id).await?;
    let page = visit.session.page(&app, "Edit the progress");
    let fields = ProgressFields { text: update.text, language: update.language };
    page.show(&for_old(&page, &cabal, &fields, update.id))
}

/// `POST /progress/{id}/edit`
pub async fn save(
    app: web::Data<App>,
    id: web::Path<ProgressId>,
    form: MemberForm<ProgressFields>,
) -> Result<HttpResponse, PageError> {
    let (by, id) = (form.me.member_id, id.into_inner());
    let (_, cabal) = find(&app, id, by).await?;
    let saved = match NewProgress::parse(&form.fields) {
        Ok(new) => app.write(move |tx| edit_progress(tx, by, id, &new)).await,
        Err(refusal) => Err(refusal.into()),
    };
    let leads = |()| (format!("/progress/{id}"), "Your change is published.");
    let sent = Sent { app: &app, session: &form.session, title: "Edit the progress" };
    sent.end(saved, leads, |page| page.show(&for_old(page, &cabal, &form.fields, id))).await
}

fn for_new<'a>(page: &'a Page, cabal: &'a Cabal, fields: &'a ProgressFields) -> Content<'a> {
    Content { page, cabal, fields, action: format!("/c/{}/progress/new", cabal.handle), is_new: true }
}

fn for_old<'a>(page: &'a Page, cabal: &'a Cabal, fields: &'a ProgressFields, id: ProgressId) -> Content<'a> {
    Content { page, cabal, fields, action: format!("/progress/{id}/edit"), is_new: false }
}

async fn find(app: &App, id: ProgressId, member: MemberId) -> Result<(ProgressUpdate, Cabal), ServiceError> {
    app.read(move |conn| {
        let update = progress::find(conn, id)?;
        let cabal = cabal(conn, update.cabal_id)?;
        view::require_cabal_member(conn, &cabal, member)?;
        Ok((update, cabal))
    })
    .await
}
