//! Where one is signed in, and how to end that.

use super::view;
use crate::App;
use crate::db::sessions::{OpenSession, delete_session_of, delete_sessions_of, list_sessions};
use crate::ids::secret_hash;
use crate::services::ServiceError;
use crate::web::errors::PageError;
use crate::web::form::MemberForm;
use crate::web::layout::Page;
use crate::web::session::{MemberSession, Session};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "account_sessions.html")]
struct Content<'a> {
    page: &'a Page,
    sessions: Vec<OpenSession>,
    own: String,
}

/// Which session to end; all others when it is blank.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    session: String,
}

/// `GET /account/sessions`
pub async fn show(app: web::Data<App>, visit: MemberSession) -> Result<HttpResponse, PageError> {
    let (me, now) = (visit.me.member_id, app.now());
    let sessions = app.read(move |conn| list_sessions(conn, me, now)).await?;
    let page = visit.session.page(&app, "Where you are signed in");
    page.show(&Content { page: &page, sessions, own: own_hash(&visit.session) })
}

/// `POST /account/sessions/end`
pub async fn end(app: web::Data<App>, form: MemberForm<Fields>) -> Result<HttpResponse, PageError> {
    let (me, own, session) = (form.me.member_id, own_hash(&form.session), form.fields.session.clone());
    app.write(move |tx| {
        if session.is_empty() {
            delete_sessions_of(tx, me, &own)?;
        } else if !delete_session_of(tx, me, &session)? {
            return Err(ServiceError::NotFound("session"));
        }
        Ok(())
    })
    .await?;
    form.session.done(&app, "/account/sessions", "You are signed out there.").await
}

fn own_hash(session: &Session) -> String {
    session.sent_secret().map(secret_hash).unwrap_or_default()
}
