//! About this server: the program, its licence and its source, and what it keeps.

use crate::App;
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "about.html")]
struct Content<'a> {
    version: &'static str,
    source_url: &'a str,
    host: &'a str,
}

/// `GET /about`
pub async fn show(app: web::Data<App>, session: Session) -> Result<HttpResponse, PageError> {
    let page = session.page(&app, "About this server");
    page.show(&Content {
        version: env!("CARGO_PKG_VERSION"),
        source_url: app.settings.source_url.as_str(),
        host: app.urls.host(),
    })
}
