//! Two versions of a document, word by word, on one page (A1).

use super::{document, view};
use crate::App;
use crate::db::AnyConnection;
use crate::db::community_names::{list_name_changes, renamed_between};
use crate::db::documents::{Document, Version, find_version_numbered, list_clauses, list_versions};
use crate::domain::diff::Piece;
use crate::domain::document::{Compared, compare};
use crate::services::ServiceError;
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// Which versions; the one in force and the one before when nothing is said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Pair {
    from: Option<i32>,
    to: Option<i32>,
}

#[derive(Template)]
#[template(path = "document_compare.html")]
struct Content {
    document: Document,
    versions: Vec<Version>,
    from: Version,
    to: Version,
    changed: Vec<Compared>,
    same: usize,
    /// The rule of voting before and after, where it is another one.
    rule: Option<Vec<Piece>>,
    /// The name of the community before and after, where the versions between brought another.
    name: Option<Vec<Piece>>,
}

impl Content {
    fn is_all_the_same(&self) -> bool {
        self.changed.is_empty() && self.rule.is_none() && self.name.is_none()
    }

    fn is_chosen(&self, field: &str, version: &Version) -> bool {
        let chosen = if field == "from" { &self.from } else { &self.to };
        chosen.number == version.number
    }
}

/// `GET /documents/{slug}/compare?from=1&to=2`
pub async fn show(
    app: web::Data<App>,
    session: Session,
    slug: web::Path<String>,
    pair: web::Query<Pair>,
) -> Result<HttpResponse, PageError> {
    let (slug, pair) = (slug.into_inner(), pair.into_inner());
    let content = app.read(move |conn| load(conn, &slug, &pair)).await?;
    let title =
        format!("{}: version {} and version {}", content.document.title, content.from.number, content.to.number);
    session.page(&app, title).show(&content)
}

/// One sentence for another.
fn instead(before: String, after: String) -> Vec<Piece> {
    vec![Piece::Removed(before), Piece::Added(after)]
}

fn load(conn: &mut AnyConnection, slug: &str, pair: &Pair) -> Result<Content, ServiceError> {
    let document = document::find(conn, slug)?;
    let to = pair.to.unwrap_or(document.version.number);
    let from = pair.from.unwrap_or(to.saturating_sub(1).max(1));
    let mut numbered = |number| {
        let version = find_version_numbered(conn, document.id, number)?;
        version.ok_or(ServiceError::NotFound("version of this document"))
    };
    let (from, to) = (numbered(from)?, numbered(to)?);
    let (old, new) = (list_clauses(conn, from.id)?, list_clauses(conn, to.id)?);
    let all = compare(&old, &new);
    let (changed, same): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.step.is_some());
    let names = list_name_changes(conn)?;
    let renamed = renamed_between(&names, document.id, (from.number, to.number));
    Ok(Content {
        versions: list_versions(conn, document.id)?,
        rule: (from.rule != to.rule).then(|| instead(view::rule(&from.rule), view::rule(&to.rule))),
        name: renamed.map(|(before, after)| instead(before, after)),
        document,
        from,
        to,
        changed,
        same: same.len(),
    })
}
