//! Say something in the name of a cabal (tell progress) or of the community, or edit what was said.

use super::statement::{self, path};
use super::view;
use crate::App;
use crate::db::AnyConnection;
use crate::db::cabals::cabal;
use crate::db::local_actors::{ActorKind, find_community};
use crate::db::spokespeople::find_speaking;
use crate::db::statements::Statement;
use crate::domain::statement::{NewStatement, StatementFields, signature};
use crate::ids::{CabalId, MemberId, PostId};
use crate::services::ServiceError;
use crate::services::publish_statement::{Author, NO_SPOKESPERSON, edit_statement, publish_statement, role};
use crate::web::errors::PageError;
use crate::web::form::MemberForm;
use crate::web::layout::Page;
use crate::web::session::{MemberSession, Session};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "statement_form.html")]
struct Content<'a> {
    page: &'a Page,
    desk: &'a Desk,
    fields: &'a StatementFields,
}

/// Where something is written: for whom, and what the page says about it.
struct Desk {
    author: Author,
    /// What is edited; nothing for something new.
    edits: Option<Statement>,
    /// The page of those for whom it is said.
    back: String,
    name: String,
    /// The line under what the community says; nothing for a cabal, or when nobody may speak.
    signature: Option<String>,
}

impl Desk {
    fn title(&self) -> &'static str {
        match (self.author, self.edits.is_some()) {
            (Author::Cabal(_), false) => "Tell progress",
            (Author::Cabal(_), true) => "Edit the progress",
            (Author::Community, false) => "Speak for the community",
            (Author::Community, true) => "Edit what the community said",
        }
    }

    fn is_of_cabal(&self) -> bool {
        matches!(self.author, Author::Cabal(_))
    }

    fn action(&self) -> String {
        match (&self.edits, self.author) {
            (Some(statement), _) => format!("{}/edit", path(statement)),
            (None, Author::Cabal(_)) => format!("{}/progress/new", self.back),
            (None, Author::Community) => "/spokespeople/speak".to_owned(),
        }
    }

    /// The desk of a cabal, for one of its members.
    fn of_cabal(conn: &mut AnyConnection, id: CabalId, by: MemberId) -> Result<Self, ServiceError> {
        let cabal = cabal(conn, id)?;
        view::require_cabal_member(conn, &cabal, by)?;
        let back = format!("/c/{}", cabal.handle);
        Ok(Self { author: Author::Cabal(id), edits: None, back, name: cabal.name, signature: None })
    }

    /// The desk of the community.
    fn of_community(conn: &mut AnyConnection, by: MemberId, now: crate::clock::Stamp) -> Result<Self, ServiceError> {
        let community = find_community(conn)?.ok_or(ServiceError::NotFound("community"))?;
        let speaker = find_speaking(conn, by, now)?;
        let signature = speaker.map(|one| signature(&community.name, &role(&one), None));
        let back = "/spokespeople".to_owned();
        Ok(Self { author: Author::Community, edits: None, back, name: community.name, signature })
    }

    /// The desk at which a statement is edited.
    async fn editing(app: &App, id: PostId, by: MemberId) -> Result<Self, ServiceError> {
        let now = app.deadline();
        app.read(move |conn| {
            let statement = statement::find(conn, id)?;
            let desk = match statement.speaker {
                ActorKind::Cabal => Self::of_cabal(conn, CabalId::from_uuid(statement.actor_id.uuid()), by)?,
                ActorKind::Community | ActorKind::Instance => Self::of_community(conn, by, now)?,
            };
            Ok(Self { edits: Some(statement), ..desk })
        })
        .await
    }

    /// The empty form, or the way to the register for those who do not speak for the community.
    async fn open(&self, app: &App, session: &Session, fields: &StatementFields) -> Result<HttpResponse, PageError> {
        if self.author == Author::Community && self.signature.is_none() {
            return session.done(app, "/spokespeople", NO_SPOKESPERSON).await;
        }
        let page = session.page(app, self.title());
        page.show(&Content { page: &page, desk: self, fields })
    }

    /// The end of a form that was sent: on to what was said, or the form again with all that was typed,
    /// also for those whose time ended while they wrote.
    async fn close<T>(
        &self,
        app: &App,
        form: &MemberForm<StatementFields>,
        outcome: Result<T, ServiceError>,
        leads: impl FnOnce(T) -> (String, &'static str),
    ) -> Result<HttpResponse, PageError> {
        let page = || form.session.page(app, self.title());
        let page = match outcome {
            Ok(made) => {
                let (path, notice) = leads(made);
                return form.session.done(app, &path, notice).await;
            }
            Err(ServiceError::Forbidden(words)) => page().in_trouble(StatusCode::FORBIDDEN, words),
            Err(error) => page().refused(error)?,
        };
        page.show(&Content { page: &page, desk: self, fields: &form.fields })
    }
}

