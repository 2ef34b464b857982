//! For stewards: what other servers reported (rule K2).

use super::answer::id;
use super::blocks::only_stewards;
use super::member::ApiMember;
use super::problem::Problem;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::reports::{Report, list_open_reports};
use crate::services::settle_report::settle_report as settle;
use actix_web::{HttpResponse, get, post, web};
use serde::Serialize;
use utoipa::ToSchema;

/// A report that nobody has settled.
#[derive(Serialize, ToSchema)]
pub struct ReportView {
    /// Its id.
    id: String,
    /// The URL of the actor who sent it.
    reporter: String,
    /// The URLs of ours that it is about.
    about: Vec<String>,
    /// What was said; a stranger's plain text.
    words: String,
    received_at: String,
}

/// The reports that nobody has settled, the oldest first.
#[derive(Serialize, ToSchema)]
pub struct ReportList {
    items: Vec<ReportView>,
}

fn view(report: Report) -> ReportView {
    ReportView {
        id: report.id.to_string(),
        reporter: report.reporter,
        about: report.about,
        words: report.words,
        received_at: iso_seconds(report.received_at),
    }
}

/// For stewards: list the reports that nobody has settled
#[utoipa::path(tag = "stewards", security(("token" = [])), responses(
    (status = 200, body = ReportList), (status = 401, body = Problem), (status = 403, body = Problem)))]
#[get("/reports")]
pub async fn list_reports(app: web::Data<App>, member: ApiMember) -> Result<web::Json<ReportList>, Problem> {
    only_stewards(&member)?;
    let reports = app.read(list_open_reports).await?;
    Ok(web::Json(ReportList { items: reports.into_iter().map(view).collect() }))
}

/// For stewards: say that a report has been dealt with
#[utoipa::path(tag = "stewards", params(("id" = String, Path, description = "The id of the report")),
    security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
#[post("/reports/{id}/settle")]
pub async fn settle_report(
    app: web::Data<App>,
    member: ApiMember,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    only_stewards(&member)?;
    let (report, by) = (id(&path)?, member.id());
    app.write(move |tx| settle(tx, by, report)).await?;
    Ok(HttpResponse::NoContent().finish())
}
