//! The governing documents: the list, and each in force as a tree of clauses, with its amendments
//! and its versions (A1).

use super::document_version::{Which, show_old};
use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::AnyConnection;
use crate::db::amendments::{Amendment, list_amendments};
use crate::db::community_names::{NameChange, list_name_changes};
use crate::db::documents::{Document, Version, find_document_by_slug, list_clauses, list_documents, list_versions};
use crate::domain::amendment::AmendmentState;
use crate::domain::document::Clause;
use crate::services::ServiceError;
use crate::web::errors::PageError;
use crate::web::layout::Page;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "document_list.html")]
struct List {
    documents: Vec<Document>,
    /// The names that votes gave the community, the latest first.
    names: Vec<NameChange>,
    is_steward: bool,
}

impl List {
    fn has_put_in(&self) -> bool {
        !self.documents.iter().all(Document::is_agreed)
    }
}

#[derive(Template)]
#[template(path = "document.html")]
struct Content<'a> {
    page: &'a Page,
    found: &'a Found,
}

struct Found {
    document: Document,
    clauses: Vec<Clause>,
    versions: Vec<Brought>,
    /// Amendments that are not decided, with where they stand.
    alive: Vec<(Amendment, AmendmentState)>,
    /// All others.
    past: Vec<(Amendment, AmendmentState)>,
}

/// A version, and what it brought beside clauses.
struct Brought {
    version: Version,
    is_new_rule: bool,
    new_name: Option<String>,
}

/// `GET /documents`
pub async fn list(app: web::Data<App>, session: Session) -> Result<HttpResponse, PageError> {
    let (documents, names) =
        app.read(|conn| -> Result<_, ServiceError> { Ok((list_documents(conn)?, list_name_changes(conn)?)) }).await?;
    let is_steward = session.signed_in.as_ref().is_some_and(|me| me.is_steward);
    session.page(&app, "Documents").show(&List { documents, names, is_steward })
}

/// `GET /documents/{slug}`, with `?on=2026-03-08` as it stood on that day.
pub async fn show(
    app: web::Data<App>,
    session: Session,
    slug: web::Path<String>,
    which: web::Query<Which>,
) -> Result<HttpResponse, PageError> {
    let (slug, which, now) = (slug.into_inner(), which.into_inner(), app.now());
    if which.is_old() {
        return show_old(&app, &session, slug, which).await;
    }
    let found = app.read(move |conn| load(conn, &slug, now)).await?;
    let page = session.page(&app, found.document.title.clone());
    page.show(&Content { page: &page, found: &found })
}

/// The document with this name in URLs.
pub(super) fn find(conn: &mut AnyConnection, slug: &str) -> Result<Document, ServiceError> {
    find_document_by_slug(conn, slug)?.ok_or(ServiceError::NotFound("document"))
}

fn load(conn: &mut AnyConnection, slug: &str, now: Stamp) -> Result<Found, ServiceError> {
    let document = find(conn, slug)?;
    let all = list_amendments(conn, Some(document.id))?.into_iter().map(|amendment| {
        let state = amendment.state_at(now);
        (amendment, state)
    });
    let is_alive = |state: AmendmentState| state == AmendmentState::Open || state.may_be_edited();
    let (alive, past) = all.partition(|(_, state)| is_alive(*state));
    let (versions, names) = (list_versions(conn, document.id)?, list_name_changes(conn)?);
    let versions = brought(versions, &names);
    Ok(Found { clauses: list_clauses(conn, document.version.id)?, versions, alive, past, document })
}

/// What each version, the newest first, brought beside clauses.
fn brought(versions: Vec<Version>, names: &[NameChange]) -> Vec<Brought> {
    let earlier: Vec<_> = versions.iter().skip(1).map(|version| Some(version.rule)).chain([None]).collect();
    let of = |(version, before): (Version, Option<_>)| Brought {
        is_new_rule: before.is_some_and(|rule| rule != version.rule),
        new_name: names
            .iter()
            .find(|name| name.document_id == version.document_id && name.version == version.number)
            .map(|name| name.new.clone()),
        version,
    };
    versions.into_iter().zip(earlier).map(of).collect()
}
