//! The page of an amendment: the change as a diff, its backing, its ballot, its result; and the
//! buttons that move it on (A2 to A4).

use super::poll::{self, PollView};
use super::view;
use crate::App;
use crate::db::amendments::{Amendment, find_amendment, list_backers, list_changes};
use crate::db::documents::{Document, Version, document, find_version_before, list_clauses};
use crate::db::members::{list_members, member};
use crate::db::{AnyConnection, Tx};
use crate::domain::amendment::{AmendmentState, Change};
use crate::domain::diff::Piece;
use crate::domain::document::{Cited, Clause};
use crate::ids::{AmendmentId, MemberId};
use crate::services::ServiceError;
use crate::services::back_amendment::{back_amendment, take_backing_back as unback};
use crate::services::open_ballot::open_ballot;
use crate::services::propose_amendment::withdraw_amendment;
use crate::web::errors::PageError;
use crate::web::form::{MemberForm, Nothing};
use crate::web::layout::Page;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::TimeDelta;

#[derive(Template)]
#[template(path = "amendment.html")]
struct Content<'a> {
    page: &'a Page,
    amendment: &'a Amendment,
    about: &'a About,
    found: Option<&'a PollView>,
}

struct About {
    document: Document,
    base: Base,
    changes: Vec<Change>,
    backers_count: usize,
    /// For members only (J5).
    backers: Vec<String>,
    proposer: Option<String>,
    is_mine: bool,
    i_back: bool,
}

/// The text as it stood when the amendment was written: its citations lead there (A1).
struct Base {
    version: Version,
    clauses: Vec<Clause>,
}

impl Content<'_> {
    fn may_change(&self) -> bool {
        let state = self.amendment.state;
        self.about.is_mine
            && matches!(state, AmendmentState::SeekingBacking | AmendmentState::Backed | AmendmentState::InConflict)
    }

    fn seeks_backing(&self) -> bool {
        matches!(self.amendment.state, AmendmentState::SeekingBacking | AmendmentState::Backed)
    }

    fn is_open(&self) -> bool {
        self.found.is_some_and(|found| found.poll.is_open(found.now))
    }

    fn may_open(&self) -> bool {
        self.about.is_mine && self.amendment.state == AmendmentState::Backed
    }
}

/// `GET /amendments/{id}`
pub async fn show(
    app: web::Data<App>,
    session: Session,
    id: web::Path<AmendmentId>,
) -> Result<HttpResponse, PageError> {
    let (id, viewer) = (id.into_inner(), session.member_id());
    let mut amendment = app.read(move |conn| find(conn, id)).await?;
    let found = match amendment.poll_id {
        Some(poll) => Some(poll::find(&app, poll, viewer).await?),
        None => None,
    };
    let about = app.read(move |conn| load(conn, id, viewer)).await?;
    if found.is_some() {
        // The poll may have been closed just now.
        amendment = app.read(move |conn| find(conn, id)).await?;
    }
    let page = session.page(&app, amendment.title.clone());
    page.show(&Content { page: &page, amendment: &amendment, about: &about, found: found.as_ref() })
}

/// `POST /amendments/{id}/backing`
pub async fn back(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    act(&app, id.into_inner(), &form, back_amendment, "You back this amendment now. Its proposer may open the vote.")
        .await
}

/// `POST /amendments/{id}/backing/withdraw`
pub async fn take_backing_back(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    act(&app, id.into_inner(), &form, unback, "You back this amendment no longer.").await
}

/// `POST /amendments/{id}/opening`
pub async fn open(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    let open = |tx: &mut Tx<'_>, by, id| open_ballot(tx, by, id).map(|_| ());
    act(&app, id.into_inner(), &form, open, "The vote is open for one week and on its way to the fediverse.").await
}

/// `POST /amendments/{id}/withdraw`
pub async fn withdraw(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    act(&app, id.into_inner(), &form, withdraw_amendment, "The amendment is withdrawn.").await
}

async fn act(
    app: &App,
    id: AmendmentId,
    form: &MemberForm<Nothing>,
    service: impl FnOnce(&mut Tx<'_>, MemberId, AmendmentId) -> Result<(), ServiceError> + Send + 'static,
    notice: &str,
) -> Result<HttpResponse, PageError> {
    let by = form.me.member_id;
    app.write(move |tx| service(tx, by, id)).await?;
    form.session.done(app, &format!("/amendments/{id}"), notice).await
}

/// The amendment with this id.
pub(super) fn find(conn: &mut AnyConnection, id: AmendmentId) -> Result<Amendment, ServiceError> {
    find_amendment(conn, id)?.ok_or(ServiceError::NotFound("amendment"))
}

fn load(conn: &mut AnyConnection, id: AmendmentId, viewer: Option<MemberId>) -> Result<About, ServiceError> {
    let amendment = find(conn, id)?;
    let backers = list_backers(conn, id)?;
    let named = if viewer.is_some() { list_members(conn, &backers)? } else { Vec::new() };
    let just_after = amendment.edited_at + TimeDelta::microseconds(1);
    let version = find_version_before(conn, amendment.document_id, just_after)?;
    let version = version.ok_or(ServiceError::NotFound("version"))?;
    Ok(About {
        document: document(conn, amendment.document_id)?,
        base: Base { clauses: list_clauses(conn, version.id)?, version },
        changes: list_changes(conn, id)?,
        backers_count: backers.len(),
        backers: named.into_iter().map(|member| member.name).collect(),
        proposer: match viewer {
            Some(_) => Some(member(conn, amendment.proposer_id)?.name),
            None => None,
        },
        is_mine: viewer == Some(amendment.proposer_id),
        i_back: viewer.is_some_and(|me| backers.contains(&me)),
    })
}
