//! For stewards: what happened to the server and its clock, and their word that the time is right.

use super::view;
use crate::App;
use crate::clock::{Cause, Doubt, Stamp};
use crate::db::incidents::list_newest;
use crate::domain::incident::{Incident, IncidentKind};
use crate::services::ServiceError;
use crate::services::confirm_time::confirm_time_here;
use crate::web::errors::PageError;
use crate::web::form::{MemberForm, Nothing};
use crate::web::layout::Page;
use crate::web::session::MemberSession;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "steward_time.html")]
struct Content<'a> {
    page: &'a Page,
    doubt: Option<Doubt>,
    now: Stamp,
    incidents: Vec<Incident>,
}

impl Content<'_> {
    fn was_absent(doubt: &Doubt) -> bool {
        doubt.cause != Cause::Jump
    }

    fn what(incident: &Incident) -> &'static str {
        match incident.kind {
            IncidentKind::Down => "the server was down",
            IncidentKind::Clock => "its clock was in doubt",
            IncidentKind::Restored => "its data was put back from a backup",
        }
    }
}

/// `GET /steward/time`
pub async fn show(app: web::Data<App>, visit: MemberSession) -> Result<HttpResponse, PageError> {
    stewards_only(visit.me.is_steward)?;
    let incidents = app.read(|conn| list_newest(conn, 50)).await?;
    let page = visit.session.page(&app, "The server and its clock");
    page.show(&Content { page: &page, doubt: app.clock.doubt(), now: app.now(), incidents })
}

/// `POST /steward/time`
pub async fn confirm(app: web::Data<App>, form: MemberForm<Nothing>) -> Result<HttpResponse, PageError> {
    stewards_only(form.me.is_steward)?;
    confirm_time_here(&app, form.me.member_id).await?;
    form.session.done(&app, "/steward/time", "The time is confirmed. Votes are closed again when they are due.").await
}

fn stewards_only(is_steward: bool) -> Result<(), ServiceError> {
    if is_steward { Ok(()) } else { Err(ServiceError::Forbidden("Only stewards can see this page.".to_owned())) }
}
