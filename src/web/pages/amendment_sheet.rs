//! The sheet on which an amendment is written: what is changed, what stands, and the pages that show it.

use super::amendment_fields::{Edited, Fields, place_value};
use super::{amendment, document, view};
use crate::App;
use crate::db::amendments::list_changes;
use crate::db::citations::Library;
use crate::db::documents::{Document, Version, document as document_by_id, find_version, list_clauses};
use crate::db::{AnyConnection, DbError};
use crate::domain::Refusal;
use crate::domain::amendment::{Act, AmendmentForm, AmendmentState, Change, Edit, Move, NewAmendment, Place, Standing};
use crate::domain::amendment::{SUMMARY_WORDS, changes_of, count_words};
use crate::domain::diff::{Piece, words};
use crate::domain::document::{Clause, Shelf};
use crate::ids::{AmendmentId, ClauseId, VersionId};
use crate::services::ServiceError;
use crate::services::standing::standing;
use crate::web::assets::preview_url;
use crate::web::errors::PageError;
use crate::web::layout::Page;
use crate::web::session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, HeaderValue};
use askama::Template;
use std::sync::Arc;
use uuid::Uuid;

/// The sheet has a script, our own file, which shows the change while it is written.
const POLICY: &str = "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'self'";

#[derive(Template)]
#[template(path = "amendment_choose.html")]
struct Choose<'a> {
    page: &'a Page,
    sheet: &'a Sheet<'a>,
}

#[derive(Template)]
#[template(path = "amendment_edit.html")]
struct Written<'a> {
    page: &'a Page,
    sheet: &'a Sheet<'a>,
    fields: &'a Fields,
    edited: &'a [Edited],
    added: Vec<(String, String)>,
    places: Vec<(String, String)>,
    script_url: &'static str,
}

#[derive(Template)]
#[template(path = "amendment_preview.html")]
struct Preview<'a> {
    page: &'a Page,
    sheet: &'a Sheet<'a>,
    fields: &'a Fields,
    edited: &'a [Edited],
    changes: Vec<Change>,
    clauses: &'a [Clause],
    /// What the reasons may cite.
    shelf: Shelf,
}

impl Preview<'_> {
    /// Clauses that the reasons name and that are not there.
    fn missing(&self) -> Vec<String> {
        let mut missing = self.shelf.missing(&self.fields.summary);
        for number in self.shelf.missing(&self.fields.values_fit) {
            if !missing.contains(&number) {
                missing.push(number);
            }
        }
        missing.retain(|number| !self.changes.iter().any(|change| change.number == *number));
        missing
    }
}

#[derive(Template)]
#[template(path = "amendment_live.html")]
struct Live<'a> {
    sheet: &'a Sheet<'a>,
    fields: &'a Fields,
    told: String,
    changes: Vec<Change>,
    clauses: &'a [Clause],
}

/// The text that the words on the sheet began from.
struct Base {
    version: Version,
    clauses: Vec<Clause>,
    /// The name of the community that an amendment of it began from.
    name: Option<String>,
}

/// What is being changed, where the form goes and who looks at it.
pub(super) struct Sheet<'a> {
    app: &'a App,
    session: &'a Session,
    document: Document,
    standing: Standing,
    base: Base,
    action: String,
    /// Where the amendment stands; nothing for a new one.
    state: Option<AmendmentState>,
    /// What happened to chosen clauses that are not there any more.
    gone: Vec<String>,
}

impl<'a> Sheet<'a> {
    fn hint_of_quorum(&self) -> String {
        format!("0 asks for none; at most {}, which is how many members there are today.", self.standing.members)
    }

    /// The sheet of a new amendment, whose words began from the version `base` if that is one.
    pub(super) async fn of_document(
        app: &'a App,
        session: &'a Session,
        slug: String,
        base: &str,
    ) -> Result<Self, ServiceError> {
        let (action, base) = (format!("/documents/{slug}/amend"), base.parse().ok());
        let (document, standing, base) = app
            .read(move |conn| {
                let document = document::find(conn, &slug)?;
                let standing = standing(conn, &document)?;
                let base = load_base(conn, &document, base)?;
                Ok::<_, ServiceError>((document, standing, base))
            })
            .await?;
        Ok(Self { app, session, document, standing, base, action, state: None, gone: Vec::new() })
    }

