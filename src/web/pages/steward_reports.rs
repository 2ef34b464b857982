//! For stewards: what other servers reported (K2). The words are a stranger's, shown as they are.

use super::view;
use crate::App;
use crate::db::reports::{Report, list_open_reports};
use crate::ids::RowId;
use crate::services::settle_report::settle_report;
use crate::web::errors::PageError;
use crate::web::form::{MemberForm, Nothing};
use crate::web::layout::Page;
use crate::web::session::MemberSession;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "steward_reports.html")]
struct Content<'a> {
    page: &'a Page,
    reports: &'a [Report],
}

/// `GET /steward/reports`
pub async fn show(app: web::Data<App>, visit: MemberSession) -> Result<HttpResponse, PageError> {
    super::steward::only_stewards(&visit.me)?;
    let reports = app.read(list_open_reports).await?;
    let page = visit.session.page(&app, "Reports");
    page.show(&Content { page: &page, reports: &reports })
}

/// `POST /steward/reports/{id}/settle`
pub async fn settle(
    app: web::Data<App>,
    id: web::Path<RowId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    super::steward::only_stewards(&form.me)?;
    let (id, by) = (id.into_inner(), form.me.member_id);
    app.write(move |tx| settle_report(tx, by, id)).await?;
    form.session.done(&app, "/steward/reports", "The report is settled.").await
}
