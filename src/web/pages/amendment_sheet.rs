//! The sheet on which an amendment is written: what was chosen and typed, and the pages that show it.

use super::{amendment, document, view};
use crate::App;
use crate::db::AnyConnection;
use crate::db::amendments::{Amendment, list_changes};
use crate::db::citations::Library;
use crate::db::documents::{Document, document as document_by_id};
use crate::domain::amendment::{Act, AmendmentForm, AmendmentState, Change, Edit, Move, NewAmendment, Place, Standing};
use crate::domain::amendment::{new_name, new_rule};
use crate::domain::diff::Piece;
use crate::domain::document::{Clause, Shelf};
use crate::domain::tally::{Rule, VoteBase};
use crate::domain::{Refusal, text};
use crate::ids::{AmendmentId, ClauseId};
use crate::services::ServiceError;
use crate::services::standing::standing;
use crate::web::errors::PageError;
use crate::web::layout::Page;
use crate::web::session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// What was chosen and typed. The same form proposes, previews and edits.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    title: String,
    summary: String,
    values_fit: String,
    clause: Vec<String>,
    act: Vec<String>,
    text: Vec<String>,
    place: Vec<String>,
    new_text: Vec<String>,
    new_place: Vec<String>,
    with_rule: String,
    vote_base: String,
    quorum: String,
    with_name: String,
    new_name: String,
    pub(super) step: String,
}

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

/// A clause with what the person wants of it.
struct Edited {
    clause: Clause,
    act: String,
    text: String,
    place: String,
}

/// What is being changed, where the form goes and who looks at it.
pub(super) struct Sheet<'a> {
    app: &'a App,
    session: &'a Session,
    document: Document,
    standing: Standing,
    action: String,
    /// Where the amendment stands; nothing for a new one.
    state: Option<AmendmentState>,
}

impl Fields {
    /// From the query of the page on which clauses are ticked.
    pub(super) fn chosen(query: Vec<(String, String)>) -> Self {
        let mut fields = Self::default();
        for (name, value) in query {
            match name.as_str() {
                "clause" => fields.clause.push(value),
                "with_rule" => fields.with_rule = value,
                "with_name" => fields.with_name = value,
                "step" => fields.step = value,
                _ => {}
            }
        }
        fields
    }

    fn of(amendment: &Amendment, changes: &[Change]) -> Self {
        let mut fields = Self {
            title: amendment.title.clone(),
            summary: amendment.summary.clone(),
            values_fit: amendment.values_fit.clone(),
            ..Self::default()
        };
        for change in changes {
            let place = change.act.place().map(place_value).unwrap_or_default();
            match change.act {
                Act::Add(_) => {
                    fields.new_text.push(change.new_text.clone());
                    fields.new_place.push(place);
                }
                Act::Rule | Act::Name => {}
                act => {
                    fields.clause.push(change.clause.to_string());
                    fields.act.push(act.as_str().to_owned());
                    fields.text.push(change.new_text.clone());
                    fields.place.push(place);
                }
            }
        }
        if let Some(rule) = new_rule(changes) {
            fields.with_rule = "yes".to_owned();
            (fields.vote_base, fields.quorum) = (rule.base.as_str().to_owned(), rule.quorum.to_string());
        }
        if let Some(name) = new_name(changes) {
            (fields.with_name, fields.new_name) = ("yes".to_owned(), name.to_owned());
        }
        fields
    }
}

/// A place as the value of an option.
fn place_value(place: Place) -> String {
    match place {
        Place::After(id) => format!("after:{id}"),
        Place::FirstIn(Some(id)) => format!("in:{id}"),
        Place::FirstIn(None) => "in:".to_owned(),
    }
}

fn place_of(value: &str) -> Result<Place, Refusal> {
    let found = match value.split_once(':') {
        Some(("in", "")) => Some(Place::FirstIn(None)),
        Some(("in", id)) => id.parse().ok().map(|id| Place::FirstIn(Some(id))),
        Some(("after", id)) => id.parse().ok().map(Place::After),
        _ => None,
    };
    found.ok_or_else(|| Refusal::field("changes", "Please choose where the clause goes."))
}

impl<'a> Sheet<'a> {
    pub(super) async fn of_document(app: &'a App, session: &'a Session, slug: String) -> Result<Self, ServiceError> {
        let action = format!("/documents/{slug}/amend");
        let (document, standing) = app
            .read(move |conn| {
                let document = document::find(conn, &slug)?;
                let standing = standing(conn, &document)?;
                Ok::<_, ServiceError>((document, standing))
            })
            .await?;
        Ok(Self { app, session, document, standing, action, state: None })
    }

    pub(super) async fn of_amendment(
        app: &'a App,
        session: &'a Session,
        id: AmendmentId,
    ) -> Result<(Self, Fields), ServiceError> {
        let (me, now) = (session.member_id(), app.now());
        let (document, standing, state, fields) = app
            .read(move |conn| {
                let amendment = amendment::find(conn, id, me)?;
                if me != Some(amendment.proposer_id) {
                    return Err(ServiceError::Forbidden("Only its proposer can edit an amendment.".to_owned()));
                }
                let state = amendment.state_at(now);
                state.after(Move::Edit).map_err(ServiceError::Conflict)?;
                let (document, standing, fields) = load(conn, &amendment)?;
                Ok((document, standing, state, fields))
            })
            .await?;
        let action = format!("/amendments/{id}/edit");
        Ok((Self { app, session, document, standing, action, state: Some(state) }, fields))
    }

