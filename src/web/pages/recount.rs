//! Count the record of a vote again in the browser, by a script of ours that sends nothing (A13).

use crate::App;
use crate::web::assets::recount_url;
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::{HttpResponse, web};
use askama::Template;

/// It runs a script, our own file, which may connect to nothing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'none'; \
                      object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

#[derive(Template)]
#[template(path = "recount.html")]
struct Content {
    script_url: &'static str,
}

/// `GET /recount`
pub async fn show(app: web::Data<App>, session: Session) -> Result<HttpResponse, PageError> {
    let mut answer = session.page(&app, "Count a vote again").show(&Content { script_url: recount_url() })?;
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(answer)
}
