//! A clause: its words, and how it came to them: who proposed, who backed, which vote, when, and
//! by how much (A1).

use super::{document, view};
use crate::App;
use crate::clock::Stamp;
use crate::db::AnyConnection;
use crate::db::amendments::Amendment;
use crate::db::clause_history::{ClauseEvent, clause_history};
use crate::db::documents::{Document, list_clauses};
use crate::db::members::{list_members, member};
use crate::domain::amendment::AmendmentState;
use crate::domain::diff::Piece;
use crate::domain::document::Clause;
use crate::ids::ClauseId;
use crate::services::ServiceError;
use crate::services::vote_queue::VoteQueue;
use crate::web::errors::PageError;
use crate::web::session::{Session, see_other};
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "clause.html")]
struct Content {
    document: Document,
    /// As it stands, or as it stood last.
    clause: Clause,
    is_in_force: bool,
    events: Vec<Told>,
    /// Open votes on it and proposals that wait, in the order of their votes (A15).
    queue: Vec<(Amendment, AmendmentState)>,
}

/// What happened, and the people behind it.
struct Told {
    event: ClauseEvent,
    /// For members only (J5).
    people: Option<People>,
    /// The version before it, where a clause that was removed stood last.
    before: i32,
}

struct People {
    proposer: String,
    backers: Vec<String>,
}

/// `GET /documents/{slug}/clauses/{id}`; a number as it is cited leads on to the clause that has
/// it now.
pub async fn show(
    app: web::Data<App>,
    session: Session,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (slug, name) = path.into_inner();
    let Ok(id) = name.parse::<ClauseId>() else {
        let wanted = slug.clone();
        let id = app.read(move |conn| find_numbered(conn, &wanted, &name)).await?;
        return Ok(see_other(&app.urls.clause(&slug, id)));
    };
    let is_member = session.signed_in.is_some();
    let now = app.now();
    let content = app.read(move |conn| load(conn, &slug, id, (is_member, now))).await?;
    let name = if content.clause.number.is_empty() { "Unnumbered text" } else { "Clause" };
    let title = format!("{name} {} of {}", content.clause.number, content.document.title).replace("  ", " ");
    session.page(&app, title).show(&content)
}

fn find_numbered(conn: &mut AnyConnection, slug: &str, number: &str) -> Result<ClauseId, ServiceError> {
    let document = document::find(conn, slug)?;
    let clauses = list_clauses(conn, document.version.id)?;
    let found = clauses.iter().find(|clause| !number.is_empty() && clause.number == number);
    found.map(|clause| clause.id).ok_or(ServiceError::NotFound("clause in this document"))
}

fn load(
    conn: &mut AnyConnection,
    slug: &str,
    id: ClauseId,
    (is_member, now): (bool, Stamp),
) -> Result<Content, ServiceError> {
    let document = document::find(conn, slug)?;
    let events = clause_history(conn, document.id, id)?;
    let last = events.first().ok_or(ServiceError::NotFound("clause in this document"))?;
    let (clause, is_in_force) = match (&last.new, &last.old) {
        (Some(_), _) => {
            // Its place among the others may have changed since.
            let now = list_clauses(conn, document.version.id)?.into_iter().find(|clause| clause.id == id);
            (now.ok_or(ServiceError::NotFound("clause in this document"))?, true)
        }
        (None, Some(old)) => (old.clone(), false),
        (None, None) => return Err(ServiceError::NotFound("clause in this document")),
    };
    let events = events.into_iter().map(|event| told(conn, event, is_member)).collect::<Result<_, _>>()?;
    let queue = VoteQueue::load(conn, now)?;
    let queue = queue.about(id).map(|one| (one.amendment.clone(), one.state)).collect();
    Ok(Content { queue, document, clause, is_in_force, events })
}

fn told(conn: &mut AnyConnection, event: ClauseEvent, is_member: bool) -> Result<Told, ServiceError> {
    let people = match &event.passed {
        Some(passed) if is_member => Some(People {
            proposer: member(conn, passed.amendment.proposer_id)?.name,
            backers: list_members(conn, &passed.backers)?.into_iter().map(|member| member.name).collect(),
        }),
        _ => None,
    };
    Ok(Told { before: event.version.number - 1, event, people })
}
