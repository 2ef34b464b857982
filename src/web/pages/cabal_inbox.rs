//! Offers that wait and messages, for the members of the cabal only (J5, PV-1).

use super::offer::OfferView;
use super::view;
use crate::App;
use crate::db::AnyConnection;
use crate::db::cabals::Cabal;
use crate::db::help_requests::help_request;
use crate::db::messages::{Message, list_messages};
use crate::db::offers::list_waiting_offers;
use crate::domain::offer::Viewer;
use crate::ids::{ActorId, MemberId};
use crate::services::ServiceError;
use crate::web::errors::PageError;
use crate::web::session::MemberSession;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "cabal_inbox.html")]
struct Content {
    cabal: Cabal,
    offers: Vec<(String, OfferView)>,
    messages: Vec<Message>,
}

/// `GET /c/{handle}/messages`
pub async fn show(
    app: web::Data<App>,
    visit: MemberSession,
    handle: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let (handle, me) = (handle.into_inner(), visit.me.member_id);
    let content = app.read(move |conn| load(conn, &handle, me)).await?;
    let title = format!("Offers and messages to {}", content.cabal.name);
    visit.session.page(&app, title).show(&content)
}

fn load(conn: &mut AnyConnection, handle: &str, me: MemberId) -> Result<Content, ServiceError> {
    let cabal = view::cabal_named(conn, handle)?;
    view::require_cabal_member(conn, &cabal, me)?;
    let mut offers = Vec::new();
    for offer in list_waiting_offers(conn, cabal.id)? {
        let request = help_request(conn, offer.help_request_id)?;
        offers.extend(OfferView::of(offer, Viewer::OfTheCabal).map(|shown| (view::excerpt(&request.what, 80), shown)));
    }
    let messages = list_messages(conn, ActorId::from(cabal.id), None, None, 100)?;
    Ok(Content { cabal, offers, messages })
}
