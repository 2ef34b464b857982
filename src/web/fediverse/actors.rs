//! Actor documents. They are served to anybody, unsigned and without a fetch of the asker's key,
//! or two strict servers would wait for each other (fediverse.md 1.6).

use super::answers::{NoAnswer, SELDOM, bytes, document, gone};
use crate::App;
use crate::db::DbError;
use crate::db::local_actors::{self, LocalActor};
use crate::federation::outbound::documents::{actor_document, profile_fields, root_document, tombstone};
use crate::web::ready::ReadyAnswers;
use actix_web::{HttpResponse, web};

/// `GET /actor`: the instance actor.
pub async fn instance(app: web::Data<App>, ready: web::Data<ReadyAnswers>) -> Result<HttpResponse, NoAnswer> {
    if let Some(body) = ready.find(&app, "actor") {
        return Ok(document(body, SELDOM));
    }
    let generation = app.generation();
    let actor = app.read::<_, DbError>(local_actors::instance_actor).await?;
    let body = bytes(&actor_document(&actor, &[], &app.urls));
    ready.keep(&app, "actor", generation, &body);
    Ok(document(body, SELDOM))
}

/// `GET /` for those who ask for a document: the instance actor under the root of the site.
pub async fn root(app: web::Data<App>) -> Result<HttpResponse, NoAnswer> {
    let actor = app.read::<_, DbError>(local_actors::instance_actor).await?;
    Ok(document(bytes(&root_document(&actor, &app.urls)), SELDOM))
}

/// `GET /c/{handle}`: the community or a cabal.
pub async fn group(
    app: web::Data<App>,
    ready: web::Data<ReadyAnswers>,
    handle: web::Path<String>,
) -> Result<HttpResponse, NoAnswer> {
    let name = format!("group {handle}");
    if let Some(body) = ready.find(&app, &name) {
        return Ok(document(body, SELDOM));
    }
    let generation = app.generation();
    let actor = match living(&app, handle.into_inner()).await? {
        Ok(actor) => actor,
        Err(gone) => return Ok(gone),
    };
    let community = app.read::<_, DbError>(local_actors::find_community).await?;
    let fields = profile_fields(&actor, community.as_ref(), &app.urls);
    let body = bytes(&actor_document(&actor, &fields, &app.urls));
    ready.keep(&app, &name, generation, &body);
    Ok(document(body, SELDOM))
}

/// The living actor with this handle, or the answer for one that was deleted.
pub(super) async fn living(app: &App, handle: String) -> Result<Result<LocalActor, HttpResponse>, NoAnswer> {
    let found = app.read::<_, DbError>(move |conn| local_actors::find_actor_by_handle(conn, &handle)).await?;
    let actor = found.ok_or(NoAnswer::NotFound)?;
    let Some(deleted) = actor.deleted_at else { return Ok(Ok(actor)) };
    let tombstone = tombstone(&actor.url(&app.urls), "Group", actor.created_at, deleted);
    Ok(Err(gone(tombstone.to_string())))
}
