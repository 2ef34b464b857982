//! For stewards: block servers and accounts elsewhere, and take it back (K2).

use super::view;
use crate::App;
use crate::db::blocks::{Block, list_blocks};
use crate::services::{ServiceError, block_actor};
use crate::web::errors::PageError;
use crate::web::form::MemberForm;
use crate::web::layout::Page;
use crate::web::session::{MemberSession, Session};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// What was typed, or whose block is taken back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    subject: String,
}

#[derive(Template)]
#[template(path = "steward_blocks.html")]
struct Content<'a> {
    page: &'a Page,
    blocks: &'a [Block],
    fields: &'a Fields,
}

/// `GET /steward/blocks`
pub async fn show(app: web::Data<App>, visit: MemberSession) -> Result<HttpResponse, PageError> {
    super::steward::only_stewards(&visit.me)?;
    show_with(&app, &visit.session, &Fields::default(), None).await
}

async fn show_with(
    app: &App,
    session: &Session,
    fields: &Fields,
    error: Option<ServiceError>,
) -> Result<HttpResponse, PageError> {
    let mut page = session.page(app, "Blocked servers and accounts");
    if let Some(error) = error {
        page = page.refused(error)?;
    }
    let blocks = app.read(list_blocks).await?;
    page.show(&Content { page: &page, blocks: &blocks, fields })
}

/// `POST /steward/blocks`
pub async fn block(app: web::Data<App>, form: MemberForm<Fields>) -> Result<HttpResponse, PageError> {
    super::steward::only_stewards(&form.me)?;
    match block_actor::block(&app, form.me.member_id, &form.fields.subject).await {
        Ok(subject) => {
            let notice =
                format!("{} is blocked. Nothing of it is taken in, sent there or shown any more.", subject.name());
            form.session.done(&app, "/steward/blocks", &notice).await
        }
        Err(error) => show_with(&app, &form.session, &form.fields, Some(error)).await,
    }
}

/// `POST /steward/blocks/remove`
pub async fn unblock(app: web::Data<App>, form: MemberForm<Fields>) -> Result<HttpResponse, PageError> {
    super::steward::only_stewards(&form.me)?;
    let subject = block_actor::unblock(&app, form.me.member_id, &form.fields.subject).await?;
    form.session.done(&app, "/steward/blocks", &format!("{} is no longer blocked.", subject.name())).await
}
