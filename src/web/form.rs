//! Forms that were sent from our own pages: token, origin and size are checked before a field is
//! read (AC-2).

use super::errors::{PageError, Typed};
use super::session::{MemberSession, Session, SignedIn, app_of, way_back};
use crate::App;
use crate::ids::secret_hash;
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;

/// How much a form may hold, in KiB.
pub const USUAL_KIB: usize = 64;
/// How much a form may hold into which a whole document is pasted, in KiB: 256 of text, of which
/// every byte may be sent as three.
pub const DOCUMENT_KIB: usize = 832;
/// The same for the form of the set-up, with three documents.
pub const SET_UP_KIB: usize = 2_400;

/// A form from one of our pages. `T` has a default for every field, so that a form with missing
/// fields is read and can be shown again.
pub struct SignedForm<T, const KIB: usize = USUAL_KIB> {
    /// The visit.
    pub session: Session,
    /// What was typed.
    pub fields: T,
}

/// A form from a member.
pub struct MemberForm<T, const KIB: usize = USUAL_KIB> {
    /// The visit.
    pub session: Session,
    /// Who sent it.
    pub me: SignedIn,
    /// What was typed.
    pub fields: T,
}

/// A form without fields: a button.
#[derive(Debug, Default, Deserialize)]
pub struct Nothing {}

#[derive(Deserialize)]
struct TokenOnly {
    #[serde(default)]
    form_token: String,
}

impl<T: DeserializeOwned + 'static, const KIB: usize> FromRequest for SignedForm<T, KIB> {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let (session, body) = checked_body(&request, payload, KIB).await?;
            Ok(Self { session, fields: parse(&body)? })
        })
    }
}

impl<T: DeserializeOwned + 'static, const KIB: usize> FromRequest for MemberForm<T, KIB> {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let (session, body) = checked_body(&request, payload, KIB).await?;
            let MemberSession { session, me } = MemberSession::of(session, &request)?;
            Ok(Self { session, me, fields: parse(&body)? })
        })
    }
}

async fn checked_body(request: &HttpRequest, payload: Payload, kib: usize) -> Result<(Session, Vec<u8>), PageError> {
    let app = app_of(request)?;
    if !is_form(request) {
        return Err(PageError::Unreadable);
    }
    if !is_from_here(request, &app) {
        return Err(PageError::Forged);
    }
    let session = Session::of(request).await?;
    // Whoever never had a page of ours open has no form to send: nothing is read for them, unless
    // their browser says that the form stood on a page of ours and only the session is gone.
    if session.sent_secret().is_none() && !says_it_is_ours(request) {
        return Err(PageError::Forged);
    }
    let body = tokio::time::timeout(app.limits.longest_body_wait, read(payload, kib * 1024))
        .await
        .map_err(|_| PageError::Unreadable)??;
    let sent: TokenOnly = parse(&body)?;
    // Compared by hash: the time this takes tells nothing about the token.
    let is_of_this_session = secret_hash(&sent.form_token) == secret_hash(&session.form_token);
    if session.sent_secret().is_some() && is_of_this_session {
        return Ok((session, body));
    }
    if !says_it_is_ours(request) {
        return Err(PageError::Forged);
    }
    Err(PageError::SessionEnded(Typed { texts: typed_texts(&body)?, form: way_back(request) }))
}

/// Fields that are never shown again: secrets, choices of a secret vote, and what nobody typed.
const NOT_SHOWN: &[&str] = &[
    "form_token",
    "next",
    "password",
    "new_password",
    "code",
    "choice",
    "answer",
    "step",
    "document",
    "fingerprint",
    "actor",
    "scope",
    "minutes",
    "clause",
    "nominee",
    "way",
    "publish_name",
    "act",
    "place",
    "new_place",
    "with_rule",
    "with_name",
    "base",
    "seen",
    "of",
];

fn typed_texts(body: &[u8]) -> Result<Vec<(String, String)>, PageError> {
    let mut texts: Vec<(String, String)> = parse(body)?;
    texts.retain(|(name, text)| !text.trim().is_empty() && !NOT_SHOWN.contains(&name.as_str()));
    Ok(texts)
}

/// True when the browser itself says that the form stood on a page of ours; [`is_from_here`] has
/// refused those who say that it did not.
fn says_it_is_ours(request: &HttpRequest) -> bool {
    let site = header(request, &HeaderName::from_static("sec-fetch-site"));
    site == Some("same-origin") || header(request, &ORIGIN).is_some()
}

fn is_form(request: &HttpRequest) -> bool {
    let kind = header(request, &CONTENT_TYPE).unwrap_or("");
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// False when the browser says that another site sent the form. Browsers too old to say anything
/// are held by the token alone.
fn is_from_here(request: &HttpRequest, app: &App) -> bool {
    let site = header(request, &HeaderName::from_static("sec-fetch-site"));
    let is_same_site = site.is_none_or(|site| matches!(site, "same-origin" | "none"));
    is_same_site && header(request, &ORIGIN).is_none_or(|origin| is_our_origin(origin, request, app))
}

fn is_our_origin(origin: &str, request: &HttpRequest, app: &App) -> bool {
    // On one's own machine `localhost` and `127.0.0.1` are the same place.
    let is_local = app.settings.is_local_mode
        && header(request, &HOST).is_some_and(|host| origin.strip_prefix("http://") == Some(host));
    origin == app.urls.base() || is_local
}

fn header<'r>(request: &'r HttpRequest, name: &HeaderName) -> Option<&'r str> {
    request.headers().get(name).map(|value| value.to_str().unwrap_or("unreadable"))
}

async fn read(mut payload: Payload, limit: usize) -> Result<Vec<u8>, PageError> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| PageError::Unreadable)?;
        if body.len() + chunk.len() > limit {
            return Err(PageError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, PageError> {
    serde_html_form::from_bytes(body).map_err(|_| PageError::Unreadable)
}
