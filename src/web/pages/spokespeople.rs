//! The register of those who speak for the community (V1, V2): who does, who did, and for members who
//! waits for a backer. Names are public here, because everybody named agreed to it.

use super::view::{self, Sent};
use crate::App;
use crate::clock::Stamp;
use crate::db::members::list_members;
use crate::db::spokespeople::{Spokesperson, list_current, list_of_member, list_register};
use crate::db::spokesperson_log::{LoggedDeed, list_deeds};
use crate::db::{AnyConnection, DbError, Tx};
use crate::domain::rules::SPOKESPERSON_LONGEST;
use crate::domain::spokesperson::{
    LONG_IN_A_ROW, SpokespersonFields, SpokespersonState, Times, latest_day, speaks_since,
};
use crate::ids::{MemberId, SpokespersonId};
use crate::services::ServiceError;
use crate::services::back_spokesperson::{back_spokesperson, take_backing_back as unback};
use crate::services::volunteer_to_speak::{step_down as end_early, volunteer as offer};
use crate::web::errors::PageError;
use crate::web::form::{MemberForm, Nothing};
use crate::web::layout::Page;
use crate::web::session::{MemberSession, Session};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// How many of those who spoke before stand on one page.
const MOST: i64 = 50;

#[derive(Template)]
#[template(path = "spokespeople.html")]
struct Content<'a> {
    page: &'a Page,
    found: &'a Found,
    longest: i64,
}

#[derive(Template)]
#[template(path = "spokesperson_form.html")]
struct Volunteering<'a> {
    page: &'a Page,
    fields: &'a Fields,
    hint: String,
    longest: i64,
}

/// What was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    purpose: String,
    ends_on: String,
    publish_name: String,
}

/// Which part of those who spoke before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Part {
    before: Option<SpokespersonId>,
}

struct Found {
    /// In force.
    speaking: Vec<Shown>,
    /// Waiting or backed; nobody for strangers.
    waiting: Vec<Shown>,
    former: Vec<Spokesperson>,
    /// What was published, edited and withdrawn lately.
    deeds: Vec<LoggedDeed>,
    /// Where the older ones go on.
    older: Option<SpokespersonId>,
}

impl Found {
    /// Whether the one who looks speaks for the community.
    fn speaks(&self) -> bool {
        self.speaking.iter().any(|shown| shown.is_mine)
    }
}

/// One as somebody sees it.
struct Shown {
    one: Spokesperson,
    is_mine: bool,
    is_backed: bool,
    is_backed_by_me: bool,
    /// For members only (J5).
    backer: Option<String>,
    /// True after 180 days in a row (C4).
    is_long: bool,
}

/// `GET /spokespeople`
pub async fn show(app: web::Data<App>, session: Session, part: web::Query<Part>) -> Result<HttpResponse, PageError> {
    let (viewer, now, before) = (session.member_id(), app.deadline(), part.before);
    let found = app.read(move |conn| load(conn, viewer, now, before)).await?;
    let page = session.page(&app, title(&session));
    page.show(&Content { page: &page, found: &found, longest: SPOKESPERSON_LONGEST.num_days() })
}

fn title(session: &Session) -> String {
    let name = session.community.as_ref().map_or("the community", |community| community.name.as_str());
    format!("Who speaks for {name}")
}

fn load(
    conn: &mut AnyConnection,
    viewer: Option<MemberId>,
    now: Stamp,
    before: Option<SpokespersonId>,
) -> Result<Found, DbError> {
    let mut former = list_register(conn, now, before, MOST)?;
    let is_full = i64::try_from(former.len()).is_ok_and(|many| many >= MOST);
    let older = former.last().filter(|_| is_full).map(|one| one.id);
    former.retain(|one| one.state_at(now) == SpokespersonState::Ended);
    let (mut speaking, mut waiting) = (Vec::new(), Vec::new());
    for one in list_current(conn, now)? {
        if one.state_at(now) == SpokespersonState::InForce {
            speaking.push(shown(conn, one, viewer, now)?);
        } else if viewer.is_some() {
            waiting.push(shown(conn, one, viewer, now)?);
        }
    }
    Ok(Found { speaking, waiting, former, deeds: list_deeds(conn, 20)?, older })
}

