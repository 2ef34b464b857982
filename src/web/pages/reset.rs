//! Choose a new password behind a one-time link from a steward (AC-11).

use super::view;
use crate::App;
use crate::db::members::{Member, member};
use crate::db::reset_links::find_link;
use crate::ids::secret_hash;
use crate::services::ServiceError;
use crate::services::change_password::{new_password, reset_password};
use crate::services::sign_in::{OpenedSession, hash_password, sign_in};
use crate::web::errors::PageError;
use crate::web::form::SignedForm;
use crate::web::layout::Page;
use crate::web::limits::{Act, client_address};
use crate::web::session::{Session, see_other};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    new_password: String,
}

#[derive(Template)]
#[template(path = "reset.html")]
struct Content<'a> {
    page: &'a Page,
    member: &'a Member,
    secret: &'a str,
}

/// `GET /reset/{secret}`
pub async fn show(
    app: web::Data<App>,
    http: HttpRequest,
    session: Session,
    secret: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let member = find(&app, &http, &secret).await?;
    let page = session.form_page(&app, "Choose a new password").for_one_person();
    page.show(&Content { page: &page, member: &member, secret: &secret })
}

/// `POST /reset/{secret}`
pub async fn reset(
    app: web::Data<App>,
    http: HttpRequest,
    secret: web::Path<String>,
    form: SignedForm<Fields>,
) -> Result<HttpResponse, PageError> {
    let member = find(&app, &http, &secret).await?;
    match act(&app, &form, &member, secret.to_string()).await {
        Ok(opened) => {
            let mut answer = see_other("/account");
            view::add_member_cookies(&mut answer, &app, &opened);
            Ok(answer)
        }
        Err(error) => {
            let page = form.session.form_page(&app, "Choose a new password").refused(error)?;
            page.show(&Content { page: &page, member: &member, secret: &secret })
        }
    }
}

async fn act(
    app: &App,
    form: &SignedForm<Fields>,
    member: &Member,
    secret: String,
) -> Result<OpenedSession, ServiceError> {
    let hash = hash_password(new_password(&form.fields.new_password, &member.handle)?).await?;
    let old = form.session.sent_secret().map(str::to_owned);
    let notice = "Your new password is set. Every other session and every token for programs has ended.";
    app.write(move |tx| {
        let member = reset_password(tx, &secret, &hash)?;
        sign_in(tx, member, old.as_deref(), Some(notice))
    })
    .await
}

async fn find(app: &App, http: &HttpRequest, secret: &str) -> Result<Member, PageError> {
    app.limits.check_address(Act::SignIn, client_address(http, app))?;
    let (hash, now) = (secret_hash(secret), app.now());
    let found = app
        .read(move |conn| {
            let id = find_link(conn, &hash, now)?.ok_or(ServiceError::NotFound("reset link"))?;
            Ok::<_, ServiceError>(member(conn, id)?)
        })
        .await?;
    Ok(found)
}
