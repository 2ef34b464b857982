//! Form a cabal: two required fields, and it is live (C1).

use super::view::Sent;
use crate::App;
use crate::db::cabals;
use crate::domain::cabal::{CabalFields, NewCabal};
use crate::services::ServiceError;
use crate::services::form_cabal::form_cabal;
use crate::web::errors::PageError;
use crate::web::form::MemberForm;
use crate::web::layout::Page;
use crate::web::session::{MemberSession, SignedIn};
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "cabal_form.html")]
struct Content<'a> {
    page: &'a Page,
    fields: &'a CabalFields,
    host: &'a str,
}

/// `GET /cabals/new`
pub async fn show(app: web::Data<App>, visit: MemberSession) -> Result<HttpResponse, PageError> {
    let page = visit.session.page(&app, "Form a cabal");
    page.show(&Content { page: &page, fields: &CabalFields::default(), host: app.urls.host() })
}

/// `POST /cabals/new`
pub async fn form(app: web::Data<App>, form: MemberForm<CabalFields>) -> Result<HttpResponse, PageError> {
    let outcome = act(&app, &form.me, &form.fields).await;
    let notice =
        "Your cabal is formed and on the fediverse. What does it need first? Ask for help, or tell others about it.";
    let sent = Sent { app: &app, session: &form.session, title: "Form a cabal" };
    let again = |page: &Page| page.show(&Content { page, fields: &form.fields, host: app.urls.host() });
    sent.end(outcome, |handle| (format!("/c/{handle}"), notice), again).await
}

async fn act(app: &App, me: &SignedIn, fields: &CabalFields) -> Result<String, ServiceError> {
    let new = NewCabal::parse(fields)?;
    let (by, per_day) = (me.member_id, app.settings.cabals_per_day);
    let keys = app.federation.keys.take().await?;
    app.write(move |tx| {
        let id = form_cabal(tx, by, new, &keys, per_day)?;
        Ok(cabals::cabal(tx.conn, id)?.handle)
    })
    .await
}
