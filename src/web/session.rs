//! Browser sessions: who is at the other end. The cookie holds a random secret and nothing else;
//! the store holds its hash. A visitor needs no row: their form token is worked out from the
//! secret, so that reading pages writes nothing.

use super::errors::PageError;
use super::layout::Page;
use crate::App;
use crate::db::local_actors::find_community;
use crate::db::member_notices::count_new;
use crate::db::sessions::{self, StoredSession};
use crate::db::{AnyConnection, DbError};
use crate::ids::{MemberId, random_token, secret_hash};
use crate::services::sign_in::{self, MEMBER_SESSION, OpenedSession};
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{COOKIE, HeaderValue, LOCATION, REFERER};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use std::future::Future;
use std::pin::Pin;

/// How long a browser stays known: a year.
const DEVICE_SECONDS: i64 = 365 * 24 * 3600;

type Boxed<T> = Pin<Box<dyn Future<Output = Result<T, PageError>>>>;

/// The person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Their id.
    pub member_id: MemberId,
    /// Their handle.
    pub handle: String,
    /// Their name.
    pub name: String,
    /// True when they operate the instance.
    pub is_steward: bool,
    /// How much is new for them.
    pub news: i64,
}

/// The community, as every page names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommunityName {
    /// Its name.
    pub name: String,
    /// Its handle.
    pub handle: String,
}

/// One visit: what the cookie says and what every page needs.
pub struct Session {
    /// Who is signed in, if anybody.
    pub signed_in: Option<SignedIn>,
    /// What every form of this session carries.
    pub form_token: String,
    /// What to tell on this page.
    pub notice: Option<String>,
    /// The community, once it is set up.
    pub community: Option<CommunityName>,
    /// The path and query of this request.
    pub path: String,
    secret: String,
    is_new: bool,
}

/// A visit of somebody who is signed in; anybody else is led to the sign-in page and back.
pub struct MemberSession {
    /// The visit.
    pub session: Session,
    /// Who it is.
    pub me: SignedIn,
}

impl Session {
    /// Reads the session of a request.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(request: &HttpRequest) -> Result<Self, PageError> {
        let app = app_of(request)?;
        let sent = secret_in(request, &app);
        let (hash, now) = (sent.as_deref().map(secret_hash), app.now());
        let (stored, news, community) = app
            .read(move |conn| -> Result<_, DbError> {
                let stored = match &hash {
                    Some(hash) => sessions::find_session(conn, hash, now)?,
                    None => None,
                };
                let news = match stored.as_ref().and_then(|stored| stored.member.as_ref()) {
                    Some(member) => count_new(conn, member.id)?,
                    None => 0,
                };
                Ok((stored, news, community_name(conn)?))
            })
            .await?;
        let is_new = sent.is_none();
        let secret = sent.unwrap_or_else(random_token);
        let path = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
        let session = Self::put_together((secret, is_new), (stored, news), community, path);
        if session.notice.is_some() && request.method() == Method::GET {
            session.clear_notice(&app).await?;
        }
        Ok(session)
    }

    fn put_together(
        (secret, is_new): (String, bool),
        (stored, news): (Option<StoredSession>, i64),
        community: Option<CommunityName>,
        path: String,
    ) -> Self {
        let (member, form_token, notice) = match stored {
            Some(found) => (found.member, found.form_token, found.notice),
            None => (None, visitor_form_token(&secret), None),
        };
        let signed_in = member.map(|m| SignedIn {
            member_id: m.id,
            handle: m.handle,
            name: m.name,
            is_steward: m.is_steward,
            news,
        });
        Self { signed_in, form_token, notice, community, path, secret, is_new }
    }

    /// The id of who is signed in.
    pub fn member_id(&self) -> Option<MemberId> {
        self.signed_in.as_ref().map(|me| me.member_id)
    }

    /// The same visit of somebody who is nobody here any more.
    pub fn as_stranger(mut self) -> Self {
        self.signed_in = None;
        self
    }

    /// True for a person who is signed in or has something to be told: their pages are theirs alone.
    pub fn is_personal(&self) -> bool {
        self.signed_in.is_some() || self.notice.is_some()
    }

    /// The secret that the browser sent; nothing when it sent none.
    pub fn sent_secret(&self) -> Option<&str> {
        (!self.is_new).then_some(self.secret.as_str())
    }

    /// Begins a page of this visit.
    pub fn page(&self, app: &App, title: impl Into<String>) -> Page {
        Page::new(self, app, title.into())
    }

    /// Begins a page with a form for visitors: they get a cookie, so that the form can be told
    /// from a forged one.
    pub fn form_page(&self, app: &App, title: impl Into<String>) -> Page {
        let mut page = self.page(app, title);
        page.cookie = if self.is_new { set_cookie(app, &self.secret, None) } else { None };
        page
    }

    /// Answers a form that was done: on to `path`, where the notice is told once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn done(&self, app: &App, path: &str, notice: &str) -> Result<HttpResponse, PageError> {
        let (hash, token) = (secret_hash(&self.secret), self.form_token.clone());
        let notice = notice.to_owned();
        app.write(move |tx| -> Result<_, DbError> {
            if sessions::set_notice(tx, &hash, Some(&notice))? {
                return Ok(());
            }
            let new = sessions::NewSession {
                token_hash: &hash,
                member: None,
                form_token: &token,
                notice: Some(&notice),
                expires_at: tx.now + sign_in::VISITOR_SESSION,
            };
            sessions::create_session(tx, &new)
        })
        .await?;
        Ok(see_other(path))
    }

    async fn clear_notice(&self, app: &App) -> Result<(), PageError> {
        let hash = secret_hash(&self.secret);
        app.write(move |tx| -> Result<_, DbError> {
            sessions::set_notice(tx, &hash, None)?;
            Ok(())
        })
        .await?;
        Ok(())
    }
}

