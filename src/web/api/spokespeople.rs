//! Who speaks for the community: the register, volunteering, backing and stepping down (rules V1, V2).

use super::answer::{self, Created};
use super::body::Body;
use super::member::{ApiMember, MaybeMember};
use super::problem::Problem;
use super::query::{Paging, Query};
use crate::App;
use crate::clock::{Stamp, iso_seconds};
use crate::db::spokespeople::{Spokesperson, list_current, list_of_member, list_register, spokesperson};
use crate::db::{AnyConnection, DbError};
use crate::domain::Urls;
use crate::domain::spokesperson::{SpokespersonFields, SpokespersonState, Times, speaks_since};
use crate::ids::{MemberId, SpokespersonId};
use crate::services::{back_spokesperson as backing, volunteer_to_speak as act};
use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody who speaks for the community, did, or has volunteered to.
#[derive(Serialize, ToSchema)]
pub struct SpokespersonView {
    id: String,
    /// Their name, which they agreed to publish.
    name: String,
    purpose: String,
    /// waiting, backed, in_force, ended or lapsed
    #[schema(example = "in_force")]
    state: &'static str,
    volunteered_at: String,
    /// From when they speak, once backed.
    begins_at: Option<String>,
    /// When it ends at the latest.
    ends_at: String,
    /// When it ended before that.
    ended_at: Option<String>,
    /// Since when they speak in a row, renewals and all; null for those who do not speak now.
    speaks_since: Option<String>,
    /// The community's post that told of it.
    note: Option<String>,
    is_me: bool,
    is_backed_by_me: bool,
}

/// A part of the register, newest first.
#[derive(Serialize, ToSchema)]
pub struct Register {
    /// Those who speak, and those who did.
    items: Vec<SpokespersonView>,
    /// Give this as `before` to read on; null on the last page.
    next: Option<String>,
    /// Those who wait for a backer or for their time to begin; empty for others than members.
    waiting: Vec<SpokespersonView>,
}

/// A member who volunteers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpokespersonRequest {
    /// For what they will speak
    #[serde(default)]
    #[schema(required, max_length = 120, example = "the press")]
    purpose: String,
    /// The last day (UTC), at most 90 days ahead
    #[serde(default)]
    #[schema(required, example = "2026-12-31")]
    ends_on: String,
    /// That their name is published
    #[serde(default)]
    #[schema(required)]
    publish_name: bool,
}

struct Eyes<'a> {
    viewer: Option<MemberId>,
    now: Stamp,
    urls: &'a Urls,
}

impl Eyes<'_> {
    /// What may be seen: strangers see who came into force, members also who waits, and each what
    /// came of their own.
    fn may_see(&self, one: &Spokesperson) -> bool {
        match one.state_at(self.now) {
            SpokespersonState::InForce | SpokespersonState::Ended => true,
            SpokespersonState::Waiting | SpokespersonState::Backed => self.viewer.is_some(),
            SpokespersonState::Lapsed => self.viewer == Some(one.member_id),
        }
    }

    fn view(&self, conn: &mut AnyConnection, one: Spokesperson) -> Result<SpokespersonView, DbError> {
        let state = one.state_at(self.now);
        let speaks_since = match state {
            SpokespersonState::InForce => {
                let all: Vec<Times> = list_of_member(conn, one.member_id)?.iter().map(|theirs| theirs.times).collect();
                speaks_since(&all, self.now)
            }
            _ => None,
        };
        Ok(SpokespersonView {
            id: one.id.to_string(),
            state: state.as_str(),
            volunteered_at: iso_seconds(one.volunteered_at),
            begins_at: answer::moment(one.times.begins_at),
            ends_at: iso_seconds(one.times.ends_at),
            ended_at: answer::moment(one.times.ended_at),
            speaks_since: answer::moment(speaks_since),
            note: one.note_id.map(|id| self.urls.note(id)),
            is_me: self.viewer == Some(one.member_id),
            is_backed_by_me: self.viewer.is_some() && one.backer_id == self.viewer,
            name: one.name,
            purpose: one.purpose,
        })
    }
}