fn shown(conn: &mut AnyConnection, one: Spokesperson, viewer: Option<MemberId>, now: Stamp) -> Result<Shown, DbError> {
    let all: Vec<Times> = list_of_member(conn, one.member_id)?.iter().map(|theirs| theirs.times).collect();
    let backer = match (viewer, one.backer_id) {
        (Some(_), Some(backer)) => list_members(conn, &[backer])?.into_iter().next().map(|member| member.name),
        _ => None,
    };
    Ok(Shown {
        is_mine: viewer == Some(one.member_id),
        is_backed: one.backer_id.is_some(),
        is_backed_by_me: viewer.is_some() && one.backer_id == viewer,
        backer,
        is_long: speaks_since(&all, now).is_some_and(|since| now - since >= LONG_IN_A_ROW),
        one,
    })
}

/// `GET /spokespeople/volunteer`
pub async fn form(app: web::Data<App>, visit: MemberSession) -> Result<HttpResponse, PageError> {
    let page = visit.session.page(&app, VOLUNTEER);
    page.show(&volunteering(&page, &Fields::default(), app.deadline()))
}

const VOLUNTEER: &str = "Volunteer to speak for the community";

fn volunteering<'a>(page: &'a Page, fields: &'a Fields, now: Stamp) -> Volunteering<'a> {
    let hint = format!("A day, for example {}, which is the latest that you can choose.", latest_day(now));
    Volunteering { page, fields, hint, longest: SPOKESPERSON_LONGEST.num_days() }
}

/// `POST /spokespeople/volunteer`
pub async fn volunteer(app: web::Data<App>, form: MemberForm<Fields>) -> Result<HttpResponse, PageError> {
    let by = form.me.member_id;
    let fields = SpokespersonFields {
        purpose: form.fields.purpose.clone(),
        ends_on: form.fields.ends_on.clone(),
        publish_name: !form.fields.publish_name.is_empty(),
    };
    let outcome = app.write(move |tx| offer(tx, by, &fields)).await;
    let notice = "Thank you for volunteering. You speak for the community as soon as another member backs you.";
    let sent = Sent { app: &app, session: &form.session, title: VOLUNTEER };
    let again = |page: &Page| page.show(&volunteering(page, &form.fields, app.deadline()));
    sent.end(outcome, |_| ("/spokespeople".to_owned(), notice), again).await
}

/// `POST /spokespeople/{id}/backing`
pub async fn back(
    app: web::Data<App>,
    id: web::Path<SpokespersonId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    act(&app, id.into_inner(), &form, back_spokesperson, "Thank you. You back them now.").await
}

/// `POST /spokespeople/{id}/backing/withdraw`
pub async fn take_backing_back(
    app: web::Data<App>,
    id: web::Path<SpokespersonId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    act(&app, id.into_inner(), &form, unback, "You back them no longer.").await
}

/// `POST /spokespeople/{id}/end`
pub async fn step_down(
    app: web::Data<App>,
    id: web::Path<SpokespersonId>,
    form: MemberForm<Nothing>,
) -> Result<HttpResponse, PageError> {
    act(&app, id.into_inner(), &form, end_early, "Done. Thank you for what you did.").await
}

async fn act(
    app: &App,
    id: SpokespersonId,
    form: &MemberForm<Nothing>,
    act: fn(&mut Tx<'_>, MemberId, SpokespersonId) -> Result<(), ServiceError>,
    notice: &str,
) -> Result<HttpResponse, PageError> {
    let by = form.me.member_id;
    app.write(move |tx| act(tx, by, id)).await?;
    form.session.done(app, "/spokespeople", notice).await
}
