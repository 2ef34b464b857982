//! What is new for a member, on their own page and as a number in the menu.

use crate::App;
use crate::db::member_notices::{MemberNotice, list_notices};
use crate::db::{AnyConnection, DbError};
use crate::ids::{MemberId, RowId};
use crate::services::ServiceError;
use crate::services::read_notices::{MOST_SHOWN, read_notices};
use crate::web::errors::PageError;
use crate::web::form::MemberForm;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

/// How much of what a member has read is shown still.
const MOST_EARLIER: usize = 20;

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
    let (new, mut earlier): (Vec<_>, Vec<_>) =
        list_notices(conn, member, MOST_SHOWN)?.into_iter().partition(|notice| notice.is_new);
    earlier.truncate(MOST_EARLIER);
    Ok(News { new, earlier })
}

/// Up to which notice the member has read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    newest: String,
}

/// `POST /account/news/read`
pub async fn read(app: web::Data<App>, form: MemberForm<Fields>) -> Result<HttpResponse, PageError> {
    let by = form.me.member_id;
    let newest: RowId = form.fields.newest.parse().map_err(|_| ServiceError::NotFound("notice"))?;
    app.write(move |tx| read_notices(tx, by, newest)).await?;
    form.session.done(&app, "/account", "What you have read is under “Earlier” now.").await
}
