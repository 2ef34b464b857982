//! Set-up behind the one-time link: the community, the first member, the governing documents.

use super::view;
use crate::App;
use crate::domain::membership::{NewMember, Password};
use crate::domain::{Handle, Problems};
use crate::services::ServiceError;
use crate::services::set_up::{self, DOCUMENT_FIELDS, NewCommunity, NewDocument, SetUp, is_link_alive};
use crate::services::sign_in::{OpenedSession, hash_password, sign_in};
use crate::web::errors::PageError;
use crate::web::form::{DOCUMENT_KIB, SignedForm};
use crate::web::layout::Page;
use crate::web::limits::{Act, client_address};
use crate::web::session::{Session, see_other};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// What was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    community_name: String,
    community_handle: String,
    mission: String,
    handle: String,
    name: String,
    password: String,
    document_title: String,
    document_text: String,
    document_title_2: String,
    document_text_2: String,
    document_title_3: String,
    document_text_3: String,
}

#[derive(Template)]
#[template(path = "set_up.html")]
struct Content<'a> {
    page: &'a Page,
    fields: &'a Fields,
    token: &'a str,
    host: &'a str,
}

/// `GET /setup/{token}`
pub async fn show(
    app: web::Data<App>,
    http: HttpRequest,
    session: Session,
    token: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let token = check_link(&app, &http, token.into_inner()).await?;
    let page = session.form_page(&app, "Set up your community");
    let fields = Fields { document_title: "Manifesto".to_owned(), ..Fields::default() };
    page.show(&Content { page: &page, fields: &fields, token: &token, host: app.urls.host() })
}

/// `POST /setup/{token}`
pub async fn set_up(
    app: web::Data<App>,
    http: HttpRequest,
    token: web::Path<String>,
    form: SignedForm<Fields, DOCUMENT_KIB>,
) -> Result<HttpResponse, PageError> {
    let token = check_link(&app, &http, token.into_inner()).await?;
    match act(&app, &form.session, &token, form.fields.clone()).await {
        Ok(opened) => {
            let mut answer = see_other("/");
            view::add_member_cookies(&mut answer, &app, &opened);
            Ok(answer)
        }
        Err(error) => {
            let page = form.session.form_page(&app, "Set up your community").refused(error)?;
            page.show(&Content { page: &page, fields: &form.fields, token: &token, host: app.urls.host() })
        }
    }
}

async fn check_link(app: &App, http: &HttpRequest, token: String) -> Result<String, PageError> {
    app.limits.check_address(Act::SetUp, client_address(http, app))?;
    let shown = token.clone();
    let is_alive = app.read(move |conn| is_link_alive(conn, &shown)).await?;
    if is_alive { Ok(token) } else { Err(PageError::not_found("set-up link")) }
}

async fn act(app: &App, session: &Session, token: &str, fields: Fields) -> Result<OpenedSession, ServiceError> {
    let (community, first_member, password) = parse(&fields)?;
    let keys = app.federation.keys.take().await?;
    let password_hash = hash_password(password).await?;
    let new = SetUp { community, first_member, password_hash, documents: documents(fields) };
    let (old, token) = (session.sent_secret().map(str::to_owned), token.to_owned());
    let notice = "Welcome. Your community is on the fediverse. Now form the first cabal, or invite others to join.";
    app.write(move |tx| {
        // Asked again inside: of two who send the form at once, one sets up.
        if !is_link_alive(tx.conn, &token)? {
            return Err(ServiceError::NotFound("set-up link"));
        }
        let member = set_up::set_up(tx, new, &keys)?;
        sign_in(tx, member, old.as_deref(), Some(notice))
    })
    .await
}

fn parse(fields: &Fields) -> Result<(NewCommunity, NewMember, Password), ServiceError> {
    let mut problems = Problems::default();
    let community =
        problems.take(NewCommunity::parse(&fields.community_handle, &fields.community_name, &fields.mission));
    let member = problems.take(NewMember::parse(&fields.handle, &fields.name));
    let handle = Handle::parse("handle", &fields.handle).map(|h| h.to_string()).unwrap_or_default();
    let password = problems.take(Password::parse(&fields.password, &handle));
    if fields.document_text.trim().is_empty() {
        problems.add("document_text", "Please paste the text of your first governing document.");
    }
    match (community, member, password) {
        (Some(community), Some(member), Some(password)) => {
            problems.check()?;
            Ok((community, member, password))
        }
        _ => Err(problems.refusal().into()),
    }
}

/// The documents that have a text; the others were left empty on purpose.
fn documents(fields: Fields) -> Vec<NewDocument> {
    let all = [
        NewDocument { title: fields.document_title, text: fields.document_text },
        NewDocument { title: fields.document_title_2, text: fields.document_text_2 },
        NewDocument { title: fields.document_title_3, text: fields.document_text_3 },
    ];
    all.into_iter().take(DOCUMENT_FIELDS.len()).take_while(|d| !d.text.trim().is_empty()).collect()
}
