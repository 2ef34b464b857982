//! How the community came to its name: each name that an amendment brought (A9).

use super::connection::AnyConnection;
use super::schema::{amendment_changes, amendments, document_versions, documents};
use super::{DbError, convert};
use crate::clock::Stamp;
use crate::domain::amendment::Act;
use crate::ids::{AmendmentId, DocumentId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// A name that a carried amendment gave the community.
#[derive(Debug, Clone)]
pub struct NameChange {
    /// The name before.
    pub old: String,
    /// The name from then on.
    pub new: String,
    /// The amendment that brought it.
    pub amendment_id: AmendmentId,
    /// Its title.
    pub amendment_title: String,
    /// The document of which it was an amendment.
    pub document_id: DocumentId,
    /// The version of that document that came with it.
    pub version: i32,
    /// Since when.
    pub at: Stamp,
}

type Row = (String, String, String, String, String, i32, NaiveDateTime);

/// Every name that an amendment brought, the latest first.
///
/// # Errors
/// The store's fault.
pub fn list_name_changes(conn: &mut AnyConnection) -> Result<Vec<NameChange>, DbError> {
    let rows: Vec<Row> = document_versions::table
        .inner_join(documents::table)
        .inner_join(amendments::table.on(document_versions::amendment_id.eq(amendments::id.nullable())))
        .inner_join(amendment_changes::table.on(amendment_changes::amendment_id.eq(amendments::id)))
        .filter(amendment_changes::act.eq(Act::Name.as_str()))
        .order((document_versions::created_at.desc(), document_versions::id.desc()))
        .select((
            amendment_changes::old_text,
            amendment_changes::new_text,
            amendments::id,
            amendments::title,
            documents::id,
            document_versions::number,
            document_versions::created_at,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(old, new, amendment, amendment_title, document, version, at)| {
            let (amendment_id, document_id) = (convert::id(&amendment)?, convert::id(&document)?);
            Ok(NameChange { old, new, amendment_id, amendment_title, document_id, version, at: at.and_utc() })
        })
        .collect()
}

/// The name before and after what the versions of a document from one to another brought; nothing
/// when they brought none.
pub fn renamed_between(names: &[NameChange], document: DocumentId, (from, to): (i32, i32)) -> Option<(String, String)> {
    let between = from.min(to) + 1..=from.max(to);
    let mut brought = names.iter().filter(|name| name.document_id == document && between.contains(&name.version));
    let latest = brought.next()?;
    let first = brought.next_back().unwrap_or(latest);
    let (before, after) = (first.old.clone(), latest.new.clone());
    Some(if from <= to { (before, after) } else { (after, before) })
}
