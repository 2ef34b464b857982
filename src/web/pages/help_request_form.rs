//! Ask for help, or edit what was asked (H1).

use super::help_request::{self, Concerned};
use super::view::{self, Sent};
use crate::App;
use crate::db::cabals::{Cabal, cabal};
use crate::db::help_requests::HelpRequest;
use crate::domain::help_request::{HelpRequestFields, NewHelpRequest, hours_text};
use crate::ids::{CabalId, HelpRequestId, MemberId};
use crate::services::ServiceError;
use crate::services::publish_help_request::{edit_help_request, publish_help_request};
use crate::web::errors::PageError;
use crate::web::form::MemberForm;
use crate::web::layout::Page;
use crate::web::session::MemberSession;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "help_request_form.html")]
struct Content<'a> {
    page: &'a Page,
    cabal: &'a Cabal,
    fields: &'a HelpRequestFields,
    action: String,
    /// Who has offered already; nobody for a new one.
    concerned: Option<&'a Concerned>,
}

/// `GET /c/{handle}/help-requests/new`
pub async fn new(
    app: web::Data<App>,
    visit: MemberSession,
    handle: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let cabal = view::my_cabal(&app, handle.into_inner(), visit.me.member_id).await?;
    let page = visit.session.page(&app, "Ask for help");
    page.show(&for_new(&page, &cabal, &HelpRequestFields { language: "en".to_owned(), ..HelpRequestFields::default() }))
}

/// `POST /c/{handle}/help-requests/new`
pub async fn publish(
    app: web::Data<App>,
    handle: web::Path<String>,
    form: MemberForm<HelpRequestFields>,
) -> Result<HttpResponse, PageError> {
    let by = form.me.member_id;
    let cabal = view::my_cabal(&app, handle.into_inner(), by).await?;
    let outcome = act(&app, by, cabal.id, &form.fields).await;
    let leads =
        |id| (format!("/help-requests/{id}"), "Your help request is on its way to everybody who follows the cabal.");
    let sent = Sent { app: &app, session: &form.session, title: "Ask for help" };
    sent.end(outcome, leads, |page| page.show(&for_new(page, &cabal, &form.fields))).await
}

async fn act(
    app: &App,
    by: MemberId,
    cabal: CabalId,
    fields: &HelpRequestFields,
) -> Result<HelpRequestId, ServiceError> {
    let new = NewHelpRequest::parse(fields, app.now())?;
    app.write(move |tx| publish_help_request(tx, by, cabal, &new)).await
}

/// `GET /help-requests/{id}/edit`
pub async fn edit(
    app: web::Data<App>,
    visit: MemberSession,
    id: web::Path<HelpRequestId>,
) -> Result<HttpResponse, PageError> {
    let old = find(&app, id.into_inner(), visit.me.member_id).await?;
    let page = visit.session.page(&app, "Edit the help request");
    page.show(&for_old(&page, &old, &fields_of(&old.request)))
}

/// `POST /help-requests/{id}/edit`
pub async fn save(
    app: web::Data<App>,
    id: web::Path<HelpRequestId>,
    form: MemberForm<HelpRequestFields>,
) -> Result<HttpResponse, PageError> {
    let by = form.me.member_id;
    let old = find(&app, id.into_inner(), by).await?;
    let id = old.request.id;
    let outcome = act_on(&app, by, id, &form.fields).await;
    let leads = |()| (format!("/help-requests/{id}"), "Your change is published.");
    let sent = Sent { app: &app, session: &form.session, title: "Edit the help request" };
    sent.end(outcome, leads, |page| page.show(&for_old(page, &old, &form.fields))).await
}

async fn act_on(app: &App, by: MemberId, id: HelpRequestId, fields: &HelpRequestFields) -> Result<(), ServiceError> {
    let new = NewHelpRequest::parse(fields, app.now())?;
    app.write(move |tx| edit_help_request(tx, by, id, &new)).await
}

fn for_new<'a>(page: &'a Page, cabal: &'a Cabal, fields: &'a HelpRequestFields) -> Content<'a> {
    Content { page, cabal, fields, action: format!("/c/{}/help-requests/new", cabal.handle), concerned: None }
}

fn for_old<'a>(page: &'a Page, old: &'a Old, fields: &'a HelpRequestFields) -> Content<'a> {
    let action = format!("/help-requests/{}/edit", old.request.id);
    Content { page, cabal: &old.cabal, fields, action, concerned: Some(&old.concerned) }
}

/// What is being edited.
struct Old {
    request: HelpRequest,
    cabal: Cabal,
    concerned: Concerned,
}

async fn find(app: &App, id: HelpRequestId, member: MemberId) -> Result<Old, ServiceError> {
    app.read(move |conn| {
        let request = help_request::find(conn, id)?;
        let cabal = cabal(conn, request.cabal_id)?;
        view::require_cabal_member(conn, &cabal, member)?;
        Ok(Old { concerned: Concerned::find(conn, id)?, request, cabal })
    })
    .await
}

fn fields_of(request: &HelpRequest) -> HelpRequestFields {
    HelpRequestFields {
        what: request.what.clone(),
        skills: request.skills.join(", "),
        hours: hours_text(request.quarter_hours),
        deadline: request.deadline.map(|at| at.format("%Y-%m-%d").to_string()).unwrap_or_default(),
        place: request.place.clone().unwrap_or_default(),
        remote: if request.is_remote { "yes".to_owned() } else { String::new() },
        language: request.language.clone(),
    }
}
