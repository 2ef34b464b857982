//! Whom a token stands for, and how they leave (rule J4).

use super::amendments::AmendmentList;
use super::body::Body;
use super::member::ApiMember;
use super::problem::Problem;
use super::query::Query;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::DbError;
use crate::db::amendments::list_drafts;
use crate::db::documents::list_documents;
use crate::db::member_notices::{Notices, list_notices};
use crate::ids::{PostId, RowId};
use crate::services::leave_community as act;
use crate::services::read_notices::{MOST_SHOWN, read_notices};
use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

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
    /// False while the member has not confirmed a token that a steward made: it cannot vote, back or link.
    has_voice: bool,
}

/// Something that you are told.
#[derive(Serialize, ToSchema)]
pub struct NoticeView {
    id: String,
    sentence: String,
    url: String,
    told_at: String,
    /// False once you said that you read it.
    is_new: bool,
}

/// What you are told, the newest first.
#[derive(Serialize, ToSchema)]
pub struct NoticeList {
    items: Vec<NoticeView>,
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
        has_voice: holder.is_confirmed,
    }))
}

/// List your drafts of amendments, newest first: nobody else sees them
#[utoipa::path(tag = "me", security(("token" = [])), responses(
    (status = 200, body = AmendmentList), (status = 401, body = Problem)))]
#[get("/me/drafts")]
pub async fn list_my_drafts(app: web::Data<App>, member: ApiMember) -> Result<web::Json<AmendmentList>, Problem> {
    let by = member.id();
    let listed = app.read(move |conn| Ok::<_, DbError>((list_documents(conn)?, list_drafts(conn, by)?))).await?;
    Ok(web::Json(AmendmentList::of(listed, &app)))
}

/// What shall stay of a member who leaves.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LeaveQuery {
    /// True: public thanks to you stay; otherwise they are deleted
    #[serde(default)]
    keep_credits: bool,
}

/// Leave the community: personal data is erased at once
#[utoipa::path(tag = "me", security(("token" = [])), params(LeaveQuery), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem)))]
#[delete("/me")]
pub async fn leave_community(
    app: web::Data<App>,
    member: ApiMember,
    query: Query<LeaveQuery>,
) -> Result<HttpResponse, Problem> {
    let (by, keep) = (member.voice()?, query.0.keep_credits);
    app.write(move |tx| {
        let kept: Vec<PostId> = match keep {
            true => act::credits_of(tx.conn, by)?.iter().map(|credit| credit.id).collect(),
            false => Vec::new(),
        };
        act::leave_community(tx, by, &kept)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Which notices to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NoticesQuery {
    /// True: only what you have not said to have read
    #[serde(default)]
    new: bool,
}

/// List what you are told on your page, the latest 200
#[utoipa::path(tag = "me", security(("token" = [])), params(NoticesQuery), responses(
    (status = 200, body = NoticeList), (status = 401, body = Problem), (status = 400, body = Problem)))]
#[get("/me/notices")]
pub async fn list_my_notices(
    app: web::Data<App>,
    member: ApiMember,
    query: Query<NoticesQuery>,
) -> Result<web::Json<NoticeList>, Problem> {
    let (by, which) = (member.id(), if query.0.new { Notices::New } else { Notices::All });
    let notices = app.read(move |conn| list_notices(conn, by, which, MOST_SHOWN)).await?;
    let items = notices.into_iter().map(|notice| NoticeView {
        id: notice.id.to_string(),
        url: format!("{}{}", app.urls.base(), notice.about),
        sentence: notice.sentence,
        told_at: iso_seconds(notice.told_at),
        is_new: notice.is_new,
    });
    Ok(web::Json(NoticeList { items: items.collect() }))
}

/// What you have read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadNotices {
    /// The ids of the notices that you have read, at most 200.
    #[schema(value_type = Vec<String>)]
    notices: Vec<RowId>,
}

/// Say that you have read notices: they are new no longer
#[utoipa::path(tag = "me", security(("token" = [])), request_body = ReadNotices, responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
#[post("/me/notices/read")]
pub async fn read_my_notices(
    app: web::Data<App>,
    member: ApiMember,
    body: Body<ReadNotices>,
) -> Result<HttpResponse, Problem> {
    let (by, read) = (member.voice()?, body.0.notices);
    app.write(move |tx| read_notices(tx, by, &read)).await?;
    Ok(HttpResponse::NoContent().finish())
}
