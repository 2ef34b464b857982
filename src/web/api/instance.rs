//! What this instance is.

use super::problem::Problem;
use crate::App;
use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;

/// What anybody may know of an instance.
#[derive(Serialize, ToSchema)]
pub struct Instance {
    /// Its address.
    #[schema(example = "https://caucus.example")]
    url: String,
    /// The version of Caucus that it runs.
    version: &'static str,
    /// Where the source of that version is.
    source_url: String,
    /// How many members are on the roll.
    members_count: i64,
}

/// What this instance is
#[utoipa::path(tag = "instance", responses((status = 200, body = Instance)))]
#[get("/instance")]
pub async fn show_instance(app: web::Data<App>) -> Result<web::Json<Instance>, Problem> {
    let members_count = app.read(crate::db::members::count_members).await?;
    Ok(web::Json(Instance {
        url: app.urls.base().to_owned(),
        version: env!("CARGO_PKG_VERSION"),
        source_url: app.settings.source_url.to_string(),
        members_count,
    }))
}
