//! What can go wrong in the store.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// A fault of the store.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A row that must exist does not.
    #[error("not found")]
    NotFound,
    /// The database is locked, read-only, full or overloaded; trying again later may help.
    #[error("the database is busy or cannot be written: {0}")]
    Busy(String),
    /// A write did not finish because the program is ending.
    #[error("the database is closed")]
    Closed,
    /// The code inside a transaction panicked; it was rolled back.
    #[error("a database task panicked")]
    Panicked,
    /// The tables were made by a newer version of Caucus.
    #[error(
        "the database was written by a newer version of Caucus ({0}); please install that version or restore a backup"
    )]
    Newer(String),
    /// Anything else: a fault in the program or a damaged file.
    #[error("database fault: {0}")]
    Broken(String),
}

impl From<DieselError> for DbError {
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::NotFound => Self::NotFound,
            DieselError::DatabaseError(kind, info) => {
                let message = info.message().to_owned();
                let passing = [
                    "database is locked",
                    "readonly database",
                    "read-only",
                    "disk is full",
                    "disk I/O error",
                    "No space left",
                    "lock timeout",
                    "deadlock detected",
                ];
                match kind {
                    DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::SerializationFailure => {
                        Self::Busy(message)
                    }
                    _ if passing.iter().any(|sign| message.contains(sign)) => Self::Busy(message),
                    _ => Self::Broken(message),
                }
            }
            _ => Self::Broken(error.to_string()),
        }
    }
}
