//! Amendments: list, show, propose, edit, withdraw, back, open and vote (rules A2 to A7). Who
//! proposed or backed one is not told: the roll is private (J5).

use super::amendment_request::{ChangeRequest, as_edit, edits};
use super::answer::{self, Created, moment};
use super::body::Body;
use super::member::{ApiMember, MaybeMember};
use super::objections::ObjectionView;
use super::problem::Problem;
use super::query::Query;
use crate::App;
use crate::clock::{Stamp, iso_seconds};
use crate::db::AnyConnection;
use crate::db::amendments::{self, Amendment};
use crate::db::documents::{self, Document};
use crate::db::members::{list_members, member};
use crate::db::objections::{list_all_objections, list_objections};
use crate::domain::Urls;
use crate::domain::amendment::{AmendmentForm, AmendmentState, Change, NewAmendment, Place};
use crate::domain::refusal::Refusal;
use crate::ids::{AmendmentId, DocumentId, MemberId};
use crate::services::announce_opening::list_blocking;
use crate::services::vote_queue::VoteQueue;
use crate::services::{self as acts, ServiceError};
use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An amendment.
#[derive(Serialize, ToSchema)]
pub struct AmendmentView {
    id: String,
    /// The name of the document that it changes.
    document: String,
    title: String,
    summary: String,
    values_fit: String,
    #[schema(example = "seeking_backing")]
    state: &'static str,
    proposed_at: String,
    edited_at: String,
    /// When it lapses unless backed and opened.
    lapses_at: Option<String>,
    /// When its vote opens by itself, once announced.
    opens_at: Option<String>,
    /// The latest moment that was announced: its vote does not open earlier.
    not_before: Option<String>,
    /// The community's post that tells of it on the fediverse.
    note: Option<String>,
    /// Its ballot, once open.
    poll: Option<String>,
    /// Hash over text, rule, roll and times as they froze at the opening.
    frozen_hash: Option<String>,
    url: String,
    /// The ballot on the fediverse, once open.
    object_id: Option<String>,
    /// Only in the answer about one amendment, as what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<ChangeView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backings_count: Option<usize>,
    /// Who proposed it; for members.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposer: Option<String>,
    /// Who backs it; for members.
    #[serde(skip_serializing_if = "Option::is_none")]
    backers: Option<Vec<String>>,
    /// Whether the member of the token proposed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_mine: Option<bool>,
    /// Whether the member of the token backs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_backed_by_me: Option<bool>,
    /// The objections that stand beside the ballot (A14); for members also those that wait for a backer.
    #[serde(skip_serializing_if = "Option::is_none")]
    objections: Option<Vec<ObjectionView>>,
    /// The amendments whose open votes concern the same clauses (A15).
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<Vec<String>>,
    /// The amendments about the same clauses, with itself, in the order in which their votes come (A15).
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<Vec<String>>,
}

/// What is shown of one amendment beside its own row.
struct More {
    changes: Vec<Change>,
    backers: Vec<MemberId>,
    proposer: Option<String>,
    named_backers: Option<Vec<String>>,
    objections: Vec<ObjectionView>,
    blocking: Vec<Amendment>,
    queue: Vec<String>,
}

/// One clause as it stands and as it is proposed.
#[derive(Serialize, ToSchema)]
pub struct ChangeView {
    clause: String,
    #[schema(example = "4.1.9")]
    number: String,
    old_text: String,
    new_text: String,
    /// reword, add, move, remove, rule or name
    #[schema(example = "reword")]
    act: &'static str,
    /// first_in or after, when it goes somewhere
    place: Option<&'static str>,
    /// The clause that the place is told by
    anchor: Option<String>,
}

/// All amendments that fit.
#[derive(Serialize, ToSchema)]
pub struct AmendmentList {
    items: Vec<AmendmentView>,
}

impl AmendmentList {
    /// Amendments, each with the document that it changes among these.
    pub(super) fn of((documents, found): (Vec<Document>, Vec<Amendment>), app: &App) -> Self {
        let slug_of = |id| documents.iter().find(|d| d.id == id).map(|d| d.slug.clone()).unwrap_or_default();
        let now = app.now();
        let items = found.into_iter().map(|one| {
            let slug = slug_of(one.document_id);
            view(one, slug, &app.urls, now)
        });
        Self { items: items.collect() }
    }
}

/// Which amendments.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AmendmentQuery {
    /// Of one document only, by its name in URLs
    document: Option<String>,
}

/// An amendment to propose.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendmentRequest {
    /// The name of the document in URLs
    #[serde(default)]
    #[schema(required, example = "manifesto")]
    document: String,
    #[serde(default)]
    #[schema(required)]
    title: String,
    /// What it changes, in at most 60 plain words
    #[serde(default)]
    #[schema(required)]
    summary: String,
    /// How it fits our values
    #[serde(default)]
    #[schema(required)]
    values_fit: String,
    #[serde(default)]
    #[schema(required)]
    changes: Vec<ChangeRequest>,
    /// True to keep it as a draft that nobody else sees
    #[serde(default)]
    is_draft: bool,
}

