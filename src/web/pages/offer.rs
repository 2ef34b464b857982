//! One offer: shown to those who may see it; any member of the cabal answers it and says what
//! became of it (H3, H5).

use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::AnyConnection;
use crate::db::cabals::{Cabal, cabal};
use crate::db::help_requests::{HelpRequest, help_request};
use crate::db::offers::{Offer, find_offer};
use crate::domain::help_course::word_is_due;
use crate::domain::help_request::HelpRequestState;
use crate::domain::offer::{OfferChannel, OfferState, Viewer, may_see, may_see_contact};
use crate::domain::visibility::Visibility;
use crate::ids::{MemberId, OfferId};
use crate::services::ServiceError;
use crate::services::answer_offer::{accept_offer, decline_offer};
use crate::services::finish_offer::{finish_offer, free_offer, note_word};
use crate::web::errors::PageError;
use crate::web::form::MemberForm;
use crate::web::layout::Page;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// An offer as one viewer may see it: what they may not see is not in it.
pub struct OfferView {
    /// The offer.
    pub id: OfferId,
    /// What to call the offerer.
    pub name: String,
    /// The offerer's page or the reply, for those from the fediverse.
    pub link: Option<String>,
    /// How to reach them, for the cabal.
    pub contact: Option<String>,
    /// The text, cleaned.
    pub html: String,
    /// True when only the cabal sees it.
    pub is_private: bool,
    /// What became of it.
    pub state: OfferState,
    /// The cabal's answer.
    pub answer: Option<String>,
    /// When it came.
    pub received_at: Stamp,
    /// When something was last heard of it, once it was accepted.
    pub word_at: Option<Stamp>,
    /// When it was freed, if it was.
    pub freed_at: Option<Stamp>,
    /// True for an offer by the web form.
    pub is_from_web: bool,
}

impl OfferView {
    /// The offer with the viewer's eyes; nothing when they may not see it (PV-1).
    pub fn of(offer: Offer, viewer: Viewer) -> Option<Self> {
        let is_from_web = offer.channel == OfferChannel::Web;
        let link = offer.note_id.or(offer.offerer_actor).filter(|url| view::is_web_url(url));
        may_see(offer.visibility, viewer).then(|| Self {
            id: offer.id,
            name: offer.offerer_name,
            link,
            contact: offer.contact.filter(|_| may_see_contact(viewer)),
            html: view::clean_html(&offer.content_html),
            is_private: !offer.visibility.is_for_everybody(),
            state: offer.state,
            answer: offer.answer_text.filter(|_| offer.visibility != Visibility::Direct || may_see_contact(viewer)),
            received_at: offer.received_at,
            word_at: offer.word_at,
            freed_at: offer.freed_at,
            is_from_web,
        })
    }

    /// True when nobody has heard of an accepted offer for a week (H4).
    pub fn word_is_due(&self, now: Stamp) -> bool {
        self.state == OfferState::Accepted && self.word_at.is_some_and(|at| word_is_due(at, now))
    }
}

/// The answer that was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    words: String,
    answer: String,
    agreed: String,
    credit_name: String,
}

#[derive(Template)]
#[template(path = "offer.html")]
struct Content<'a> {
    page: &'a Page,
    found: &'a Found,
    fields: &'a Fields,
    now: Stamp,
}

struct Found {
    cabal: Cabal,
    request: HelpRequest,
    offer: OfferView,
    is_mine: bool,
}

/// `GET /offers/{id}`
pub async fn show(app: web::Data<App>, session: Session, id: web::Path<OfferId>) -> Result<HttpResponse, PageError> {
    let found = find(&app, id.into_inner(), session.member_id()).await?;
    let page = page(&app, &session, &found);
    let fields = Fields { credit_name: found.offer.name.clone(), ..Fields::default() };
    page.show(&Content { page: &page, found: &found, fields: &fields, now: app.now() })
}

/// `POST /offers/{id}/answer`
pub async fn answer(
    app: web::Data<App>,
    id: web::Path<OfferId>,
    form: MemberForm<Fields>,
) -> Result<HttpResponse, PageError> {
    let (id, by) = (id.into_inner(), form.me.member_id);
    let (words, is_yes) = (form.fields.words.clone(), form.fields.answer == "accept");
    let answered = app
        .write(move |tx| if is_yes { accept_offer(tx, by, id, &words) } else { decline_offer(tx, by, id, &words) })
        .await;
    let found = find(&app, id, Some(by)).await?;
    match answered {
        Ok(()) => {
            let notice = if found.offer.contact.is_some() {
                "Your answer is saved. This person came by the web form, so please write to them yourself."
            } else {
                "Your answer is on its way to them."
            };
            form.session.done(&app, &format!("/help-requests/{}", found.request.id), notice).await
        }
        Err(error) => {
            let page = page(&app, &form.session, &found).refused(error)?;
            page.show(&Content { page: &page, found: &found, fields: &form.fields, now: app.now() })
        }
    }
}

/// `POST /offers/{id}/course`: done, free again, or a word that it goes on.
pub async fn course(
    app: web::Data<App>,
    id: web::Path<OfferId>,
    form: MemberForm<Fields>,
) -> Result<HttpResponse, PageError> {
    let (id, by) = (id.into_inner(), form.me.member_id);
    let (answer, name) = (form.fields.answer.clone(), form.fields.credit_name.clone());
    let name = if form.fields.agreed.is_empty() { String::new() } else { name };
    let notice = match answer.as_str() {
        "done" => "Done! Thank you all.",
        "free" => "The offer is free again, and help is wanted once more.",
        _ => "Noted: the work goes on.",
    };
    let outcome = app
        .write(move |tx| match answer.as_str() {
            "done" => finish_offer(tx, by, id, &name),
            "free" => free_offer(tx, by, id),
            _ => note_word(tx, by, id),
        })
        .await;
    let found = find(&app, id, Some(by)).await?;
    match outcome {
        Ok(()) => form.session.done(&app, &format!("/help-requests/{}", found.request.id), notice).await,
        Err(error) => {
            let page = page(&app, &form.session, &found).refused(error)?;
            page.show(&Content { page: &page, found: &found, fields: &form.fields, now: app.now() })
        }
    }
}

fn page(app: &App, session: &Session, found: &Found) -> Page {
    session.page(app, format!("Offer by {}", found.offer.name))
}

async fn find(app: &App, id: OfferId, member: Option<MemberId>) -> Result<Found, ServiceError> {
    app.read(move |conn| load(conn, id, member)).await
}

/// What the viewer may not see is not there for them (PV-2).
fn load(conn: &mut AnyConnection, id: OfferId, member: Option<MemberId>) -> Result<Found, ServiceError> {
    let offer = find_offer(conn, id)?.ok_or(ServiceError::NotFound("offer"))?;
    let request = help_request(conn, offer.help_request_id)?;
    let viewer = view::viewer(conn, request.cabal_id, member)?;
    let is_gone = request.recorded == HelpRequestState::Withdrawn && viewer != Viewer::OfTheCabal;
    let offer = OfferView::of(offer, viewer).filter(|_| !is_gone).ok_or(ServiceError::NotFound("offer"))?;
    Ok(Found { cabal: cabal(conn, request.cabal_id)?, request, offer, is_mine: viewer == Viewer::OfTheCabal })
}
