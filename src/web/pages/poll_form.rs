//! Ask a question: a cabal's advisory poll.

use super::view::{self, Sent};
use crate::App;
use crate::db::cabals::Cabal;
use crate::domain::Problems;
use crate::domain::poll::{Closing, NewPoll, PollForm};
use crate::ids::{CabalId, MemberId, PollId};
use crate::services::ServiceError;
use crate::services::publish_poll::publish_poll;
use crate::web::errors::PageError;
use crate::web::form::MemberForm;
use crate::web::layout::Page;
use crate::web::session::MemberSession;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::TimeDelta;
use serde::Deserialize;

/// What was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    question: String,
    option: Vec<String>,
    minutes: String,
    several: String,
    live: String,
    language: String,
}

/// How long a poll may be chosen to last, in minutes.
const DURATIONS: &[(&str, &str)] = &[
    ("5", "5 minutes"),
    ("60", "1 hour"),
    ("1440", "1 day"),
    ("4320", "3 days"),
    ("10080", "1 week"),
    ("20160", "2 weeks"),
    ("44640", "31 days"),
];

#[derive(Template)]
#[template(path = "poll_form.html")]
struct Content<'a> {
    page: &'a Page,
    cabal: &'a Cabal,
    fields: &'a Fields,
}

impl Fields {
    fn option(&self, index: usize) -> &str {
        self.option.get(index).map_or("", String::as_str)
    }
}

/// `GET /c/{handle}/polls/new`
pub async fn new(
    app: web::Data<App>,
    visit: MemberSession,
    handle: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let cabal = view::my_cabal(&app, handle.into_inner(), visit.me.member_id).await?;
    let page = visit.session.page(&app, "Ask a question");
    let fields = Fields { minutes: "10080".to_owned(), language: "en".to_owned(), ..Fields::default() };
    page.show(&Content { page: &page, cabal: &cabal, fields: &fields })
}

/// `POST /c/{handle}/polls/new`
pub async fn publish(
    app: web::Data<App>,
    handle: web::Path<String>,
    form: MemberForm<Fields>,
) -> Result<HttpResponse, PageError> {
    let by = form.me.member_id;
    let cabal = view::my_cabal(&app, handle.into_inner(), by).await?;
    let outcome = act(&app, by, cabal.id, &form.fields).await;
    let leads = |id| (format!("/polls/{id}"), "Your question is on its way. Anybody on the fediverse may answer it.");
    let sent = Sent { app: &app, session: &form.session, title: "Ask a question" };
    sent.end(outcome, leads, |page| page.show(&Content { page, cabal: &cabal, fields: &form.fields })).await
}

async fn act(app: &App, by: MemberId, cabal: CabalId, fields: &Fields) -> Result<PollId, ServiceError> {
    let mut problems = Problems::default();
    let closing = problems.take(Closing::parse(&fields.minutes, ""));
    let form = PollForm {
        question: fields.question.clone(),
        options: fields.option.clone(),
        is_multiple: !fields.several.is_empty(),
        totals_hidden: fields.live.is_empty(),
        // Whatever stands here when the duration cannot be read, the poll is refused below.
        closing: closing.unwrap_or(Closing::After(TimeDelta::days(7))),
        language: fields.language.clone(),
    };
    let new = problems.take(NewPoll::parse(&form));
    problems.check()?;
    let new = new.ok_or(ServiceError::NotFound("poll"))?;
    app.write(move |tx| publish_poll(tx, by, cabal, &new)).await
}