/// What shall change; what is left out stays. Any edit cancels all backing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendmentChange {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    summary: Option<String>,
    #[serde(default)]
    values_fit: Option<String>,
    #[serde(default)]
    changes: Option<Vec<ChangeRequest>>,
    /// False to propose a draft; left out, a draft stays one. What is proposed never becomes a draft again
    #[serde(default)]
    is_draft: Option<bool>,
}

fn view(amendment: Amendment, document: String, urls: &Urls, now: Stamp) -> AmendmentView {
    AmendmentView {
        id: amendment.id.to_string(),
        document,
        state: amendment.state_at(now).as_str(),
        proposed_at: iso_seconds(amendment.proposed_at),
        edited_at: iso_seconds(amendment.edited_at),
        lapses_at: moment(amendment.poll_id.is_none().then_some(amendment.lapses_at)),
        opens_at: moment(amendment.opens_at),
        not_before: moment(amendment.not_before),
        note: amendment.note_id.map(|id| urls.note(id)),
        poll: amendment.poll_id.map(|id| id.to_string()),
        url: urls.amendment(amendment.id),
        object_id: amendment.poll_id.map(|id| urls.poll(id)),
        title: amendment.title,
        summary: amendment.summary,
        values_fit: amendment.values_fit,
        frozen_hash: amendment.frozen_hash,
        changes: None,
        backings_count: None,
        proposer: None,
        backers: None,
        is_mine: None,
        is_backed_by_me: None,
        objections: None,
        waits_for: None,
        queue: None,
    }
}

fn change_view(change: Change) -> ChangeView {
    ChangeView {
        act: change.act.as_str(),
        place: change.act.place().map(Place::as_str),
        anchor: change.act.place().and_then(Place::anchor).map(|id| id.to_string()),
        clause: change.clause.to_string(),
        number: change.number,
        old_text: change.old_text,
        new_text: change.new_text,
    }
}

/// One amendment with all that belongs to it.
pub(super) async fn whole(app: &App, id: AmendmentId, viewer: Option<MemberId>) -> Result<AmendmentView, Problem> {
    let now = app.now();
    let (amendment, slug, more) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let amendment = existing(conn, id, viewer)?;
            let slug = documents::document(conn, amendment.document_id)?.slug;
            let waits = amendment.state.is_backed();
            let blocking = if waits { list_blocking(conn, &amendment)? } else { Vec::new() };
            let backers = amendments::list_backers(conn, id)?;
            let named_backers = viewer.map(|_| list_members(conn, &backers)).transpose()?;
            // Members see those that wait for a backer too, or nobody could back them.
            let objections = if viewer.is_some() { list_all_objections(conn, id)? } else { list_objections(conn, id)? };
            let objections = objections.into_iter().map(|objection| ObjectionView::of(conn, objection, viewer));
            let more = More {
                objections: objections.collect::<Result<_, _>>()?,
                changes: amendments::list_changes(conn, id)?,
                proposer: viewer.map(|_| member(conn, amendment.proposer_id)).transpose()?.map(|member| member.name),
                named_backers: named_backers.map(|named| named.into_iter().map(|member| member.name).collect()),
                backers,
                blocking,
                queue: VoteQueue::load(conn, now)?.beside(id).iter().map(|one| one.amendment.id.to_string()).collect(),
            };
            Ok((amendment, slug, more))
        })
        .await?;
    let More { changes, backers, proposer, named_backers, objections, blocking, queue } = more;
    let is_mine = viewer.map(|member| amendment.proposer_id == member);
    Ok(AmendmentView {
        changes: Some(changes.into_iter().map(change_view).collect()),
        backings_count: Some(backers.len()),
        proposer,
        backers: named_backers,
        is_mine,
        is_backed_by_me: viewer.map(|member| backers.contains(&member)),
        objections: Some(objections),
        waits_for: Some(blocking.into_iter().map(|other| other.id.to_string()).collect()),
        queue: Some(queue),
        ..view(amendment, slug, &app.urls, now)
    })
}

/// The amendment, as far as this member may see it: drafts are for their authors.
pub(super) fn existing(
    conn: &mut AnyConnection,
    id: AmendmentId,
    viewer: Option<MemberId>,
) -> Result<Amendment, ServiceError> {
    amendments::find_amendment_for(conn, id, viewer)?.ok_or(ServiceError::NotFound("amendment"))
}

