//! Offers of help: list, make one as the web form does, answer, and say what became of them (rules
//! H2 to H5). What is not for everybody is for the members of the cabal alone (J5, security.md PV-1).

use super::answer::{self, Created, moment};
use super::body::Body;
use super::cabals::{by_handle, is_of};
use super::help_requests::standing;
use super::member::{ApiMember, MaybeMember};
use super::problem::Problem;
use super::query::Query;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::offers::{self, Offer};
use crate::db::{DbError, help_requests};
use crate::domain::Urls;
use crate::domain::offer::{OfferState, Viewer, WebOffer, WebOfferFields, may_see, may_see_contact};
use crate::ids::{HelpRequestId, MemberId, OfferId};
use crate::services::{ServiceError, answer_offer, finish_offer as course, record_offer};
use crate::web::limits::{Act, client_address};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An offer, as far as the asker may see it.
#[derive(Serialize, ToSchema)]
pub struct OfferView {
    id: String,
    help_request: String,
    /// The reply at its home server; null when it came from the web.
    note_id: Option<String>,
    offerer_actor: Option<String>,
    offerer_name: String,
    /// How to reach them; for members of the cabal only.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
    /// Cleaned HTML.
    content_html: String,
    #[schema(example = "public")]
    visibility: &'static str,
    /// waiting, accepted, declined, withdrawn or done
    state: &'static str,
    received_at: String,
    edited_at: Option<String>,
    answer_text: Option<String>,
    answered_at: Option<String>,
    /// When something was last heard of an accepted offer; ten days later it is freed.
    word_at: Option<String>,
    done_at: Option<String>,
    url: String,
}

/// The offers that the asker may see.
#[derive(Serialize, ToSchema)]
pub struct OfferList {
    items: Vec<OfferView>,
}

/// An offer by somebody without an account on the fediverse. Stored for the cabal only.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferRequest {
    /// What to call you
    #[serde(default)]
    #[schema(required, max_length = 80)]
    name: String,
    /// How to reach you
    #[serde(default)]
    #[schema(required, max_length = 200)]
    contact: String,
    /// What you offer
    #[serde(default)]
    #[schema(required, max_length = 2000)]
    text: String,
}

/// The answer to an offer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// A few words to the person who offered
    #[serde(default)]
    #[schema(required)]
    words: String,
}

/// What became of an accepted offer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DoneRequest {
    /// The name under which somebody who offered on the web agreed to be thanked in public;
    /// left out when they did not
    #[serde(default)]
    #[schema(max_length = 80)]
    credit_name: String,
}

/// Which offers to a cabal.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CabalOffersQuery {
    /// waiting when left out
    #[param(value_type = Option<String>)]
    state: Option<OfferState>,
}

fn view(offer: Offer, viewer: Viewer, urls: &Urls) -> OfferView {
    OfferView {
        id: offer.id.to_string(),
        help_request: offer.help_request_id.to_string(),
        note_id: offer.note_id,
        offerer_actor: offer.offerer_actor,
        offerer_name: offer.offerer_name,
        contact: offer.contact.filter(|_| may_see_contact(viewer)),
        content_html: offer.content_html,
        visibility: offer.visibility.as_str(),
        state: offer.state.as_str(),
        received_at: iso_seconds(offer.received_at),
        edited_at: moment(offer.edited_at),
        answer_text: offer.answer_text,
        answered_at: moment(offer.answered_at),
        word_at: moment(offer.word_at),
        done_at: moment(offer.done_at),
        url: urls.offer(offer.id),
    }
}

/// List the offers to a help request that you may see
#[utoipa::path(tag = "offers", responses(
    (status = 200, body = OfferList), (status = 404, body = Problem), (status = 410, body = Problem)))]
#[get("/help-requests/{id}/offers")]
pub async fn list_offers(
    app: web::Data<App>,
    viewer: MaybeMember,
    id: web::Path<String>,
) -> Result<web::Json<OfferList>, Problem> {
    let request = standing(&app, answer::id(&id)?).await?;
    let member = viewer.id();
    let (found, is_member) = app
        .read(move |conn| -> Result<_, DbError> {
            Ok((offers::list_offers(conn, request.id)?, is_of(conn, request.cabal_id, member)?))
        })
        .await?;
    let viewer = if is_member { Viewer::OfTheCabal } else { Viewer::Anybody };
    let seen = found.into_iter().filter(|offer| may_see(offer.visibility, viewer));
    Ok(web::Json(OfferList { items: seen.map(|offer| view(offer, viewer, &app.urls)).collect() }))
}

