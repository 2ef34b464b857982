//! What stands now, which an amendment is held against.

use super::ServiceError;
use crate::db::documents::{self, Document};
use crate::db::local_actors::find_community;
use crate::db::members::count_members;
use crate::db::{AnyConnection, DbError};
use crate::domain::amendment::Standing;

/// A document with its clauses and its rule, and the community with its name.
///
/// # Errors
/// Not found before the set-up, or the store's fault.
pub fn standing(conn: &mut AnyConnection, document: &Document) -> Result<Standing, ServiceError> {
    let community = find_community(conn)?.ok_or(DbError::NotFound)?;
    Ok(Standing {
        document: document.id,
        rule: document.rule,
        clauses: documents::list_clauses(conn, document.version.id)?,
        community: (community.id, community.name),
        is_founding: document.is_founding,
        members: u32::try_from(count_members(conn)?).unwrap_or(u32::MAX),
    })
}
