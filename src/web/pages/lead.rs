//! Who leads a cabal, and handing it over (C3). Names are for members of the community only (J5);
//! a vote is public.

use super::view::{self, Sent};
use crate::App;
use crate::db::AnyConnection;
use crate::db::cabals::{Cabal, CabalMember, list_cabal_members};
use crate::db::lead_nominations::{Nomination, list_pending_nominations, nomination};
use crate::domain::Refusal;
use crate::domain::nomination::{NominationState, Way};
use crate::ids::{CabalId, MemberId, NominationId};
use crate::services::hand_over_lead::{Naming, accept, decline, nominate};
use crate::services::{ServiceError, close_ballot};
use crate::web::errors::PageError;
use crate::web::form::MemberForm;
use crate::web::layout::Page;
use crate::web::session::Session;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// What was chosen.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    nominee: String,
    way: String,
    publish_name: String,
}

#[derive(Template)]
#[template(path = "lead.html")]
struct Content<'a> {
    page: &'a Page,
    found: &'a Found,
    fields: &'a Fields,
}

/// What one person sees of the lead of a cabal.
struct Found {
    cabal: Cabal,
    /// Nobody for strangers.
    members: Vec<CabalMember>,
    me: Option<MemberId>,
    is_mine: bool,
    leads: bool,
    /// Waiting and open; strangers see the open one.
    pending: Vec<Nomination>,
}

impl Found {
    /// The name of somebody in the cabal.
    fn name(&self, member: &MemberId) -> &str {
        self.members.iter().find(|one| one.member_id == *member).map_or("somebody", |one| one.name.as_str())
    }

    fn has_lead(&self) -> bool {
        self.members.iter().any(|member| member.is_lead)
    }

    fn is_me(&self, member: &MemberId) -> bool {
        self.me == Some(*member)
    }
}

/// `GET /c/{handle}/lead`
pub async fn show(app: web::Data<App>, session: Session, handle: web::Path<String>) -> Result<HttpResponse, PageError> {
    let found = find(&app, handle.into_inner(), session.member_id()).await?;
    let page = session.page(&app, title(&found.cabal));
    page.show(&Content { page: &page, found: &found, fields: &Fields::default() })
}

/// `POST /c/{handle}/lead`: names somebody.
pub async fn name(
    app: web::Data<App>,
    handle: web::Path<String>,
    form: MemberForm<Fields>,
) -> Result<HttpResponse, PageError> {
    let (by, handle) = (form.me.member_id, handle.into_inner());
    let found = find(&app, handle, Some(by)).await?;
    let outcome = named(&app, by, &found, &form.fields).await;
    let leads = |_| (path(&found.cabal), "Done. The one you named is asked on this page.");
    let title = title(&found.cabal);
    let sent = Sent { app: &app, session: &form.session, title: &title };
    sent.end(outcome, leads, |page| page.show(&Content { page, found: &found, fields: &form.fields })).await
}

async fn named(app: &App, by: MemberId, found: &Found, fields: &Fields) -> Result<NominationId, ServiceError> {
    let way = Way::parse(&fields.way)?;
    let nobody = |_| Refusal::field("nominee", "Please choose somebody who is in this cabal.");
    let nominee = fields.nominee.parse().map_err(nobody)?;
    let naming = Naming { cabal: found.cabal.id, nominee, way, publish_name: !fields.publish_name.is_empty() };
    app.write(move |tx| nominate(tx, by, naming)).await
}

/// `POST /lead-nominations/{id}/acceptance`
pub async fn yes(
    app: web::Data<App>,
    id: web::Path<NominationId>,
    form: MemberForm<Fields>,
) -> Result<HttpResponse, PageError> {
    let (by, id, publish_name) = (form.me.member_id, id.into_inner(), !form.fields.publish_name.is_empty());
    let outcome = app.write(move |tx| accept(tx, by, id, publish_name)).await;
    answered(&app, id, form, outcome.map(|_| "Thank you for accepting.")).await
}

/// `POST /lead-nominations/{id}/refusal`
pub async fn no(
    app: web::Data<App>,
    id: web::Path<NominationId>,
    form: MemberForm<Fields>,
) -> Result<HttpResponse, PageError> {
    let (by, id) = (form.me.member_id, id.into_inner());
    let outcome = app.write(move |tx| decline(tx, by, id)).await;
    answered(&app, id, form, outcome.map(|()| "Done. Nothing has changed about the lead.")).await
}

async fn answered(
    app: &App,
    id: NominationId,
    form: MemberForm<Fields>,
    outcome: Result<&'static str, ServiceError>,
) -> Result<HttpResponse, PageError> {
    let outcome = match outcome {
        Err(error @ (ServiceError::NotFound(_) | ServiceError::Forbidden(_))) => return Err(error.into()),
        other => other,
    };
    let by = form.me.member_id;
    let cabal: CabalId = app.read(move |conn| nomination(conn, id)).await?.cabal_id;
    let handle = app.read(move |conn| crate::db::cabals::cabal(conn, cabal)).await?.handle;
    let found = find(app, handle, Some(by)).await?;
    let (title, to) = (title(&found.cabal), path(&found.cabal));
    let sent = Sent { app, session: &form.session, title: &title };
    sent.end(outcome, |notice| (to, notice), |page| page.show(&Content { page, found: &found, fields: &form.fields }))
        .await
}

fn title(cabal: &Cabal) -> String {
    format!("Who leads {}", cabal.name)
}

fn path(cabal: &Cabal) -> String {
    format!("/c/{}/lead", cabal.handle)
}

/// What somebody may see; a vote whose time is over is closed first.
async fn find(app: &App, handle: String, me: Option<MemberId>) -> Result<Found, ServiceError> {
    let again = handle.clone();
    let found = app.read(move |conn| load(conn, &handle, me)).await?;
    let Some(poll) = found.pending.iter().find_map(|one| one.poll_id) else { return Ok(found) };
    if !close_ballot::settle(app, poll).await? {
        return Ok(found);
    }
    app.read(move |conn| load(conn, &again, me)).await
}

fn load(conn: &mut AnyConnection, handle: &str, me: Option<MemberId>) -> Result<Found, ServiceError> {
    let cabal = view::cabal_named(conn, handle)?;
    let members = if me.is_some() { list_cabal_members(conn, cabal.id)? } else { Vec::new() };
    let mine = members.iter().find(|one| me == Some(one.member_id));
    let is_mine = mine.is_some();
    let mut pending = list_pending_nominations(conn, cabal.id)?;
    pending.retain(|one| is_mine || one.state == NominationState::Open);
    Ok(Found { leads: mine.is_some_and(|one| one.is_lead), is_mine, pending, me, members, cabal })
}
