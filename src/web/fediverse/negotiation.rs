//! One URL, two answers: the document for programs, the page for people (fediverse.md 1.5).

use crate::App;
use crate::domain::urls::OurUrl;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::guard::GuardContext;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web;

/// The type that every fediverse program takes.
pub const ACTIVITY_JSON: &str = "application/activity+json";

/// A route guard: the request reads and asks for the document, not for the page.
pub fn asks_for_document(context: &GuardContext<'_>) -> bool {
    let head = context.head();
    matches!(head.method, Method::GET | Method::HEAD) && wants_document(head.headers())
}

/// A route guard: the request reads.
pub fn reads(context: &GuardContext<'_>) -> bool {
    matches!(context.head().method, Method::GET | Method::HEAD)
}

fn wants_document(headers: &HeaderMap) -> bool {
    let accepts: Vec<&str> = headers.get_all(header::ACCEPT).filter_map(|value| value.to_str().ok()).collect();
    prefers_document(&accepts.join(","))
}

/// True when an `Accept` header names a document type, and no page type before it.
fn prefers_document(accept: &str) -> bool {
    let mut document = 0;
    let mut page = 0;
    let mut page_came_first = false;
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(weight).unwrap_or(1000);
        match kind.as_str() {
            ACTIVITY_JSON | "application/ld+json" => document = document.max(weight),
            "text/html" | "application/xhtml+xml" => {
                page_came_first |= document == 0;
                page = page.max(weight);
            }
            _ => {}
        }
    }
    document > page || (document > 0 && document == page && !page_came_first)
}

/// The weight of `q=0.5` in thousandths; what is no number counts nothing.
fn weight(parameter: &str) -> Option<u32> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let value = value.trim();
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    let digits = format!("{part:0<3}");
    let number = match whole {
        "1" => 1000,
        "0" => digits.get(..3).and_then(|thousandths| thousandths.parse().ok()).unwrap_or(0),
        _ => 0,
    };
    Some(number)
}

/// Says on every page that shares its URL with a document where the document is, and that the
/// answer depends on `Accept`.
///
/// # Errors
/// What the page's own handler answers.
pub async fn announce_document<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut answer = next.call(request).await?;
    let Some(id) = shared_url(answer.request()) else { return Ok(answer) };
    let is_ok = answer.status().is_success();
    let headers = answer.headers_mut();
    let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let varies = headers
        .get_all(header::VARY)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|name| name.trim().eq_ignore_ascii_case("accept"));
    if !varies && (is_page || !is_ok) {
        headers.append(header::VARY, HeaderValue::from_static("Accept"));
    }
    if is_page
        && is_ok
        && let Ok(link) = HeaderValue::from_str(&format!("<{id}>; rel=\"alternate\"; type=\"{ACTIVITY_JSON}\""))
    {
        headers.append(header::LINK, link);
    }
    Ok(answer)
}

/// The id of the document that lives at the URL of this request too, if there is one.
fn shared_url(request: &actix_web::HttpRequest) -> Option<String> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let app = request.app_data::<web::Data<App>>()?;
    let url = format!("{}{}", app.urls.base(), request.path());
    match app.urls.recognise(&url)? {
        OurUrl::Actor(_) | OurUrl::Post(_) | OurUrl::Instance => Some(url),
        OurUrl::Amendment(_) | OurUrl::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_the_document() {
        for accept in [
            "application/activity+json",
            "application/activity+json, application/ld+json",
            "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"",
            "APPLICATION/LD+JSON;profile=\"https://www.w3.org/ns/activitystreams\"",
            "application/ld+json",
            "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\", application/activity+json, text/html;q=0.1",
            "text/html;q=0.8, application/activity+json",
            "application/activity+json, text/html",
            "*/*;q=0.1, application/activity+json;q=0.2",
        ] {
            assert!(prefers_document(accept), "{accept}");
        }
    }

    #[test]
    fn everybody_else_gets_the_page() {
        for accept in [
            "",
            "*/*",
            "text/html",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/json",
            "text/html, application/activity+json",
            "application/activity+json;q=0.5, text/html",
            "application/activity+json;q=0",
            "application/activity+json;q=x",
            "application/activity+jsonx",
            ",;=,",
        ] {
            assert!(!prefers_document(accept), "{accept}");
        }
    }
}
