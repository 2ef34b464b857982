//! The board: where help is wanted, all of it or by one skill.

use super::{long_list, view};
use crate::App;
use crate::clock::Stamp;
use crate::db::help_requests::{HelpRequest, HelpRequestFilter, list_help_requests};
use crate::domain::help_request::{HelpRequestState, hashtag};
use crate::ids::HelpRequestId;
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

const ON_A_PAGE: usize = 30;
/// How many open requests are looked through for one skill.
const MOST_LOOKED_AT: i64 = 1_000;

#[derive(Template)]
#[template(path = "help_board.html")]
struct Content {
    tag: Option<String>,
    requests: Vec<HelpRequest>,
    next: Option<HelpRequestId>,
    now: Stamp,
}

/// `GET /help-requests`
pub async fn show(
    app: web::Data<App>,
    session: Session,
    from: web::Query<long_list::From<HelpRequestId>>,
) -> Result<HttpResponse, PageError> {
    let filter = HelpRequestFilter { before: from.before, ..open() };
    let now = app.now();
    let most = long_list::one_more_than(ON_A_PAGE);
    let mut requests = app.read(move |conn| list_help_requests(conn, &filter, now, most)).await?;
    let next = long_list::cut(&mut requests, ON_A_PAGE, |request| request.id);
    session.page(&app, "Help wanted").show(&Content { tag: None, requests, next, now })
}

/// `GET /tags/{name}`: the page to which the hashtags of our posts lead.
pub async fn tagged(app: web::Data<App>, session: Session, name: web::Path<String>) -> Result<HttpResponse, PageError> {
    let name = name.into_inner();
    let wanted = name.to_lowercase();
    let now = app.now();
    let mut requests = app.read(move |conn| list_help_requests(conn, &open(), now, MOST_LOOKED_AT)).await?;
    requests.retain(|request| {
        request.skills.iter().filter_map(|skill| hashtag(skill)).any(|tag| tag.to_lowercase() == wanted)
    });
    let tag = crate::domain::text::clean_line(&name);
    session.page(&app, format!("Help wanted: {tag}")).show(&Content { tag: Some(tag), requests, next: None, now })
}

fn open() -> HelpRequestFilter {
    HelpRequestFilter { state: Some(HelpRequestState::Open), ..HelpRequestFilter::default() }
}
