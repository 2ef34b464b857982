//! All amendments, by where they stand, and which of them wait for which (A15).

use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::AnyConnection;
use crate::db::amendments::{Amendment, list_amendments, list_drafts};
use crate::db::documents::{Document, list_documents};
use crate::domain::amendment::AmendmentState;
use crate::ids::MemberId;
use crate::services::ServiceError;
use crate::services::vote_queue::{Queued, VoteQueue};
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "amendment_list.html")]
struct Content {
    groups: Vec<(&'static str, Vec<Listed>)>,
    /// Of whoever looks.
    drafts: Vec<Amendment>,
    documents: Vec<Document>,
}

/// An amendment and the others about the same clauses.
struct Listed {
    amendment: Amendment,
    state: AmendmentState,
    /// The open votes that it waits for.
    waits_for: Vec<Queued>,
    /// The others that are not open, in the order of their votes.
    beside: Vec<Queued>,
}

impl Content {
    fn is_empty(&self) -> bool {
        self.groups.iter().all(|(_, group)| group.is_empty())
    }
}

impl Listed {
    fn of(amendment: Amendment, queue: &VoteQueue, now: Stamp) -> Self {
        let beside = queue.beside(amendment.id).into_iter();
        let others = beside.filter(|one| one.amendment.id != amendment.id).cloned();
        let (waits_for, beside) = others.partition(|one| one.state == AmendmentState::Open);
        Self { state: amendment.state_at(now), amendment, waits_for, beside }
    }

    fn is_open(&self) -> bool {
        self.state == AmendmentState::Open
    }
}

/// `GET /amendments`
pub async fn show(app: web::Data<App>, session: Session) -> Result<HttpResponse, PageError> {
    let (me, now) = (session.member_id(), app.now());
    let content = app.read(move |conn| load(conn, me, now)).await?;
    session.page(&app, "Amendments").show(&content)
}

fn load(conn: &mut AnyConnection, me: Option<MemberId>, now: Stamp) -> Result<Content, ServiceError> {
    let drafts = me.map(|me| list_drafts(conn, me)).transpose()?.unwrap_or_default();
    let queue = VoteQueue::load(conn, now)?;
    let mut all: Vec<Listed> =
        list_amendments(conn, None)?.into_iter().map(|amendment| Listed::of(amendment, &queue, now)).collect();
    let mut take = |heading: &'static str, is_in: fn(AmendmentState) -> bool| {
        let (group, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut all).into_iter().partition(|one| is_in(one.state));
        all = rest;
        (heading, group)
    };
    let groups = vec![
        take("Open votes", |state| state == AmendmentState::Open),
        take("Proposed", |state| state.may_be_edited()),
        take("Decided", |state| matches!(state, AmendmentState::Carried | AmendmentState::Lost)),
        take("Not put to the vote", |_| true),
    ];
    Ok(Content { groups, drafts, documents: list_documents(conn)? })
}
