//! Choose a new password: knowing the old one, behind a one-time link, or by a steward at the
//! command line. Whoever was signed in with the old one is out (AC-11, AC-12).

use super::ServiceError;
use super::sign_in::{check_password, hash_password};
use crate::App;
use crate::db::{Tx, api_tokens, members, reset_links, sessions};
use crate::domain::Refusal;
use crate::domain::membership::Password;
use crate::ids::{MemberId, random_token, secret_hash};
use chrono::TimeDelta;

/// How long a reset link works.
pub const RESET_LINK_LIVES: TimeDelta = TimeDelta::minutes(30);

/// What a member types to change the password.
#[derive(Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct PasswordFields {
    /// The one they have.
    pub password: String,
    /// The one they choose.
    pub new_password: String,
}

/// What ended with the old password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// How many other sessions.
    pub sessions: usize,
    /// How many tokens for programs.
    pub tokens: usize,
}

/// Changes the password of whoever knows the old one. The session with this secret goes on.
///
/// # Errors
/// Names the field that is not right.
pub async fn change_password(
    app: &App,
    (member, handle): (MemberId, &str),
    fields: &PasswordFields,
    secret: &str,
) -> Result<Ended, ServiceError> {
    let new = new_password(&fields.new_password, handle)?;
    if check_password(app, handle, &fields.password).await?.is_none() {
        return Err(Refusal::field("password", "This is not the password that you have now.").into());
    }
    let (hash, own) = (hash_password(new).await?, secret_hash(secret));
    app.write(move |tx| set_password(tx, member, &hash, &own)).await
}

/// Checks a password about to be chosen.
///
/// # Errors
/// Names the field `new_password`.
pub fn new_password(text: &str, handle: &str) -> Result<Password, Refusal> {
    Password::parse(text, handle).map_err(|refusal| Refusal::field("new_password", refusal.sentence))
}

/// Sets a password; every session but the one whose secret has the hash `but` ends, and every
/// token and reset link with them.
///
/// # Errors
/// The store's fault.
pub fn set_password(tx: &mut Tx<'_>, member: MemberId, hash: &str, but: &str) -> Result<Ended, ServiceError> {
    members::set_password_hash(tx, member, hash)?;
    reset_links::delete_links_of(tx, member)?;
    Ok(Ended {
        sessions: sessions::delete_sessions_of(tx, member, but)?,
        tokens: api_tokens::revoke_tokens_of(tx, member)?,
    })
}

/// Makes a one-time link for a member who forgot the password; answers its secret. An earlier
/// link works no longer.
///
/// # Errors
/// Not found when nobody has this handle.
pub fn make_reset_link(tx: &mut Tx<'_>, handle: &str) -> Result<String, ServiceError> {
    let member = members::find_member_by_handle(tx.conn, handle)?.ok_or(ServiceError::NotFound("member"))?;
    let secret = random_token();
    let expires_at = tx.now + RESET_LINK_LIVES;
    reset_links::replace_link(tx, member.id, &secret_hash(&secret), expires_at)?;
    Ok(secret)
}

/// Sets a password behind a one-time link, which is used up. Everybody who was signed in is out.
///
/// # Errors
/// Not found when the link works no longer.
pub fn reset_password(tx: &mut Tx<'_>, secret: &str, hash: &str) -> Result<MemberId, ServiceError> {
    let link = secret_hash(secret);
    let member = reset_links::find_link(tx.conn, &link, tx.now)?.ok_or(ServiceError::NotFound("reset link"))?;
    if !reset_links::use_link(tx, &link)? {
        return Err(ServiceError::NotFound("reset link"));
    }
    set_password(tx, member, hash, "")?;
    Ok(member)
}
