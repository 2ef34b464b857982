//! The minutes of a decided vote, for good and for the printer; and who could see what, and when.

use super::amendment_talk::{ObjectionHtml, Said};
use super::{poll, view};
use crate::App;
use crate::db::AnyConnection;
use crate::db::citations::Library;
use crate::db::objections::list_objections;
use crate::db::polls::Poll;
use crate::domain::Urls;
use crate::domain::incident::{Incident, IncidentKind};
use crate::ids::PollId;
use crate::services::ServiceError;
use crate::services::minutes::{Amended, Minutes, Subject, minutes};
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::TimeDelta;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "minutes.html")]
struct Content {
    minutes: Minutes,
    texts: Option<Texts>,
    url: String,
    is_member: bool,
}

/// What people wrote, as HTML: its citations lead to the text as it stood that day (A1).
struct Texts {
    summary: String,
    values_fit: String,
    objections: Vec<ObjectionHtml>,
}

impl Texts {
    fn of(
        conn: &mut AnyConnection,
        (minutes, amended): (&Minutes, &Amended),
        urls: &Urls,
    ) -> Result<Self, ServiceError> {
        let (amendment, mut library) = (&amended.amendment, Library::new(urls));
        // The words are those of the record, which does not tell when they were written.
        let written = list_objections(conn, amendment.id)?;
        let mut objections = Vec::new();
        for (reason, answer) in &minutes.objections {
            let one = written.iter().find(|one| one.reason == *reason);
            let raised_at = one.map_or(minutes.poll.opens_at, |one| one.raised_at);
            let answered_at = one.and_then(|one| one.answered_at).unwrap_or(raised_at);
            let said =
                Said { reason: (reason, raised_at), answer: answer.as_deref().map(|answer| (answer, answered_at)) };
            objections.push(ObjectionHtml::of(conn, said, (&mut library, amendment.document_id))?);
        }
        Ok(Self {
            summary: library.html(conn, &amendment.summary, amendment.written())?,
            values_fit: library.html(conn, &amendment.values_fit, amendment.written())?,
            objections,
        })
    }
}

impl Content {
    fn happened(incident: &Incident) -> &'static str {
        match incident.kind {
            IncidentKind::Down => "the server was down",
            IncidentKind::Clock => "its clock was in doubt; nothing was closed meanwhile",
            IncidentKind::Restored => {
                "its data was put back from a backup; ballots cast since that backup are lost here"
            }
        }
    }

    /// Whether the result was worked out more than a minute after the end.
    fn was_late(&self) -> bool {
        self.minutes.counted_at - self.minutes.poll.closes_at > TimeDelta::minutes(1)
    }

    /// How long the server was down, in words, if it was.
    fn downtime(&self) -> Option<String> {
        let was_down = self.minutes.incidents.iter().any(|incident| incident.kind == IncidentKind::Down);
        was_down.then(|| match self.minutes.downtime().num_minutes() {
            0 => "less than a minute".to_owned(),
            minutes @ 1..=119 => view::counted(minutes, "minute", "minutes"),
            minutes => view::counted(minutes / 60, "hour", "hours"),
        })
    }
}

/// `GET /polls/{id}/minutes`
pub async fn show(app: web::Data<App>, session: Session, id: web::Path<PollId>) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    // A vote whose time is over is closed before its minutes are read.
    poll::find(&app, id, None).await?;
    let urls = Arc::clone(&app.urls);
    let (minutes, texts) = app
        .read(move |conn| -> Result<_, ServiceError> {
            let minutes = minutes(conn, id)?;
            let texts = minutes.amended().map(|amended| Texts::of(conn, (&minutes, amended), &urls)).transpose()?;
            Ok((minutes, texts))
        })
        .await?;
    let page = session.page(&app, format!("Minutes: {}", minutes.poll.question));
    page.show(&Content { minutes, texts, url: app.urls.minutes(id), is_member: session.member_id().is_some() })
}

#[derive(Template)]
#[template(path = "secrecy.html")]
struct Secrecy {
    poll: Poll,
}

/// `GET /polls/{id}/secrecy`
pub async fn secrecy(app: web::Data<App>, session: Session, id: web::Path<PollId>) -> Result<HttpResponse, PageError> {
    let found = poll::find(&app, id.into_inner(), None).await?;
    session.page(&app, "Who can see your vote").show(&Secrecy { poll: found.poll })
}
