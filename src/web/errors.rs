//! Errors as pages: plain words, the right status, and for faults a reference number that stands
//! in the log beside the reason. The reason itself is for the log alone (PV-9).

use super::layout::Page;
use super::session::{Session, app_of, safe_path, see_other};
use crate::db::DbError;
use crate::domain::FieldProblem;
use crate::ids;
use crate::services::ServiceError;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use std::fmt;

/// Why a page cannot be shown.
#[derive(Debug)]
pub enum PageError {
    /// An act failed.
    Service(ServiceError),
    /// Only a member may see this: first sign in, then back to `next`.
    SignInFirst {
        /// Where to go on.
        next: String,
    },
    /// The form was not sent from our own page.
    Forged,
    /// The form came from our own page, but from another session: nothing was done with it.
    SessionEnded(Typed),
    /// The form is larger than any honest one.
    TooLarge,
    /// The request is not what a form sends.
    Unreadable,
    /// It was there and was taken away; the word names what.
    Gone(&'static str),
    /// The page knows no such method.
    WrongMethod,
    /// Too many tries; seconds to wait.
    TooMany(u64),
    /// A fault of the program.
    Fault(String),
}

/// What a person typed into a form that could not be taken, so that it is not lost.
#[derive(Debug)]
pub struct Typed {
    /// The texts, each with the name of its field; nothing secret.
    pub texts: Vec<(String, String)>,
    /// Where the form stands.
    pub form: String,
}

#[derive(Template)]
#[template(path = "error.html")]
struct Content<'a> {
    sentence: &'a str,
    fields: &'a [FieldProblem],
    reference: Option<&'a str>,
    typed: Option<&'a Typed>,
    back: Option<String>,
}

impl From<ServiceError> for PageError {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl From<DbError> for PageError {
    fn from(error: DbError) -> Self {
        Self::Service(error.into())
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Self::Fault(format!("a template failed: {error}"))
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

impl PageError {
    /// There is no such thing; the word names what.
    pub fn not_found(what: &'static str) -> Self {
        Self::Service(ServiceError::NotFound(what))
    }

    /// Tells a person to try later.
    fn busy_sentence() -> &'static str {
        "The server is busy or cannot write at the moment. Nothing was changed. Please try again in a minute."
    }

    fn sentence(&self) -> String {
        match self {
            Self::Service(ServiceError::Broken(fault)) if is_passing(fault) => Self::busy_sentence().to_owned(),
            Self::Service(ServiceError::Broken(_)) | Self::Fault(_) => {
                "Something went wrong on our side. Nothing was changed. Please try again; if it happens again, tell a steward the reference below.".to_owned()
            }
            Self::Service(ServiceError::Refused(refusal) | ServiceError::Conflict(refusal)) => refusal.sentence.clone(),
            Self::Service(ServiceError::NotFound(what)) => {
                format!("There is no such {what} here. The address may be mistyped, or it was taken away.")
            }
            Self::Service(ServiceError::Forbidden(sentence)) => sentence.clone(),
            Self::SignInFirst { .. } => "Please sign in first.".to_owned(),
            Self::Forged => "This form was not sent from an open page of this site, so nothing was changed. Please go back, reload the page and send the form again. Cookies must be allowed for this site.".to_owned(),
            Self::SessionEnded(_) => "Your session has ended, or this form was open in another one. Nothing was sent. Please open the form again; if you are asked to sign in, you come back to it.".to_owned(),
            Self::TooLarge => "This is too much for one form. Please shorten the text and send it again.".to_owned(),
            Self::Gone(what) => format!("This {what} was withdrawn by the people who published it."),
            Self::WrongMethod => "This address cannot be opened this way. Please go back and use the links and forms of this site.".to_owned(),
            Self::Unreadable => "This request could not be read. Please use the forms of this site.".to_owned(),
            Self::TooMany(seconds) => format!("There were many tries in a short time. Please wait {} and try again.", wait(*seconds)),
        }
    }

    fn title(&self) -> &'static str {
        if matches!(self, Self::SessionEnded(_)) {
            return "Your session has ended";
        }
        match self.status_code() {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::GONE => "No longer here",
            StatusCode::FORBIDDEN => "Not allowed",
            StatusCode::CONFLICT => "This has changed meanwhile",
            StatusCode::TOO_MANY_REQUESTS => "Please wait a little",
            StatusCode::SERVICE_UNAVAILABLE => "Busy",
            StatusCode::INTERNAL_SERVER_ERROR => "Something went wrong",
            _ => "That did not work",
        }
    }

    fn fault(&self) -> Option<String> {
        match self {
            Self::Service(ServiceError::Broken(fault)) if !is_passing(fault) => Some(fault.to_string()),
            Self::Fault(reason) => Some(reason.clone()),
            _ => None,
        }
    }

    fn fields(&self) -> &[FieldProblem] {
        match self {
            Self::Service(ServiceError::Refused(refusal) | ServiceError::Conflict(refusal)) => &refusal.fields,
            _ => &[],
        }
    }

