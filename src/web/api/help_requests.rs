//! Help requests: list, show, publish, edit and withdraw (rules H1, H3).

use super::answer::{self, Created, moment};
use super::body::Body;
use super::cabals::{by_handle, in_cabal};
use super::member::ApiMember;
use super::problem::Problem;
use super::query::{Page, Paging, Query};
use crate::App;
use crate::clock::{Stamp, iso_seconds};
use crate::db::help_requests::{self, HelpRequest, HelpRequestFilter};
use crate::domain::Urls;
use crate::domain::help_request::{HelpRequestFields, HelpRequestState, NewHelpRequest, hours_text};
use crate::ids::HelpRequestId;
use crate::services::{ServiceError, help_course, publish_help_request as act};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A help request.
#[derive(Serialize, ToSchema)]
pub struct HelpRequestView {
    id: String,
    /// The handle of the cabal that asks.
    cabal: String,
    what: String,
    skills: Vec<String>,
    /// In quarters.
    #[schema(example = 1.5)]
    hours: f64,
    deadline: Option<String>,
    place: Option<String>,
    is_remote: bool,
    language: String,
    /// open, taken, done or lapsed
    state: &'static str,
    /// Until when an open one stays open unless it is renewed; null for others.
    lapses_at: Option<String>,
    published_at: String,
    updated_at: String,
    url: String,
    object_id: String,
}

/// A help request to publish.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HelpRequestRequest {
    /// What is to be done; simple text
    #[serde(default)]
    #[schema(required, max_length = 2000)]
    what: String,
    /// One to ten skills
    #[serde(default)]
    #[schema(required, example = json!(["carpentry"]))]
    skills: Vec<String>,
    /// Hours in quarters, from 0.25 to 1000
    #[serde(default)]
    #[schema(required, example = 1.5)]
    hours: Option<f64>,
    /// A day or a moment (UTC)
    #[serde(default)]
    #[schema(example = "2026-12-31")]
    deadline: Option<String>,
    #[serde(default)]
    #[schema(max_length = 200)]
    place: Option<String>,
    /// Whether it can be done from anywhere
    #[serde(default)]
    is_remote: bool,
    /// en when left out
    #[serde(default)]
    language: Option<String>,
}

/// What shall change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HelpRequestChange {
    #[serde(default)]
    what: Option<String>,
    #[serde(default)]
    skills: Option<Vec<String>>,
    #[serde(default)]
    hours: Option<f64>,
    /// null takes it away
    #[serde(default, deserialize_with = "answer::given")]
    #[schema(value_type = Option<String>)]
    deadline: Option<Option<String>>,
    /// null takes it away
    #[serde(default, deserialize_with = "answer::given")]
    #[schema(value_type = Option<String>)]
    place: Option<Option<String>>,
    #[serde(default)]
    is_remote: Option<bool>,
    #[serde(default)]
    language: Option<String>,
}

/// Which help requests.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct HelpRequestQuery {
    /// Of one cabal only, by its handle
    cabal: Option<String>,
    /// In one state only: open, taken, done, lapsed
    #[param(value_type = Option<String>)]
    state: Option<HelpRequestState>,
    /// The last id of the page before; its `next` says it
    before: Option<String>,
    /// How many items, 1 to 100
    limit: Option<u32>,
}

impl HelpRequestRequest {
    fn fields(self) -> HelpRequestFields {
        HelpRequestFields {
            what: self.what,
            skills: self.skills.join("\n"),
            hours: self.hours.map(|hours| hours.to_string()).unwrap_or_default(),
            deadline: self.deadline.unwrap_or_default(),
            place: self.place.unwrap_or_default(),
            remote: self.is_remote.to_string(),
            language: self.language.unwrap_or_default(),
        }
    }
}

impl HelpRequestChange {
    /// The request as it will read: what is given over what stands.
    fn over(self, standing: HelpRequest) -> HelpRequestFields {
        let deadline = self.deadline.unwrap_or_else(|| standing.deadline.map(|at| at.to_rfc3339()));
        HelpRequestFields {
            what: self.what.unwrap_or(standing.what),
            skills: self.skills.unwrap_or(standing.skills).join("\n"),
            hours: self.hours.map_or_else(|| hours_text(standing.quarter_hours), |hours| hours.to_string()),
            deadline: deadline.unwrap_or_default(),
            place: self.place.unwrap_or(standing.place).unwrap_or_default(),
            remote: self.is_remote.unwrap_or(standing.is_remote).to_string(),
            language: self.language.unwrap_or(standing.language),
        }
    }
}

fn view(request: HelpRequest, urls: &Urls, now: Stamp) -> HelpRequestView {
    let (url, state) = (urls.help_request(request.id), request.state(now));
    let lapses_at = (state == HelpRequestState::Open).then(|| request.lapses_at());
    HelpRequestView {
        id: request.id.to_string(),
        cabal: request.cabal_handle,
        what: request.what,
        skills: request.skills,
        hours: f64::from(request.quarter_hours) / 4.0,
        deadline: moment(request.deadline),
        place: request.place,
        is_remote: request.is_remote,
        language: request.language,
        state: state.as_str(),
        lapses_at: moment(lapses_at),
        published_at: iso_seconds(request.published_at),
        updated_at: iso_seconds(request.updated_at),
        object_id: url.clone(),
        url,
    }
}

