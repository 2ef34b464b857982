//! Documents, their versions and clauses.

use super::{AnyConnection, DbError};
use crate::clock::Stamp;
use crate::domain::document::Clause;
use crate::domain::tally::Rule;
use crate::ids::{AmendmentId, DocumentId, VersionId};

/// A governing document as it stands.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// Its name in URLs.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// The rule by which it is amended.
    pub rule: Rule,
    /// The version in force.
    pub version: Version,
}

/// One version of a document.
#[derive(Debug, Clone)]
pub struct Version {
    /// Its id.
    pub id: VersionId,
    /// Its document.
    pub document_id: DocumentId,
    /// Counts from 1.
    pub number: i32,
    /// SHA-256 of its canonical text.
    pub fingerprint: String,
    /// The amendment that brought it; none for an import.
    pub amendment_id: Option<AmendmentId>,
    /// Since when it stands.
    pub created_at: Stamp,
}

/// Every document with its version in force, by slug.
pub fn list_documents(conn: &mut AnyConnection) -> Result<Vec<Document>, DbError> {
    let _ = conn;
    todo!()
}

/// A document that must exist.
pub fn document(conn: &mut AnyConnection, id: DocumentId) -> Result<Document, DbError> {
    let _ = (conn, id);
    todo!()
}

/// The document of that name in URLs.
pub fn find_document_by_slug(conn: &mut AnyConnection, slug: &str) -> Result<Option<Document>, DbError> {
    let _ = (conn, slug);
    todo!()
}

/// The clauses of one version, in reading order.
pub fn list_clauses(conn: &mut AnyConnection, version: VersionId) -> Result<Vec<Clause>, DbError> {
    let _ = (conn, version);
    todo!()
}

/// All versions of a document, the newest first.
pub fn list_versions(conn: &mut AnyConnection, document: DocumentId) -> Result<Vec<Version>, DbError> {
    let _ = (conn, document);
    todo!()
}
