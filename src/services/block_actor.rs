//! Block a server or an account elsewhere, and take it back (rule K2). Nothing of a blocked one is
//! taken in, sent to or shown; what it wrote is kept, so that the block can be undone. Ballots that
//! were cast stand, and a member whose account is concerned votes on the web (V-28).

use super::ServiceError;
use crate::App;
use crate::db::blocks::{add_block, find_known_url, mark_actors, remove_block};
use crate::db::deliveries::drop_blocked;
use crate::db::followers::remove_blocked;
use crate::db::steward_log::record_act;
use crate::db::{DbError, Tx, members};
use crate::domain::Refusal;
use crate::domain::block::BlockSubject;
use crate::domain::canonical::header_authority;
use crate::ids::MemberId;

/// Blocks what the steward typed: a domain, a handle or the address of an account.
///
/// # Errors
/// Forbidden to others than stewards; refused for what is no such thing; conflict when blocked already.
pub async fn block(app: &App, by: MemberId, typed: &str) -> Result<BlockSubject, ServiceError> {
    let subject = read(app, typed).await?;
    let meant = subject.clone();
    app.write(move |tx| {
        check_steward(tx, by)?;
        if !add_block(tx, &meant, by)? {
            return Err(ServiceError::Conflict(Refusal::new("already_blocked", "This is blocked already.")));
        }
        mark_actors(tx, &meant)?;
        remove_blocked(tx)?;
        drop_blocked(tx, &meant)?;
        Ok(record_act(tx, by, words("blocked", &meant), "")?)
    })
    .await?;
    app.federation.blocks.forget();
    Ok(subject)
}

/// Takes a block back. Follows that it ended do not come back by themselves.
///
/// # Errors
/// Forbidden to others than stewards; not found when there is no such block.
pub async fn unblock(app: &App, by: MemberId, typed: &str) -> Result<BlockSubject, ServiceError> {
    let subject = read(app, typed).await?;
    let meant = subject.clone();
    app.write(move |tx| {
        check_steward(tx, by)?;
        if !remove_block(tx, &meant)? {
            return Err(ServiceError::NotFound("block"));
        }
        mark_actors(tx, &meant)?;
        Ok(record_act(tx, by, words("unblocked", &meant), "")?)
    })
    .await?;
    app.federation.blocks.forget();
    Ok(subject)
}

/// The log is public: it says what was done, and not to whom (K2, PV-10).
fn words(done: &str, subject: &BlockSubject) -> &'static str {
    match (done, subject) {
        ("blocked", BlockSubject::Server(_)) => "blocked a server",
        ("blocked", BlockSubject::Account(_)) => "blocked an account on another server",
        (_, BlockSubject::Server(_)) => "took the block of a server back",
        (_, BlockSubject::Account(_)) => "took the block of an account on another server back",
    }
}

/// A handle is one of somebody whom we have met; others are named by their address.
async fn read(app: &App, typed: &str) -> Result<BlockSubject, ServiceError> {
    let strictness = app.federation.http.strictness();
    let Some((name, host)) = typed.trim().trim_start_matches('@').split_once('@') else {
        return Ok(BlockSubject::parse(typed, &app.urls, strictness)?);
    };
    let scheme = if app.settings.is_local_mode { "http" } else { "https" };
    let (name, host) = (name.to_owned(), header_authority(host, scheme).unwrap_or_default());
    let found = app.read(move |conn| find_known_url(conn, &name, &host)).await?;
    let never_met =
        || Refusal::field("subject", "We have not met this account. Please give its address, or block its server.");
    Ok(BlockSubject::Account(found.ok_or_else(never_met)?))
}

/// Stops everybody who is no steward.
///
/// # Errors
/// Forbidden, or the store's fault.
pub(super) fn check_steward(tx: &mut Tx<'_>, by: MemberId) -> Result<(), ServiceError> {
    match members::member(tx.conn, by) {
        Ok(member) if member.is_steward => Ok(()),
        Ok(_) | Err(DbError::NotFound) => {
            Err(ServiceError::Forbidden("Only stewards can do this, and all they do is in a public log.".to_owned()))
        }
        Err(fault) => Err(fault.into()),
    }
}