/// A help request that was not taken back. One that was has left for good (PV-11).
pub(super) async fn standing(app: &App, id: HelpRequestId) -> Result<HelpRequest, Problem> {
    let request = app.read(move |conn| help_requests::find_help_request(conn, id)).await?;
    match request {
        None => Err(Problem::not_found()),
        Some(request) if request.recorded == HelpRequestState::Withdrawn => Err(gone()),
        Some(request) => Ok(request),
    }
}

/// For what was here and was taken back.
pub(super) fn gone() -> Problem {
    Problem::new(StatusCode::GONE, "gone", "This was here, and was taken back.")
}

/// List help requests, newest first
#[utoipa::path(tag = "help requests", params(HelpRequestQuery), responses(
    (status = 200, body = Page<HelpRequestView>), (status = 404, body = Problem)))]
#[get("/help-requests")]
pub async fn list_help_requests(
    app: web::Data<App>,
    query: Query<HelpRequestQuery>,
) -> Result<web::Json<Page<HelpRequestView>>, Problem> {
    let HelpRequestQuery { cabal, state, before, limit } = query.0;
    let paging = Paging { before, limit };
    let (before, limit) = (paging.before()?, paging.limit());
    // Those that were taken back have left for good.
    if state == Some(HelpRequestState::Withdrawn) {
        return Ok(web::Json(Page { items: Vec::new(), next: None }));
    }
    let now = app.now();
    let found = app
        .read(move |conn| -> Result<_, ServiceError> {
            let cabal = cabal.map(|handle| by_handle(conn, &handle)).transpose()?.map(|cabal| cabal.id);
            Ok(help_requests::list_help_requests(conn, &HelpRequestFilter { cabal, state, before }, now, limit)?)
        })
        .await?;
    let items = found.into_iter().map(|request| view(request, &app.urls, now)).collect();
    Ok(web::Json(Page::of(items, &paging, |request: &HelpRequestView| request.id.clone())))
}

/// Show a help request
#[utoipa::path(tag = "help requests", responses(
    (status = 200, body = HelpRequestView), (status = 404, body = Problem), (status = 410, body = Problem)))]
#[get("/help-requests/{id}")]
pub async fn show_help_request(
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<web::Json<HelpRequestView>, Problem> {
    let request = standing(&app, answer::id(&id)?).await?;
    Ok(web::Json(view(request, &app.urls, app.now())))
}

/// Publish a help request of a cabal
#[utoipa::path(tag = "help requests", security(("token" = [])), responses(
    (status = 201, body = Created), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
#[post("/cabals/{handle}/help-requests")]
pub async fn publish_help_request(
    app: web::Data<App>,
    member: ApiMember,
    handle: web::Path<String>,
    body: Body<HelpRequestRequest>,
) -> Result<HttpResponse, Problem> {
    let by = member.id();
    let id = in_cabal(&app, handle.into_inner(), move |tx, cabal| {
        let new = NewHelpRequest::parse(&body.0.fields(), tx.now)?;
        act::publish_help_request(tx, by, cabal, &new)
    })
    .await?;
    Ok(Created::published(id, app.urls.help_request(id)).at(&format!("/help-requests/{id}")))
}

/// Change a help request; followers and helpers are told
#[utoipa::path(tag = "help requests", security(("token" = [])), responses(
    (status = 200, body = HelpRequestView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[patch("/help-requests/{id}")]
pub async fn edit_help_request(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    body: Body<HelpRequestChange>,
) -> Result<web::Json<HelpRequestView>, Problem> {
    let (by, id) = (member.id(), answer::id(&id)?);
    standing(&app, id).await?;
    let request = app
        .write(move |tx| -> Result<_, ServiceError> {
            let standing = help_requests::help_request(tx.conn, id)?;
            let new = NewHelpRequest::parse(&body.0.over(standing), tx.now)?;
            act::edit_help_request(tx, by, id, &new)?;
            Ok(help_requests::help_request(tx.conn, id)?)
        })
        .await?;
    Ok(web::Json(view(request, &app.urls, app.now())))
}

/// Take a help request back; it is deleted wherever it went
#[utoipa::path(tag = "help requests", security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem)))]
#[delete("/help-requests/{id}")]
pub async fn withdraw_help_request(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (by, id) = (member.id(), answer::id(&id)?);
    standing(&app, id).await?;
    app.write(move |tx| act::withdraw_help_request(tx, by, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Open a help request for another 30 days
#[utoipa::path(tag = "help requests", security(("token" = [])), responses(
    (status = 200, body = HelpRequestView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 410, body = Problem)))]
#[post("/help-requests/{id}/renew")]
pub async fn renew_help_request(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<web::Json<HelpRequestView>, Problem> {
    let (by, id) = (member.id(), answer::id(&id)?);
    standing(&app, id).await?;
    app.write(move |tx| help_course::renew_help_request(tx, by, id)).await?;
    let request = standing(&app, id).await?;
    Ok(web::Json(view(request, &app.urls, app.now())))
}