    /// True for what nobody else has seen yet.
    pub(super) fn is_draft(&self) -> bool {
        self.state == Some(AmendmentState::Draft)
    }

    fn is_new(&self) -> bool {
        self.state.is_none()
    }

    /// True when something was chosen that the edit page has a field for.
    pub(super) fn has_anything(&self, fields: &Fields) -> bool {
        !self.edited(fields).is_empty()
            || !fields.with_rule.is_empty()
            || !fields.with_name.is_empty()
            || fields.step == "add"
    }

    /// The chosen clauses with what was typed, or as they stand where nothing was typed yet.
    fn edited(&self, fields: &Fields) -> Vec<Edited> {
        let chosen = fields.clause.iter().enumerate();
        chosen
            .filter_map(|(index, id)| {
                let id: ClauseId = id.parse().ok()?;
                let clause = self.standing.clauses.iter().find(|clause| clause.id == id)?.clone();
                let text = fields.text.get(index).filter(|_| fields.act.get(index).is_none_or(|act| act != "remove"));
                let text = text.cloned().unwrap_or_else(|| clause.text.clone());
                let at = |values: &[String]| values.get(index).cloned().unwrap_or_default();
                Some(Edited { clause, act: at(&fields.act), text, place: at(&fields.place) })
            })
            .collect()
    }

    fn edits(&self, fields: &Fields) -> Result<Vec<Edit>, Refusal> {
        let mut edits = Vec::new();
        for one in self.edited(fields) {
            let is_same = text::clean_line(&one.text) == one.clause.text;
            let clause = one.clause.id;
            match one.act.as_str() {
                "remove" => edits.push(Edit::Remove { clause }),
                "move" => {
                    let text = (!is_same).then_some(one.text);
                    edits.push(Edit::Move { clause, place: place_of(&one.place)?, text });
                }
                _ if is_same => {}
                _ => edits.push(Edit::Reword { clause, text: one.text }),
            }
        }
        for (index, typed) in fields.new_text.iter().enumerate() {
            if !text::clean(typed).is_empty() {
                let place = place_of(fields.new_place.get(index).map_or("", String::as_str))?;
                edits.push(Edit::Add { place, text: typed.clone() });
            }
        }
        if !fields.with_rule.is_empty() {
            edits.push(Edit::Rule(rule_of(fields)?));
        }
        if !fields.with_name.is_empty() {
            edits.push(Edit::Name(fields.new_name.clone()));
        }
        Ok(edits)
    }

    fn form(&self, fields: &Fields) -> Result<AmendmentForm, Refusal> {
        Ok(AmendmentForm {
            title: fields.title.clone(),
            summary: fields.summary.clone(),
            values_fit: fields.values_fit.clone(),
            edits: self.edits(fields)?,
        })
    }

    /// The amendment as it can be proposed.
    pub(super) fn read(&self, fields: &Fields) -> Result<NewAmendment, ServiceError> {
        let new = NewAmendment::parse(self.document.id, &self.form(fields)?)?;
        self.changes(&new)?;
        Ok(new)
    }

    /// The amendment as far as it is written.
    pub(super) fn read_draft(&self, fields: &Fields) -> Result<NewAmendment, ServiceError> {
        Ok(NewAmendment::parse_draft(self.document.id, &self.form(fields)?)?)
    }

    /// What it would change. Nothing is kept yet: new clauses have ids for this page alone.
    fn changes(&self, new: &NewAmendment) -> Result<Vec<Change>, Refusal> {
        let mut last = 0;
        new.against(&self.standing, || {
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

    pub(super) fn edit(&self, fields: &Fields, error: Option<ServiceError>) -> Result<HttpResponse, PageError> {
        let mut page = self.session.page(self.app, self.title());
        if let Some(error) = error {
            page = page.refused(error)?;
        }
        let mut added: Vec<(String, String)> = fields.new_text.iter().cloned().zip(fields.new_place.clone()).collect();
        if added.iter().all(|(text, _)| !text.is_empty()) {
            added.push((String::new(), String::new()));
        }
        let edited = self.edited(fields);
        page.show(&Written { page: &page, sheet: self, fields, edited: &edited, added, places: self.places() })
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

    pub(super) async fn preview(&self, fields: &Fields) -> Result<HttpResponse, PageError> {
        let (urls, written) = (Arc::clone(&self.app.urls), (self.app.now(), Some(self.document.id)));
        let shelf = self.app.read(move |conn| Library::new(&urls).at(conn, written)).await?;
        let changes = self.changes(&self.read(fields)?).map_err(ServiceError::from)?;
        let page = self.session.page(self.app, "Is this what you mean?");
        let edited = self.edited(fields);
        let clauses = &self.standing.clauses;
        page.show(&Preview { page: &page, sheet: self, fields, edited: &edited, changes, clauses, shelf })
    }
}

fn rule_of(fields: &Fields) -> Result<Rule, Refusal> {
    let no_number = || Refusal::field("quorum", "Please give a whole number; 0 asks for none.");
    let base = VoteBase::parse(&fields.vote_base)?;
    let quorum = fields.quorum.trim();
    let quorum = if quorum.is_empty() { 0 } else { quorum.parse().map_err(|_| no_number())? };
    Ok(Rule { base, quorum, ..Rule::default() })
}

fn load(conn: &mut AnyConnection, amendment: &Amendment) -> Result<(Document, Standing, Fields), ServiceError> {
    let document = document_by_id(conn, amendment.document_id)?;
    let standing = standing(conn, &document)?;
    let changes = list_changes(conn, amendment.id)?;
    Ok((document, standing, Fields::of(amendment, &changes)))
}