/// The form as something to propose, or as a draft.
fn read(document: DocumentId, form: &AmendmentForm, is_draft: bool) -> Result<NewAmendment, Refusal> {
    if is_draft { NewAmendment::parse_draft(document, form) } else { NewAmendment::parse(document, form) }
}

/// List amendments, newest first
#[utoipa::path(tag = "amendments", params(AmendmentQuery), responses(
    (status = 200, body = AmendmentList), (status = 404, body = Problem)))]
#[get("/amendments")]
pub async fn list_amendments(
    app: web::Data<App>,
    query: Query<AmendmentQuery>,
) -> Result<web::Json<AmendmentList>, Problem> {
    let slug = query.0.document;
    let listed = app
        .read(move |conn| -> Result<_, ServiceError> {
            let all = documents::list_documents(conn)?;
            let one = slug
                .map(|slug| all.iter().find(|d| d.slug == slug).map(|d| d.id).ok_or(ServiceError::NotFound("document")))
                .transpose()?;
            let found = amendments::list_amendments(conn, one)?;
            Ok((all, found))
        })
        .await?;
    Ok(web::Json(AmendmentList::of(listed, &app)))
}

/// Show an amendment
#[utoipa::path(tag = "amendments", responses((status = 200, body = AmendmentView), (status = 404, body = Problem)))]
#[get("/amendments/{id}")]
pub async fn show_amendment(
    app: web::Data<App>,
    viewer: MaybeMember,
    id: web::Path<String>,
) -> Result<web::Json<AmendmentView>, Problem> {
    Ok(web::Json(whole(&app, answer::id(&id)?, viewer.id()).await?))
}

/// Propose an amendment
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 201, body = Created), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
#[post("/amendments")]
pub async fn propose_amendment(
    app: web::Data<App>,
    member: ApiMember,
    body: Body<AmendmentRequest>,
) -> Result<HttpResponse, Problem> {
    let (by, body) = (member.id(), body.0);
    let id = app
        .write(move |tx| -> Result<_, ServiceError> {
            let no_document = || Refusal::field("document", "There is no such document; GET /documents lists them.");
            let document = documents::find_document_by_slug(tx.conn, &body.document)?.ok_or_else(no_document)?;
            let AmendmentRequest { title, summary, values_fit, changes, is_draft, .. } = body;
            let form = AmendmentForm { title, summary, values_fit, edits: edits(changes)? };
            acts::propose_amendment::propose_amendment(tx, by, &read(document.id, &form, is_draft)?)
        })
        .await?;
    // The community's Note of it is told by GET; the ballot comes when it opens.
    let created = Created { id: id.to_string(), url: app.urls.amendment(id), object_id: None };
    Ok(created.at(&format!("/amendments/{id}")))
}

/// Change a proposal; any edit cancels all backing
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 200, body = AmendmentView), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
#[patch("/amendments/{id}")]
pub async fn edit_amendment(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
    body: Body<AmendmentChange>,
) -> Result<web::Json<AmendmentView>, Problem> {
    let (by, id, body) = (member.voice()?, answer::id(&id)?, body.0);
    app.write(move |tx| -> Result<_, ServiceError> {
        let standing = existing(tx.conn, id, Some(by))?;
        let state = standing.state_at(tx.now);
        let edits = match body.changes {
            Some(changes) => edits(changes)?,
            // Whoever does not say anew what changes has not looked at what a vote changed meanwhile.
            None if state == AmendmentState::InConflict => return Err(look_first(id)),
            None => amendments::list_changes(tx.conn, id)?.into_iter().filter_map(as_edit).collect(),
        };
        let form = AmendmentForm {
            title: body.title.unwrap_or(standing.title),
            summary: body.summary.unwrap_or(standing.summary),
            values_fit: body.values_fit.unwrap_or(standing.values_fit),
            edits,
        };
        let is_draft = body.is_draft.unwrap_or(state == AmendmentState::Draft);
        acts::propose_amendment::edit_amendment(tx, by, id, &read(standing.document_id, &form, is_draft)?)
    })
    .await?;
    Ok(web::Json(whole(&app, id, Some(by)).await?))
}

fn look_first(id: AmendmentId) -> ServiceError {
    let sentence = format!(
        "A vote has changed the text that this amendment changes. Please send all its changes anew, as they fit the \
         text of today (GET /api/v1/documents/{{slug}}). People see what is different at /amendments/{id}/rebase."
    );
    ServiceError::Conflict(Refusal::new("in_conflict", sentence))
}

/// Take a proposal back before its vote opens
#[utoipa::path(tag = "amendments", security(("token" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem)))]
#[delete("/amendments/{id}")]
pub async fn withdraw_amendment(
    app: web::Data<App>,
    member: ApiMember,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (by, id) = (member.voice()?, answer::id(&id)?);
    app.write(move |tx| acts::propose_amendment::withdraw_amendment(tx, by, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
