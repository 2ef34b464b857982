//! What texts may cite: every document as it stood when the text was written (rule A1).

use super::connection::AnyConnection;
use super::convert;
use super::error::DbError;
use super::schema::{document_clauses, document_versions, documents};
use crate::clock::Stamp;
use crate::domain::Urls;
use crate::domain::document::{CitedVersion, Shelf};
use crate::ids::{DocumentId, VersionId};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// The versions of all documents, each read once and only when a text may cite it. For one page or
/// one act.
pub struct Library {
    urls: Urls,
    editions: Option<Vec<Edition>>,
    read: HashMap<VersionId, Arc<CitedVersion>>,
}

struct Edition {
    id: VersionId,
    document: DocumentId,
    slug: String,
    title: String,
    number: i32,
    since: Stamp,
}

impl Library {
    /// A library of which nothing is read yet.
    pub fn new(urls: &Urls) -> Self {
        Self { urls: urls.clone(), editions: None, read: HashMap::new() }
    }

    /// The documents as they stood at a moment. `at_hand` is the one that a text of that moment is
    /// about, if it is about one.
    ///
    /// # Errors
    /// The store's fault.
    pub fn at(
        &mut self,
        conn: &mut AnyConnection,
        (written_at, at_hand): (Stamp, Option<DocumentId>),
    ) -> Result<Shelf, DbError> {
        let editions = match self.editions.take() {
            Some(known) => known,
            None => list_editions(conn)?,
        };
        let mut versions = Vec::new();
        for edition in in_force(&editions, written_at) {
            versions.push(self.version(conn, edition)?);
        }
        self.editions = Some(editions);
        Ok(Shelf::new(versions, at_hand))
    }

    /// What a text may cite that was written at a moment; nothing when it has no number.
    ///
    /// # Errors
    /// The store's fault.
    pub fn shelf(
        &mut self,
        conn: &mut AnyConnection,
        text: &str,
        written: (Stamp, Option<DocumentId>),
    ) -> Result<Shelf, DbError> {
        if text.contains(|c: char| c.is_ascii_digit()) { self.at(conn, written) } else { Ok(Shelf::default()) }
    }

    /// A text as HTML with links to the clauses that it cites.
    ///
    /// # Errors
    /// The store's fault.
    pub fn html(
        &mut self,
        conn: &mut AnyConnection,
        text: &str,
        written: (Stamp, Option<DocumentId>),
    ) -> Result<String, DbError> {
        Ok(self.shelf(conn, text, written)?.html(text))
    }

    fn version(&mut self, conn: &mut AnyConnection, edition: &Edition) -> Result<Arc<CitedVersion>, DbError> {
        if let Some(known) = self.read.get(&edition.id) {
            return Ok(Arc::clone(known));
        }
        let rows: Vec<(String, String)> = document_clauses::table
            .filter(document_clauses::version_id.eq(edition.id.to_string()))
            .filter(document_clauses::number.ne(""))
            .select((document_clauses::number, document_clauses::clause_id))
            .load(conn)?;
        let numbers = rows
            .into_iter()
            .map(|(number, id)| Ok((number, convert::id(&id)?)))
            .collect::<Result<Vec<_>, DbError>>()?;
        let url = self.urls.version(&edition.slug, edition.number);
        let version = Arc::new(CitedVersion::new(edition.document, [&edition.title, &edition.slug], url, numbers));
        self.read.insert(edition.id, Arc::clone(&version));
        Ok(version)
    }
}

/// The latest version of each document at a moment.
fn in_force(editions: &[Edition], at: Stamp) -> impl Iterator<Item = &Edition> {
    let mut latest: HashMap<DocumentId, &Edition> = HashMap::new();
    for edition in editions.iter().filter(|edition| edition.since <= at) {
        latest.insert(edition.document, edition);
    }
    latest.into_values()
}

/// Every version of every document, of each document the oldest first.
fn list_editions(conn: &mut AnyConnection) -> Result<Vec<Edition>, DbError> {
    type Row = (String, String, String, String, i32, NaiveDateTime);
    let rows: Vec<Row> = document_versions::table
        .inner_join(documents::table)
        .order(document_versions::number)
        .select((
            document_versions::id,
            documents::id,
            documents::slug,
            documents::title,
            document_versions::number,
            document_versions::created_at,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, document, slug, title, number, since)| {
            let (id, document) = (convert::id(&id)?, convert::id(&document)?);
            Ok(Edition { id, document, slug, title, number, since: since.and_utc() })
        })
        .collect()
}
