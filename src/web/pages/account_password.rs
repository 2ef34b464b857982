//! Change one's password; other sessions and all tokens end with the old one (AC-12).

use super::view;
use crate::App;
use crate::services::change_password::{PasswordFields, change_password};
use crate::web::errors::PageError;
use crate::web::form::MemberForm;
use crate::web::layout::Page;
use crate::web::limits::Act;
use crate::web::session::MemberSession;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "account_password.html")]
struct Content<'a> {
    page: &'a Page,
}

/// `GET /account/password`
pub async fn show(app: web::Data<App>, visit: MemberSession) -> Result<HttpResponse, PageError> {
    let page = visit.session.page(&app, "Change your password");
    page.show(&Content { page: &page })
}

/// `POST /account/password`
pub async fn change(app: web::Data<App>, form: MemberForm<PasswordFields>) -> Result<HttpResponse, PageError> {
    let me = (form.me.member_id, form.me.handle.as_str());
    app.limits.check_account(Act::SignIn, me.1)?;
    let secret = form.session.sent_secret().unwrap_or_default();
    match change_password(&app, me, &form.fields, secret).await {
        Ok(ended) => {
            let notice = format!(
                "Your password is changed. {} and {} ended with the old one.",
                view::counted(ended.sessions, "other session", "other sessions"),
                view::counted(ended.tokens, "token for programs", "tokens for programs"),
            );
            form.session.done(&app, "/account", &notice).await
        }
        Err(error) => {
            let page = form.session.page(&app, "Change your password").refused(error)?;
            page.show(&Content { page: &page })
        }
    }
}
