//! How an act can fail, apart from how that is told: only `web` knows status codes.

use crate::db::DbError;
use crate::domain::Refusal;
use crate::federation::keys::KeyError;

/// Why an act did not happen. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A rule says no, or the input is not right.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The act fits no longer the state of the thing: closed, frozen, taken meanwhile.
    #[error("{0}")]
    Conflict(Refusal),
    /// There is no such thing; the word names what.
    #[error("There is no such {0}.")]
    NotFound(&'static str),
    /// The person may not do this; the sentence says who may.
    #[error("{0}")]
    Forbidden(String),
    /// The store failed.
    #[error(transparent)]
    Broken(DbError),
}

impl From<DbError> for ServiceError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::NotFound => Self::NotFound("thing"),
            other => Self::Broken(other),
        }
    }
}

impl From<KeyError> for ServiceError {
    fn from(error: KeyError) -> Self {
        Self::Broken(DbError::Broken(error.to_string()))
    }
}
