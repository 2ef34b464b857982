//! The page of a help request, with its offers as far as the viewer may see them (H1, PV-1).

use super::offer::OfferView;
use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::AnyConnection;
use crate::db::cabals::cabal;
use crate::db::citations::Library;
use crate::db::credits::{Credit, list_credits_for};
use crate::db::help_requests::{HelpRequest, find_help_request};
use crate::db::offers::list_offers;
use crate::domain::Urls;
use crate::domain::help_request::HelpRequestState;
use crate::domain::offer::{OfferState, Viewer};
use crate::ids::{HelpRequestId, MemberId};
use crate::services::ServiceError;
use crate::services::help_course::renew_help_request;
use crate::services::publish_help_request::withdraw_help_request;
use crate::web::errors::PageError;
use crate::web::form::{MemberForm, Nothing};
use crate::web::layout::Page;
use crate::web::session::{MemberSession, Session};
use actix_web::{HttpResponse, web};
use askama::Template;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "help_request.html")]
struct Content<'a> {
    page: &'a Page,
    found: &'a Found,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "help_request_withdraw.html")]
struct Question<'a> {
    page: &'a Page,
    request: &'a HelpRequest,
    concerned: Concerned,
}

/// Who is concerned when a request is changed or withdrawn.
pub(super) struct Concerned {
    /// Those who wait for an answer, on the fediverse.
    pub told: usize,
    /// Those who wait and left another way to reach them: the cabal has to write.
    pub to_write: Vec<String>,
}

impl Concerned {
    /// Everybody whose offer waits or is accepted.
    pub fn find(conn: &mut AnyConnection, request: HelpRequestId) -> Result<Self, ServiceError> {
        let offers = list_offers(conn, request)?.into_iter();
        let (web, fediverse): (Vec<_>, Vec<_>) = offers
            .filter(|offer| matches!(offer.state, OfferState::Waiting | OfferState::Accepted))
            .partition(|offer| offer.offerer_actor.is_none());
        Ok(Self { told: fediverse.len(), to_write: web.into_iter().map(|offer| offer.offerer_name).collect() })
    }

    /// How many people that are.
    pub fn count(&self) -> usize {
        self.told + self.to_write.len()
    }
}

struct Found {
    request: HelpRequest,
    /// What is to be done, as HTML with links to the clauses that it cites.
    html: String,
    state: HelpRequestState,
    offers: Vec<OfferView>,
    credits: Vec<Credit>,
    is_mine: bool,
    takes_offers: bool,
    is_changeable: bool,
    is_renewable: bool,
}

impl Found {
    /// Whether the text says more than the title of the page.
    fn shows_text(&self) -> bool {
        view::title_of(&self.request.what) != self.request.what || self.html.contains("<a ")
    }
}

/// `GET /help-requests/{id}`
pub async fn show(
    app: web::Data<App>,
    session: Session,
    id: web::Path<HelpRequestId>,
) -> Result<HttpResponse, PageError> {
    let look = Look { viewer: session.member_id(), now: app.now(), urls: Arc::clone(&app.urls) };
    let id = id.into_inner();
    let found = app.read(move |conn| load(conn, id, &look)).await;
    let found = view::or_gone(&app, id.into(), found).await?;
    let url = app.urls.help_request(id);
    let page = session.page(&app, view::title_of(&found.request.what)).with_activity(url.clone());
    page.show(&Content { page: &page, found: &found, url: &url })
}

/// `GET /help-requests/{id}/withdraw`
pub async fn ask_withdraw(
    app: web::Data<App>,
    visit: MemberSession,
    id: web::Path<HelpRequestId>,
) -> Result<HttpResponse, PageError> {
    let (id, me) = (id.into_inner(), visit.me.member_id);
    let (request, concerned) = app
        .read(move |conn| {
            let request = find(conn, id)?;
            let cabal = cabal(conn, request.cabal_id)?;
            view::require_cabal_member(conn, &cabal, me)?;
            Ok::<_, ServiceError>((request, Concerned::find(conn, id)?))
        })
        .await?;
    let page = visit.session.page(&app, "Withdraw this help request?");
    page.show(&Question { page: &page, request: &request, concerned })
}

/// `POST /help-requests/{id}/withdraw`
pub async fn withdraw(
    app: web::Data<App>,
    id: web::Path<HelpRequestId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    let (id, by) = (id.into_inner(), form.me.member_id);
    let (cabal, has_letters) = app
        .read(move |conn| {
            let cabal = find(conn, id)?.cabal_handle;
            Ok::<_, ServiceError>((cabal, !Concerned::find(conn, id)?.to_write.is_empty()))
        })
        .await?;
    app.write(move |tx| withdraw_help_request(tx, by, id)).await?;
    let (path, notice) = if has_letters {
        (format!("/c/{cabal}/messages"), "The help request is withdrawn. These people still wait for a word from you.")
    } else {
        (format!("/c/{cabal}"), "The help request is withdrawn.")
    };
    form.session.done(&app, &path, notice).await
}

/// `POST /help-requests/{id}/renew`
pub async fn renew(
    app: web::Data<App>,
    id: web::Path<HelpRequestId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    let (id, by) = (id.into_inner(), form.me.member_id);
    app.write(move |tx| renew_help_request(tx, by, id)).await?;
    form.session.done(&app, &format!("/help-requests/{id}"), "The help request is open for another 30 days.").await
}

/// A help request that is there for people: a withdrawn one is gone.
pub(super) fn find(conn: &mut AnyConnection, id: HelpRequestId) -> Result<HelpRequest, ServiceError> {
    let alive = find_help_request(conn, id)?.filter(|request| request.recorded != HelpRequestState::Withdrawn);
    alive.ok_or(ServiceError::NotFound("help request"))
}

/// Who looks, and when.
struct Look {
    viewer: Option<MemberId>,
    now: Stamp,
    urls: Arc<Urls>,
}

/// A withdrawn request is still there for its cabal, which may have people to answer.
fn load(conn: &mut AnyConnection, id: HelpRequestId, look: &Look) -> Result<Found, ServiceError> {
    let request = find_help_request(conn, id)?.ok_or(ServiceError::NotFound("help request"))?;
    let viewer = view::viewer(conn, request.cabal_id, look.viewer)?;
    let is_mine = viewer == Viewer::OfTheCabal;
    if request.recorded == HelpRequestState::Withdrawn && !is_mine {
        return Err(ServiceError::NotFound("help request"));
    }
    let offers = list_offers(conn, id)?.into_iter().filter_map(|offer| OfferView::of(offer, viewer)).collect();
    let state = request.state(look.now);
    let shelf = Library::new(&look.urls).shelf(conn, &request.what, (request.written_at(), None))?;
    Ok(Found {
        html: view::markdown(&request.what, &shelf),
        offers,
        credits: list_credits_for(conn, id)?,
        is_mine,
        takes_offers: state.check_takes_offers().is_ok(),
        is_changeable: state.check_changeable().is_ok(),
        is_renewable: state.check_renewable().is_ok(),
        state,
        request,
    })
}
