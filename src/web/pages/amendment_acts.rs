//! The buttons and small forms on the page of an amendment: back it, open or announce its vote,
//! renew, withdraw, object, answer, write (A3, A4, A14).

use super::amendment;
use crate::App;
use crate::db::Tx;
use crate::db::objections::find_objection;
use crate::domain::Refusal;
use crate::domain::amendment::AmendmentState;
use crate::ids::{AmendmentId, MemberId, ObjectionId, RowId};
use crate::services::ServiceError;
use crate::services::announce_opening::{announce_opening, take_announcement_back};
use crate::services::back_amendment::{back_amendment, take_backing_back as unback};
use crate::services::discuss_amendment::{discuss_amendment, take_comment_back};
use crate::services::open_ballot::open_ballot;
use crate::services::propose_amendment::{renew_amendment, withdraw_amendment};
use crate::services::raise_objection::{answer_objection, back_objection, raise_objection, withdraw_objection};
use crate::web::errors::PageError;
use crate::web::form::{MemberForm, Nothing};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

/// What was typed into one of the small forms.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Words {
    pub(super) days: String,
    pub(super) reason: String,
    /// What the proposer answers to an objection.
    pub(super) reply: String,
    pub(super) comment: String,
    /// Which objection or comment it is about.
    of: String,
    act: String,
}

impl Words {
    /// The objection that these words answer, if they are an answer.
    pub(super) fn answered(&self) -> Option<ObjectionId> {
        if self.act == "answer" { self.of.parse().ok() } else { None }
    }
}

/// `POST /amendments/{id}/backing`
pub async fn back(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    act(&app, id.into_inner(), &form, back_amendment, "You back this amendment now. Its proposer may open the vote.")
        .await
}

/// `POST /amendments/{id}/backing/withdraw`
pub async fn take_backing_back(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    act(&app, id.into_inner(), &form, unback, "You back this amendment no longer.").await
}

/// `POST /amendments/{id}/opening`: at once.
pub async fn open(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    let open = |tx: &mut Tx<'_>, by, id| open_ballot(tx, by, id).map(|_| ());
    act(&app, id.into_inner(), &form, open, "The vote is open for one week and on its way to the fediverse.").await
}

/// `POST /amendments/{id}/announcement`: announces an opening, or moves an announced one to a later day.
pub async fn announce(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Words>,
) -> Result<HttpResponse, PageError> {
    // What is no number is no notice that anybody may give.
    let days = form.fields.days.trim().parse().unwrap_or(u32::MAX);
    let announce = move |tx: &mut Tx<'_>, by, id| announce_opening(tx, by, id, days);
    let notice = "The day is announced, and everybody concerned is told. The vote opens by itself then.";
    act(&app, id.into_inner(), &form, announce, notice).await
}

/// `POST /amendments/{id}/announcement/withdraw`
pub async fn unannounce(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    let notice = "The announcement is taken back, and everybody concerned is told. You open the vote, on the announced day or later.";
    act(&app, id.into_inner(), &form, take_announcement_back, notice).await
}

/// `POST /amendments/{id}/renewal`
pub async fn renew(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    act(&app, id.into_inner(), &form, renew_amendment, "It waits for a backer for another 30 days.").await
}

/// `POST /amendments/{id}/withdraw`
pub async fn withdraw(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    let (id, by) = (id.into_inner(), form.me.member_id);
    let was_draft = app.read(move |conn| amendment::find(conn, id, Some(by))).await?.state == AmendmentState::Draft;
    if was_draft {
        app.write(move |tx| withdraw_amendment(tx, by, id)).await?;
        return form.session.done(&app, "/amendments", "Your draft is thrown away.").await;
    }
    act(&app, id, &form, withdraw_amendment, "The amendment is withdrawn.").await
}

/// `POST /amendments/{id}/objections`: raise one, or back, answer or take back the one named.
pub async fn object(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Words>,
) -> Result<HttpResponse, PageError> {
    let Words { act: what, of, reason, reply, .. } = form.fields.clone();
    let objection = of.parse::<ObjectionId>().ok();
    let notice = match what.as_str() {
        "back" => "The objection stands beside the ballot now.",
        "answer" if reply.trim().is_empty() => "Your answer is taken back.",
        "answer" => "Your answer stands below the objection.",
        "withdraw" => "Your objection is taken back.",
        _ => "Your objection is written. Once another member backs it, it stands beside the ballot.",
    };
    let object = move |tx: &mut Tx<'_>, by, id| {
        if what.is_empty() {
            return raise_objection(tx, by, id, &reason).map(|_| ());
        }
        let objection = objection.ok_or_else(gone)?;
        if find_objection(tx.conn, objection)?.is_none_or(|found| found.amendment_id != id) {
            return Err(gone());
        }
        match what.as_str() {
            "back" => back_objection(tx, by, objection),
            "answer" => answer_objection(tx, by, objection, &reply),
            "withdraw" => withdraw_objection(tx, by, objection),
            _ => Err(ServiceError::NotFound("objection")),
        }
    };
    act(&app, id.into_inner(), &form, object, notice).await
}

/// `POST /amendments/{id}/comments`: write one, or take back the one named.
pub async fn comment(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Words>,
) -> Result<HttpResponse, PageError> {
    let Words { of, comment, .. } = form.fields.clone();
    let notice = if of.is_empty() { "Thank you. Your words stand below." } else { "Your words are taken back." };
    let write = move |tx: &mut Tx<'_>, by, id| match of.parse::<RowId>() {
        Ok(of) => take_comment_back(tx, by, of).map(|_| ()),
        Err(_) => discuss_amendment(tx, by, id, &comment).map(|_| ()),
    };
    act(&app, id.into_inner(), &form, write, notice).await
}

fn gone() -> ServiceError {
    let sentence = "This objection is not there any more; it was taken back meanwhile.";
    ServiceError::Conflict(Refusal::new("objection_gone", sentence))
}

/// A form whose words, if it has any, come back with the page when the act is refused.
trait Typed {
    fn words(&self) -> Words;
}

impl Typed for Words {
    fn words(&self) -> Words {
        self.clone()
    }
}

impl Typed for Nothing {
    fn words(&self) -> Words {
        Words::default()
    }
}

async fn act<T: Typed>(
    app: &App,
    id: AmendmentId,
    form: &MemberForm<T>,
    service: impl FnOnce(&mut Tx<'_>, MemberId, AmendmentId) -> Result<(), ServiceError> + Send + 'static,
    notice: &str,
) -> Result<HttpResponse, PageError> {
    let by = form.me.member_id;
    match app.write(move |tx| service(tx, by, id)).await {
        Ok(()) => form.session.done(app, &format!("/amendments/{id}"), notice).await,
        Err(error @ (ServiceError::Refused(_) | ServiceError::Conflict(_))) => {
            amendment::show_with(app, &form.session, id, Some((error, &form.fields.words()))).await
        }
        Err(error) => Err(error.into()),
    }
}
