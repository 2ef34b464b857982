//! Actors of other servers: looked up once, kept in the store, the busy ones in memory.

use crate::app::App;
use crate::db::DbError;
use crate::db::remote_actors::RemoteActor;

/// Why an actor cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// What was typed is not a handle or an address.
    #[error("this is not the address of an account")]
    NotAHandle,
    /// It names somebody of this very instance.
    #[error("this account is on this instance")]
    OurOwn,
    /// No such account could be found; the reason is not told to the asker (SS-9).
    #[error("no account was found there")]
    NotFound,
    /// Its origin says that it is gone.
    #[error("this account is gone")]
    Gone,
    /// Its server does not answer at the moment.
    #[error("the server of this account does not answer")]
    Passing,
    /// The store's fault.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The actor with this id, from the store or from its origin.
///
/// # Errors
/// Why it cannot be had.
pub async fn find_by_url(_app: &App, _url: &str) -> Result<RemoteActor, LookupError> {
    todo!()
}

/// The actor with this handle, `@user@host`; WebFinger and the actor's document must agree (ID-14).
///
/// # Errors
/// Why it cannot be had.
pub async fn find_by_handle(_app: &App, _handle: &str) -> Result<RemoteActor, LookupError> {
    todo!()
}
