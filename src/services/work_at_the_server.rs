//! What stewards do at the command line in the place of a member. Whoever works there needs no
//! session, so each act is in the public log, without the name of the member (K2), and the member is
//! told (V-54).

use super::create_token::{NewToken, make};
use super::form_cabal::form_cabal;
use super::sign_up;
use super::tell_member::tell_member;
use super::{ServiceError, change_password, create_token};
use crate::db::steward_log::record_act;
use crate::db::{Tx, api_tokens, members};
use crate::domain::cabal::NewCabal;
use crate::domain::membership::NewMember;
use crate::domain::token::TokenScope;
use crate::federation::keys::KeyPair;
use crate::ids::{CabalId, MemberId, RowId};

/// The page on which members find what was done.
const ACCOUNT: &str = "/account";

/// Puts a person on the roll.
///
/// # Errors
/// A taken handle, or the store's fault.
pub fn add_member(tx: &mut Tx<'_>, new: &NewMember, hash: &str, is_steward: bool) -> Result<(), ServiceError> {
    let id = sign_up::add_member(tx, new, hash, is_steward)?;
    record_act(tx, None, if is_steward { "put a steward on the roll" } else { "put a member on the roll" }, "")?;
    let sentence = "A steward put you on the roll and chose your password. Please choose another that only you know.";
    tell_member(tx, id, sentence, "/account/password")
}

/// Makes a token for a member, which has no voice in votes until they confirm it.
///
/// # Errors
/// `Refused` when the name is empty or longer than 60 characters.
pub fn make_token(tx: &mut Tx<'_>, member: MemberId, name: &str, scope: TokenScope) -> Result<NewToken, ServiceError> {
    let token = make(tx, member, name, scope, false)?;
    record_act(tx, None, "made a token for a member", "")?;
    tell_member(
        tx,
        member,
        "A steward made a token with which a program can act as you. Revoke it if it is not yours.",
        ACCOUNT,
    )?;
    Ok(token)
}

/// Makes a token stop working.
///
/// # Errors
/// `NotFound` when there is no such token that still works.
pub fn end_token(tx: &mut Tx<'_>, id: RowId) -> Result<(), ServiceError> {
    let owner = api_tokens::find_owner(tx.conn, id)?.ok_or(ServiceError::NotFound("token"))?;
    create_token::revoke_token(tx, id)?;
    record_act(tx, None, "revoked a token of a member", "")?;
    tell_member(
        tx,
        owner,
        "A steward revoked a token of yours. Programs that used it can act for you no longer.",
        ACCOUNT,
    )
}

/// Sets a member's password; everybody who was signed in is out. In votes that are open now the member has a
/// voice only through handles that were linked before they opened, because a steward knows the password too.
///
/// # Errors
/// Not found when nobody has this handle.
pub fn set_password(tx: &mut Tx<'_>, handle: &str, hash: &str) -> Result<(), ServiceError> {
    let member = members::find_member_by_handle(tx.conn, handle)?.ok_or(ServiceError::NotFound("member"))?;
    change_password::set_password(tx, member.id, hash, "")?;
    let sentence = "A steward set your password. Please choose another that only you know; if you did not ask for it, ask the stewards why.";
    note_help(tx, member.id, "set the password of a member", (sentence, "/account/password"))
}

/// Makes a one-time link with which a member chooses a new password; answers its secret. The same holds for
/// votes that are open now.
///
/// # Errors
/// Not found when nobody has this handle.
pub fn make_reset_link(tx: &mut Tx<'_>, handle: &str) -> Result<String, ServiceError> {
    let member = members::find_member_by_handle(tx.conn, handle)?.ok_or(ServiceError::NotFound("member"))?;
    let secret = change_password::make_reset_link(tx, handle)?;
    let sentence = "A steward made a link with which your password can be changed. If you did not ask for it, ask the stewards why.";
    note_help(tx, member.id, "made a link for a new password of a member", (sentence, ACCOUNT))?;
    Ok(secret)
}

/// What follows whenever a steward helps with a password: both could be signed in as the member (V-54).
fn note_help(
    tx: &mut Tx<'_>,
    member: MemberId,
    act: &str,
    (sentence, about): (&str, &str),
) -> Result<(), ServiceError> {
    members::note_given_password(tx, member)?;
    record_act(tx, None, act, "")?;
    let of_votes = "In votes that are open now you can vote only from accounts that you had linked before they opened.";
    tell_member(tx, member, &format!("{sentence} {of_votes}"), about)
}

/// Forms a cabal in the name of a member, who leads it.
///
/// # Errors
/// As [`form_cabal`].
pub fn form_cabal_for(
    tx: &mut Tx<'_>,
    member: MemberId,
    new: NewCabal,
    keys: &KeyPair,
    per_day: u32,
) -> Result<CabalId, ServiceError> {
    let (name, about) = (new.name.clone(), format!("/c/{}", new.handle));
    let id = form_cabal(tx, member, new, keys, per_day)?;
    record_act(tx, None, "formed a cabal in the name of a member", &name)?;
    tell_member(tx, member, &format!("A steward formed the cabal {name} in your name."), &about)?;
    Ok(id)
}
