//! For stewards: blocked servers and accounts (rule K2).

use super::body::Body;
use super::member::ApiMember;
use super::problem::Problem;
use super::query::Query;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::blocks::{Block, list_blocks as all_blocks};
use crate::services::{ServiceError, block_actor};
use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A block in force.
#[derive(Serialize, ToSchema)]
pub struct BlockView {
    /// A domain, or the URL of an actor.
    subject: String,
    /// `server` or `account`.
    kind: &'static str,
    /// The handle of the steward who made it.
    steward: String,
    blocked_at: String,
}

/// All blocks, the newest first.
#[derive(Serialize, ToSchema)]
pub struct BlockList {
    items: Vec<BlockView>,
}

/// Whom to block.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockRequest {
    /// A domain, a handle or the address of an account
    #[serde(default)]
    #[schema(required, example = "server.example")]
    subject: String,
}

/// What was blocked.
#[derive(Serialize, ToSchema)]
pub struct Blocked {
    /// The domain in canonical spelling, or the URL of the actor.
    subject: String,
    /// `server` or `account`.
    kind: &'static str,
}

/// Whose block.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BlockQuery {
    /// The subject as it is listed
    subject: String,
}

fn view(block: Block) -> BlockView {
    BlockView {
        subject: block.subject.name().to_owned(),
        kind: block.subject.kind(),
        steward: block.steward,
        blocked_at: iso_seconds(block.at),
    }
}

/// Stops everybody who is no steward.
pub(super) fn only_stewards(member: &ApiMember) -> Result<(), Problem> {
    if member.0.is_steward {
        Ok(())
    } else {
        Err(ServiceError::Forbidden("Only stewards may do this.".to_owned()).into())
    }
}

/// For stewards: list blocked servers and accounts
#[utoipa::path(tag = "stewards", security(("token" = [])), responses(
    (status = 200, body = BlockList), (status = 401, body = Problem), (status = 403, body = Problem)))]
#[get("/blocks")]
pub async fn list_blocks(app: web::Data<App>, member: ApiMember) -> Result<web::Json<BlockList>, Problem> {
    only_stewards(&member)?;
    let blocks = app.read(all_blocks).await?;
    Ok(web::Json(BlockList { items: blocks.into_iter().map(view).collect() }))
}

/// For stewards: block a server or an account; the act is in the public log
#[utoipa::path(tag = "stewards", security(("token" = [])), responses(
    (status = 201, body = Blocked), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/blocks")]
pub async fn add_block(
    app: web::Data<App>,
    member: ApiMember,
    body: Body<BlockRequest>,
) -> Result<HttpResponse, Problem> {
    only_stewards(&member)?;
    let subject = block_actor::block(&app, member.id(), &body.0.subject).await?;
    let answer = Blocked { subject: subject.name().to_owned(), kind: subject.kind() };
    Ok(HttpResponse::Created().insert_header(("location", "/api/v1/blocks")).json(answer))
}

/// For stewards: take a block back
#[utoipa::path(tag = "stewards", params(BlockQuery), security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[delete("/blocks")]
pub async fn remove_block(
    app: web::Data<App>,
    member: ApiMember,
    query: Query<BlockQuery>,
) -> Result<HttpResponse, Problem> {
    only_stewards(&member)?;
    block_actor::unblock(&app, member.id(), &query.0.subject).await?;
    Ok(HttpResponse::NoContent().finish())
}
