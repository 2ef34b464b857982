//! Browser sessions. The cookie holds a random secret; only its hash is stored, so that a copy of
//! the database opens no session (AC-8).

use super::members::{self, Member};
use super::schema::sessions;
use super::{AnyConnection, DbError, Tx};
use crate::clock::Stamp;
use crate::ids::MemberId;
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// A session to be stored.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    /// The hash of the secret in the cookie.
    pub token_hash: &'a str,
    /// Who is signed in, if anybody.
    pub member: Option<MemberId>,
    /// What every form of this session carries.
    pub form_token: &'a str,
    /// What to tell on the next page.
    pub notice: Option<&'a str>,
    /// When it ends.
    pub expires_at: Stamp,
}

/// A session as it stands in the store.
#[derive(Debug, Clone)]
pub struct StoredSession {
    /// Who is signed in.
    pub member: Option<Member>,
    /// What every form of this session carries.
    pub form_token: String,
    /// What to tell on the next page.
    pub notice: Option<String>,
    /// When it ends.
    pub expires_at: Stamp,
}

/// Stores a new session.
///
/// # Errors
/// The store's fault.
pub fn create_session(tx: &mut Tx<'_>, new: &NewSession<'_>) -> Result<(), DbError> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::token_hash.eq(new.token_hash),
            sessions::member_id.eq(new.member.map(|id| id.to_string())),
            sessions::form_token.eq(new.form_token),
            sessions::notice.eq(new.notice),
            sessions::created_at.eq(tx.now.naive_utc()),
            sessions::expires_at.eq(new.expires_at.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// The session whose secret has this hash, unless it has ended.
///
/// # Errors
/// The store's fault.
pub fn find_session(conn: &mut AnyConnection, token_hash: &str, now: Stamp) -> Result<Option<StoredSession>, DbError> {
    let row: Option<(Option<String>, String, Option<String>, NaiveDateTime)> = sessions::table
        .find(token_hash)
        .filter(sessions::expires_at.gt(now.naive_utc()))
        .select((sessions::member_id, sessions::form_token, sessions::notice, sessions::expires_at))
        .first(conn)
        .optional()?;
    let Some((member, form_token, notice, expires_at)) = row else { return Ok(None) };
    let member = match member {
        Some(id) => {
            let id = id.parse().map_err(|_| DbError::Broken(format!("sessions holds the member {id:?}")))?;
            Some(members::member(conn, id)?)
        }
        None => None,
    };
    Ok(Some(StoredSession { member, form_token, notice, expires_at: expires_at.and_utc() }))
}

/// Sets or clears what the next page tells; answers whether there is such a session.
///
/// # Errors
/// The store's fault.
pub fn set_notice(tx: &mut Tx<'_>, token_hash: &str, notice: Option<&str>) -> Result<bool, DbError> {
    Ok(diesel::update(sessions::table.find(token_hash)).set(sessions::notice.eq(notice)).execute(tx.conn)? > 0)
}

/// Ends one session.
///
/// # Errors
/// The store's fault.
pub fn delete_session(tx: &mut Tx<'_>, token_hash: &str) -> Result<(), DbError> {
    diesel::delete(sessions::table.find(token_hash)).execute(tx.conn)?;
    Ok(())
}

/// Removes sessions that have ended; answers how many.
///
/// # Errors
/// The store's fault.
pub fn delete_ended_sessions(tx: &mut Tx<'_>) -> Result<usize, DbError> {
    Ok(diesel::delete(sessions::table.filter(sessions::expires_at.le(tx.now.naive_utc()))).execute(tx.conn)?)
}

/// An open session of a member, as they see it.
#[derive(Debug, Clone)]
pub struct OpenSession {
    /// The hash of its secret, by which it can be ended and which opens nothing.
    pub token_hash: String,
    /// When it was opened.
    pub created_at: Stamp,
    /// When it ends by itself.
    pub expires_at: Stamp,
}

/// The open sessions of a member, the youngest first.
///
/// # Errors
/// The store's fault.
pub fn list_sessions(conn: &mut AnyConnection, member: MemberId, now: Stamp) -> Result<Vec<OpenSession>, DbError> {
    let rows: Vec<(String, NaiveDateTime, NaiveDateTime)> = sessions::table
        .filter(sessions::member_id.eq(member.to_string()))
        .filter(sessions::expires_at.gt(now.naive_utc()))
        .order((sessions::created_at.desc(), sessions::token_hash))
        .select((sessions::token_hash, sessions::created_at, sessions::expires_at))
        .load(conn)?;
    let open = |(token_hash, created_at, expires_at): (String, NaiveDateTime, NaiveDateTime)| OpenSession {
        token_hash,
        created_at: created_at.and_utc(),
        expires_at: expires_at.and_utc(),
    };
    Ok(rows.into_iter().map(open).collect())
}

/// Ends one session of this member; false when they have none with this hash.
///
/// # Errors
/// The store's fault.
pub fn delete_session_of(tx: &mut Tx<'_>, member: MemberId, token_hash: &str) -> Result<bool, DbError> {
    let own = sessions::table.find(token_hash).filter(sessions::member_id.eq(member.to_string()));
    Ok(diesel::delete(own).execute(tx.conn)? > 0)
}

/// Ends every session of a member but the one with the hash `but`; answers how many.
///
/// # Errors
/// The store's fault.
pub fn delete_sessions_of(tx: &mut Tx<'_>, member: MemberId, but: &str) -> Result<usize, DbError> {
    let others =
        sessions::table.filter(sessions::member_id.eq(member.to_string())).filter(sessions::token_hash.ne(but));
    Ok(diesel::delete(others).execute(tx.conn)?)
}
