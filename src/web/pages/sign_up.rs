//! Join by reading and signing the documents in force (J1).

use super::view;
use crate::App;
use crate::db::documents::{Document, list_agreed_documents, list_clauses};
use crate::db::{AnyConnection, DbError};
use crate::domain::document::Clause;
use crate::domain::membership::{NewMember, Password};
use crate::domain::{Handle, Problems};
use crate::services::ServiceError;
use crate::services::sign_in::{OpenedSession, hash_password, sign_in};
use crate::services::sign_up::{Signed, sign_up as put_on_the_roll};
use crate::web::errors::PageError;
use crate::web::form::SignedForm;
use crate::web::layout::Page;
use crate::web::limits::{Act, client_address};
use crate::web::session::{Session, safe_path, see_other};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// What was typed, and which versions stood on the page.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    handle: String,
    name: String,
    password: String,
    eligible: String,
    signs: String,
    document: Vec<String>,
    fingerprint: Vec<String>,
    next: String,
}

/// Where to go on after joining.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Query {
    next: String,
}

#[derive(Template)]
#[template(path = "sign_up.html")]
struct Content<'a> {
    page: &'a Page,
    fields: &'a Fields,
    documents: &'a [(Document, Vec<Clause>)],
}

/// `GET /sign-up`
pub async fn show(app: web::Data<App>, session: Session, query: web::Query<Query>) -> Result<HttpResponse, PageError> {
    let fields = Fields { next: safe_path(&query.next), ..Fields::default() };
    if session.signed_in.is_some() {
        return Ok(see_other(&after_joining(&fields)));
    }
    let documents = app.read(load).await?;
    if documents.is_empty() {
        return Ok(see_other("/"));
    }
    let page = session.form_page(&app, "Join");
    page.show(&Content { page: &page, fields: &fields, documents: &documents })
}

/// `POST /sign-up`
pub async fn sign_up(
    app: web::Data<App>,
    http: HttpRequest,
    form: SignedForm<Fields>,
) -> Result<HttpResponse, PageError> {
    match act(&app, &http, &form.session, &form.fields).await {
        Ok(opened) => {
            let mut answer = see_other(&after_joining(&form.fields));
            view::add_member_cookies(&mut answer, &app, &opened);
            Ok(answer)
        }
        Err(PageError::Service(error)) => {
            let documents = app.read(load).await?;
            let page = form.session.form_page(&app, "Join").refused(error)?;
            page.show(&Content { page: &page, fields: &form.fields, documents: &documents })
        }
        Err(other) => Err(other),
    }
}

/// The page that one was going to; one's own where one came from the front page (AC-1).
fn after_joining(fields: &Fields) -> String {
    Some(safe_path(&fields.next)).filter(|next| next != "/").unwrap_or_else(|| "/account".to_owned())
}

async fn act(app: &App, http: &HttpRequest, session: &Session, fields: &Fields) -> Result<OpenedSession, PageError> {
    let (new, password) = parse(fields)?;
    app.limits.check_address(Act::SignUp, client_address(http, app))?;
    let hash = hash_password(password).await?;
    let (signed, old) = (signed(fields), session.sent_secret().map(str::to_owned));
    let notice = if after_joining(fields) == "/account" {
        "Welcome! You are a member now. Below you see what you signed; you may print it as your receipt."
    } else {
        "Welcome! You are a member now. What you signed stands on the page “Your account”, as your receipt."
    };
    let opened = app
        .write(move |tx| {
            let member = put_on_the_roll(tx, new, &hash, &signed)?;
            sign_in(tx, member, old.as_deref(), Some(notice))
        })
        .await?;
    Ok(opened)
}

fn parse(fields: &Fields) -> Result<(NewMember, Password), ServiceError> {
    let mut problems = Problems::default();
    let member = problems.take(NewMember::parse(&fields.handle, &fields.name));
    let handle = Handle::parse("handle", &fields.handle).map(|h| h.to_string()).unwrap_or_default();
    let password = problems.take(Password::parse(&fields.password, &handle));
    if fields.eligible.is_empty() {
        problems.add("eligible", "Please tick this box if it is true for you.");
    }
    if fields.signs.is_empty() {
        problems.add("signs", "Please tick this box to sign the documents.");
    }
    match (member, password) {
        (Some(member), Some(password)) => {
            problems.check()?;
            Ok((member, password))
        }
        _ => Err(problems.refusal().into()),
    }
}

/// A document that is named in a way we never wrote was not on our page, so it was not signed.
fn signed(fields: &Fields) -> Vec<Signed> {
    let pairs = fields.document.iter().zip(&fields.fingerprint);
    pairs.filter_map(|(id, print)| Some(Signed { document: id.parse().ok()?, fingerprint: print.clone() })).collect()
}

fn load(conn: &mut AnyConnection) -> Result<Vec<(Document, Vec<Clause>)>, DbError> {
    let documents = list_agreed_documents(conn)?;
    documents
        .into_iter()
        .map(|document| {
            let clauses = list_clauses(conn, document.version.id)?;
            Ok((document, clauses))
        })
        .collect()
}