/// Offer help without an account, as the form on the page does; `url` is the private page of the offer
#[utoipa::path(tag = "offers", responses(
    (status = 201, body = Created), (status = 404, body = Problem), (status = 409, body = Problem),
    (status = 410, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
#[post("/help-requests/{id}/offers")]
pub async fn make_offer(
    request: HttpRequest,
    app: web::Data<App>,
    id: web::Path<String>,
    body: Body<OfferRequest>,
) -> Result<HttpResponse, Problem> {
    app.limits
        .check_address(Act::WebOffer, client_address(&request, &app))
        .map_err(|refused| Problem::too_many(refused.retry_after().unwrap_or(60)))?;
    let id: HelpRequestId = answer::id(&id)?;
    standing(&app, id).await?;
    let OfferRequest { name, contact, text } = body.0;
    let new = WebOffer::parse(&WebOfferFields { name, contact, text })?;
    let offer = app.write(move |tx| record_offer::record_web_offer(tx, id, new)).await?;
    // The private link by which whoever offers can follow the offer and take it back.
    let url = format!("{}/my-offer/{}", app.urls.base(), offer.secret);
    let created = Created { id: offer.id.to_string(), url, object_id: None };
    Ok(created.at(&format!("/help-requests/{id}/offers")))
}

/// Accept an offer; the answer goes to the server of whoever offered
#[utoipa::path(tag = "offers", security(("token" = [])), responses(
    (status = 200, body = OfferView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/offers/{id}/accept")]
pub async fn accept_offer(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    body: Body<AnswerRequest>,
) -> Result<web::Json<OfferView>, Problem> {
    let (by, id) = (member.id(), answer::id(&id)?);
    check_visible(&app, by, id).await?;
    app.write(move |tx| answer_offer::accept_offer(tx, by, id, &body.0.words)).await?;
    shown(&app, id).await
}

/// Decline an offer with a few kind words
#[utoipa::path(tag = "offers", security(("token" = [])), responses(
    (status = 200, body = OfferView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/offers/{id}/decline")]
pub async fn decline_offer(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    body: Body<AnswerRequest>,
) -> Result<web::Json<OfferView>, Problem> {
    let (by, id) = (member.id(), answer::id(&id)?);
    check_visible(&app, by, id).await?;
    app.write(move |tx| answer_offer::decline_offer(tx, by, id, &body.0.words)).await?;
    shown(&app, id).await
}

/// List the offers to a cabal in one state, for its members
#[utoipa::path(tag = "offers", security(("token" = [])), params(CabalOffersQuery), responses(
    (status = 200, body = OfferList), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
#[get("/cabals/{handle}/offers")]
pub async fn list_cabal_offers(
    app: web::Data<App>,
    member: ApiMember,
    handle: web::Path<String>,
    query: Query<CabalOffersQuery>,
) -> Result<web::Json<OfferList>, Problem> {
    let (by, handle, state) = (member.id(), handle.into_inner(), query.0.state.unwrap_or(OfferState::Waiting));
    let found = app
        .read(move |conn| -> Result<_, ServiceError> {
            let cabal = by_handle(conn, &handle)?;
            if !is_of(conn, cabal.id, Some(by))? {
                return Err(ServiceError::Forbidden("Only members of this cabal see its offers.".to_owned()));
            }
            Ok(offers::list_offers_of_cabal(conn, cabal.id, state)?)
        })
        .await?;
    let items = found.into_iter().map(|offer| view(offer, Viewer::OfTheCabal, &app.urls)).collect();
    Ok(web::Json(OfferList { items }))
}

/// Say that an accepted offer is done
#[utoipa::path(tag = "offers", security(("token" = [])), responses(
    (status = 200, body = OfferView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/offers/{id}/done")]
pub async fn finish_offer(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    body: Body<DoneRequest>,
) -> Result<web::Json<OfferView>, Problem> {
    let (by, id) = (member.id(), answer::id(&id)?);
    check_visible(&app, by, id).await?;
    app.write(move |tx| course::finish_offer(tx, by, id, &body.0.credit_name)).await?;
    shown(&app, id).await
}

/// Free an accepted offer, so that others may help
#[utoipa::path(tag = "offers", security(("token" = [])), responses(
    (status = 200, body = OfferView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem)))]
#[post("/offers/{id}/free")]
pub async fn free_offer(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<web::Json<OfferView>, Problem> {
    let (by, id) = (member.id(), answer::id(&id)?);
    check_visible(&app, by, id).await?;
    app.write(move |tx| course::free_offer(tx, by, id)).await?;
    shown(&app, id).await
}

/// Say that the work on an accepted offer goes on
#[utoipa::path(tag = "offers", security(("token" = [])), responses(
    (status = 200, body = OfferView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem)))]
#[post("/offers/{id}/word")]
pub async fn note_word(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<web::Json<OfferView>, Problem> {
    let (by, id) = (member.id(), answer::id(&id)?);
    check_visible(&app, by, id).await?;
    app.write(move |tx| course::note_word(tx, by, id)).await?;
    shown(&app, id).await
}

/// An offer that the member may not even see does not exist for them (PV-2).
async fn check_visible(app: &App, by: MemberId, id: OfferId) -> Result<(), Problem> {
    app.read(move |conn| -> Result<_, ServiceError> {
        let offer = offers::find_offer(conn, id)?.ok_or(ServiceError::NotFound("offer"))?;
        let request = help_requests::help_request(conn, offer.help_request_id)?;
        let viewer = if is_of(conn, request.cabal_id, Some(by))? { Viewer::OfTheCabal } else { Viewer::Anybody };
        if may_see(offer.visibility, viewer) { Ok(()) } else { Err(ServiceError::NotFound("offer")) }
    })
    .await
    .map_err(Problem::from)
}

/// The offer as the member of the cabal who answered it sees it.
async fn shown(app: &App, id: OfferId) -> Result<web::Json<OfferView>, Problem> {
    let offer = app.read(move |conn| offers::offer(conn, id)).await?;
    Ok(web::Json(view(offer, Viewer::OfTheCabal, &app.urls)))
}
