//! Who is in cabals, as far as it says how alive they are (rule C6).

use super::connection::AnyConnection;
use super::error::DbError;
use super::schema::cabal_members;
use crate::clock::Stamp;
use chrono::NaiveDateTime;
use diesel::dsl::max;
use diesel::prelude::*;
use std::collections::HashMap;

/// When the last of those who are in a cabal came, for each of these cabals that has anybody.
///
/// # Errors
/// The store's fault.
pub(super) fn newest_joins(conn: &mut AnyConnection, cabals: &[String]) -> Result<HashMap<String, Stamp>, DbError> {
    let found: Vec<(String, Option<NaiveDateTime>)> = cabal_members::table
        .filter(cabal_members::cabal_id.eq_any(cabals))
        .filter(cabal_members::left_at.is_null())
        .group_by(cabal_members::cabal_id)
        .select((cabal_members::cabal_id, max(cabal_members::joined_at)))
        .load(conn)?;
    Ok(found.into_iter().filter_map(|(cabal, at)| Some((cabal, at?.and_utc()))).collect())
}
