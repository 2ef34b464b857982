//! The inboxes: `POST /inbox`, `POST /c/{handle}/inbox`, `POST /actor/inbox`. This file turns an
//! HTTP request into [`Incoming`] and the outcome into a status; what is taken and what is not is
//! decided in `federation::inbound::receive`.

use crate::App;
use crate::federation::inbound::json_guard::LARGEST_BODY;
use crate::federation::inbound::receive::{Incoming, Rejection, receive};
use crate::federation::signatures::RequestHead;
use crate::web::limits::client_address;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use std::time::Duration;

/// What a busy server asks for.
const RETRY_SECONDS: &str = "30";
/// A minute, as the budget of failed look-ups counts.
const MINUTE_SECONDS: &str = "60";

/// The routes of all inboxes.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/inbox", web::post().to(shared))
        .route("/actor/inbox", web::post().to(shared))
        .route("/c/{handle}/inbox", web::post().to(personal));
}

/// `POST /inbox`, and that of the instance actor, to whom nothing is addressed by itself.
async fn shared(request: HttpRequest, payload: web::Payload, app: web::Data<App>) -> HttpResponse {
    answer(take(&request, payload, &app, None).await)
}

/// `POST /c/{handle}/inbox`
async fn personal(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
    handle: web::Path<String>,
) -> HttpResponse {
    answer(take(&request, payload, &app, Some(handle.into_inner())).await)
}

async fn take(
    request: &HttpRequest,
    payload: web::Payload,
    app: &App,
    handle: Option<String>,
) -> Result<(), Rejection> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let head = RequestHead::new(request.method().as_str(), target, headers)?;
    let source = client_address(request, app);
    let body = read_body(payload, &head, app.limits.longest_body_wait).await?;
    receive(app, Incoming { head, body, handle, source }).await
}

/// The whole body, unless it is too large or too slow.
async fn read_body(mut payload: web::Payload, head: &RequestHead, patience: Duration) -> Result<Bytes, Rejection> {
    let declared = head.header("content-length").and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|length| length > LARGEST_BODY) {
        return Err(Rejection::TooLarge);
    }
    let reading = async {
        let mut body = BytesMut::with_capacity(declared.unwrap_or(0));
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| Rejection::Malformed("the body did not come whole"))?;
            if body.len() + chunk.len() > LARGEST_BODY {
                return Err(Rejection::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(patience, reading).await.map_err(|_| Rejection::Malformed("the body came too slowly"))?
}

fn answer(outcome: Result<(), Rejection>) -> HttpResponse {
    let rejection = match outcome {
        Ok(()) => return HttpResponse::Accepted().finish(),
        Err(rejection) => rejection,
    };
    let status = StatusCode::from_u16(rejection.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    match &rejection {
        Rejection::Busy(_) => drop(response.insert_header(("retry-after", RETRY_SECONDS))),
        Rejection::TooMany => drop(response.insert_header(("retry-after", MINUTE_SECONDS))),
        Rejection::Broken(fault) => tracing::error!(%fault, "an activity could not be taken in"),
        _ => {}
    }
    response.content_type("text/plain; charset=utf-8").body(format!("{}\n", rejection.reason()))
}
