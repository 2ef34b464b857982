//! The public log of what stewards did (K2).

use super::{long_list, view};
use crate::App;
use crate::db::steward_log::{StewardAct, list_acts};
use crate::ids::StewardActId;
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

const ON_A_PAGE: usize = 100;

#[derive(Template)]
#[template(path = "log.html")]
struct Content {
    acts: Vec<StewardAct>,
    next: Option<StewardActId>,
    is_member: bool,
}

/// `GET /log`: strangers read what was done, members also by whom (J5).
pub async fn show(
    app: web::Data<App>,
    session: Session,
    from: web::Query<long_list::From<StewardActId>>,
) -> Result<HttpResponse, PageError> {
    let most = long_list::one_more_than(ON_A_PAGE);
    let mut acts = app.read(move |conn| list_acts(conn, from.before, most)).await?;
    let next = long_list::cut(&mut acts, ON_A_PAGE, |act| act.id);
    let is_member = session.signed_in.is_some();
    session.page(&app, "Stewards’ log").show(&Content { acts, next, is_member })
}
