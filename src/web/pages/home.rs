//! The front page: what the community is for, where help is wanted, what is being decided.

use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::amendments::{Amendment, list_amendments};
use crate::db::cabals::{Cabal, list_cabals};
use crate::db::help_requests::{HelpRequest, HelpRequestFilter, list_help_requests};
use crate::db::members::count_members;
use crate::db::statements::{Statement, Whose, list_statements};
use crate::db::{AnyConnection, DbError, polls};
use crate::domain::amendment::AmendmentState;
use crate::domain::help_request::HelpRequestState;
use crate::services::publish_statement::signature_of;
use crate::services::set_up::find_mission;
use crate::web::errors::PageError;
use crate::web::layout::Page;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "home.html")]
struct Content<'a> {
    page: &'a Page,
    found: &'a Found,
    address: String,
    now: Stamp,
}

#[derive(Template)]
#[template(path = "not_set_up.html")]
struct NotSetUp;

struct Found {
    mission: String,
    requests: Vec<HelpRequest>,
    votes: Vec<(Amendment, String)>,
    seeking: Vec<Amendment>,
    progress: Vec<Statement>,
    /// What spokespeople said, and the line that says who.
    said: Vec<(Statement, String)>,
    cabals: Vec<Cabal>,
    members: i64,
}

/// `GET /`
pub async fn show(app: web::Data<App>, session: Session) -> Result<HttpResponse, PageError> {
    let Some(community) = session.community.clone() else {
        return session.page(&app, "This server is not set up yet").show(&NotSetUp);
    };
    let now = app.now();
    let found = app.read(move |conn| load(conn, now)).await?;
    let page = session.page(&app, community.name.clone());
    let address = format!("@{}@{}", community.handle, app.urls.host());
    page.show(&Content { page: &page, found: &found, address, now })
}

fn load(conn: &mut AnyConnection, now: Stamp) -> Result<Found, DbError> {
    let open = HelpRequestFilter { state: Some(HelpRequestState::Open), ..HelpRequestFilter::default() };
    let mut votes = Vec::new();
    let mut seeking = Vec::new();
    for amendment in list_amendments(conn, None)? {
        match (amendment.state, amendment.poll_id) {
            (AmendmentState::Open, Some(poll)) => {
                let closes_at = polls::poll(conn, poll)?.closes_at;
                votes.push((amendment, view::moment(&closes_at)));
            }
            (AmendmentState::SeekingBacking | AmendmentState::Backed | AmendmentState::Announced, _) => {
                seeking.push(amendment)
            }
            _ => {}
        }
    }
    Ok(Found {
        mission: find_mission(conn)?.unwrap_or_default(),
        requests: list_help_requests(conn, &open, now, 12)?,
        votes,
        seeking,
        progress: list_statements(conn, Whose::AnyCabal, None, 4)?,
        said: said(conn)?,
        cabals: list_cabals(conn, None, 12)?,
        members: count_members(conn)?,
    })
}

/// The latest that was said in the name of the community.
fn said(conn: &mut AnyConnection) -> Result<Vec<(Statement, String)>, DbError> {
    let latest = list_statements(conn, Whose::Community, None, 3)?;
    let with_line = |one: Statement| signature_of(conn, &one).map(|line| (one, line.unwrap_or_default()));
    latest.into_iter().map(with_line).collect()
}
