//! Offer help by a web form, for people without a fediverse account (H2).

use super::help_request;
use super::view;
use crate::App;
use crate::db::help_requests::HelpRequest;
use crate::domain::offer::{WebOffer, WebOfferFields};
use crate::ids::HelpRequestId;
use crate::services::ServiceError;
use crate::services::record_offer::record_web_offer;
use crate::web::errors::PageError;
use crate::web::form::SignedForm;
use crate::web::layout::Page;
use crate::web::limits::{Act, client_address};
use crate::web::session::Session;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "offer_form.html")]
struct Content<'a> {
    page: &'a Page,
    request: &'a HelpRequest,
    fields: &'a WebOfferFields,
}

/// `GET /help-requests/{id}/offer`
pub async fn show(
    app: web::Data<App>,
    session: Session,
    id: web::Path<HelpRequestId>,
) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    let request = app.read(move |conn| help_request::find(conn, id)).await?;
    request.state(app.now()).check_takes_offers().map_err(ServiceError::Conflict)?;
    let page = session.form_page(&app, "Offer help");
    page.show(&Content { page: &page, request: &request, fields: &WebOfferFields::default() })
}

/// `POST /help-requests/{id}/offer`
pub async fn send(
    app: web::Data<App>,
    http: HttpRequest,
    id: web::Path<HelpRequestId>,
    form: SignedForm<WebOfferFields>,
) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    let request = app.read(move |conn| help_request::find(conn, id)).await?;
    match act(&app, &http, id, &form.fields).await {
        Ok(secret) => {
            let notice = format!("Thank you. Your offer has reached {}.", request.cabal_name);
            form.session.done(&app, &format!("/my-offer/{secret}"), &notice).await
        }
        Err(PageError::Service(error)) => {
            let page = form.session.form_page(&app, "Offer help").refused(error)?;
            page.show(&Content { page: &page, request: &request, fields: &form.fields })
        }
        Err(other) => Err(other),
    }
}

async fn act(app: &App, http: &HttpRequest, id: HelpRequestId, fields: &WebOfferFields) -> Result<String, PageError> {
    let new = WebOffer::parse(fields).map_err(ServiceError::from)?;
    app.limits.check_address(Act::WebOffer, client_address(http, app))?;
    Ok(app.write(move |tx| record_web_offer(tx, id, new)).await?.secret)
}
