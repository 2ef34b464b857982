//! Write an amendment: choose, write, look at the change, propose it or keep it as a draft (A2).

use super::amendment_fields::Fields;
use super::amendment_sheet::Sheet;
use crate::App;
use crate::domain::Refusal;
use crate::domain::amendment::NewAmendment;
use crate::ids::AmendmentId;
use crate::services::ServiceError;
use crate::services::propose_amendment::{edit_amendment, propose_amendment};
use crate::web::errors::PageError;
use crate::web::form::{DOCUMENT_KIB, MemberForm};
use crate::web::session::MemberSession;
use actix_web::{HttpResponse, web};

/// What the person wants to do with what they wrote.
enum Step {
    /// See what changes while writing on.
    Live,
    Look,
    Write,
    KeepAsDraft,
    Propose,
}

/// What comes of a form that was sent.
enum Sent {
    /// Nothing is kept; this page is the answer.
    Shown(HttpResponse),
    /// This is to be kept.
    New(NewAmendment),
}

impl Step {
    fn of(fields: &Fields) -> Self {
        match fields.step.as_str() {
            "propose" => Self::Propose,
            "draft" => Self::KeepAsDraft,
            "edit" | "more" => Self::Write,
            "live" => Self::Live,
            _ => Self::Look,
        }
    }
}

/// `GET /documents/{slug}/amend`, with `?clause=…` for each clause that is to be changed, or `?like=…` for an
/// amendment that is to be proposed anew.
pub async fn new(
    app: web::Data<App>,
    visit: MemberSession,
    slug: web::Path<String>,
    query: web::Query<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let fields = Fields::chosen(query.into_inner());
    if !fields.like.is_empty() {
        let earlier = fields.like.parse().map_err(|_| PageError::not_found("amendment"))?;
        let (sheet, fields) = Sheet::like(&app, &visit.session, slug.into_inner(), earlier).await?;
        return sheet.edit(&fields, None);
    }
    let sheet = Sheet::of_document(&app, &visit.session, slug.into_inner(), "").await?;
    if sheet.has_anything(&fields) {
        return sheet.edit(&sheet.begin(fields), None);
    }
    sheet.choose(fields.step == "write")
}

/// `POST /documents/{slug}/amend`
pub async fn propose(
    app: web::Data<App>,
    slug: web::Path<String>,
    form: MemberForm<Fields, DOCUMENT_KIB>,
) -> Result<HttpResponse, PageError> {
    let MemberForm { session, me, fields } = form;
    let mut sheet = Sheet::of_document(&app, &session, slug.into_inner(), &fields.base).await?;
    let fields = sheet.settle(fields);
    let new = match read(&sheet, &fields).await? {
        Sent::Shown(page) => return Ok(page),
        Sent::New(new) => new,
    };
    let (by, notice) = (me.member_id, notice(&new, true));
    match app.write(move |tx| propose_amendment(tx, by, &new)).await {
        Ok(id) => session.done(&app, &format!("/amendments/{id}"), notice).await,
        Err(error) => sheet.edit(&fields, Some(error)),
    }
}

/// `GET /amendments/{id}/edit`
pub async fn edit(
    app: web::Data<App>,
    visit: MemberSession,
    id: web::Path<AmendmentId>,
) -> Result<HttpResponse, PageError> {
    let (sheet, fields) = Sheet::of_amendment(&app, &visit.session, id.into_inner(), "").await?;
    sheet.check_open()?;
    sheet.edit(&fields, None)
}

/// `POST /amendments/{id}/edit`
pub async fn save(
    app: web::Data<App>,
    id: web::Path<AmendmentId>,
    form: MemberForm<Fields, DOCUMENT_KIB>,
) -> Result<HttpResponse, PageError> {
    let MemberForm { session, me, fields } = form;
    let id = id.into_inner();
    let (mut sheet, _) = Sheet::of_amendment(&app, &session, id, &fields.base).await?;
    let fields = sheet.settle(fields);
    let new = match read(&sheet, &fields).await? {
        Sent::Shown(page) => return Ok(page),
        Sent::New(new) => new,
    };
    let (by, notice) = (me.member_id, notice(&new, sheet.is_draft()));
    match app.write(move |tx| edit_amendment(tx, by, id, &new)).await {
        Ok(()) => session.done(&app, &format!("/amendments/{id}"), notice).await,
        Err(error) => sheet.edit(&fields, Some(error)),
    }
}

/// Reads a form that was sent. Whatever cannot be kept comes back with every field as it was typed.
async fn read(sheet: &Sheet<'_>, fields: &Fields) -> Result<Sent, PageError> {
    let step = Step::of(fields);
    if matches!(step, Step::Live) {
        return Ok(Sent::Shown(sheet.live(fields)?));
    }
    if let Err(error) = sheet.check_open() {
        return Ok(Sent::Shown(sheet.edit(fields, Some(error))?));
    }
    if sheet.has_news(fields) {
        return Ok(Sent::Shown(sheet.tell_news(fields)?));
    }
    let new = match step {
        Step::Write | Step::Live => return Ok(Sent::Shown(sheet.edit(&sheet.begin(fields.clone()), None)?)),
        Step::KeepAsDraft if sheet.may_be_draft() => sheet.read_draft(fields),
        Step::KeepAsDraft => Err(already_proposed()),
        Step::Look | Step::Propose => sheet.read(fields),
    };
    Ok(match new {
        Ok(_) if matches!(step, Step::Look) => Sent::Shown(sheet.preview(fields).await?),
        Ok(new) => Sent::New(new),
        Err(error) => Sent::Shown(sheet.edit(fields, Some(error))?),
    })
}

fn notice(new: &NewAmendment, is_first: bool) -> &'static str {
    match (new.is_draft, is_first) {
        (true, _) => "Your draft is kept. Nobody else sees it until you propose it.",
        (_, true) => "Your amendment is proposed. Now ask another member to back it.",
        (_, false) => "Your change is saved. Whoever backed the earlier text is asked again.",
    }
}

fn already_proposed() -> ServiceError {
    let sentence = "This amendment is proposed already, so it can no longer be a draft.";
    ServiceError::Conflict(Refusal::new("already_proposed", sentence))
}
