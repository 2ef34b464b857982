//! Sign in with handle and password, and out again.

use super::view;
use crate::App;
use crate::services::sign_in;
use crate::web::errors::PageError;
use crate::web::form::{Nothing, SignedForm};
use crate::web::layout::Page;
use crate::web::limits::{Act, client_address};
use crate::web::session::{Session, device_in, forgetting_cookie, safe_path, see_other};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    handle: String,
    password: String,
    next: String,
    first: String,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Content<'a> {
    page: &'a Page,
    handle: &'a str,
    next: &'a str,
    /// True for whoever was led here from a page for members.
    was_led_here: bool,
}

/// `GET /sign-in`
pub async fn show(app: web::Data<App>, session: Session, query: web::Query<Fields>) -> Result<HttpResponse, PageError> {
    let next = safe_path(&query.next);
    if session.signed_in.is_some() {
        return Ok(see_other(&next));
    }
    let page = session.form_page(&app, "Sign in");
    page.show(&Content { page: &page, handle: "", next: &next, was_led_here: !query.first.is_empty() })
}

/// `POST /sign-in`
pub async fn sign_in(
    app: web::Data<App>,
    http: HttpRequest,
    form: SignedForm<Fields>,
) -> Result<HttpResponse, PageError> {
    let (fields, session) = (form.fields, form.session);
    let next = safe_path(&fields.next);
    check_limits(&app, &http, &fields.handle).await?;
    let Some(member) = sign_in::check_password(&app, &fields.handle, &fields.password).await? else {
        let sentence = "This handle and this password do not belong together. Please check both and try again.";
        let page = session.form_page(&app, "Sign in").in_trouble(StatusCode::UNPROCESSABLE_ENTITY, sentence);
        return page.show(&Content { page: &page, handle: &fields.handle, next: &next, was_led_here: false });
    };
    let (id, old) = (member.id, session.sent_secret().map(str::to_owned));
    let opened = app.write(move |tx| sign_in::sign_in(tx, id, old.as_deref(), None)).await?;
    let mut answer = see_other(&next);
    view::add_member_cookies(&mut answer, &app, &opened);
    Ok(answer)
}

/// Tries at an account count together, from whatever address they come, or else whoever has many
/// addresses could guess for long. That alone would let a stranger lock a member out by guessing
/// wrongly all day. So a browser in which the member signed in before has a budget of its own: a
/// cookie bears a mark that only we can make, bound to the member and their password. A member in
/// a new browser may have to wait while somebody guesses; in their own they never do (AC-7).
async fn check_limits(app: &App, http: &HttpRequest, handle: &str) -> Result<(), PageError> {
    app.limits.check_address(Act::SignIn, client_address(http, app))?;
    let handle = handle.trim().trim_start_matches('@').to_ascii_lowercase();
    if let Some(mark) = device_in(http, app) {
        let (wanted, shown) = (handle.clone(), mark.clone());
        if app.read(move |conn| sign_in::is_known_device(conn, &wanted, &shown)).await? {
            return app.limits.check_account(Act::SignInAgain, &mark);
        }
    }
    app.limits.check_account(Act::SignIn, &handle)
}

/// `POST /sign-out`
pub async fn sign_out(app: web::Data<App>, form: SignedForm<Nothing>) -> Result<HttpResponse, PageError> {
    if let Some(secret) = form.session.sent_secret().map(str::to_owned) {
        app.write(move |tx| sign_in::sign_out(tx, &secret)).await?;
    }
    let mut answer = see_other("/");
    view::add_cookie(&mut answer, forgetting_cookie(&app));
    Ok(answer)
}
