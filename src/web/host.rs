//! Only what was asked of this very host is answered: a page under a name that somebody pointed at
//! us would be theirs to browsers (AC-10). Links never come from the `Host` header anyway.

use super::session::app_of;
use crate::App;
use crate::domain::canonical::header_authority;
use crate::settings::is_local;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HOST;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};
use url::Url;

/// Answers 421 to requests that were made for another host.
///
/// # Errors
/// What the service inside answers.
pub async fn for_us_only<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if is_for_us(&request)? {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let answer = HttpResponse::MisdirectedRequest()
        .content_type("text/plain; charset=utf-8")
        .body("This server does not answer under that name.\n");
    Ok(request.into_response(answer).map_into_right_body())
}

/// Probes ask by address. The inboxes hold the host against the signature themselves and say so
/// in their own words (SG-5).
fn is_for_us(request: &ServiceRequest) -> Result<bool, Error> {
    let path = request.path();
    if matches!(path, "/healthz" | "/readyz") || path.ends_with("/inbox") {
        return Ok(true);
    }
    let app = app_of(request.request())?;
    let mut hosts = request.headers().get_all(HOST);
    Ok(match (hosts.next(), hosts.next()) {
        (Some(only), None) => only.to_str().is_ok_and(|host| is_our_name(host, &app)),
        _ => false,
    })
}

/// In local mode every name of this machine will do: people type what they are used to.
fn is_our_name(host: &str, app: &App) -> bool {
    let scheme = app.settings.public_url.scheme();
    match header_authority(host, scheme) {
        Some(authority) if authority == app.urls.host() => true,
        Some(authority) if app.settings.is_local_mode => {
            Url::parse(&format!("{scheme}://{authority}/")).is_ok_and(|url| is_local(&url))
        }
        _ => false,
    }
}