    /// The sheet of a new amendment that is filled with an earlier one, against the text of today.
    pub(super) async fn like(
        app: &'a App,
        session: &'a Session,
        slug: String,
        id: AmendmentId,
    ) -> Result<(Self, Fields), ServiceError> {
        let me = session.member_id();
        let (amendment, changes) = app
            .read(move |conn| {
                let amendment = amendment::find(conn, id, me)?;
                Ok::<_, ServiceError>((amendment, list_changes(conn, id)?))
            })
            .await?;
        let base = amendment.base_version_id.to_string();
        let mut sheet = Self::of_document(app, session, slug, &base).await?;
        if sheet.document.id != amendment.document_id {
            return Err(ServiceError::NotFound("amendment of this document"));
        }
        sheet.base.name = old_name(&changes);
        let fields = sheet.settle(Fields::of(&amendment, &changes, &sheet.standing));
        Ok((sheet, fields))
    }

    /// The sheet of an amendment and what stands in it. Of a form that was sent, `base` names the version that its
    /// words began from.
    pub(super) async fn of_amendment(
        app: &'a App,
        session: &'a Session,
        id: AmendmentId,
        base: &str,
    ) -> Result<(Self, Fields), ServiceError> {
        let (me, now, base) = (session.member_id(), app.now(), base.parse().ok());
        let (amendment, changes, document, standing, base) = app
            .read(move |conn| {
                let amendment = amendment::find(conn, id, me)?;
                if me != Some(amendment.proposer_id) {
                    return Err(ServiceError::Forbidden("Only its proposer can edit an amendment.".to_owned()));
                }
                let document = document_by_id(conn, amendment.document_id)?;
                let standing = standing(conn, &document)?;
                let changes = list_changes(conn, amendment.id)?;
                let base = load_base(conn, &document, base.or(Some(amendment.base_version_id)))?;
                Ok((amendment, changes, document, standing, base))
            })
            .await?;
        let (action, state) = (format!("/amendments/{id}/edit"), Some(amendment.state_at(now)));
        let base = Base { name: old_name(&changes), ..base };
        let mut sheet = Self { app, session, document, standing, base, action, state, gone: Vec::new() };
        let fields = sheet.settle(Fields::of(&amendment, &changes, &sheet.standing));
        Ok((sheet, fields))
    }

    /// Why this amendment cannot be edited any more, if so.
    pub(super) fn check_open(&self) -> Result<(), ServiceError> {
        self.state.map_or(Ok(()), |state| state.after(Move::Edit).map(|_| ()).map_err(ServiceError::Conflict))
    }

    /// The fields with the clauses alone that the document has; [`Sheet`] tells of the others.
    pub(super) fn settle(&mut self, mut fields: Fields) -> Fields {
        self.gone = fields.settle(&self.standing, &self.base.clauses);
        fields
    }

    /// The fields with what stands in those that nobody touched.
    pub(super) fn begin(&self, mut fields: Fields) -> Fields {
        fields.begin(&self.standing);
        fields
    }

    /// True for what nobody else has seen yet.
    pub(super) fn is_draft(&self) -> bool {
        self.state == Some(AmendmentState::Draft)
    }

    fn is_new(&self) -> bool {
        self.state.is_none()
    }

    /// Whether it may be kept as a draft: what is proposed never becomes one again.
    pub(super) fn may_be_draft(&self) -> bool {
        self.is_new() || self.is_draft()
    }

    /// True when something was chosen that the edit page has a field for.
    pub(super) fn has_anything(&self, fields: &Fields) -> bool {
        let is_chosen = !fields.edited(&self.standing).is_empty() || !fields.new_text.is_empty();
        is_chosen || !fields.with_rule.is_empty() || !fields.with_name.is_empty() || fields.step == "add"
    }

