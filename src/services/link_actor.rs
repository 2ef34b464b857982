//! Link a fediverse actor to a member by a code in a direct message (rule J3). What proves an
//! actor is its own inbox, found at its own origin; names and addresses prove nothing (AC-14, AC-15).

use super::ServiceError;
use super::direct_message::{Message, send_direct};
use crate::App;
use crate::db::Tx;
use crate::db::linked_actors::{self, LinkedActor};
use crate::db::local_actors::find_community;
use crate::db::remote_actors::{RemoteActor, find_remote_actor, save_remote_actor};
use crate::domain::Refusal;
use crate::federation::actors::{LookupError, find_by_handle};
use crate::ids::{MemberId, random_code, secret_hash};
use chrono::TimeDelta;
use std::time::Duration;

/// How long a look-up that leads nowhere takes at least.
const FAILED_LOOK_UP_TAKES: Duration = Duration::from_secs(1);
/// How long a code may be typed.
const CODE_LIVES: TimeDelta = TimeDelta::minutes(10);
/// How often a code may be typed wrongly.
const TRIES: i32 = 5;
/// The most codes in an hour, for one member and to one actor.
const CODES_PER_HOUR: i64 = 5;

/// Looks the handle up and sends its actor a direct message with a six-digit code.
/// Answers with the handle as it was found.
///
/// # Errors
/// Refused for our own host, an unknown handle or too many tries; conflict when the actor is
/// linked already.
pub async fn request_code(app: &App, by: MemberId, handle: &str) -> Result<String, ServiceError> {
    let since = app.now() - TimeDelta::hours(1);
    // Counted before anything is fetched, so that nobody can make us ask other servers at will.
    let asked = app.read(move |conn| linked_actors::count_codes_by_member(conn, by, since)).await?;
    if asked >= CODES_PER_HOUR {
        return Err(too_many_codes().into());
    }
    let found = find(app, handle).await.map_err(not_found)?;
    if app.urls.is_ours(&found.url) {
        return Err(not_found(LookupError::OurOwn));
    }
    let name = found.handle();
    if !is_same_handle(handle, &name) {
        // A server may say that its handle is somebody else's; whoever typed it must see that (AC-15).
        let sentence = format!("This handle leads to another account, {name}. If that is yours, please type {name}.");
        return Err(Refusal::field("handle", sentence).into());
    }
    app.write(move |tx| send_code(tx, by, &found)).await?;
    Ok(name)
}

/// Looks a handle up. A look-up that leads nowhere takes a while even where the reason is found at
/// once, so that the time tells nothing of what stands behind a name (SS-9).
async fn find(app: &App, handle: &str) -> Result<RemoteActor, LookupError> {
    let at_least = tokio::time::sleep(FAILED_LOOK_UP_TAKES);
    let found = find_by_handle(app, handle.trim()).await;
    if matches!(found, Err(LookupError::NotFound | LookupError::Gone | LookupError::Passing)) {
        at_least.await;
    }
    found
}

fn is_same_handle(typed: &str, found: &str) -> bool {
    let bare = |handle: &str| handle.trim().trim_start_matches('@').to_lowercase();
    bare(typed) == bare(found)
}

fn not_found(error: LookupError) -> ServiceError {
    let sentence = match error {
        LookupError::NotAHandle => "Please type your whole handle, in the form @name@server.",
        LookupError::OurOwn => "This handle belongs to this site. Please type the handle of your account elsewhere.",
        // One sentence for all: what we could reach, and how, is nobody's business (SS-9).
        LookupError::NotFound | LookupError::Gone | LookupError::Passing => {
            "We could not find this account. Please check the handle; if it is right, its server may not answer at the \
             moment, so please try again later."
        }
        LookupError::TooMany => "You asked for too many accounts that could not be found. Please try again in an hour.",
        LookupError::Db(fault) => return fault.into(),
    };
    Refusal::field("handle", sentence).into()
}

fn too_many_codes() -> Refusal {
    Refusal::new("too_many_codes", "Five codes were sent within an hour. Please try again in an hour.")
}