impl FromRequest for Session {
    type Error = PageError;
    type Future = Boxed<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(&request).await })
    }
}

impl FromRequest for MemberSession {
    type Error = PageError;
    type Future = Boxed<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(Session::of(&request).await?, &request) })
    }
}

impl MemberSession {
    /// The visit of a member; an error that leads to the sign-in page for anybody else.
    ///
    /// # Errors
    /// `SignInFirst` for visitors.
    pub fn of(session: Session, request: &HttpRequest) -> Result<Self, PageError> {
        match session.signed_in.clone() {
            Some(me) => Ok(Self { session, me }),
            None => Err(PageError::SignInFirst { next: way_back(request) }),
        }
    }
}

/// Where to go on after signing in: the page itself, or for a form the page on which it stands.
pub(super) fn way_back(request: &HttpRequest) -> String {
    if request.method() == Method::GET {
        return request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    }
    let referer = request.headers().get(REFERER).and_then(|value| value.to_str().ok());
    let path = app_of(request).ok().and_then(|app| {
        let rest = referer?.strip_prefix(app.urls.base())?;
        Some(safe_path(rest))
    });
    path.unwrap_or_else(|| "/".to_owned())
}

/// A path on this server that may be redirected to: whatever was sent, parsed as a browser would
/// and kept only if it stays here (AC-1).
pub fn safe_path(sent: &str) -> String {
    let is_plain = sent.starts_with('/')
        && !sent.starts_with("//")
        && !sent.chars().any(|c| c == '\\' || c.is_control() || c.is_whitespace());
    let here = url::Url::parse("http://here.invalid/").ok();
    let parsed = here.as_ref().filter(|_| is_plain).and_then(|here| here.join(sent).ok());
    match parsed {
        Some(url)
            if url.host_str() == Some("here.invalid") && url.username().is_empty() && !url.path().starts_with("//") =>
        {
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
        }
        _ => "/".to_owned(),
    }
}

/// Sends the browser on with a GET.
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// The cookie of a session that a member has just opened, as a `Set-Cookie` header.
pub fn member_cookie(app: &App, opened: &OpenedSession) -> Option<HeaderValue> {
    set_cookie(app, &opened.secret, Some(MEMBER_SESSION.num_seconds()))
}

