//! Join a cabal with one line, or leave it (C2).

use super::view;
use crate::App;
use crate::db::cabals::Cabal;
use crate::services::ServiceError;
use crate::services::join_cabal::{join_cabal, leave_cabal};
use crate::web::errors::PageError;
use crate::web::form::{MemberForm, Nothing};
use crate::web::layout::Page;
use crate::web::session::{MemberSession, Session};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// What was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    contribution: String,
}

#[derive(Template)]
#[template(path = "cabal_join.html")]
struct Content<'a> {
    page: &'a Page,
    cabal: &'a Cabal,
    fields: &'a Fields,
}

/// `GET /c/{handle}/join`
pub async fn show(
    app: web::Data<App>,
    visit: MemberSession,
    handle: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let cabal = find(&app, handle.into_inner()).await?;
    let page = page(&app, &visit.session, &cabal);
    page.show(&Content { page: &page, cabal: &cabal, fields: &Fields::default() })
}

/// `POST /c/{handle}/join`
pub async fn join(
    app: web::Data<App>,
    handle: web::Path<String>,
    form: MemberForm<Fields>,
) -> Result<HttpResponse, PageError> {
    let cabal = find(&app, handle.into_inner()).await?;
    let (by, id, contribution) = (form.me.member_id, cabal.id, form.fields.contribution.clone());
    match app.write(move |tx| join_cabal(tx, by, id, &contribution)).await {
        Ok(()) => form.session.done(&app, &format!("/c/{}", cabal.handle), "Welcome to the cabal.").await,
        Err(error) => {
            let page = page(&app, &form.session, &cabal).refused(error)?;
            page.show(&Content { page: &page, cabal: &cabal, fields: &form.fields })
        }
    }
}

/// `POST /c/{handle}/leave`
pub async fn leave(
    app: web::Data<App>,
    handle: web::Path<String>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    let cabal = find(&app, handle.into_inner()).await?;
    let (by, id) = (form.me.member_id, cabal.id);
    app.write(move |tx| leave_cabal(tx, by, id)).await?;
    form.session.done(&app, &format!("/c/{}", cabal.handle), "You have left the cabal. Thank you for your work.").await
}

fn page(app: &App, session: &Session, cabal: &Cabal) -> Page {
    session.page(app, format!("Join {}", cabal.name))
}

async fn find(app: &App, handle: String) -> Result<Cabal, ServiceError> {
    app.read(move |conn| view::cabal_named(conn, &handle)).await
}