/// Stores the hash of a new code and sends the code to the actor, and to nobody else.
fn send_code(tx: &mut Tx<'_>, by: MemberId, to: &RemoteActor) -> Result<(), ServiceError> {
    // Whether somebody else is a member by this account is told to its owner only, who can read
    // the code (J5).
    if linked_actors::find_owner(tx.conn, &to.url)?.is_some_and(|(owner, _)| owner == by) {
        refuse_linked(tx, by, &to.url)?;
    }
    let since = tx.now - TimeDelta::hours(1);
    if linked_actors::count_codes_by_member(tx.conn, by, since)? >= CODES_PER_HOUR
        || linked_actors::count_codes_to_actor(tx.conn, &to.url, since)? >= CODES_PER_HOUR
    {
        return Err(too_many_codes().into());
    }
    if find_remote_actor(tx.conn, &to.url)?.is_none() {
        save_remote_actor(tx, to)?;
    }
    let code = random_code();
    linked_actors::insert_code(tx, by, &to.url, &code_hash(by, &code), (TRIES, CODE_LIVES))?;
    send_message(tx, to, &code)
}

/// Bound to the member, so that a code read by somebody else is of no use to them.
fn code_hash(member: MemberId, code: &str) -> String {
    secret_hash(&format!("{member}:{code}"))
}

fn refuse_linked(tx: &mut Tx<'_>, by: MemberId, actor_url: &str) -> Result<(), ServiceError> {
    let sentence = match linked_actors::find_owner(tx.conn, actor_url)? {
        None => return Ok(()),
        // Proving it once more puts a link in force again that was put on hold.
        Some((owner, false)) if owner == by => return Ok(()),
        Some((owner, true)) if owner == by => "This account is linked to you already.",
        Some(_) => "This account is linked to another member. One account belongs to one member.",
    };
    Err(ServiceError::Conflict(Refusal::new("already_linked", sentence)))
}

fn send_message(tx: &mut Tx<'_>, to: &RemoteActor, code: &str) -> Result<(), ServiceError> {
    let community = find_community(tx.conn)?.ok_or(ServiceError::NotFound("community"))?;
    let sentence = format!(
        "your code is {code}. Please type it on the page where you asked for it, within ten minutes. If you did not ask \
         for it, somebody mistyped their handle: nothing happens unless you pass the code on, so please do not."
    );
    let page = tx.urls.base().to_owned();
    send_direct(tx, &community, to, &Message { sentence: &sentence, about: &page, in_reply_to: None, kept_with: None })
}

/// Takes the code that the member typed.
///
/// # Errors
/// Refused when wrong, used or expired; conflict when the actor is linked to another member.
pub async fn confirm_code(app: &App, by: MemberId, code: &str) -> Result<LinkedActor, ServiceError> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    // A wrong code must cost its try, so it is no error to the transaction.
    app.write(move |tx| try_code(tx, by, &code)).await?.ok_or_else(|| {
        Refusal::field("code", "This code is not right or no longer valid. Please check it, or ask for a new one.")
            .into()
    })
}

fn try_code(tx: &mut Tx<'_>, by: MemberId, code: &str) -> Result<Option<LinkedActor>, ServiceError> {
    let Some(sent) = linked_actors::take_try(tx, by)? else { return Ok(None) };
    if sent.code_hash != code_hash(by, code) || !linked_actors::use_code(tx, sent.id)? {
        return Ok(None);
    }
    if !linked_actors::insert_link(tx, &sent.actor_url, by)? {
        refuse_linked(tx, by, &sent.actor_url)?;
        return Ok(None);
    }
    Ok(Some(LinkedActor {
        actor_url: sent.actor_url,
        member_id: by,
        linked_at: tx.now,
        held_at: None,
        is_disabled: false,
        is_blocked: false,
    }))
}

/// Takes a link away. Ballots that were cast through it stay.
///
/// # Errors
/// Not found when the actor is not linked to the member.
pub fn unlink_actor(tx: &mut Tx<'_>, by: MemberId, actor_url: &str) -> Result<(), ServiceError> {
    if linked_actors::remove_link(tx, actor_url, by)? { Ok(()) } else { Err(ServiceError::NotFound("linked account")) }
}
