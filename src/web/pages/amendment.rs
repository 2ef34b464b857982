//! The page of an amendment: the change as a diff, its backing, its ballot, its result, objections
//! and what people say (A2 to A4, A14, A15). The buttons are in [`super::amendment_acts`].

use super::amendment_acts::Words;
use super::amendment_talk::{Talk, Who, load_talk};
use super::poll::{self, PollView};
use super::view;
use crate::App;
use crate::clock::Stamp;
use crate::db::AnyConnection;
use crate::db::amendments::{Amendment, find_amendment_for, list_backers, list_changes};
use crate::db::citations::Library;
use crate::db::documents::{Document, document, list_clauses};
use crate::db::members::{list_members, member};
use crate::domain::Urls;
use crate::domain::amendment::{AmendmentState, Change, LAPSES_AFTER, Move, WARNED_AFTER};
use crate::domain::diff::Piece;
use crate::domain::document::Clause;
use crate::ids::{AmendmentId, MemberId, ObjectionId};
use crate::services::ServiceError;
use crate::services::announce_opening::list_blocking;
use crate::services::vote_queue::{Queued, VoteQueue};
use crate::web::errors::PageError;
use crate::web::layout::Page;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::TimeDelta;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "amendment.html")]
struct Content<'a> {
    page: &'a Page,
    amendment: &'a Amendment,
    state: AmendmentState,
    about: &'a About,
    found: Option<&'a PollView>,
    /// What was typed into a form that was refused.
    typed: &'a Words,
}

struct About {
    document: Document,
    /// The text whose numbers the changes tell.
    clauses: Vec<Clause>,
    /// The summary as HTML: its citations lead to the text as it stood that day (A1).
    summary: String,
    /// The same of how it fits the values.
    values_fit: String,
    changes: Vec<Change>,
    backers_count: usize,
    /// For members only (J5).
    backers: Vec<String>,
    proposer: Option<String>,
    is_mine: bool,
    i_back: bool,
    /// Open votes that it has to wait for.
    blocking: Vec<Amendment>,
    /// It and the others about the same clauses, in the order of their votes (A15).
    queue: Vec<Queued>,
    talk: Talk,
    /// The address of the community's Note of it.
    note_url: Option<String>,
    now: Stamp,
    /// The moment by which openings are judged.
    deadline: Stamp,
    /// Whether the server does not know what time it is.
    is_time_in_doubt: bool,
}

impl Content<'_> {
    fn may(&self, step: Move) -> bool {
        self.about.is_mine && self.state.after(step).is_ok()
    }

    fn may_edit(&self) -> bool {
        self.may(Move::Edit)
    }

    fn may_open(&self) -> bool {
        self.may(Move::Open)
    }

    fn may_announce(&self) -> bool {
        self.may(Move::Announce)
    }

    fn may_postpone(&self) -> bool {
        self.may(Move::Postpone)
    }

    /// In the last days before it lapses.
    fn may_renew(&self) -> bool {
        let warned_at = self.amendment.lapses_at - (LAPSES_AFTER - WARNED_AFTER);
        self.may(Move::Renew) && self.about.now >= warned_at
    }

    fn seeks_backing(&self) -> bool {
        self.state.after(Move::Back).is_ok()
    }

    fn is(&self, word: &str) -> bool {
        self.state.as_str() == word
    }

    fn is_undecided(&self) -> bool {
        self.state.after(Move::Withdraw).is_ok() || self.is_open()
    }

    /// Whether its vote may open at this moment, with no notice.
    fn may_open_now(&self) -> bool {
        let is_free = self.about.blocking.is_empty() && self.notice().is_none();
        self.may_open() && is_free && !self.about.is_time_in_doubt
    }

    /// Whether a vote about the same clauses is open.
    fn is_vote_open(&self) -> bool {
        self.about.queue.iter().any(|one| one.state == AmendmentState::Open)
    }

    /// The days of notice, as they were typed; at first the fewest that there may be.
    fn days(&self) -> String {
        if !self.typed.days.is_empty() {
            return self.typed.days.clone();
        }
        let left = self.notice().map_or_else(TimeDelta::zero, |announced| announced - self.about.deadline);
        (left + TimeDelta::days(1) - TimeDelta::nanoseconds(1)).num_days().max(1).to_string()
    }

    /// The day that was announced before the announcement was taken back or the text edited: it binds still.
    fn notice(&self) -> Option<Stamp> {
        let is_ahead = self.is_undecided() && !self.is_open() && self.amendment.opens_at.is_none();
        self.amendment.not_before.filter(|announced| is_ahead && *announced > self.about.deadline)
    }

    fn hint_of_days(&self) -> &'static str {
        match self.notice() {
            Some(_) => "Up to 30, and not before the day that was announced.",
            None if !self.about.blocking.is_empty() => "1 to 30, and not before the other vote has ended.",
            None => "1 to 30.",
        }
    }

    /// It came to nothing, and its words can be proposed anew.
    fn may_come_again(&self) -> bool {
        matches!(self.state, AmendmentState::Lost | AmendmentState::Lapsed | AmendmentState::Withdrawn)
    }

    /// Whether the answer to this objection is what was refused.
    fn is_refused_answer(&self, objection: &ObjectionId) -> bool {
        self.typed.answered() == Some(*objection)
    }

    /// What was typed into a form that does not stand on the page any more.
    fn left_over(&self) -> Option<&str> {
        let is_there = |id| self.about.talk.objections.iter().any(|one| one.objection.id == id);
        let answer_stands = self.is_undecided() && self.typed.answered().is_some_and(is_there);
        let [reason, reply] = [&self.typed.reason, &self.typed.reply].map(|text| text.trim());
        match (reason, reply) {
            ("", "") => None,
            ("", reply) => (!answer_stands).then_some(reply),
            (reason, _) => (!self.is_undecided()).then_some(reason),
        }
    }

    fn is_open(&self) -> bool {
        self.found.is_some_and(|found| found.poll.is_open(found.now))
    }
}

