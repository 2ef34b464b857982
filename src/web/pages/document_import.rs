//! Import a document after the set-up: a steward pastes the text, looks at the clauses that were
//! read, and only then keeps them (A1).

use super::view;
use crate::App;
use crate::domain::text::without_invisible;
use crate::services::ServiceError;
use crate::services::import_document::{NewDocument, ReadDocument, import_as_steward, look_at_document};
use crate::web::errors::PageError;
use crate::web::form::{DOCUMENT_KIB, MemberForm};
use crate::web::layout::Page;
use crate::web::session::{MemberSession, Session, SignedIn};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// What was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    title: String,
    slug: String,
    text: String,
    step: String,
}

#[derive(Template)]
#[template(path = "document_import.html")]
struct Content<'a> {
    page: &'a Page,
    fields: &'a Fields,
}

#[derive(Template)]
#[template(path = "document_import_preview.html")]
struct Preview<'a> {
    page: &'a Page,
    fields: &'a Fields,
    read: ReadDocument,
}

impl Fields {
    fn handed_in(&self) -> NewDocument<'_> {
        NewDocument { slug: &self.slug, title: &self.title, text: &self.text }
    }
}

/// `GET /documents/import`
pub async fn show(app: web::Data<App>, visit: MemberSession) -> Result<HttpResponse, PageError> {
    stewards_only(&visit.me)?;
    form(&app, &visit.session, &Fields::default(), None)
}

/// `POST /documents/import`
pub async fn import(app: web::Data<App>, sent: MemberForm<Fields, DOCUMENT_KIB>) -> Result<HttpResponse, PageError> {
    stewards_only(&sent.me)?;
    let (by, mut fields) = (sent.me.member_id, sent.fields.clone());
    fields.text = without_invisible(&fields.text);
    match fields.step.as_str() {
        "import" => {}
        "edit" => return form(&app, &sent.session, &fields, None),
        _ => return preview(&app, &sent.session, fields).await,
    }
    let handed_in = fields.clone();
    let imported = app.write(move |tx| import_as_steward(tx, by, &handed_in.handed_in())).await;
    match imported {
        Ok(document) => {
            let notice =
                "The document is there, and the followers of the community are told. Nobody has voted on it yet.";
            sent.session.done(&app, &format!("/documents/{}", document.slug), notice).await
        }
        Err(error) => form(&app, &sent.session, &fields, Some(error)),
    }
}

fn stewards_only(me: &SignedIn) -> Result<(), PageError> {
    if me.is_steward {
        return Ok(());
    }
    Err(ServiceError::Forbidden("Only stewards can import a document.".to_owned()).into())
}

fn form(app: &App, session: &Session, fields: &Fields, error: Option<ServiceError>) -> Result<HttpResponse, PageError> {
    let mut page = session.page(app, "Import a document");
    if let Some(error) = error {
        page = page.refused(error)?;
    }
    page.show(&Content { page: &page, fields })
}

async fn preview(app: &App, session: &Session, fields: Fields) -> Result<HttpResponse, PageError> {
    let typed = fields.clone();
    match app.read(move |conn| look_at_document(conn, &typed.handed_in())).await {
        Ok(read) => {
            let page = session.page(app, "Is this how you mean it?");
            page.show(&Preview { page: &page, fields: &fields, read })
        }
        Err(error) => form(app, session, &fields, Some(error)),
    }
}
