//! Leave the community: one clear page, one button (J4).

use super::view;
use crate::App;
use crate::db::AnyConnection;
use crate::db::cabals::{Cabal, count_cabal_members, list_cabals_of};
use crate::db::credits::Credit;
use crate::ids::{MemberId, PostId};
use crate::services::ServiceError;
use crate::services::leave_community::{credits_of, leave_community};
use crate::web::errors::PageError;
use crate::web::form::MemberForm;
use crate::web::layout::Page;
use crate::web::session::{MemberSession, forgetting_cookie};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "account_leave.html")]
struct Content<'a> {
    page: &'a Page,
    found: &'a Found,
}

#[derive(Template)]
#[template(path = "account_left.html")]
struct Left;

struct Found {
    /// Each with how many others are in it.
    cabals: Vec<(Cabal, i64)>,
    credits: Vec<Credit>,
}

/// Which public thanks shall stay.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    keep: Vec<PostId>,
}

/// `GET /account/leave`
pub async fn show(app: web::Data<App>, visit: MemberSession) -> Result<HttpResponse, PageError> {
    let me = visit.me.member_id;
    let found = app.read(move |conn| load(conn, me)).await?;
    let page = visit.session.page(&app, "Leave the community");
    page.show(&Content { page: &page, found: &found })
}

/// `POST /account/leave`
pub async fn leave(app: web::Data<App>, form: MemberForm<Fields>) -> Result<HttpResponse, PageError> {
    let (me, kept) = (form.me.member_id, form.fields.keep);
    app.write(move |tx| leave_community(tx, me, &kept)).await?;
    let mut answer = form.session.as_stranger().page(&app, "You have left").for_one_person().show(&Left)?;
    view::add_cookie(&mut answer, forgetting_cookie(&app));
    Ok(answer)
}

fn load(conn: &mut AnyConnection, me: MemberId) -> Result<Found, ServiceError> {
    let mut cabals = Vec::new();
    for cabal in list_cabals_of(conn, me)? {
        let others = count_cabal_members(conn, cabal.id)? - 1;
        cabals.push((cabal, others));
    }
    Ok(Found { cabals, credits: credits_of(conn, me)? })
}
