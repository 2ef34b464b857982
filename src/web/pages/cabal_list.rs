//! All cabals, the youngest first.

use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::cabals::{Cabal, list_cabals};
use crate::ids::CabalId;
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

const ON_A_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "cabal_list.html")]
struct Content {
    cabals: Vec<Cabal>,
    next: Option<CabalId>,
    now: Stamp,
}

/// Where a list goes on.
#[derive(Debug, Deserialize)]
pub struct From {
    before: Option<CabalId>,
}

/// `GET /cabals`
pub async fn show(app: web::Data<App>, session: Session, from: web::Query<From>) -> Result<HttpResponse, PageError> {
    let before = from.before;
    let mut cabals = app.read(move |conn| list_cabals(conn, before, 51)).await?;
    let has_more = cabals.len() > ON_A_PAGE;
    cabals.truncate(ON_A_PAGE);
    let next = cabals.last().filter(|_| has_more).map(|last| last.id);
    session.page(&app, "Cabals").show(&Content { cabals, next, now: app.now() })
}