    /// The error as a page.
    async fn page(&self, request: &HttpRequest) -> HttpResponse {
        if let Self::SignInFirst { next } = self {
            let to = serde_html_form::to_string([("next", next.as_str()), ("first", "yes")]).unwrap_or_default();
            return see_other(&format!("/sign-in?{to}"));
        }
        let reference = self.fault().map(|reason| {
            let reference: String = ids::random_code();
            tracing::error!(reference, reason, path = request.path(), "a page failed");
            reference
        });
        let content = Content {
            sentence: &self.sentence(),
            fields: self.fields(),
            reference: reference.as_deref(),
            typed: if let Self::SessionEnded(typed) = self { Some(typed) } else { None },
            back: back(request),
        };
        let shown = self.frame(request).await.and_then(|page| page.show(&content));
        let mut answer = shown.unwrap_or_else(|_| HttpResponse::build(self.status_code()).body(self.sentence()));
        if let Some(seconds) = self.retry_after() {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }

    /// The frame round the error: that of the visit, unless the store may be what failed.
    async fn frame(&self, request: &HttpRequest) -> Result<Page, PageError> {
        let (app, title, status) = (app_of(request)?, self.title().to_owned(), self.status_code());
        if status.is_server_error() {
            return Ok(Page::of_error(&app, title, status));
        }
        Ok(match Session::of(request).await {
            Ok(session) => session.page(&app, title).with_status(status),
            Err(_) => Page::of_error(&app, title, status),
        })
    }

    /// After how many seconds another try makes sense.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany(seconds) => Some(*seconds),
            _ if self.status_code() == StatusCode::SERVICE_UNAVAILABLE => Some(60),
            _ => None,
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Service(ServiceError::Refused(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Service(ServiceError::Conflict(_)) => StatusCode::CONFLICT,
            Self::Service(ServiceError::NotFound(_)) => StatusCode::NOT_FOUND,
            Self::Service(ServiceError::Forbidden(_)) | Self::Forged | Self::SessionEnded(_) => StatusCode::FORBIDDEN,
            Self::Service(ServiceError::Broken(fault)) if is_passing(fault) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Service(ServiceError::Broken(_)) | Self::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::SignInFirst { .. } => StatusCode::SEE_OTHER,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Gone(_) => StatusCode::GONE,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        HttpResponse::build(self.status_code()).body(self.sentence())
    }
}

fn is_passing(fault: &DbError) -> bool {
    matches!(fault, DbError::Busy(_) | DbError::Closed)
}

fn wait(seconds: u64) -> String {
    match seconds {
        0..=90 => "a minute".to_owned(),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// Turns the errors of pages into pages. Answers that are no [`PageError`] pass untouched.
///
/// # Errors
/// Whatever the service inside answers and this does not know.
pub async fn as_pages<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let answer = next.call(request).await?;
    let page = match answer.response().error().and_then(|error| error.as_error::<PageError>()) {
        Some(error) => Some(error.page(answer.request()).await),
        None => None,
    };
    Ok(match page {
        Some(page) => answer.into_response(page).map_into_right_body(),
        None => answer.map_into_left_body(),
    })
}

/// Sets the headers that keep a page to itself (AC-5, AC-6); on everything that is HTML, and
/// `nosniff` on all.
///
/// # Errors
/// What the service inside answers.
pub async fn with_security_headers<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut answer = next.call(request).await?;
    let is_https = app_of(answer.request()).is_ok_and(|app| app.settings.public_url.scheme() == "https");
    let headers = answer.headers_mut();
    let is_html = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if is_html {
        if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
        }
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
    Ok(answer)
}

/// There is no script, so none is allowed; the pages that have one say so themselves.
const CONTENT_POLICY: &str = "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; \
                              frame-ancestors 'none'; form-action 'self'";

/// The answer to addresses that lead nowhere.
///
/// # Errors
/// Always `NotFound`.
pub async fn nowhere() -> Result<HttpResponse, PageError> {
    Err(PageError::not_found("page"))
}

/// The answer to a page that is asked in a way it does not know: who only reads is led to the page
/// on which the form stands.
///
/// # Errors
/// `WrongMethod` for whoever does not only read.
pub async fn wrong_method(request: HttpRequest) -> Result<HttpResponse, PageError> {
    if is_reading(&request) { Ok(see_other(&page_of(request.path()))) } else { Err(PageError::WrongMethod) }
}

fn is_reading(request: &HttpRequest) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

/// Where to go from an error: to the page of the thing, unless that is what could not be shown.
fn back(request: &HttpRequest) -> Option<String> {
    let page = page_of(request.path());
    let is_part = page != request.path() || !request.query_string().is_empty();
    let has_parts = ["/documents/", "/amendments/"].iter().any(|kind| page.starts_with(kind));
    (!is_reading(request) || (is_part && has_parts)).then_some(page)
}

/// The page to which an address belongs that only takes forms: `/polls/1` for `/polls/1/ballot`.
fn page_of(path: &str) -> String {
    let mut parts = path.trim_start_matches('/').split('/');
    match (parts.next(), parts.next()) {
        (Some("account"), _) => "/account".to_owned(),
        (Some("spokespeople"), _) => "/spokespeople".to_owned(),
        (Some("sign-out"), _) | (None, _) => "/".to_owned(),
        (Some(kind), None) => safe_path(&format!("/{kind}")),
        (Some(kind), Some(id)) => safe_path(&format!("/{kind}/{id}")),
    }
}

#[cfg(test)]
mod tests {
    use super::page_of;

    #[test]
    fn a_form_leads_back_to_the_page_of_its_thing() {
        for (path, page) in [
            ("/polls/17/ballot", "/polls/17"),
            ("/amendments/17/backing/withdraw", "/amendments/17"),
            ("/c/bees/leave", "/c/bees"),
            ("/account/handles/code", "/account"),
            ("/account/tokens", "/account"),
            ("/spokespeople/17/backing/withdraw", "/spokespeople"),
            ("/sign-out", "/"),
            ("/sign-up", "/sign-up"),
            ("/", "/"),
            ("//evil.test/ballot", "/evil.test/ballot"),
        ] {
            assert_eq!(page_of(path), page, "{path}");
        }
    }
}
