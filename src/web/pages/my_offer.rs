//! What became of an offer by the web form, for the one who made it: behind a private link (H2).

use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::help_requests::{HelpRequest, help_request};
use crate::db::offers::{Offer, find_offer_by_secret};
use crate::domain::offer::OfferState;
use crate::ids::secret_hash;
use crate::services::ServiceError;
use crate::services::record_offer::withdraw_web_offer;
use crate::web::errors::PageError;
use crate::web::form::{Nothing, SignedForm};
use crate::web::layout::Page;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "my_offer.html")]
struct Content<'a> {
    page: &'a Page,
    request: &'a HelpRequest,
    offer: &'a Offer,
    url: String,
    secret: &'a str,
    now: Stamp,
}

/// `GET /my-offer/{secret}`
pub async fn show(app: web::Data<App>, session: Session, secret: web::Path<String>) -> Result<HttpResponse, PageError> {
    let hash = secret_hash(&secret);
    let (offer, request) = app
        .read(move |conn| {
            let offer = find_offer_by_secret(conn, &hash)?.ok_or(ServiceError::NotFound("offer"))?;
            let request = help_request(conn, offer.help_request_id)?;
            Ok::<_, ServiceError>((offer, request))
        })
        .await?;
    let page = session.form_page(&app, "Your offer").for_one_person();
    let url = format!("{}/my-offer/{secret}", app.urls.base());
    page.show(&Content { page: &page, request: &request, offer: &offer, url, secret: &secret, now: app.now() })
}

/// `POST /my-offer/{secret}/withdraw`
pub async fn withdraw(
    app: web::Data<App>,
    secret: web::Path<String>,
    form: SignedForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    let secret = secret.into_inner();
    let path = format!("/my-offer/{secret}");
    app.write(move |tx| withdraw_web_offer(tx, &secret)).await?;
    form.session.done(&app, &path, "Your offer is taken back, and what you told about yourself is erased.").await
}
