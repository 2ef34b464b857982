//! The page of a poll: the ballot while it is open, the result afterwards.

use super::amendment_talk::ObjectionHtml;
use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::amendments::Amendment;
use crate::db::ballots::has_voted;
use crate::db::citations::Library;
use crate::db::objections::list_objections;
use crate::db::polls::{Frozen, Poll, find_poll};
use crate::db::results::{PollResult, find_record};
use crate::db::roll::is_on_roll;
use crate::db::{AnyConnection, DbError, amendments, local_actors};
use crate::domain::Urls;
use crate::domain::outcome::Outcome;
use crate::ids::{MemberId, PollId};
use crate::services::ServiceError;
use crate::services::close_ballot::settle;
use crate::services::given_password::{self, is_given_during};
use crate::services::minutes::find_outcome;
use crate::web::errors::PageError;
use crate::web::layout::Page;
use crate::web::session::Session;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::{HttpResponse, web};
use askama::Template;
use std::sync::Arc;

/// From how many on who may vote the numbers alone tell little about one of them.
const MANY: u32 = 10;

/// What the page of a poll and the page of an amendment show of a poll.
pub(super) struct PollView {
    pub poll: Poll,
    /// Its address on the fediverse.
    pub url: String,
    pub speaker: String,
    pub speaker_handle: String,
    pub amendment_title: Option<String>,
    /// What stands beside the ballot of an amendment (A14).
    pub objections: Vec<ObjectionHtml>,
    pub result: Option<(PollResult, Outcome)>,
    pub may_vote: bool,
    /// Why somebody on the roll does not vote here (V-54).
    pub kept_out: Option<&'static str>,
    pub has_voted: bool,
    pub now: Stamp,
}

#[derive(Template)]
#[template(path = "poll.html")]
struct Content<'a> {
    page: &'a Page,
    found: &'a PollView,
}

impl PollView {
    /// True while the ballot form makes sense for this person.
    pub fn shows_ballot(&self) -> bool {
        self.poll.is_open(self.now)
            && self.may_vote
            && self.kept_out.is_none()
            && (!self.has_voted || self.poll.has_roll())
    }

    /// Whether so few may vote that the numbers alone may tell how one of them did (V-32).
    pub fn are_few(&self, frozen: &Frozen) -> bool {
        frozen.roll_size < MANY
    }

    /// The votes of an option as a share of all voters, in per cent.
    pub fn share(&self, total: &u32) -> u32 {
        (total * 100).checked_div(self.poll.voters_count).unwrap_or(0).min(100)
    }
}

/// `GET /polls/{id}`
pub async fn show(app: web::Data<App>, session: Session, id: web::Path<PollId>) -> Result<HttpResponse, PageError> {
    show_with(&app, &session, id.into_inner(), None).await
}

/// The page, with what was wrong with the ballot if something was.
pub(super) async fn show_with(
    app: &App,
    session: &Session,
    id: PollId,
    error: Option<ServiceError>,
) -> Result<HttpResponse, PageError> {
    let found = find(app, id, session.member_id()).await?;
    let mut page = session.page(app, found.poll.question.clone()).with_activity(found.url.clone());
    if let Some(error) = error {
        page = page.refused(error)?;
    }
    page.show(&Content { page: &page, found: &found })
}

/// `GET /polls/{id}/record.json`: all ballots with their receipts, for everybody to count again (A13).
pub async fn record(app: web::Data<App>, id: web::Path<PollId>) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    settle(&app, id).await?;
    let record = app.read(move |conn| find_record(conn, id)).await?.ok_or(PageError::not_found("record"))?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::json())
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .body(record))
}

/// The poll with a viewer's eyes; one whose time is over is closed first, so that nobody sees it open.
pub(super) async fn find(app: &App, id: PollId, member: Option<MemberId>) -> Result<PollView, ServiceError> {
    let look = Look { id, urls: Arc::clone(&app.urls), member, now: app.deadline() };
    let (now, again) = (look.now, look.clone());
    let found = app.read(move |conn| load(conn, look)).await?;
    if !found.poll.is_due(now) {
        return Ok(found);
    }
    settle(app, id).await?;
    app.read(move |conn| load(conn, again)).await
}

/// Who looks at which poll, and when.
#[derive(Clone)]
struct Look {
    id: PollId,
    urls: Arc<Urls>,
    member: Option<MemberId>,
    now: Stamp,
}

fn load(conn: &mut AnyConnection, look: Look) -> Result<PollView, ServiceError> {
    let Look { id, urls, member, now } = look;
    let poll = find_poll(conn, id)?.ok_or(ServiceError::NotFound("poll"))?;
    let speaker = local_actors::actor(conn, poll.actor_id)?;
    let amendment = poll.amendment_id.map(|id| amendments::amendment(conn, id)).transpose()?;
    let objections = match &amendment {
        Some(amendment) => load_objections(conn, amendment, &urls)?,
        None => Vec::new(),
    };
    let may_vote = match member {
        Some(member) if poll.has_roll() => is_on_roll(conn, id, member)?,
        member => member.is_some(),
    };
    let (has_voted, is_given) = match member {
        Some(member) => (has_voted(conn, id, member)?, is_given_during(conn, &poll, member)?),
        None => (false, false),
    };
    Ok(PollView {
        result: find_outcome(conn, id)?,
        speaker: speaker.name,
        speaker_handle: speaker.handle,
        amendment_title: amendment.map(|amendment| amendment.title),
        objections,
        kept_out: (may_vote && is_given).then_some(given_password::SENTENCE),
        may_vote,
        has_voted,
        now,
        url: urls.poll(id),
        poll,
    })
}

fn load_objections(
    conn: &mut AnyConnection,
    amendment: &Amendment,
    urls: &Urls,
) -> Result<Vec<ObjectionHtml>, DbError> {
    let mut library = Library::new(urls);
    let all = list_objections(conn, amendment.id)?;
    all.iter().map(|one| ObjectionHtml::of(conn, one.into(), (&mut library, amendment.document_id))).collect()
}
