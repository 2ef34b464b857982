//! The doors for people, programs and other servers: pages, the JSON API and the fediverse.
//! Thin over `services`; only this room knows status codes.

pub mod api;
pub mod assets;
pub mod errors;
pub mod fediverse;
pub mod form;
pub mod host;
pub mod layout;
pub mod limits;
pub mod pages;
pub mod ready;
pub mod session;

use crate::App;
use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, HttpServer, web};
use std::net::TcpListener;
use std::sync::Arc;

/// How long requests in hand may take when the server stops.
const SHUTDOWN_SECONDS: u64 = 5;

/// Every route, one table per area.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.app_data(web::Data::new(ready::ReadyAnswers::default()))
        .route("/healthz", web::get().to(alive))
        .route("/readyz", web::get().to(ready))
        .configure(api::configure)
        .configure(fediverse::configure)
        .configure(pages::configure)
        .default_service(web::to(errors::nowhere));
}

/// The server over a listener that is bound already. It leaves signals to its caller.
///
/// # Errors
/// When the listener cannot be used.
pub fn server(app: Arc<App>, listener: TcpListener) -> std::io::Result<actix_web::dev::Server> {
    let app = web::Data::from(app);
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .wrap(from_fn(errors::as_pages))
            .wrap(from_fn(fediverse::negotiation::announce_document))
            .wrap(from_fn(host::for_us_only))
            .wrap(from_fn(errors::with_security_headers))
            .app_data(app.clone())
            .configure(configure)
    })
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .listen(listener)?;
    Ok(server.run())
}

/// `GET /healthz`: the program is alive.
async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// `GET /readyz`: the database answers, and its tables are up to date (they are made so before
/// the server listens).
async fn ready(app: web::Data<App>) -> HttpResponse {
    match app.read(crate::db::ping).await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain").body("ready\n"),
        Err(_) => HttpResponse::ServiceUnavailable().content_type("text/plain").body("the database does not answer\n"),
    }
}
