//! Linking a fediverse account, so that its votes count as the member's (rules J2, J3).

use super::answer::Created;
use super::body::Body;
use super::member::ApiMember;
use super::problem::Problem;
use super::query::Query;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::linked_actors::{self, LinkedActor};
use crate::services::link_actor;
use crate::web::limits::Act;
use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A fediverse account of the member.
#[derive(Serialize, ToSchema)]
pub struct LinkedActorView {
    /// Its URL.
    actor: String,
    linked_at: String,
    /// Since when it acts for you no longer, until you confirm it by a new code: its server has
    /// new keys, and nothing shows that it is still the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_hold_since: Option<String>,
    /// True while stewards keep it or its server out: please vote here then.
    is_blocked: bool,
}

/// The linked accounts.
#[derive(Serialize, ToSchema)]
pub struct LinkedActorList {
    items: Vec<LinkedActorView>,
}

/// The account to link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    #[serde(default)]
    #[schema(required, example = "@ada@masto.example")]
    handle: String,
}

/// The code that came as a direct message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    #[serde(default)]
    #[schema(required, example = "123456")]
    code: String,
}

/// Whom the code was sent to.
#[derive(Serialize, ToSchema)]
pub struct CodeSent {
    handle: String,
    /// What to do next.
    detail: &'static str,
}

/// Which account.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActorQuery {
    /// The URL of the linked actor
    actor: String,
}

fn view(linked: LinkedActor) -> LinkedActorView {
    LinkedActorView {
        actor: linked.actor_url,
        linked_at: iso_seconds(linked.linked_at),
        on_hold_since: linked.held_at.map(iso_seconds),
        is_blocked: linked.is_blocked,
    }
}

/// A code must not be guessed, nor strangers be sent many (rule J2).
fn check_tries(app: &App, member: &ApiMember) -> Result<(), Problem> {
    app.limits
        .check_account(Act::Code, &member.id().to_string())
        .map_err(|refused| Problem::too_many(refused.retry_after().unwrap_or(60)))
}

/// List your linked accounts
#[utoipa::path(tag = "linked actors", security(("token" = [])), responses(
    (status = 200, body = LinkedActorList), (status = 401, body = Problem)))]
#[get("/linked-actors")]
pub async fn list_linked_actors(app: web::Data<App>, member: ApiMember) -> Result<web::Json<LinkedActorList>, Problem> {
    let member = member.id();
    let found = app.read(move |conn| linked_actors::list_linked_actors(conn, member)).await?;
    Ok(web::Json(LinkedActorList { items: found.into_iter().map(view).collect() }))
}

/// Ask for a code: it is sent to the account as a direct message
#[utoipa::path(tag = "linked actors", security(("token" = [])), responses(
    (status = 202, body = CodeSent), (status = 401, body = Problem), (status = 409, body = Problem),
    (status = 422, body = Problem)))]
#[post("/linked-actors")]
pub async fn request_code(
    app: web::Data<App>,
    member: ApiMember,
    body: Body<LinkRequest>,
) -> Result<HttpResponse, Problem> {
    check_tries(&app, &member)?;
    let handle = link_actor::request_code(&app, member.voice()?, &body.0.handle).await?;
    let detail = "A code is on its way as a direct message. Send it to /linked-actors/confirmation within 10 minutes.";
    Ok(HttpResponse::Accepted().json(CodeSent { handle, detail }))
}

/// Prove the account with the code
#[utoipa::path(tag = "linked actors", security(("token" = [])), responses(
    (status = 201, body = Created), (status = 401, body = Problem), (status = 409, body = Problem),
    (status = 422, body = Problem)))]
#[post("/linked-actors/confirmation")]
pub async fn confirm_code(
    app: web::Data<App>,
    member: ApiMember,
    body: Body<CodeRequest>,
) -> Result<HttpResponse, Problem> {
    check_tries(&app, &member)?;
    let linked = link_actor::confirm_code(&app, member.voice()?, &body.0.code).await?;
    // The account lives elsewhere: its own URL is its id, its page and its object.
    Ok(Created::published(&linked.actor_url, linked.actor_url.clone()).at("/linked-actors"))
}

/// Take a link away; ballots that were cast through it stay
#[utoipa::path(tag = "linked actors", params(ActorQuery), security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
#[delete("/linked-actors")]
pub async fn unlink_actor(
    app: web::Data<App>,
    member: ApiMember,
    query: Query<ActorQuery>,
) -> Result<HttpResponse, Problem> {
    let (by, actor) = (member.id(), query.0.actor);
    app.write(move |tx| link_actor::unlink_actor(tx, by, &actor)).await?;
    Ok(HttpResponse::NoContent().finish())
}
