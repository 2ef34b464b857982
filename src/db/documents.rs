//! Documents as they stand. What was in force stays: `versions` are only ever added (A1).

mod versions;

pub(super) use versions::stored_rule;
pub use versions::{
    Version, find_version, find_version_before, find_version_numbered, insert_version, is_as_fingerprinted,
    list_clauses, list_states_of_clause, list_versions,
};

use self::versions::VersionRow;
use super::connection::{AnyBackend, AnyConnection};
use super::schema::{document_versions, documents};
use super::{DbError, Tx, convert};
use crate::clock::iso_seconds;
use crate::domain::document::Clause;
use crate::domain::tally::Rule;
use crate::ids::DocumentId;
use diesel::prelude::*;

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
    /// Whether it came in at the set-up, agreed by whoever founded the community.
    pub is_founding: bool,
}

impl Document {
    /// Whether the members have made it theirs, so that whoever joins signs it: it came in at the
    /// set-up, or an amendment of it was carried. Else a steward put it in later (J1, A1).
    pub fn is_agreed(&self) -> bool {
        self.is_founding || self.version.amendment_id.is_some()
    }

    /// Whether a steward put this text of it in after the set-up, without a vote.
    pub fn is_put_in(&self, version: &Version) -> bool {
        !self.is_founding && version.amendment_id.is_none()
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = documents, check_for_backend(AnyBackend))]
struct DocumentRow {
    id: String,
    slug: String,
    title: String,
    is_founding: bool,
}

fn from_rows((document, version): (DocumentRow, VersionRow)) -> Result<Document, DbError> {
    let version = version.version()?;
    Ok(Document {
        id: convert::id(&document.id)?,
        rule: version.rule,
        slug: document.slug,
        title: document.title,
        version,
        is_founding: document.is_founding,
    })
}

macro_rules! documents_as_they_stand {
    () => {
        documents::table
            .inner_join(document_versions::table.on(documents::current_version_id.eq(document_versions::id.nullable())))
            .select((DocumentRow::as_select(), VersionRow::as_select()))
    };
}

/// Every document with its version in force, by slug.
///
/// # Errors
/// The store's fault.
pub fn list_documents(conn: &mut AnyConnection) -> Result<Vec<Document>, DbError> {
    let rows: Vec<(DocumentRow, VersionRow)> = documents_as_they_stand!().order(documents::slug).load(conn)?;
    rows.into_iter().map(from_rows).collect()
}

/// The documents that whoever joins signs, by slug (J1).
///
/// # Errors
/// The store's fault.
pub fn list_agreed_documents(conn: &mut AnyConnection) -> Result<Vec<Document>, DbError> {
    let mut all = list_documents(conn)?;
    all.retain(Document::is_agreed);
    Ok(all)
}

/// A document that must exist.
///
/// # Errors
/// `NotFound`, or the store's fault.
pub fn document(conn: &mut AnyConnection, id: DocumentId) -> Result<Document, DbError> {
    find_document(conn, id)?.ok_or(DbError::NotFound)
}

/// The document, if there is one.
///
/// # Errors
/// The store's fault.
pub fn find_document(conn: &mut AnyConnection, id: DocumentId) -> Result<Option<Document>, DbError> {
    let row: Option<(DocumentRow, VersionRow)> =
        documents_as_they_stand!().filter(documents::id.eq(id.to_string())).first(conn).optional()?;
    row.map(from_rows).transpose()
}

/// The document of that name in URLs.
///
/// # Errors
/// The store's fault.
pub fn find_document_by_slug(conn: &mut AnyConnection, slug: &str) -> Result<Option<Document>, DbError> {
    let row: Option<(DocumentRow, VersionRow)> =
        documents_as_they_stand!().filter(documents::slug.eq(slug)).first(conn).optional()?;
    row.map(from_rows).transpose()
}

/// The document, held until the end of the transaction, so that openings and closings on it
/// follow one another on PostgreSQL too (A15). SQLite has one writer at a time anyway.
///
/// # Errors
/// `NotFound`, or the store's fault.
pub fn hold_document(tx: &mut Tx<'_>, id: DocumentId) -> Result<Document, DbError> {
    if let AnyConnection::Postgres(c) = &mut *tx.conn {
        // Whatever is about it may be written meanwhile: a stronger lock would make two acts wait for each other.
        let held = documents::table.find(id.to_string()).select(documents::id).for_no_key_update();
        held.first::<String>(c)?;
        // What it had to wait for may have brought a version that is younger than this act was.
        tx.catch_up();
    }
    document(tx.conn, id)
}

/// A version with its clauses as JSON: the export, and what the API shows.
pub fn as_json(document: &Document, version: &Version, clauses: &[Clause]) -> serde_json::Value {
    let clauses: Vec<serde_json::Value> = clauses
        .iter()
        .map(|clause| {
            serde_json::json!({
                "id": clause.id, "parent": clause.parent, "depth": clause.depth,
                "number": clause.number, "text": clause.text,
            })
        })
        .collect();
    serde_json::json!({
        "slug": document.slug,
        "title": document.title,
        "version": version.number,
        "fingerprint": version.fingerprint,
        "fingerprint_of": version.fingerprint_of.as_str(),
        "in_force_since": iso_seconds(version.created_at),
        "rule": {"base": version.rule.base.as_str(), "quorum": version.rule.quorum},
        "clauses": clauses,
    })
}

/// Saves a document without any version; [`insert_version`] has to follow. `is_founding` is true
/// for one that comes in at the set-up.
///
/// # Errors
/// The store's fault; a slug that is taken must be found out before.
pub fn insert_document(tx: &mut Tx<'_>, (slug, title): (&str, &str), is_founding: bool) -> Result<DocumentId, DbError> {
    let id = DocumentId::from_uuid(tx.next_id());
    diesel::insert_into(documents::table)
        .values((
            documents::id.eq(id.to_string()),
            documents::slug.eq(slug),
            documents::title.eq(title),
            documents::created_at.eq(tx.now.naive_utc()),
            documents::is_founding.eq(is_founding),
        ))
        .execute(tx.conn)?;
    Ok(id)
}
