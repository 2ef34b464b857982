//! All amendments, by where they stand.

use super::view;
use crate::App;
use crate::db::amendments::{Amendment, list_amendments};
use crate::db::documents::{Document, list_documents};
use crate::db::{AnyConnection, DbError};
use crate::domain::amendment::AmendmentState;
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "amendment_list.html")]
struct Content {
    groups: Vec<(&'static str, Vec<Amendment>)>,
    documents: Vec<Document>,
}

impl Content {
    fn is_empty(&self) -> bool {
        self.groups.iter().all(|(_, group)| group.is_empty())
    }
}

/// `GET /amendments`
pub async fn show(app: web::Data<App>, session: Session) -> Result<HttpResponse, PageError> {
    let content = app.read(load).await?;
    session.page(&app, "Amendments").show(&content)
}

fn load(conn: &mut AnyConnection) -> Result<Content, DbError> {
    let mut all = list_amendments(conn, None)?;
    let mut take = |heading: &'static str, is_in: fn(AmendmentState) -> bool| {
        let (group, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut all).into_iter().partition(|a| is_in(a.state));
        all = rest;
        (heading, group)
    };
    let groups = vec![
        take("Open votes", |state| state == AmendmentState::Open),
        take("Proposed", |state| {
            matches!(state, AmendmentState::SeekingBacking | AmendmentState::Backed | AmendmentState::InConflict)
        }),
        take("Decided", |state| matches!(state, AmendmentState::Carried | AmendmentState::Lost)),
        take("Not put to the vote", |_| true),
    ];
    Ok(Content { groups, documents: list_documents(conn)? })
}
