//! Propose an amendment, or edit one: choose clauses, write, look at the change, send (A2).

use super::{amendment, document, view};
use crate::App;
use crate::db::AnyConnection;
use crate::db::amendments::list_changes;
use crate::db::documents::{Document, document as document_by_id, list_clauses};
use crate::domain::amendment::{AmendmentForm, AmendmentState, Change, NewAmendment};
use crate::domain::diff::Piece;
use crate::domain::document::Clause;
use crate::ids::{AmendmentId, ClauseId};
use crate::services::ServiceError;
use crate::services::propose_amendment::{edit_amendment, propose_amendment};
use crate::web::errors::PageError;
use crate::web::form::{DOCUMENT_KIB, MemberForm};
use crate::web::layout::Page;
use crate::web::session::{MemberSession, Session};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// What was chosen and typed. The same form proposes, previews and edits.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    title: String,
    summary: String,
    values_fit: String,
    clause: Vec<String>,
    text: Vec<String>,
    step: String,
}

#[derive(Template)]
#[template(path = "amendment_choose.html")]
struct Choose<'a> {
    document: &'a Document,
    clauses: &'a [Clause],
    action: &'a str,
}

#[derive(Template)]
#[template(path = "amendment_edit.html")]
struct Edit<'a> {
    page: &'a Page,
    document: &'a Document,
    fields: &'a Fields,
    edited: &'a [Edited],
    action: &'a str,
    is_new: bool,
}

#[derive(Template)]
#[template(path = "amendment_preview.html")]
struct Preview<'a> {
    page: &'a Page,
    fields: &'a Fields,
    edited: &'a [Edited],
    changes: Vec<Change>,
    action: &'a str,
    is_new: bool,
}

/// A clause with the words that the person gave it.
struct Edited {
    clause: Clause,
    text: String,
}

/// What is being changed, where the form goes and who looks at it.
struct Sheet<'a> {
    app: &'a App,
    session: &'a Session,
    document: Document,
    clauses: Vec<Clause>,
    action: String,
    is_new: bool,
}

/// `GET /documents/{slug}/amend`, with `?clause=…` for each clause that is to be changed.
pub async fn new(
    app: web::Data<App>,
    visit: MemberSession,
    slug: web::Path<String>,
    query: web::Query<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let chosen = query.into_inner().into_iter().filter(|(name, _)| name == "clause").map(|(_, value)| value).collect();
    let fields = Fields { clause: chosen, ..Fields::default() };
    let sheet = Sheet::of_document(&app, &visit.session, slug.into_inner()).await?;
    if sheet.edited(&fields).is_empty() { sheet.choose() } else { sheet.edit(&fields, None) }
}

