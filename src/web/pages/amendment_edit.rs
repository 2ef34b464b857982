//! Write an amendment: choose, write, look at the change, propose it or keep it as a draft (A2).

use super::amendment_sheet::{Fields, Sheet};
use crate::App;
use crate::ids::AmendmentId;
use crate::services::ServiceError;
use crate::services::propose_amendment::{edit_amendment, propose_amendment};
use crate::web::errors::PageError;
use crate::web::form::{DOCUMENT_KIB, MemberForm};
use crate::web::session::MemberSession;
use actix_web::{HttpResponse, web};

/// What the person wants to do with what they wrote.
enum Step {
    Look,
    Write,
    KeepAsDraft,
    Propose,
}

impl Step {
    fn of(fields: &Fields) -> Self {
        match fields.step.as_str() {
            "propose" => Self::Propose,
            "draft" => Self::KeepAsDraft,
            "edit" | "more" => Self::Write,
            _ => Self::Look,
        }
    }
}

/// `GET /documents/{slug}/amend`, with `?clause=…` for each clause that is to be changed.
pub async fn new(
    app: web::Data<App>,
    visit: MemberSession,
    slug: web::Path<String>,
    query: web::Query<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let fields = Fields::chosen(query.into_inner());
    let sheet = Sheet::of_document(&app, &visit.session, slug.into_inner()).await?;
    if sheet.has_anything(&fields) {
        return sheet.edit(&fields, None);
    }
    sheet.choose(fields.step == "write")
}

/// `POST /documents/{slug}/amend`
pub async fn propose(
    app: web::Data<App>,
    slug: web::Path<String>,
    form: MemberForm<Fields, DOCUMENT_KIB>,
) -> Result<HttpResponse, PageError> {
    let sheet = Sheet::of_document(&app, &form.session, slug.into_inner()).await?;
    let step = Step::of(&form.fields);
    let new = match step {
        Step::Write => return sheet.edit(&form.fields, None),
        Step::KeepAsDraft => sheet.read_draft(&form.fields),
        Step::Look | Step::Propose => sheet.read(&form.fields),
    };
    let (new, by) = match new {
        Ok(_) if matches!(step, Step::Look) => return sheet.preview(&form.fields).await,
        Ok(new) => (new, form.me.member_id),
        Err(error) => return sheet.edit(&form.fields, Some(error)),
    };
    let notice = match step {
        Step::KeepAsDraft => "Your draft is kept. Nobody else sees it until you propose it.",
        _ => "Your amendment is proposed. Now ask another member to back it.",
    };
    match app.write(move |tx| propose_amendment(tx, by, &new)).await {
        Ok(id) => form.session.done(&app, &format!("/amendments/{id}"), notice).await,
        Err(error) => sheet.edit(&form.fields, Some(error)),
    }
}

/// `GET /amendments/{id}/edit`
pub async fn edit(
    app: web::Data<App>,
    visit: MemberSession,
    id: web::Path<AmendmentId>,
) -> Result<HttpResponse, PageError> {
    let (sheet, fields) = Sheet::of_amendment(&app, &visit.session, id.into_inner()).await?;
    sheet.edit(&fields, None)
}

/// `POST /amendments/{id}/edit`
pub async fn save(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Fields, DOCUMENT_KIB>,
) -> Result<HttpResponse, PageError> {
    let (id, by) = (id.into_inner(), form.me.member_id);
    let (sheet, _) = Sheet::of_amendment(&app, &form.session, id).await?;
    let step = Step::of(&form.fields);
    let new = match step {
        Step::Write => return sheet.edit(&form.fields, None),
        Step::KeepAsDraft if sheet.is_draft() => sheet.read_draft(&form.fields),
        Step::KeepAsDraft => return Err(already_proposed().into()),
        Step::Look | Step::Propose => sheet.read(&form.fields),
    };
    let new = match new {
        Ok(_) if matches!(step, Step::Look) => return sheet.preview(&form.fields).await,
        Ok(new) => new,
        Err(error) => return sheet.edit(&form.fields, Some(error)),
    };
    let notice = match (step, sheet.is_draft()) {
        (Step::KeepAsDraft, _) => "Your draft is kept. Nobody else sees it until you propose it.",
        (_, true) => "Your amendment is proposed. Now ask another member to back it.",
        (_, false) => "Your change is saved. Whoever backed the earlier text is asked again.",
    };
    match app.write(move |tx| edit_amendment(tx, by, id, &new)).await {
        Ok(()) => form.session.done(&app, &format!("/amendments/{id}"), notice).await,
        Err(error) => sheet.edit(&form.fields, Some(error)),
    }
}

fn already_proposed() -> ServiceError {
    let sentence = "This amendment is proposed already, so it can no longer be a draft.";
    ServiceError::Conflict(crate::domain::Refusal::new("already_proposed", sentence))
}