/// `GET /amendments/{id}`
pub async fn show(
    app: web::Data<App>,
    session: Session,
    id: web::Path<AmendmentId>,
) -> Result<HttpResponse, PageError> {
    show_with(&app, &session, id.into_inner(), None).await
}

/// The page, with what was wrong with a form on it if something was, and what had been typed there.
pub(super) async fn show_with(
    app: &App,
    session: &Session,
    id: AmendmentId,
    refused: Option<(ServiceError, &Words)>,
) -> Result<HttpResponse, PageError> {
    let viewer = session.member_id();
    let mut amendment = app.read(move |conn| find(conn, id, viewer)).await?;
    let found = match amendment.poll_id {
        Some(poll) => Some(poll::find(app, poll, viewer).await?),
        None => None,
    };
    let look = Look {
        viewer,
        now: app.now(),
        deadline: app.deadline(),
        is_time_in_doubt: app.clock.doubt().is_some(),
        urls: Arc::clone(&app.urls),
    };
    let about = app.read(move |conn| load(conn, id, &look)).await?;
    if found.is_some() {
        // The poll may have been closed just now.
        amendment = app.read(move |conn| find(conn, id, viewer)).await?;
    }
    let mut page = session.page(app, if amendment.title.is_empty() { "A draft" } else { &amendment.title });
    let nothing = Words::default();
    let mut typed = &nothing;
    if let Some((error, words)) = refused {
        (page, typed) = (page.refused(error)?, words);
    }
    let state = amendment.state_at(about.now);
    page.show(&Content { page: &page, amendment: &amendment, state, about: &about, found: found.as_ref(), typed })
}

/// The amendment with this id, as far as this person may see it: drafts are for their authors.
pub(super) fn find(
    conn: &mut AnyConnection,
    id: AmendmentId,
    viewer: Option<MemberId>,
) -> Result<Amendment, ServiceError> {
    find_amendment_for(conn, id, viewer)?.ok_or(ServiceError::NotFound("amendment"))
}

/// Who looks, and when.
struct Look {
    viewer: Option<MemberId>,
    now: Stamp,
    deadline: Stamp,
    is_time_in_doubt: bool,
    urls: Arc<Urls>,
}

fn load(conn: &mut AnyConnection, id: AmendmentId, look: &Look) -> Result<About, ServiceError> {
    let amendment = find(conn, id, look.viewer)?;
    let backers = list_backers(conn, id)?;
    let named = if look.viewer.is_some() { list_members(conn, &backers)? } else { Vec::new() };
    let mut library = Library::new(&look.urls);
    let waits = amendment.state.is_backed();
    Ok(About {
        document: document(conn, amendment.document_id)?,
        clauses: list_clauses(conn, amendment.base_version_id)?,
        summary: library.html(conn, &amendment.summary, amendment.written())?,
        values_fit: library.html(conn, &amendment.values_fit, amendment.written())?,
        changes: list_changes(conn, id)?,
        backers_count: backers.len(),
        backers: named.into_iter().map(|member| member.name).collect(),
        proposer: match look.viewer {
            Some(_) => Some(member(conn, amendment.proposer_id)?.name),
            None => None,
        },
        is_mine: look.viewer == Some(amendment.proposer_id),
        i_back: look.viewer.is_some_and(|me| backers.contains(&me)),
        blocking: if waits { list_blocking(conn, &amendment)? } else { Vec::new() },
        queue: VoteQueue::load(conn, look.now)?.beside(id).into_iter().cloned().collect(),
        talk: load_talk(conn, &amendment, look.viewer, (&mut library, &look.urls))?,
        note_url: amendment.note_id.map(|note| look.urls.note(note)),
        now: look.now,
        deadline: look.deadline,
        is_time_in_doubt: look.is_time_in_doubt,
    })
}
