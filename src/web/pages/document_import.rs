//! Import a document after the set-up: a steward pastes the text, looks at the clauses that were
//! read, and only then keeps them (A1).

use super::view;
use crate::App;
use crate::domain::document::{self, Clause};
use crate::ids::ClauseId;
use crate::services::ServiceError;
use crate::services::import_document::{NewDocument, import_as_steward};
use crate::web::errors::PageError;
use crate::web::form::{DOCUMENT_KIB, MemberForm};
use crate::web::layout::Page;
use crate::web::session::{MemberSession, Session, SignedIn};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

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
    clauses: Vec<Clause>,
    numbered: usize,
}

/// `GET /documents/import`
pub async fn show(app: web::Data<App>, visit: MemberSession) -> Result<HttpResponse, PageError> {
    stewards_only(&visit.me)?;
    form(&app, &visit.session, &Fields::default(), None)
}

/// `POST /documents/import`
pub async fn import(app: web::Data<App>, sent: MemberForm<Fields, DOCUMENT_KIB>) -> Result<HttpResponse, PageError> {
    stewards_only(&sent.me)?;
    let (by, fields) = (sent.me.member_id, sent.fields.clone());
    match fields.step.as_str() {
        "import" => {}
        "edit" => return form(&app, &sent.session, &fields, None),
        _ => return preview(&app, &sent.session, &fields),
    }
    let handed_in = fields.clone();
    let imported = app
        .write(move |tx| {
            let new = NewDocument { slug: &handed_in.slug, title: &handed_in.title, text: &handed_in.text };
            import_as_steward(tx, by, &new)
        })
        .await;
    match imported {
        Ok(document) => {
            let notice = "The document is in force. From now on it changes by amendments only.";
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

fn preview(app: &App, session: &Session, fields: &Fields) -> Result<HttpResponse, PageError> {
    let tree = match document::import(&fields.text) {
        Ok(tree) => tree,
        Err(refusal) => return form(app, session, fields, Some(refusal.into())),
    };
    // Nothing is kept yet: these ids are for this page alone.
    let mut last = 0;
    let clauses = tree.with_ids(|| {
        last += 1;
        ClauseId::from_uuid(Uuid::from_u128(last))
    });
    let numbered = clauses.iter().filter(|clause| !clause.number.is_empty()).count();
    let page = session.page(app, "Is this how you mean it?");
    page.show(&Preview { page: &page, fields, clauses, numbered })
}
