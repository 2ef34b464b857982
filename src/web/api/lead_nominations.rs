//! Who shall lead a cabal: named, accepted or declined (rule C3). For members of the cabal only;
//! the vote itself is a poll like any other.

use super::answer::{self, Created};
use super::body::Body;
use super::cabals::{by_handle, is_of};
use super::member::ApiMember;
use super::problem::Problem;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::lead_nominations::{Nomination, list_pending_nominations, nomination};
use crate::db::{AnyConnection, members};
use crate::domain::nomination::Way;
use crate::domain::refusal::Refusal;
use crate::ids::{MemberId, NominationId};
use crate::services::ServiceError;
use crate::services::hand_over_lead::{self, Naming};
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody named to lead a cabal.
#[derive(Serialize, ToSchema)]
pub struct NominationView {
    id: String,
    /// The handle with which the one named signs in.
    nominee: String,
    /// agreement or vote
    way: &'static str,
    /// waiting, accepted, declined, open, elected or not_elected
    state: &'static str,
    made_at: String,
    /// The vote, once open.
    poll: Option<String>,
    is_me: bool,
}

/// All that are pending, the oldest first.
#[derive(Serialize, ToSchema)]
pub struct NominationList {
    items: Vec<NominationView>,
}

/// Somebody to name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NominationRequest {
    /// The handle with which they sign in
    #[serde(default)]
    #[schema(required, example = "bea")]
    nominee: String,
    /// agreement (from a lead, at once when accepted) or vote
    #[serde(default)]
    #[schema(required, example = "vote")]
    way: String,
    /// Those who name themselves for a vote agree that their name is published
    #[serde(default)]
    publish_name: bool,
}

/// The word of the one who is named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceRequest {
    /// For a vote: that their name is published with it
    #[serde(default)]
    publish_name: bool,
}

fn view(conn: &mut AnyConnection, one: &Nomination, viewer: MemberId) -> Result<NominationView, ServiceError> {
    Ok(NominationView {
        id: one.id.to_string(),
        nominee: members::member(conn, one.nominee_id)?.handle,
        way: one.way.as_str(),
        state: one.state.as_str(),
        made_at: iso_seconds(one.made_at),
        poll: one.poll_id.map(|id| id.to_string()),
        is_me: one.nominee_id == viewer,
    })
}

/// List who is named to lead a cabal and waits for an answer or a vote
#[utoipa::path(tag = "cabals", security(("token" = [])), responses(
    (status = 200, body = NominationList), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
#[get("/cabals/{handle}/lead-nominations")]
pub async fn list_nominations(
    app: web::Data<App>,
    member: ApiMember,
    handle: web::Path<String>,
) -> Result<web::Json<NominationList>, Problem> {
    let (by, handle) = (member.id(), handle.into_inner());
    let items = app
        .read(move |conn| -> Result<Vec<NominationView>, ServiceError> {
            let cabal = by_handle(conn, &handle)?;
            if !is_of(conn, cabal.id, Some(by))? {
                return Err(ServiceError::Forbidden("Only members of this cabal see who is named.".to_owned()));
            }
            list_pending_nominations(conn, cabal.id)?.iter().map(|one| view(conn, one, by)).collect()
        })
        .await?;
    Ok(web::Json(NominationList { items }))
}

/// Name a member of the cabal as its lead
#[utoipa::path(tag = "cabals", security(("token" = [])), responses(
    (status = 201, body = Created), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/cabals/{handle}/lead-nominations")]
pub async fn name_lead(
    app: web::Data<App>,
    member: ApiMember,
    handle: web::Path<String>,
    body: Body<NominationRequest>,
) -> Result<HttpResponse, Problem> {
    let (by, handle, body) = (member.voice()?, handle.into_inner(), body.0);
    let (id, handle) = app
        .write(move |tx| -> Result<_, ServiceError> {
            let cabal = by_handle(tx.conn, &handle)?;
            let nobody = || Refusal::field("nominee", "Please choose somebody who is in this cabal.");
            let nominee = members::find_member_by_handle(tx.conn, &body.nominee)?.ok_or_else(nobody)?.id;
            let way = Way::parse(&body.way)?;
            let naming = Naming { cabal: cabal.id, nominee, way, publish_name: body.publish_name };
            Ok((hand_over_lead::nominate(tx, by, naming)?, cabal.handle))
        })
        .await?;
    let url = format!("{}/c/{handle}/lead", app.urls.base());
    let created = Created { id: id.to_string(), url, object_id: None };
    Ok(created.at(&format!("/cabals/{handle}/lead-nominations")))
}

/// Accept to lead: at once by agreement, otherwise the vote opens
#[utoipa::path(tag = "cabals", security(("token" = [])), responses(
    (status = 200, body = NominationView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/lead-nominations/{id}/acceptance")]
pub async fn accept_lead(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    body: Body<AcceptanceRequest>,
) -> Result<web::Json<NominationView>, Problem> {
    let (by, id, publish_name): (_, NominationId, _) = (member.voice()?, answer::id(&id)?, body.0.publish_name);
    let seen = app
        .write(move |tx| {
            hand_over_lead::accept(tx, by, id, publish_name)?;
            let accepted = nomination(tx.conn, id)?;
            view(tx.conn, &accepted, by)
        })
        .await?;
    Ok(web::Json(seen))
}

/// Decline to lead, or take back whom you named
#[utoipa::path(tag = "cabals", security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem)))]
#[post("/lead-nominations/{id}/refusal")]
pub async fn decline_lead(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (by, id) = (member.id(), answer::id(&id)?);
    app.write(move |tx| hand_over_lead::decline(tx, by, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
