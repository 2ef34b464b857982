//! Whom a token stands for.

use super::member::ApiMember;
use super::problem::Problem;
use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;

/// The member behind the token.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// Their id.
    id: String,
    /// Their handle.
    handle: String,
    /// How they are called.
    name: String,
    /// Whether they are a steward.
    is_steward: bool,
    /// What the token may do: read or write.
    scope: &'static str,
}

/// Whom the token stands for
#[utoipa::path(tag = "me", security(("token" = [])), responses((status = 200, body = Me), (status = 401, body = Problem)))]
#[get("/me")]
pub async fn show_me(member: ApiMember) -> Result<web::Json<Me>, Problem> {
    let holder = member.0;
    Ok(web::Json(Me {
        id: holder.member_id.to_string(),
        handle: holder.handle,
        name: holder.name,
        is_steward: holder.is_steward,
        scope: holder.scope.as_str(),
    }))
}
