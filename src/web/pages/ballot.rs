//! Cast a ballot on the web: the same act as a vote from the fediverse (A7).

use super::{poll, view};
use crate::App;
use crate::db::polls::{self, Poll};
use crate::db::{AnyConnection, DbError, amendments};
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
    poll: Poll,
    /// What the vote is about.
    title: String,
    receipt: Receipt,
    minutes_url: String,
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
            let heading = if receipt.is_changed { "Your new vote is counted" } else { "Your vote is counted" };
            let (poll, title) = app.read(move |conn| of_poll(conn, id)).await?;
            let minutes_url = app.urls.minutes(id);
            form.session.page(&app, heading).show(&Content { poll, title, receipt, minutes_url })
        }
        Err(error @ (ServiceError::Refused(_) | ServiceError::Conflict(_))) => {
            poll::show_with(&app, &form.session, id, Some(error)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// A poll, and in short what it is about.
fn of_poll(conn: &mut AnyConnection, id: PollId) -> Result<(Poll, String), DbError> {
    let poll = polls::poll(conn, id)?;
    let title = match poll.amendment_id {
        Some(amendment) => amendments::amendment(conn, amendment)?.title,
        None => poll.question.clone(),
    };
    Ok((poll, title))
}
