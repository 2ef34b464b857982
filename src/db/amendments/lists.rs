//! Which amendments there are.

use super::super::connection::{AnyBackend, AnyConnection};
use super::super::schema::amendments;
use super::super::{DbError, convert};
use super::{Amendment, Row};
use crate::clock::Stamp;
use crate::domain::amendment::AmendmentState;
use crate::ids::{AmendmentId, DocumentId, MemberId};
use diesel::prelude::*;

/// All amendments without drafts, the newest first; of one document when it is named.
///
/// # Errors
/// The store's fault.
pub fn list_amendments(conn: &mut AnyConnection, document: Option<DocumentId>) -> Result<Vec<Amendment>, DbError> {
    let mut query = amendments::table
        .filter(amendments::is_draft.eq(false))
        .order(amendments::id.desc())
        .select(Row::as_select())
        .into_boxed::<AnyBackend>();
    if let Some(document) = document {
        query = query.filter(amendments::document_id.eq(document.to_string()));
    }
    query.load(conn)?.into_iter().map(Row::amendment).collect()
}

/// The drafts of a member, the newest first.
///
/// # Errors
/// The store's fault.
pub fn list_drafts(conn: &mut AnyConnection, author: MemberId) -> Result<Vec<Amendment>, DbError> {
    amendments::table
        .filter(amendments::is_draft.eq(true))
        .filter(amendments::state.eq(AmendmentState::SeekingBacking.as_str()))
        .filter(amendments::proposer_id.eq(author.to_string()))
        .order(amendments::id.desc())
        .select(Row::as_select())
        .load(conn)?
        .into_iter()
        .map(Row::amendment)
        .collect()
}

/// The proposals for a document on which no vote was opened and which are not gone.
///
/// # Errors
/// The store's fault.
pub fn list_undecided(conn: &mut AnyConnection, document: DocumentId) -> Result<Vec<AmendmentId>, DbError> {
    let undecided = amendments::state.eq_any(AmendmentState::UNDECIDED.map(AmendmentState::as_str));
    let ids: Vec<String> = amendments::table
        .filter(amendments::document_id.eq(document.to_string()))
        .filter(amendments::is_draft.eq(false))
        .filter(undecided)
        .select(amendments::id)
        .load(conn)?;
    ids.iter().map(|id| convert::id(id)).collect()
}

/// What a member proposed, drafts left out.
///
/// # Errors
/// The store's fault.
pub fn list_proposed_by(conn: &mut AnyConnection, member: MemberId) -> Result<Vec<AmendmentId>, DbError> {
    let ids: Vec<String> = amendments::table
        .filter(amendments::proposer_id.eq(member.to_string()))
        .filter(amendments::is_draft.eq(false))
        .select(amendments::id)
        .load(conn)?;
    ids.iter().map(|id| convert::id(id)).collect()
}

/// What a member has proposed under this title and no vote was opened on; or the drafts that they keep under it.
///
/// # Errors
/// The store's fault.
pub fn list_titled(
    conn: &mut AnyConnection,
    (member, title): (MemberId, &str),
    is_draft: bool,
) -> Result<Vec<Amendment>, DbError> {
    amendments::table
        .filter(amendments::proposer_id.eq(member.to_string()))
        .filter(amendments::is_draft.eq(is_draft))
        .filter(amendments::title.eq(title))
        .filter(amendments::state.eq_any(AmendmentState::UNDECIDED.map(AmendmentState::as_str)))
        .select(Row::as_select())
        .load(conn)?
        .into_iter()
        .map(Row::amendment)
        .collect()
}

/// How many amendments a member wrote or proposed since a moment, drafts that stand included; `but` is left out.
///
/// # Errors
/// The store's fault.
pub fn count_written_by(
    conn: &mut AnyConnection,
    (member, but): (MemberId, Option<AmendmentId>),
    since: Stamp,
) -> Result<i64, DbError> {
    Ok(amendments::table
        .filter(amendments::proposer_id.eq(member.to_string()))
        .filter(amendments::id.ne(but.map_or_else(String::new, |id| id.to_string())))
        .filter(amendments::proposed_at.ge(since.naive_utc()))
        .count()
        .get_result(conn)?)
}
