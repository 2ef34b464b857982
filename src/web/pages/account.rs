//! One's own page: fediverse handles that act for the member, tokens for programs, what was signed.

use super::account_news::{News, load_news};
use super::view;
use crate::App;
use crate::db::api_tokens::{ApiToken, list_tokens};
use crate::db::cabals::{Cabal, list_cabals_of};
use crate::db::documents::{document, list_versions};
use crate::db::linked_actors::{LinkedActor, list_linked_actors};
use crate::db::remote_actors::handle_of;
use crate::db::signings::list_signings;
use crate::db::{AnyConnection, DbError};
use crate::domain::token::TokenScope;
use crate::ids::{MemberId, RowId};
use crate::services::create_token::{
    confirm_token as stand_by_token, create_token as make_token, revoke_token as end_token,
};
use crate::services::{ServiceError, link_actor};
use crate::web::errors::PageError;
use crate::web::form::{MemberForm, Nothing};
use crate::web::layout::Page;
use crate::web::limits::{Act, client_address};
use crate::web::session::{MemberSession, Session, SignedIn};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// What was typed into any of the forms.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    handle: String,
    code: String,
    actor: String,
    name: String,
    scope: String,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Content<'a> {
    page: &'a Page,
    me: &'a SignedIn,
    found: &'a Found,
    fields: &'a Fields,
}

#[derive(Template)]
#[template(path = "token_made.html")]
struct TokenMade {
    secret: String,
}

struct Found {
    news: News,
    linked: Vec<Linked>,
    tokens: Vec<ApiToken>,
    cabals: Vec<Cabal>,
    signed: Vec<SignedText>,
}

/// A linked account, as people write it.
struct Linked {
    handle: String,
    actor: LinkedActor,
}

struct SignedText {
    title: String,
    slug: String,
    /// The version that was signed.
    version: i32,
    fingerprint: String,
    signed_at: String,
}

/// `GET /account`
pub async fn show(app: web::Data<App>, visit: MemberSession) -> Result<HttpResponse, PageError> {
    show_with(&app, &visit.session, &visit.me, &Fields::default(), None).await
}

async fn show_with(
    app: &App,
    session: &Session,
    me: &SignedIn,
    fields: &Fields,
    error: Option<ServiceError>,
) -> Result<HttpResponse, PageError> {
    let mut page = session.page(app, "Your account");
    if let Some(error) = error {
        page = page.refused(error)?;
    }
    let member = me.member_id;
    let found = app.read(move |conn| load(conn, member)).await?;
    page.show(&Content { page: &page, me, found: &found, fields })
}

/// `POST /account/handles`: a code goes to the handle as a direct message (J3).
pub async fn request_code(
    app: web::Data<App>,
    http: HttpRequest,
    form: MemberForm<Fields>,
) -> Result<HttpResponse, PageError> {
    limit(&app, &http, &form.me)?;
    match link_actor::request_code(&app, form.me.member_id, &form.fields.handle).await {
        Ok(handle) => {
            let notice = format!(
                "We have sent a direct message with a code to {handle}. Type the code below within ten minutes."
            );
            form.session.done(&app, "/account", &notice).await
        }
        Err(error) => show_with(&app, &form.session, &form.me, &form.fields, Some(error)).await,
    }
}

/// `POST /account/handles/code`
pub async fn confirm_code(
    app: web::Data<App>,
    http: HttpRequest,
    form: MemberForm<Fields>,
) -> Result<HttpResponse, PageError> {
    limit(&app, &http, &form.me)?;
    match link_actor::confirm_code(&app, form.me.member_id, &form.fields.code).await {
        Ok(linked) => {
            let handle = app.read(move |conn| handle_of(conn, &linked.actor_url)).await?;
            let notice = format!("{handle} now acts for you. You still have one vote.");
            form.session.done(&app, "/account", &notice).await
        }
        Err(error) => show_with(&app, &form.session, &form.me, &form.fields, Some(error)).await,
    }
}

/// `POST /account/handles/remove`
pub async fn unlink(app: web::Data<App>, form: MemberForm<Fields>) -> Result<HttpResponse, PageError> {
    let (by, actor) = (form.me.member_id, form.fields.actor.clone());
    app.write(move |tx| link_actor::unlink_actor(tx, by, &actor)).await?;
    form.session.done(&app, "/account", "This handle acts for you no longer.").await
}

/// `POST /account/tokens`: the token stands in this very answer, because only its hash is stored.
pub async fn create_token(app: web::Data<App>, form: MemberForm<Fields>) -> Result<HttpResponse, PageError> {
    let (by, name) = (form.me.member_id, form.fields.name.clone());
    let scope = if form.fields.scope == "write" { TokenScope::Write } else { TokenScope::Read };
    match app.write(move |tx| make_token(tx, by, &name, scope)).await {
        Ok(token) => form.session.page(&app, "Your new token").show(&TokenMade { secret: token.secret }),
        Err(error) => show_with(&app, &form.session, &form.me, &form.fields, Some(error)).await,
    }
}

/// `POST /account/tokens/{id}/confirm`: a token that a steward made may vote from now on.
pub async fn confirm_token(
    app: web::Data<App>,
    id: web::Path<RowId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    let (id, by) = (id.into_inner(), form.me.member_id);
    app.write(move |tx| stand_by_token(tx, by, id)).await?;
    form.session.done(&app, "/account", "The token is confirmed. It speaks for you in votes too.").await
}

/// `POST /account/tokens/{id}/revoke`
pub async fn revoke_token(
    app: web::Data<App>,
    id: web::Path<RowId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    let (id, by) = (id.into_inner(), form.me.member_id);
    app.write(move |tx| {
        if !list_tokens(tx.conn, by)?.iter().any(|token| token.id == id) {
            return Err(ServiceError::NotFound("token"));
        }
        end_token(tx, id)
    })
    .await?;
    form.session.done(&app, "/account", "The token works no longer.").await
}

fn limit(app: &App, http: &HttpRequest, me: &SignedIn) -> Result<(), PageError> {
    app.limits.check_address(Act::Code, client_address(http, app))?;
    app.limits.check_account(Act::Code, &me.member_id.to_string())
}

fn load(conn: &mut AnyConnection, member: MemberId) -> Result<Found, DbError> {
    let mut signed = Vec::new();
    for signing in list_signings(conn, member)? {
        let document = document(conn, signing.document)?;
        let versions = list_versions(conn, document.id)?;
        // Whoever signed a text that came back later has signed its first coming.
        let version = versions.iter().rfind(|version| version.fingerprint == signing.fingerprint);
        signed.push(SignedText {
            version: version.map_or(document.version.number, |version| version.number),
            title: document.title,
            slug: document.slug,
            fingerprint: signing.fingerprint,
            signed_at: view::moment(&signing.signed_at),
        });
    }
    let mut linked = Vec::new();
    for actor in list_linked_actors(conn, member)? {
        linked.push(Linked { handle: handle_of(conn, &actor.actor_url)?, actor });
    }
    let mut tokens = list_tokens(conn, member)?;
    tokens.retain(|token| token.revoked_at.is_none());
    Ok(Found { news: load_news(conn, member)?, linked, tokens, cabals: list_cabals_of(conn, member)?, signed })
}
