//! From stored text back to types, for all tables.

use super::error::DbError;
use std::str::FromStr;

/// An id as it was stored.
pub(super) fn id<T: FromStr>(text: &str) -> Result<T, DbError> {
    text.parse().map_err(|_| DbError::Broken(format!("a stored id is not one: {text:?}")))
}

/// A word of a fixed set as it was stored.
pub(super) fn word<T>(text: &str, known: impl FnOnce(&str) -> Option<T>) -> Result<T, DbError> {
    known(text).ok_or_else(|| DbError::Broken(format!("a stored word is not known: {text:?}")))
}
