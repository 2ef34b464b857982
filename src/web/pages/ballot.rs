//! Cast a ballot on the web: the same act as a vote from the fediverse (A7).

use super::poll;
use crate::App;
use crate::db::polls;
use crate::ids::PollId;
use crate::services::ServiceError;
use crate::services::cast_ballot::{Receipt, on_the_web};
use crate::web::errors::PageError;
use crate::web::form::MemberForm;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// The positions of the options that were ticked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    choice: Vec<u32>,
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct Content {
    id: PollId,
    receipt: Receipt,
    /// Whether a record of its ballots will be published.
    has_record: bool,
}

/// `POST /polls/{id}/ballot`. The receipt stands in this very answer and is stored nowhere: it
/// must not lead from the voter to the ballot (A12).
pub async fn cast(
    app: web::Data<App>,
    id: web::Path<PollId>,
    form: MemberForm<Fields>,
) -> Result<HttpResponse, PageError> {
    let (id, by, choices) = (id.into_inner(), form.me.member_id, form.fields.choice.clone());
    match on_the_web(&app, by, id, choices).await {
        Ok(receipt) => {
            let title = if receipt.is_changed { "Your new vote is counted" } else { "Your vote is counted" };
            let has_record = app.read(move |conn| polls::poll(conn, id)).await?.has_roll();
            form.session.page(&app, title).show(&Content { id, receipt, has_record })
        }
        Err(error @ (ServiceError::Refused(_) | ServiceError::Conflict(_))) => {
            poll::show_with(&app, &form.session, id, Some(error)).await
        }
        Err(error) => Err(error.into()),
    }
}