    /// Whether a vote changed something that this form concerns after its page was shown.
    pub(super) fn has_news(&self, fields: &Fields) -> bool {
        let is_old = !fields.seen.is_empty() && fields.seen != self.document.version.id.to_string();
        let is_concerned = || {
            let is_other = |one: &Edited| self.since(one).is_some();
            fields.edited(&self.standing).iter().any(is_other)
                || (!fields.with_rule.is_empty() && self.rule_since())
                || (!fields.with_name.is_empty() && self.name_since().is_some())
        };
        !self.gone.is_empty() || (is_old && is_concerned())
    }

    /// What votes did to the words of a clause since those on the sheet began.
    fn since(&self, one: &Edited) -> Option<Vec<Piece>> {
        let was = self.base.clauses.iter().find(|clause| clause.id == one.clause.id)?;
        (was.text != one.clause.text).then(|| words(&was.text, &one.clause.text))
    }

    fn rule_since(&self) -> bool {
        self.base.version.rule != self.standing.rule
    }

    fn name_since(&self) -> Option<&str> {
        self.base.name.as_deref().filter(|name| *name != self.standing.community.1)
    }

    fn form(&self, fields: &Fields, is_for_draft: bool) -> Result<AmendmentForm, Refusal> {
        Ok(AmendmentForm {
            title: fields.title.clone(),
            summary: fields.summary.clone(),
            values_fit: fields.values_fit.clone(),
            edits: fields.edits(&self.standing, is_for_draft)?,
        })
    }

    /// The amendment as it can be proposed.
    pub(super) fn read(&self, fields: &Fields) -> Result<NewAmendment, ServiceError> {
        let form = self.form(fields, false)?;
        let new = NewAmendment::parse(self.document.id, &form)?;
        self.changes(&form.edits)?;
        Ok(new)
    }

    /// The amendment as far as it is written.
    pub(super) fn read_draft(&self, fields: &Fields) -> Result<NewAmendment, ServiceError> {
        Ok(NewAmendment::parse_draft(self.document.id, &self.form(fields, true)?)?)
    }

    /// What these edits would change. Nothing is kept yet: new clauses have ids for this page alone.
    fn changes(&self, edits: &[Edit]) -> Result<Vec<Change>, Refusal> {
        let mut last = 0;
        changes_of(edits, &self.standing, || {
            last += 1;
            ClauseId::from_uuid(Uuid::from_u128(last))
        })
    }

