//! The page of a cabal: what it is for, how to follow it, what it needs and what it tells.

use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::cabals::{self, Cabal, CabalMember};
use crate::db::credits::{Credit, list_credits};
use crate::db::help_requests::{HelpRequest, HelpRequestFilter, list_help_requests};
use crate::db::offers::list_offers_of_cabal;
use crate::db::polls::{Poll, list_polls};
use crate::db::statements::{Statement, Whose, list_statements};
use crate::db::{AnyConnection, local_actors};
use crate::domain::help_request::HelpRequestState;
use crate::domain::offer::OfferState;
use crate::ids::{ActorId, CabalId, MemberId};
use crate::services::ServiceError;
use crate::web::errors::PageError;
use crate::web::layout::Page;
use crate::web::ready::ReadyAnswers;
use crate::web::session::{Session, app_of, has_cookie, see_other};
use actix_web::http::header::{CACHE_CONTROL, ContentType, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "cabal.html")]
struct Content<'a> {
    page: &'a Page,
    found: &'a Found,
    address: &'a str,
    now: Stamp,
}

struct Found {
    cabal: Cabal,
    /// Open ones, and those that somebody is on.
    requests: Vec<HelpRequest>,
    /// Done and lapsed ones; for the cabal also those that it withdrew.
    earlier: Vec<HelpRequest>,
    credits: Vec<Credit>,
    progress: Vec<Statement>,
    polls: Vec<Poll>,
    members_count: i64,
    /// Listed for members of the community only (J5).
    members: Vec<CabalMember>,
    is_mine: bool,
    waiting_offers: usize,
    accepted_offers: usize,
}

/// `GET /c/{handle}`; what strangers see is kept ready for a moment.
pub async fn show(request: HttpRequest, handle: web::Path<String>) -> Result<HttpResponse, PageError> {
    let (app, handle) = (app_of(&request)?, handle.as_str());
    let ready = request.app_data::<web::Data<ReadyAnswers>>().filter(|_| !has_cookie(&request, &app));
    let (name, generation) = (format!("page of the cabal {handle}"), app.generation());
    if let Some(body) = ready.and_then(|ready| ready.find(&app, &name)) {
        return Ok(for_strangers(body));
    }
    let session = Session::of(&request).await?;
    let now = app.now();
    let Some(found) = find(&app, handle, session.member_id()).await? else { return Ok(see_other("/")) };
    let address = format!("@{}@{}", found.cabal.handle, app.urls.host());
    let page = session.page(&app, found.cabal.name.clone()).with_activity(app.urls.actor(handle));
    let content = Content { page: &page, found: &found, address: &address, now };
    let Some(ready) = ready else { return page.show(&content) };
    let body = web::Bytes::from(page.html(&content)?);
    ready.keep(&app, &name, generation, &body);
    Ok(for_strangers(body))
}

fn for_strangers(body: web::Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((VARY, "Accept, Cookie"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .content_type(ContentType::html())
        .body(body)
}

/// Nothing for the community, whose page is the front page.
async fn find(app: &App, handle: &str, viewer: Option<MemberId>) -> Result<Option<Found>, ServiceError> {
    let handle = handle.to_owned();
    let now = app.now();
    app.read(move |conn| match cabals::find_cabal_by_handle(conn, &handle)? {
        Some(cabal) => load(conn, cabal, viewer, now).map(Some),
        None if local_actors::find_community(conn)?.is_some_and(|c| c.handle == handle) => Ok(None),
        None => Err(ServiceError::NotFound("cabal")),
    })
    .await
}

/// The requests of a cabal in some states, the youngest first.
fn requests(
    conn: &mut AnyConnection,
    cabal: CabalId,
    states: &[HelpRequestState],
    now: Stamp,
) -> Result<Vec<HelpRequest>, ServiceError> {
    let mut found = Vec::new();
    for state in states {
        let filter = HelpRequestFilter { cabal: Some(cabal), state: Some(*state), before: None };
        found.extend(list_help_requests(conn, &filter, now, 20)?);
    }
    found.sort_by_key(|request| std::cmp::Reverse(request.id));
    Ok(found)
}

fn load(conn: &mut AnyConnection, cabal: Cabal, viewer: Option<MemberId>, now: Stamp) -> Result<Found, ServiceError> {
    use HelpRequestState::{Done, Lapsed, Open, Taken, Withdrawn};
    let id = cabal.id;
    let is_mine = match viewer {
        Some(member) => cabals::is_member(conn, id, member)?,
        None => false,
    };
    Ok(Found {
        requests: requests(conn, id, &[Open, Taken], now)?,
        earlier: requests(conn, id, if is_mine { &[Done, Lapsed, Withdrawn] } else { &[Done, Lapsed] }, now)?,
        credits: list_credits(conn, id, 20)?,
        progress: list_statements(conn, Whose::Of(id.into()), None, 10)?,
        polls: list_polls(conn, ActorId::from(id), None, 10)?,
        members_count: cabals::count_cabal_members(conn, id)?,
        members: if viewer.is_some() { cabals::list_cabal_members(conn, id)? } else { Vec::new() },
        waiting_offers: if is_mine { list_offers_of_cabal(conn, id, OfferState::Waiting)?.len() } else { 0 },
        accepted_offers: if is_mine { list_offers_of_cabal(conn, id, OfferState::Accepted)?.len() } else { 0 },
        is_mine,
        cabal,
    })
}