/// `POST /documents/{slug}/amend`
pub async fn propose(
    app: web::Data<App>,
    slug: web::Path<String>,
    form: MemberForm<Fields, DOCUMENT_KIB>,
) -> Result<HttpResponse, PageError> {
    let sheet = Sheet::of_document(&app, &form.session, slug.into_inner()).await?;
    let new = match sheet.read(&form.fields) {
        Ok(new) => new,
        Err(error) => return sheet.edit(&form.fields, Some(error)),
    };
    match form.fields.step.as_str() {
        "propose" => {}
        "edit" => return sheet.edit(&form.fields, None),
        _ => return sheet.preview(&form.fields),
    }
    let by = form.me.member_id;
    match app.write(move |tx| propose_amendment(tx, by, &new)).await {
        Ok(id) => {
            let notice = "Your amendment is proposed. Now ask another member to back it.";
            form.session.done(&app, &format!("/amendments/{id}"), notice).await
        }
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
    let new = match sheet.read(&form.fields) {
        Ok(new) => new,
        Err(error) => return sheet.edit(&form.fields, Some(error)),
    };
    match form.fields.step.as_str() {
        "propose" => {}
        "edit" => return sheet.edit(&form.fields, None),
        _ => return sheet.preview(&form.fields),
    }
    match app.write(move |tx| edit_amendment(tx, by, id, &new)).await {
        Ok(()) => {
            let notice = "Your change is saved. Whoever backed the earlier text is asked again.";
            form.session.done(&app, &format!("/amendments/{id}"), notice).await
        }
        Err(error) => sheet.edit(&form.fields, Some(error)),
    }
}

impl<'a> Sheet<'a> {
    async fn of_document(app: &'a App, session: &'a Session, slug: String) -> Result<Self, ServiceError> {
        let action = format!("/documents/{slug}/amend");
        let (document, clauses) = app
            .read(move |conn| {
                let document = document::find(conn, &slug)?;
                let clauses = list_clauses(conn, document.version.id)?;
                Ok::<_, ServiceError>((document, clauses))
            })
            .await?;
        Ok(Self { app, session, document, clauses, action, is_new: true })
    }

    async fn of_amendment(app: &'a App, session: &'a Session, id: AmendmentId) -> Result<(Self, Fields), ServiceError> {
        let me = session.member_id();
        let (document, clauses, fields) = app
            .read(move |conn| {
                let amendment = amendment::find(conn, id)?;
                if me != Some(amendment.proposer_id) {
                    return Err(ServiceError::Forbidden("Only its proposer can edit an amendment.".to_owned()));
                }
                load_amendment(conn, amendment.id)
            })
            .await?;
        Ok((Self { app, session, document, clauses, action: format!("/amendments/{id}/edit"), is_new: false }, fields))
    }

    /// The chosen clauses with their new words, or the old ones where nothing was typed yet.
    fn edited(&self, fields: &Fields) -> Vec<Edited> {
        let chosen = fields.clause.iter().enumerate();
        chosen
            .filter_map(|(index, id)| {
                let id: ClauseId = id.parse().ok()?;
                let clause = self.clauses.iter().find(|clause| clause.id == id)?.clone();
                let text = fields.text.get(index).cloned().unwrap_or_else(|| clause.text.clone());
                Some(Edited { clause, text })
            })
            .collect()
    }

    fn read(&self, fields: &Fields) -> Result<NewAmendment, ServiceError> {
        let changes = self.edited(fields).into_iter();
        let form = AmendmentForm {
            title: fields.title.clone(),
            summary: fields.summary.clone(),
            values_fit: fields.values_fit.clone(),
            changes: changes
                .filter(|one| one.text.replace("\r\n", "\n").trim() != one.clause.text)
                .map(|one| (one.clause.id, one.text))
                .collect(),
        };
        Ok(NewAmendment::parse(self.document.id, &form)?)
    }

    fn title(&self) -> &'static str {
        if self.is_new { "Propose an amendment" } else { "Edit the amendment" }
    }

    fn choose(&self) -> Result<HttpResponse, PageError> {
        let page = self.session.page(self.app, self.title());
        page.show(&Choose { document: &self.document, clauses: &self.clauses, action: &self.action })
    }

    fn edit(&self, fields: &Fields, error: Option<ServiceError>) -> Result<HttpResponse, PageError> {
        let mut page = self.session.page(self.app, self.title());
        if let Some(error) = error {
            page = page.refused(error)?;
        }
        let edited = self.edited(fields);
        let (document, action) = (&self.document, self.action.as_str());
        page.show(&Edit { page: &page, document, fields, edited: &edited, action, is_new: self.is_new })
    }

    fn preview(&self, fields: &Fields) -> Result<HttpResponse, PageError> {
        let page = self.session.page(self.app, "Is this what you mean?");
        let edited = self.edited(fields);
        let changes = edited.iter().filter(|one| one.text != one.clause.text).map(change_of).collect();
        let action = self.action.as_str();
        page.show(&Preview { page: &page, fields, edited: &edited, changes, action, is_new: self.is_new })
    }
}

fn change_of(one: &Edited) -> Change {
    Change {
        clause: one.clause.id,
        number: one.clause.number.clone(),
        old_text: one.clause.text.clone(),
        new_text: crate::domain::text::clean(&one.text),
    }
}

fn load_amendment(conn: &mut AnyConnection, id: AmendmentId) -> Result<(Document, Vec<Clause>, Fields), ServiceError> {
    let amendment = amendment::find(conn, id)?;
    if !matches!(amendment.state, AmendmentState::SeekingBacking | AmendmentState::Backed | AmendmentState::InConflict)
    {
        let sentence = "This amendment can no longer be edited.";
        return Err(ServiceError::Conflict(crate::domain::Refusal::new("amendment_frozen", sentence)));
    }
    let document = document_by_id(conn, amendment.document_id)?;
    let clauses = list_clauses(conn, document.version.id)?;
    let changes = list_changes(conn, id)?;
    let fields = Fields {
        title: amendment.title,
        summary: amendment.summary,
        values_fit: amendment.values_fit,
        clause: changes.iter().map(|change| change.clause.to_string()).collect(),
        text: changes.into_iter().map(|change| change.new_text).collect(),
        step: String::new(),
    };
    Ok((document, clauses, fields))
}
