//! The public log of what stewards did (rule K2).

use super::member::MaybeMember;
use super::problem::Problem;
use super::query::{Page, Paging, Query};
use crate::App;
use crate::clock::iso_seconds;
use crate::db::steward_log::{StewardAct, list_acts};
use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;

/// One act of a steward.
#[derive(Serialize, ToSchema)]
pub struct StewardActView {
    id: String,
    /// What was done, in plain words.
    #[schema(example = "blocked a server")]
    act: String,
    /// To what; empty where that would be a personal detail.
    subject: String,
    /// `steward`, or `command_line` for what was done at the server without a name.
    by: &'static str,
    /// The handle of the steward; null for whoever reads without being a member.
    steward: Option<String>,
    acted_at: String,
}

fn view(act: StewardAct, reader_is_member: bool) -> StewardActView {
    StewardActView {
        id: act.id.to_string(),
        act: act.act,
        subject: act.subject,
        by: if act.steward.is_some() { "steward" } else { "command_line" },
        steward: act.steward.filter(|_| reader_is_member),
        acted_at: iso_seconds(act.at),
    }
}

/// List what stewards did, newest first; members also see who it was
#[utoipa::path(tag = "stewards", params(Paging), responses(
    (status = 200, body = Page<StewardActView>), (status = 400, body = Problem), (status = 401, body = Problem)))]
#[get("/steward-log")]
pub async fn list_steward_acts(
    app: web::Data<App>,
    reader: MaybeMember,
    paging: Query<Paging>,
) -> Result<web::Json<Page<StewardActView>>, Problem> {
    let (before, limit) = (paging.0.before()?, paging.0.limit());
    let acts = app.read(move |conn| list_acts(conn, before, limit)).await?;
    let items = acts.into_iter().map(|act| view(act, reader.id().is_some())).collect();
    Ok(web::Json(Page::of(items, &paging.0, |act: &StewardActView| act.id.clone())))
}
