//! What is new for a member, on their own page and as a number in the menu.

use crate::App;
use crate::db::member_notices::{MemberNotice, Notices, list_notices};
use crate::db::{AnyConnection, DbError};
use crate::ids::{MemberId, RowId};
use crate::services::ServiceError;
use crate::services::read_notices::{MOST_SHOWN, read_notices};
use crate::web::errors::PageError;
use crate::web::form::MemberForm;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

/// What a member is told, each part with the newest first.
pub(super) struct News {
    pub new: Vec<MemberNotice>,
    pub earlier: Vec<MemberNotice>,
}

/// What a member is told.
///
/// # Errors
/// The store's fault.
pub(super) fn load_news(conn: &mut AnyConnection, member: MemberId) -> Result<News, DbError> {
    let mut list = |which| list_notices(conn, member, which, MOST_SHOWN);
    Ok(News { new: list(Notices::New)?, earlier: list(Notices::Read)? })
}

/// The notices that the member was shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    notice: Vec<String>,
}

/// `POST /account/news/read`
pub async fn read(app: web::Data<App>, form: MemberForm<Fields>) -> Result<HttpResponse, PageError> {
    let by = form.me.member_id;
    let read: Result<Vec<RowId>, _> = form.fields.notice.iter().map(|id| id.parse()).collect();
    let read = read.map_err(|_| ServiceError::NotFound("notice"))?;
    app.write(move |tx| read_notices(tx, by, &read)).await?;
    form.session.done(&app, "/account", "What you have read is under “Earlier” now.").await
}
