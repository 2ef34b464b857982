//! The minutes of a decided vote, for good and for the printer; and who could see what, and when.

use super::{poll, view};
use crate::App;
use crate::db::polls::Poll;
use crate::domain::ballot::Uncounted;
use crate::domain::incident::{Incident, IncidentKind};
use crate::ids::PollId;
use crate::services::minutes::{Minutes, minutes};
use crate::web::errors::PageError;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "minutes.html")]
struct Content {
    minutes: Minutes,
    url: String,
    is_member: bool,
}

impl Content {
    fn reason(reason: &Uncounted) -> &'static str {
        match reason {
            Uncounted::Late => "Too late",
            Uncounted::Early => "Too early",
            Uncounted::OffRoll => "By members who joined after the opening",
            Uncounted::Duplicate => "Repeated",
            Uncounted::UnknownOption => "For something that is no option",
            Uncounted::OnHold => "Through linked accounts that had to be confirmed",
        }
    }

    fn happened(incident: &Incident) -> &'static str {
        match incident.kind {
            IncidentKind::Down => "the server was down",
            IncidentKind::Clock => "its clock jumped ahead; nothing was closed meanwhile",
            IncidentKind::Restored => {
                "its data was put back from a backup; ballots cast since that backup are lost here"
            }
        }
    }

    /// How long the server was down, in words.
    fn downtime(&self) -> String {
        match self.minutes.downtime().num_minutes() {
            0 => "less than a minute".to_owned(),
            minutes @ 1..=119 => view::counted(minutes, "minute", "minutes"),
            minutes => view::counted(minutes / 60, "hour", "hours"),
        }
    }
}

/// `GET /polls/{id}/minutes`
pub async fn show(app: web::Data<App>, session: Session, id: web::Path<PollId>) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    // A vote whose time is over is closed before its minutes are read.
    poll::find(&app, id, None).await?;
    let minutes = app.read(move |conn| minutes(conn, id)).await?;
    let page = session.page(&app, format!("Minutes: {}", minutes.amendment.title));
    page.show(&Content { minutes, url: app.urls.minutes(id), is_member: session.member_id().is_some() })
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