/// `GET /c/{handle}/progress/new`
pub async fn new_progress(
    app: web::Data<App>,
    visit: MemberSession,
    handle: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let desk = cabal_desk(&app, handle.into_inner(), visit.me.member_id).await?;
    desk.open(&app, &visit.session, &in_english()).await
}

/// `POST /c/{handle}/progress/new`
pub async fn publish_progress(
    app: web::Data<App>,
    handle: web::Path<String>,
    form: MemberForm<StatementFields>,
) -> Result<HttpResponse, PageError> {
    let desk = cabal_desk(&app, handle.into_inner(), form.me.member_id).await?;
    let outcome = publish(&app, &desk, &form).await;
    let notice = "Your news is on its way to everybody who follows the cabal.";
    desk.close(&app, &form, outcome, |id| (format!("/progress/{id}"), notice)).await
}

/// `GET /spokespeople/speak`
pub async fn new_speech(app: web::Data<App>, visit: MemberSession) -> Result<HttpResponse, PageError> {
    let desk = community_desk(&app, visit.me.member_id).await?;
    desk.open(&app, &visit.session, &in_english()).await
}

/// `POST /spokespeople/speak`
pub async fn publish_speech(app: web::Data<App>, form: MemberForm<StatementFields>) -> Result<HttpResponse, PageError> {
    let desk = community_desk(&app, form.me.member_id).await?;
    let outcome = publish(&app, &desk, &form).await;
    let notice = "Your words are on their way to everybody who follows the community.";
    desk.close(&app, &form, outcome, |id| (format!("/notes/{id}"), notice)).await
}

/// `GET /progress/{id}/edit` and `GET /notes/{id}/edit`
pub async fn edit(app: web::Data<App>, visit: MemberSession, id: web::Path<PostId>) -> Result<HttpResponse, PageError> {
    let desk = Desk::editing(&app, id.into_inner(), visit.me.member_id).await?;
    let standing = desk.edits.as_ref().map_or_else(in_english, |statement| StatementFields {
        text: statement.text.clone(),
        language: statement.language.clone(),
    });
    desk.open(&app, &visit.session, &standing).await
}

/// `POST /progress/{id}/edit` and `POST /notes/{id}/edit`
pub async fn save(
    app: web::Data<App>,
    id: web::Path<PostId>,
    form: MemberForm<StatementFields>,
) -> Result<HttpResponse, PageError> {
    let (by, id) = (form.me.member_id, id.into_inner());
    let desk = Desk::editing(&app, id, by).await?;
    let outcome = match NewStatement::parse(&form.fields) {
        Ok(new) => app.write(move |tx| edit_statement(tx, by, id, &new)).await,
        Err(refusal) => Err(refusal.into()),
    };
    let shown = desk.edits.as_ref().map_or_else(|| desk.back.clone(), path);
    desk.close(&app, &form, outcome, |()| (shown, "Your change is published.")).await
}

async fn publish(app: &App, desk: &Desk, form: &MemberForm<StatementFields>) -> Result<PostId, ServiceError> {
    let (by, author) = (form.me.member_id, desk.author);
    let new = NewStatement::parse(&form.fields)?;
    app.write(move |tx| publish_statement(tx, by, author, &new)).await
}

async fn cabal_desk(app: &App, handle: String, by: MemberId) -> Result<Desk, ServiceError> {
    app.read(move |conn| {
        let id = view::cabal_named(conn, &handle)?.id;
        Desk::of_cabal(conn, id, by)
    })
    .await
}

async fn community_desk(app: &App, by: MemberId) -> Result<Desk, ServiceError> {
    let now = app.deadline();
    app.read(move |conn| Desk::of_community(conn, by, now)).await
}

fn in_english() -> StatementFields {
    StatementFields { text: String::new(), language: "en".to_owned() }
}
