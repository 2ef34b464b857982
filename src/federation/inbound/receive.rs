//! The front door: one way in for all inboxes. Size and headers, then everything that can be
//! refused without a request of ours, then the signature, then stored once; the rest is the
//! worker's. Nothing is believed in part.

use super::authenticate::{Verdict, authenticate};
use super::envelope::{Envelope, House};
use super::json_guard;
use crate::app::App;
use crate::clock::{HeardFrom, Stamp};
use crate::db::inbox::{self, NewReceived};
use crate::db::{DbError, local_actors, remote_hosts};
use crate::domain::canonical;
use crate::federation::actors::{self, KnownActor};
use crate::federation::signatures::{self, Expected, RequestHead};
use crate::federation::{answer, blocks};
use activitypub_federation::FEDERATION_CONTENT_TYPE;
use bytes::Bytes;
use std::net::IpAddr;
use std::sync::Arc;

/// A request to one of our inboxes.
#[derive(Debug)]
pub struct Incoming {
    /// Method, target and headers.
    pub head: RequestHead,
    /// The exact body.
    pub body: Bytes,
    /// Whose inbox; `None` for the shared one.
    pub handle: Option<String>,
    /// The network address that it came from.
    pub source: IpAddr,
}

/// Why an activity is not taken, in words for the operator of the other server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// 400
    Malformed(&'static str),
    /// 401
    Unverifiable(&'static str),
    /// 403
    Forbidden(&'static str),
    /// 404
    NoSuchInbox,
    /// 410
    GoneInbox,
    /// 413
    TooLarge,
    /// 415
    WrongType(&'static str),
    /// 429
    TooMany,
    /// 503
    Busy(&'static str),
    /// 500
    Broken(String),
}

impl Rejection {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::Unverifiable(_) => 401,
            Self::Forbidden(_) => 403,
            Self::NoSuchInbox => 404,
            Self::GoneInbox => 410,
            Self::TooLarge => 413,
            Self::WrongType(_) => 415,
            Self::TooMany => 429,
            Self::Busy(_) => 503,
            Self::Broken(_) => 500,
        }
    }

    /// The short reason that the other server is told.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(reason)
            | Self::Unverifiable(reason)
            | Self::Forbidden(reason)
            | Self::WrongType(reason)
            | Self::Busy(reason) => reason,
            Self::NoSuchInbox => "there is nobody of this name here",
            Self::GoneInbox => "this actor is gone",
            Self::TooLarge => "the body is larger than 256 KiB",
            Self::TooMany => "too many keys from your address could not be fetched; please wait a minute",
            Self::Broken(_) => "something went wrong here",
        }
    }
}

impl From<DbError> for Rejection {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Busy(_) | DbError::Closed => Self::Busy("the database is busy"),
            other => Self::Broken(other.to_string()),
        }
    }
}

/// Takes an activity in. `Ok` means that it is stored, or was before, or asks nothing of us.
///
/// # Errors
/// Why it is not taken; nothing was stored then.
pub async fn receive(app: &App, incoming: Incoming) -> Result<(), Rejection> {
    check_form(&incoming)?;
    if let Some(handle) = &incoming.handle {
        check_inbox(app, handle).await?;
    }
    let activity = json_guard::parse_activity(&incoming.body).map_err(Rejection::Malformed)?;
    let house = House { urls: &app.urls, strictness: app.federation.http.strictness() };
    let envelope = Envelope::read(&activity, house)?;
    let blocks = blocks::current(app).await?;
    if blocks.has_server(&canonical::authority(&envelope.actor)) {
        return Err(Rejection::Forbidden("your server is blocked here"));
    }
    let expected = Expected { base: app.urls.base(), now: app.clock.claimed(), certain: app.certain() };
    let claim = signatures::read(&incoming.head, Some(&incoming.body), &expected)?;
    match authenticate(app, &envelope, &claim, incoming.source).await? {
        // Only now is it certain who speaks.
        Verdict::Believed(_) if blocks.has_account(envelope.actor.as_str()) => {
            Err(Rejection::Forbidden("this account is blocked here"))
        }
        Verdict::Believed(signer) => {
            app.clock.hear(&canonical::authority(&envelope.actor), claim.signed_at, HeardFrom::Signature);
            let letter = Letter { incoming, envelope, signed_at: claim.signed_at };
            store(app, letter, signer).await
        }
        Verdict::NothingToDo => Ok(()),
    }
}

fn check_form(incoming: &Incoming) -> Result<(), Rejection> {
    if incoming.body.len() > json_guard::LARGEST_BODY {
        return Err(Rejection::TooLarge);
    }
    if incoming.head.header("content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err(Rejection::WrongType("the body must not be compressed"));
    }
    let content_type = incoming.head.header("content-type").map(answer::essence).unwrap_or_default();
    if !matches!(content_type.as_str(), FEDERATION_CONTENT_TYPE | "application/ld+json") {
        return Err(Rejection::WrongType("please send application/activity+json"));
    }
    Ok(())
}

async fn check_inbox(app: &App, handle: &str) -> Result<(), Rejection> {
    if app.federation.inboxes.lock().get(handle).is_some() {
        return Ok(());
    }
    let wanted = handle.to_owned();
    let found = app.read(move |conn| local_actors::find_actor_by_handle(conn, &wanted)).await?;
    match found {
        Some(actor) if actor.deleted_at.is_none() => {
            app.federation.inboxes.lock().insert(handle.to_owned(), ());
            Ok(())
        }
        Some(_) => Err(Rejection::GoneInbox),
        None => Err(Rejection::NoSuchInbox),
    }
}

/// An activity that is believed.
struct Letter {
    incoming: Incoming,
    envelope: Envelope,
    /// When it was signed, by the clock of its sender.
    signed_at: Stamp,
}

async fn store(app: &App, letter: Letter, signer: Arc<KnownActor>) -> Result<(), Rejection> {
    let Letter { incoming, envelope, signed_at } = letter;
    let body = String::from_utf8(incoming.body.into()).map_err(|_| Rejection::Malformed("the body is not UTF-8"))?;
    let host = canonical::authority(&envelope.actor);
    let new = NewReceived {
        actor_url: envelope.actor.into(),
        activity_id: envelope.id,
        inbox_handle: incoming.handle,
        body,
        signed_at,
    };
    let to_store = Arc::clone(&signer);
    let is_new = app
        .write_aside(move |tx| {
            to_store.store_with(tx)?;
            let is_new = inbox::store_once(tx, &new)?;
            if is_new {
                // A host that was given up is there again (F4).
                remote_hosts::heard_from(tx, &host)?;
            }
            Ok::<_, DbError>(is_new)
        })
        .await?;
    actors::note_stored(app, &signer);
    if is_new {
        app.bells.inbound.notify_one();
    }
    Ok(())
}
