//! Offers that wait, offers that were accepted, and messages: for the members of the cabal only
//! (J5, PV-1).

use super::offer::OfferView;
use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::AnyConnection;
use crate::db::cabals::Cabal;
use crate::db::help_requests::{HelpRequest, help_request};
use crate::db::messages::{Message, list_messages};
use crate::db::offers::list_offers_of_cabal;
use crate::domain::offer::{OfferState, Viewer};
use crate::ids::{ActorId, CabalId, MemberId};
use crate::services::ServiceError;
use crate::web::errors::PageError;
use crate::web::session::MemberSession;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "cabal_inbox.html")]
struct Content {
    cabal: Cabal,
    waiting: Vec<(HelpRequest, OfferView)>,
    accepted: Vec<(HelpRequest, OfferView)>,
    messages: Vec<Message>,
    now: Stamp,
}

/// `GET /c/{handle}/messages`
pub async fn show(
    app: web::Data<App>,
    visit: MemberSession,
    handle: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let (handle, me) = (handle.into_inner(), visit.me.member_id);
    let now = app.now();
    let content = app.read(move |conn| load(conn, &handle, me, now)).await?;
    let title = format!("Offers and messages to {}", content.cabal.name);
    visit.session.page(&app, title).show(&content)
}

fn load(conn: &mut AnyConnection, handle: &str, me: MemberId, now: Stamp) -> Result<Content, ServiceError> {
    let cabal = view::cabal_named(conn, handle)?;
    view::require_cabal_member(conn, &cabal, me)?;
    Ok(Content {
        waiting: offers(conn, cabal.id, OfferState::Waiting)?,
        accepted: offers(conn, cabal.id, OfferState::Accepted)?,
        messages: list_messages(conn, ActorId::from(cabal.id), None, None, 100)?,
        cabal,
        now,
    })
}

fn offers(
    conn: &mut AnyConnection,
    cabal: CabalId,
    state: OfferState,
) -> Result<Vec<(HelpRequest, OfferView)>, ServiceError> {
    let mut shown = Vec::new();
    for offer in list_offers_of_cabal(conn, cabal, state)? {
        let request = help_request(conn, offer.help_request_id)?;
        shown.extend(OfferView::of(offer, Viewer::OfTheCabal).map(|offer| (request, offer)));
    }
    Ok(shown)
}
