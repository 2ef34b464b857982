//! The page of a help request, with its offers as far as the viewer may see them (H1, PV-1).

use super::offer::OfferView;
use super::view;
use crate::App;
use crate::db::AnyConnection;
use crate::db::help_requests::{HelpRequest, find_help_request};
use crate::db::offers::list_offers;
use crate::domain::help_request::HelpRequestState;
use crate::domain::offer::Viewer;
use crate::ids::{HelpRequestId, MemberId};
use crate::services::ServiceError;
use crate::services::publish_help_request::withdraw_help_request;
use crate::web::errors::PageError;
use crate::web::form::{MemberForm, Nothing};
use crate::web::layout::Page;
use crate::web::session::{MemberSession, Session};
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "help_request.html")]
struct Content<'a> {
    found: &'a Found,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "help_request_withdraw.html")]
struct Question<'a> {
    page: &'a Page,
    request: &'a HelpRequest,
}

struct Found {
    request: HelpRequest,
    offers: Vec<OfferView>,
    is_mine: bool,
    takes_offers: bool,
    is_changeable: bool,
}

/// `GET /help-requests/{id}`
pub async fn show(
    app: web::Data<App>,
    session: Session,
    id: web::Path<HelpRequestId>,
) -> Result<HttpResponse, PageError> {
    let (id, viewer) = (id.into_inner(), session.member_id());
    let found = app.read(move |conn| load(conn, id, viewer)).await;
    let found = view::or_gone(&app, id.into(), found).await?;
    let url = app.urls.help_request(id);
    let page = session.page(&app, view::title_of(&found.request.what)).with_activity(url.clone());
    page.show(&Content { found: &found, url: &url })
}

/// `GET /help-requests/{id}/withdraw`
pub async fn ask_withdraw(
    app: web::Data<App>,
    visit: MemberSession,
    id: web::Path<HelpRequestId>,
) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    let request = app.read(move |conn| find(conn, id)).await?;
    let page = visit.session.page(&app, "Withdraw this help request?");
    page.show(&Question { page: &page, request: &request })
}

/// `POST /help-requests/{id}/withdraw`
pub async fn withdraw(
    app: web::Data<App>,
    id: web::Path<HelpRequestId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    let (id, by) = (id.into_inner(), form.me.member_id);
    let cabal = app.read(move |conn| Ok::<_, ServiceError>(find(conn, id)?.cabal_handle)).await?;
    app.write(move |tx| withdraw_help_request(tx, by, id)).await?;
    form.session.done(&app, &format!("/c/{cabal}"), "The help request is withdrawn.").await
}

/// A help request that is there for people: a withdrawn one is gone.
pub(super) fn find(conn: &mut AnyConnection, id: HelpRequestId) -> Result<HelpRequest, ServiceError> {
    let alive = find_help_request(conn, id)?.filter(|request| request.state != HelpRequestState::Withdrawn);
    alive.ok_or(ServiceError::NotFound("help request"))
}

fn load(conn: &mut AnyConnection, id: HelpRequestId, member: Option<MemberId>) -> Result<Found, ServiceError> {
    let request = find(conn, id)?;
    let viewer = view::viewer(conn, request.cabal_id, member)?;
    let offers = list_offers(conn, id)?.into_iter().filter_map(|offer| OfferView::of(offer, viewer)).collect();
    Ok(Found {
        offers,
        is_mine: viewer == Viewer::OfTheCabal,
        takes_offers: request.state.check_takes_offers().is_ok(),
        is_changeable: request.state.check_changeable().is_ok(),
        request,
    })
}