/// List who speaks for the community and who did; members also see who has volunteered
#[utoipa::path(tag = "spokespeople", params(Paging), responses((status = 200, body = Register)))]
#[get("/spokespeople")]
pub async fn list_spokespeople(
    app: web::Data<App>,
    member: MaybeMember,
    paging: Query<Paging>,
) -> Result<web::Json<Register>, Problem> {
    let (viewer, now, urls) = (member.id(), app.deadline(), std::sync::Arc::clone(&app.urls));
    let (before, limit) = (paging.0.before()?, paging.0.limit());
    let register = app
        .read(move |conn| -> Result<_, DbError> {
            let eyes = Eyes { viewer, now, urls: &urls };
            let listed = list_register(conn, now, before, limit)?;
            let is_full = i64::try_from(listed.len()).is_ok_and(|many| many >= limit);
            let next = listed.last().filter(|_| is_full).map(|one| one.id.to_string());
            let mut waiting = if viewer.is_some() { list_current(conn, now)? } else { Vec::new() };
            waiting.retain(|one| one.state_at(now) != SpokespersonState::InForce);
            let mut views = |all: Vec<Spokesperson>| -> Result<Vec<_>, DbError> {
                all.into_iter().map(|one| eyes.view(conn, one)).collect()
            };
            Ok(Register { items: views(listed)?, waiting: views(waiting)?, next })
        })
        .await?;
    Ok(web::Json(register))
}

/// Show one of them
#[utoipa::path(tag = "spokespeople", responses(
    (status = 200, body = SpokespersonView), (status = 404, body = Problem)))]
#[get("/spokespeople/{id}")]
pub async fn show_spokesperson(
    app: web::Data<App>,
    member: MaybeMember,
    id: web::Path<String>,
) -> Result<web::Json<SpokespersonView>, Problem> {
    let id: SpokespersonId = answer::id(&id)?;
    seen(&app, member.id(), id).await
}

async fn seen(app: &App, viewer: Option<MemberId>, id: SpokespersonId) -> Result<web::Json<SpokespersonView>, Problem> {
    let (now, urls) = (app.deadline(), std::sync::Arc::clone(&app.urls));
    let view = app
        .read(move |conn| {
            let eyes = Eyes { viewer, now, urls: &urls };
            let one = spokesperson(conn, id)?;
            if eyes.may_see(&one) { eyes.view(conn, one) } else { Err(DbError::NotFound) }
        })
        .await?;
    Ok(web::Json(view))
}

/// Volunteer to speak for the community; another member has to back it
#[utoipa::path(tag = "spokespeople", security(("token" = [])), responses(
    (status = 201, body = Created), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/spokespeople")]
pub async fn volunteer(
    app: web::Data<App>,
    member: ApiMember,
    body: Body<SpokespersonRequest>,
) -> Result<HttpResponse, Problem> {
    let by = member.voice()?;
    let SpokespersonRequest { purpose, ends_on, publish_name } = body.0;
    let fields = SpokespersonFields { purpose, ends_on, publish_name };
    let id = app.write(move |tx| act::volunteer(tx, by, &fields)).await?;
    let created = Created { id: id.to_string(), url: app.urls.spokespeople(), object_id: None };
    Ok(created.at(&format!("/spokespeople/{id}")))
}

/// Back a member who volunteers: from now on they speak for the community
#[utoipa::path(tag = "spokespeople", security(("token" = [])), responses(
    (status = 200, body = SpokespersonView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem)))]
#[post("/spokespeople/{id}/backing")]
pub async fn back_spokesperson(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<web::Json<SpokespersonView>, Problem> {
    let (by, id) = (member.voice()?, answer::id(&id)?);
    app.write(move |tx| backing::back_spokesperson(tx, by, id)).await?;
    seen(&app, Some(by), id).await
}

/// Take your backing back, as long as it has not begun
#[utoipa::path(tag = "spokespeople", security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem)))]
#[delete("/spokespeople/{id}/backing")]
pub async fn take_spokesperson_backing_back(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (by, id) = (member.id(), answer::id(&id)?);
    app.write(move |tx| backing::take_backing_back(tx, by, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Step down at once, or take back that you volunteered
#[utoipa::path(tag = "spokespeople", security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem)))]
#[delete("/spokespeople/{id}")]
pub async fn step_down(app: web::Data<App>, member: ApiMember, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let (by, id) = (member.id(), answer::id(&id)?);
    app.write(move |tx| act::step_down(tx, by, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
