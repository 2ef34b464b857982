//! Open and end sessions, and check passwords. Hashing is slow on purpose (argon2id), so it runs
//! on blocking threads, a few at a time, and never inside a transaction.

use super::ServiceError;
use crate::App;
use crate::db::members::Member;
use crate::db::{AnyConnection, DbError, Tx, members, sessions};
use crate::domain::membership::Password;
use crate::ids::{MemberId, random_token, secret_hash};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use chrono::TimeDelta;
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// Each hash needs 19 MiB while it runs; more at once would only be memory.
static HASHERS: Semaphore = Semaphore::const_new(2);

/// Verified against when there is no such member, so that the answer takes as long (AC-3).
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now(&random_token()).unwrap_or_default());

/// How long a session of a member lasts.
pub const MEMBER_SESSION: TimeDelta = TimeDelta::days(30);
/// How long a session of a visitor lasts: long enough to fill in a form.
pub const VISITOR_SESSION: TimeDelta = TimeDelta::days(1);

/// A session that was just opened; the secret exists only here and in the browser.
pub struct OpenedSession {
    /// The secret for the cookie.
    pub secret: String,
    /// What every form of this session carries.
    pub form_token: String,
    /// The mark by which this browser is known to its member from now on; none for visitors.
    pub device: Option<String>,
}

/// Hashes a password with argon2id, off the async threads.
///
/// # Errors
/// When the program is ending.
pub async fn hash_password(password: Password) -> Result<String, ServiceError> {
    blocking(move || hash_now(password.as_str())).await?.ok_or(ServiceError::Broken(DbError::Panicked))
}

/// The member with this handle and password, or nobody. Which of the two was wrong is not told.
///
/// # Errors
/// The store's fault.
pub async fn check_password(app: &App, handle: &str, password: &str) -> Result<Option<Member>, ServiceError> {
    let handle = handle.trim().trim_start_matches('@').to_ascii_lowercase();
    let found = app
        .read(move |conn| -> Result<_, DbError> {
            let Some(member) = members::find_member_by_handle(conn, &handle)? else { return Ok(None) };
            Ok(members::find_password_hash(conn, member.id)?.map(|hash| (member, hash)))
        })
        .await?;
    let password = password.to_owned();
    blocking(move || match found {
        Some((member, hash)) => matches(&password, &hash).then_some(member),
        None => {
            matches(&password, &NOBODY);
            None
        }
    })
    .await
}

/// Opens a session, of a member or of a visitor.
///
/// # Errors
/// The store's fault.
pub fn open_session(
    tx: &mut Tx<'_>,
    member: Option<MemberId>,
    notice: Option<&str>,
) -> Result<OpenedSession, ServiceError> {
    let hash = member.map(|member| members::find_password_hash(tx.conn, member)).transpose()?.flatten();
    let device = hash.map(|hash| device_mark(&random_token(), &hash));
    let opened = OpenedSession { secret: random_token(), form_token: random_token(), device };
    let lasts = if member.is_some() { MEMBER_SESSION } else { VISITOR_SESSION };
    let new = sessions::NewSession {
        token_hash: &secret_hash(&opened.secret),
        member,
        form_token: &opened.form_token,
        notice,
        expires_at: tx.now + lasts,
    };
    sessions::create_session(tx, &new)?;
    Ok(opened)
}

/// Signs a member in: a new session under a new secret, and the visitor's one ends (AC-8).
///
/// # Errors
/// The store's fault.
pub fn sign_in(
    tx: &mut Tx<'_>,
    member: MemberId,
    old_secret: Option<&str>,
    notice: Option<&str>,
) -> Result<OpenedSession, ServiceError> {
    if let Some(old) = old_secret {
        sessions::delete_session(tx, &secret_hash(old))?;
    }
    open_session(tx, Some(member), notice)
}

/// Whether `mark` was given to a browser in which the member with this handle signed in, under the
/// password that is still theirs.
///
/// # Errors
/// The store's fault.
pub fn is_known_device(conn: &mut AnyConnection, handle: &str, mark: &str) -> Result<bool, DbError> {
    let Some(member) = members::find_member_by_handle(conn, handle)? else { return Ok(false) };
    let hash = members::find_password_hash(conn, member.id)?;
    Ok(hash.zip(mark.split_once('.')).is_some_and(|(hash, (nonce, _))| device_mark(nonce, &hash) == mark))
}

/// Nobody can make it who does not know the stored hash of the password, so that nothing needs to
/// be stored, and a new password makes every mark worthless.
fn device_mark(nonce: &str, password_hash: &str) -> String {
    format!("{nonce}.{}", secret_hash(&format!("known device {nonce} {password_hash}")))
}

/// Ends a session.
///
/// # Errors
/// The store's fault.
pub fn sign_out(tx: &mut Tx<'_>, secret: &str) -> Result<(), ServiceError> {
    Ok(sessions::delete_session(tx, &secret_hash(secret))?)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ServiceError> {
    let _permit = HASHERS.acquire().await.map_err(|_| ServiceError::Broken(DbError::Closed))?;
    tokio::task::spawn_blocking(work).await.map_err(|_| ServiceError::Broken(DbError::Panicked))
}

fn hash_now(password: &str) -> Option<String> {
    Argon2::default().hash_password(password.as_bytes()).ok().map(|hash| hash.to_string())
}

fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}