    fn title(&self) -> &'static str {
        if self.is_new() { "Propose an amendment" } else { "Edit the amendment" }
    }

    pub(super) fn choose(&self, is_asked_again: bool) -> Result<HttpResponse, PageError> {
        let mut page = self.session.page(self.app, self.title());
        if is_asked_again {
            let sentence = "Please tick what you wish to change, or choose to add a clause.";
            page = page.in_trouble(StatusCode::UNPROCESSABLE_ENTITY, sentence);
        }
        page.show(&Choose { page: &page, sheet: self })
    }

    /// The page on which one writes, with what was wrong with the form if something was.
    pub(super) fn edit(&self, fields: &Fields, error: Option<ServiceError>) -> Result<HttpResponse, PageError> {
        let page = self.session.page(self.app, self.title());
        let page = match error {
            Some(error) => page.refused(error)?,
            None => page,
        };
        self.write_on(&page, fields)
    }

    /// The same page when a vote changed the text since it was shown.
    pub(super) fn tell_news(&self, fields: &Fields) -> Result<HttpResponse, PageError> {
        let sentence = "A vote has changed the text since you opened this page, so nothing is kept yet. Please look \
                        at what is new below, and then go on.";
        let page = self.session.page(self.app, self.title()).in_trouble(StatusCode::CONFLICT, sentence);
        self.write_on(&page, fields)
    }

    fn write_on(&self, page: &Page, fields: &Fields) -> Result<HttpResponse, PageError> {
        let mut added = fields.added();
        if added.iter().all(|(text, _)| !text.is_empty()) {
            added.push((String::new(), String::new()));
        }
        let edited = &fields.edited(&self.standing);
        let (places, script_url) = (self.places(), preview_url());
        let mut answer = page.show(&Written { page, sheet: self, fields, edited, added, places, script_url })?;
        answer.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        Ok(answer)
    }

    /// Every place where a clause can go, in reading order.
    fn places(&self) -> Vec<(String, String)> {
        let mut places = vec![(place_value(Place::FirstIn(None)), "at the very beginning".to_owned())];
        for clause in self.standing.clauses.iter().filter(|clause| !clause.number.is_empty()) {
            let name = format!("{} {}", clause.number, view::excerpt(&clause.text, 50));
            places.push((place_value(Place::After(clause.id)), format!("after {name}")));
            places.push((place_value(Place::FirstIn(Some(clause.id))), format!("first in {name}")));
        }
        places
    }

    /// Whether a place was chosen once that is none of these any more.
    fn is_place_gone(&self, place: &str, places: &[(String, String)]) -> bool {
        !place.is_empty() && !places.iter().any(|(value, _)| value == place)
    }

    /// The clauses that may be chosen beside those that are.
    fn others(&self, edited: &[Edited]) -> Vec<&Clause> {
        let is_chosen = |clause: &Clause| edited.iter().any(|one| one.clause.id == clause.id);
        self.standing.clauses.iter().filter(|clause| !is_chosen(clause)).collect()
    }

    /// How long the summary may be and is.
    fn summary_hint(&self, fields: &Fields) -> String {
        match count_words(&fields.summary) {
            0 => format!("At most {SUMMARY_WORDS} words."),
            count => format!("At most {SUMMARY_WORDS} words; so far {}.", view::counted(count, "word", "words")),
        }
    }

    pub(super) async fn preview(&self, fields: &Fields) -> Result<HttpResponse, PageError> {
        let (urls, written) = (Arc::clone(&self.app.urls), (self.app.now(), Some(self.document.id)));
        let shelf = self.app.read(move |conn| Library::new(&urls).at(conn, written)).await?;
        let changes = self.what_changes(fields).map_err(ServiceError::from)?;
        let page = self.session.page(self.app, "Is this what you mean?");
        let edited = fields.edited(&self.standing);
        let clauses = &self.standing.clauses;
        page.show(&Preview { page: &page, sheet: self, fields, edited: &edited, changes, clauses, shelf })
    }

    fn what_changes(&self, fields: &Fields) -> Result<Vec<Change>, Refusal> {
        self.changes(&fields.edits(&self.standing, false)?)
    }

    /// The part of the preview that says what changes, for the script that shows it while one types.
    pub(super) fn live(&self, fields: &Fields) -> Result<HttpResponse, PageError> {
        let is_empty = fields.edits(&self.standing, false).is_ok_and(|edits| edits.is_empty());
        let (mut told, changes) = match self.what_changes(fields) {
            Err(_) if is_empty => ("Nothing is changed so far.".to_owned(), Vec::new()),
            Ok(changes) => (format!("This changes {}.", view::counted(changes.len(), "thing", "things")), changes),
            Err(refusal) => (refusal.sentence, Vec::new()),
        };
        if count_words(&fields.summary) > SUMMARY_WORDS {
            told.push_str(" The summary is too long.");
        }
        let html = Live { sheet: self, fields, told, changes, clauses: &self.standing.clauses }.render()?;
        let mut answer = HttpResponse::Ok();
        Ok(answer.insert_header((CACHE_CONTROL, "private, no-store")).content_type(ContentType::html()).body(html))
    }
}

fn old_name(changes: &[Change]) -> Option<String> {
    changes.iter().find(|change| change.act == Act::Name).map(|change| change.old_text.clone())
}

/// The version that words began from, or the one in force when none of this document is named.
fn load_base(conn: &mut AnyConnection, document: &Document, wanted: Option<VersionId>) -> Result<Base, DbError> {
    let found = wanted.map(|id| find_version(conn, id)).transpose()?.flatten();
    let version =
        found.filter(|version| version.document_id == document.id).unwrap_or_else(|| document.version.clone());
    Ok(Base { clauses: list_clauses(conn, version.id)?, version, name: None })
}