/// The cookie by which a browser is known to the member who signed in there, for a year.
pub fn device_cookie(app: &App, opened: &OpenedSession) -> Option<HeaderValue> {
    cookie(app, &device_cookie_name(app), opened.device.as_deref()?, Some(DEVICE_SECONDS))
}

/// The mark of a known browser, as the request bears it.
pub fn device_in(request: &HttpRequest, app: &App) -> Option<String> {
    let is_mark = |mark: &str| {
        mark.len() <= 128 && mark.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    cookie_in(request, &device_cookie_name(app), is_mark)
}

fn device_cookie_name(app: &App) -> String {
    format!("{}-device", cookie_name(app))
}

/// A cookie that makes the browser forget its session.
pub fn forgetting_cookie(app: &App) -> Option<HeaderValue> {
    set_cookie(app, "", Some(0))
}

fn set_cookie(app: &App, secret: &str, seconds: Option<i64>) -> Option<HeaderValue> {
    cookie(app, cookie_name(app), secret, seconds)
}

fn cookie(app: &App, name: &str, value: &str, seconds: Option<i64>) -> Option<HeaderValue> {
    let mut cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax");
    if app.settings.public_url.scheme() == "https" {
        cookie.push_str("; Secure");
    }
    if let Some(seconds) = seconds {
        cookie.push_str(&format!("; Max-Age={seconds}"));
    }
    HeaderValue::try_from(cookie).ok()
}

/// `__Host-` binds the cookie to this very host; browsers take it only over https (AC-4).
fn cookie_name(app: &App) -> &'static str {
    if app.settings.public_url.scheme() == "https" { "__Host-caucus" } else { "caucus" }
}

fn secret_in(request: &HttpRequest, app: &App) -> Option<String> {
    let is_secret =
        |text: &str| text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    cookie_in(request, cookie_name(app), is_secret)
}

/// The value of the first cookie of this name that is written as ours are.
fn cookie_in(request: &HttpRequest, name: &str, is_ours: impl Fn(&str) -> bool) -> Option<String> {
    let lines = request.headers().get_all(COOKIE).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|cookie| {
        let (have, value) = cookie.trim().split_once('=')?;
        (have == name && is_ours(value)).then(|| value.to_owned())
    })
}

/// True when the request bears a session of ours, alive or not.
pub fn has_cookie(request: &HttpRequest, app: &App) -> bool {
    secret_in(request, app).is_some()
}

fn visitor_form_token(secret: &str) -> String {
    secret_hash(&format!("form token of {secret}"))
}

fn community_name(conn: &mut AnyConnection) -> Result<Option<CommunityName>, DbError> {
    Ok(find_community(conn)?.map(|c| CommunityName { name: c.name, handle: c.handle }))
}

/// The program behind a request.
///
/// # Errors
/// When it was not put into the application: a fault of the program.
pub fn app_of(request: &HttpRequest) -> Result<web::Data<App>, PageError> {
    request.app_data::<web::Data<App>>().cloned().ok_or(PageError::Fault("the application has no App".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::safe_path;

    #[test]
    fn paths_of_this_server_are_kept() {
        for path in ["/", "/c/search", "/polls/1?x=%2F", "/a/../b"] {
            assert!(safe_path(path).starts_with('/'), "{path}");
        }
        assert_eq!(safe_path("/documents/charter?edit=1"), "/documents/charter?edit=1");
    }

    #[test]
    fn ways_to_other_servers_lead_home() {
        for sent in [
            "",
            "//evil.test",
            "///evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "https://evil.test",
            "https:evil.test",
            "http:/evil.test",
            "evil.test",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "/\t/evil.test",
            "\t//evil.test",
            " //evil.test",
            "/\n/evil.test",
            "/ /evil.test",
            "/\u{0}/evil.test",
            "//evil.test%2f..",
            "@evil.test",
            "/..//evil.test",
            "/.//evil.test",
            "/x/..//evil.test",
            "//user@evil.test/",
        ] {
            assert_eq!(safe_path(sent), "/", "{sent:?}");
        }
        assert_eq!(safe_path("/%2f%2fevil.test"), "/%2f%2fevil.test");
    }
}
