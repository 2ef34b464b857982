//! Amendments, their changes and backings.

use super::{AnyConnection, DbError};
use crate::clock::Stamp;
use crate::domain::amendment::{AmendmentState, Change};
use crate::ids::{AmendmentId, DocumentId, MemberId, PollId, VersionId};

/// An amendment.
#[derive(Debug, Clone)]
pub struct Amendment {
    /// Its id.
    pub id: AmendmentId,
    /// The document it changes.
    pub document_id: DocumentId,
    /// The version it was written against.
    pub base_version_id: VersionId,
    /// Who proposed it.
    pub proposer_id: MemberId,
    /// A short name.
    pub title: String,
    /// What it changes, in plain words.
    pub summary: String,
    /// How it fits our values.
    pub values_fit: String,
    /// Where it stands, as stored; see [`Amendment::state_at`].
    pub state: AmendmentState,
    /// When it was proposed.
    pub proposed_at: Stamp,
    /// When its text changed last.
    pub edited_at: Stamp,
    /// When it lapses unless backed.
    pub lapses_at: Stamp,
    /// Its ballot, once opened.
    pub poll_id: Option<PollId>,
    /// Hash over text, rule, roll and times as they froze at the opening.
    pub frozen_hash: Option<String>,
}

/// An amendment that must exist.
pub fn amendment(conn: &mut AnyConnection, id: AmendmentId) -> Result<Amendment, DbError> {
    let _ = (conn, id);
    todo!()
}

/// The amendment, if there is one.
pub fn find_amendment(conn: &mut AnyConnection, id: AmendmentId) -> Result<Option<Amendment>, DbError> {
    let _ = (conn, id);
    todo!()
}

/// All amendments, the newest first; of one document when it is named.
pub fn list_amendments(conn: &mut AnyConnection, document: Option<DocumentId>) -> Result<Vec<Amendment>, DbError> {
    let _ = (conn, document);
    todo!()
}

/// The clauses it changes, in the order of the document.
pub fn list_changes(conn: &mut AnyConnection, id: AmendmentId) -> Result<Vec<Change>, DbError> {
    let _ = (conn, id);
    todo!()
}

/// Who backs it, the first backer first.
pub fn list_backers(conn: &mut AnyConnection, id: AmendmentId) -> Result<Vec<MemberId>, DbError> {
    let _ = (conn, id);
    todo!()
}
