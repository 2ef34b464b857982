//! All amendments, by where they stand.

use super::view;
use crate::App;
use crate::db::amendments::{Amendment, list_amendments, list_drafts};
use crate::db::documents::{Document, list_documents};
use crate::db::{AnyConnection, DbError};
use crate::domain::amendment::AmendmentState;
use crate::ids::MemberId;
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "amendment_list.html")]
struct Content {
    groups: Vec<(&'static str, Vec<Amendment>)>,
    /// Of whoever looks.
    drafts: Vec<Amendment>,
    documents: Vec<Document>,
}

impl Content {
    fn is_empty(&self) -> bool {
        self.groups.iter().all(|(_, group)| group.is_empty())
    }
}

/// `GET /amendments`
pub async fn show(app: web::Data<App>, session: Session) -> Result<HttpResponse, PageError> {
    let me = session.member_id();
    let content = app.read(move |conn| load(conn, me)).await?;
    session.page(&app, "Amendments").show(&content)
}

fn load(conn: &mut AnyConnection, me: Option<MemberId>) -> Result<Content, DbError> {
    let drafts = me.map(|me| list_drafts(conn, me)).transpose()?.unwrap_or_default();
    let mut all = list_amendments(conn, None)?;
    let mut take = |heading: &'static str, is_in: fn(AmendmentState) -> bool| {
        let (group, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut all).into_iter().partition(|a| is_in(a.state));
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
