//! Join a cabal with one line, adopt one that rests, or leave one (C2, C6).

use super::view;
use crate::App;
use crate::db::cabals::{Cabal, count_cabal_members};
use crate::db::offers::list_offers_of_cabal;
use crate::domain::cabal::Freshness;
use crate::domain::offer::OfferState;
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
    is_resting: bool,
}

#[derive(Template)]
#[template(path = "cabal_leave.html")]
struct Question<'a> {
    page: &'a Page,
    cabal: &'a Cabal,
    others: i64,
    waiting: usize,
}

/// `GET /c/{handle}/join`
pub async fn show(
    app: web::Data<App>,
    visit: MemberSession,
    handle: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let cabal = find(&app, handle.into_inner()).await?;
    let is_resting = cabal.freshness(app.now()) == Freshness::Resting;
    let page = page(&app, &visit.session, &cabal);
    page.show(&Content { page: &page, cabal: &cabal, fields: &Fields::default(), is_resting })
}

/// `POST /c/{handle}/join`
pub async fn join(
    app: web::Data<App>,
    handle: web::Path<String>,
    form: MemberForm<Fields>,
) -> Result<HttpResponse, PageError> {
    let cabal = find(&app, handle.into_inner()).await?;
    let (by, id, contribution) = (form.me.member_id, cabal.id, form.fields.contribution.clone());
    let is_resting = cabal.freshness(app.now()) == Freshness::Resting;
    let notice =
        if is_resting { "The cabal is yours to lead now. What does it need first?" } else { "Welcome to the cabal." };
    match app.write(move |tx| join_cabal(tx, by, id, &contribution)).await {
        Ok(()) => form.session.done(&app, &format!("/c/{}", cabal.handle), notice).await,
        Err(error) => {
            let page = page(&app, &form.session, &cabal).refused(error)?;
            page.show(&Content { page: &page, cabal: &cabal, fields: &form.fields, is_resting })
        }
    }
}

/// `GET /c/{handle}/leave`
pub async fn ask_leave(
    app: web::Data<App>,
    visit: MemberSession,
    handle: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let cabal = view::my_cabal(&app, handle.into_inner(), visit.me.member_id).await?;
    let id = cabal.id;
    let (others, waiting) = app
        .read(move |conn| {
            let waiting = list_offers_of_cabal(conn, id, OfferState::Waiting)?.len();
            Ok::<_, ServiceError>((count_cabal_members(conn, id)? - 1, waiting))
        })
        .await?;
    let page = visit.session.page(&app, format!("Leave {}?", cabal.name));
    page.show(&Question { page: &page, cabal: &cabal, others, waiting })
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
    let verb = if cabal.freshness(app.now()) == Freshness::Resting { "Adopt" } else { "Join" };
    session.page(app, format!("{verb} {}", cabal.name))
}

async fn find(app: &App, handle: String) -> Result<Cabal, ServiceError> {
    app.read(move |conn| view::cabal_named(conn, &handle)).await
}
