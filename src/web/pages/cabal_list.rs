//! All cabals, the youngest first.

use super::{long_list, view};
use crate::App;
use crate::clock::Stamp;
use crate::db::cabals::{Cabal, list_cabals};
use crate::ids::CabalId;
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

const ON_A_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "cabal_list.html")]
struct Content {
    cabals: Vec<Cabal>,
    next: Option<CabalId>,
    now: Stamp,
}

/// `GET /cabals`
pub async fn show(
    app: web::Data<App>,
    session: Session,
    from: web::Query<long_list::From<CabalId>>,
) -> Result<HttpResponse, PageError> {
    let most = long_list::one_more_than(ON_A_PAGE);
    let mut cabals = app.read(move |conn| list_cabals(conn, from.before, most)).await?;
    let next = long_list::cut(&mut cabals, ON_A_PAGE, |cabal| cabal.id);
    session.page(&app, "Cabals").show(&Content { cabals, next, now: app.now() })
}
