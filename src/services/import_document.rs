//! Import a governing document.

use super::ServiceError;
use crate::db::documents::Document;
use crate::db::{Tx, documents, members, steward_log};
use crate::domain::tally::Rule;
use crate::domain::{Problems, Refusal, document, text};
use crate::ids::{ClauseId, DocumentId, MemberId};

/// A document as it was handed in.
#[derive(Debug, Clone)]
pub struct NewDocument<'a> {
    /// Its name in URLs; made from the title when empty.
    pub slug: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Markdown or plain text with numbered clauses.
    pub text: &'a str,
}

/// Imports a document after the set-up: an act of a steward, in the public log (K2). Only a
/// document that is not there yet: afterwards its text changes by amendments alone.
///
/// # Errors
/// Forbidden to others than stewards; else as [`import_document`].
pub fn import_as_steward(tx: &mut Tx<'_>, by: MemberId, new: &NewDocument<'_>) -> Result<Document, ServiceError> {
    if !members::member(tx.conn, by)?.is_steward {
        return Err(ServiceError::Forbidden("Only stewards can import a document.".to_owned()));
    }
    let id = import_document(tx, new)?;
    let document = documents::document(tx.conn, id)?;
    steward_log::record_act(tx, by, "imported the document", &document.title)?;
    Ok(document)
}

/// Reads the text into clauses and keeps it as the first version.
///
/// # Errors
/// Refused with field problems (`slug`, `title`, `text`); conflict when the slug is taken.
pub fn import_document(tx: &mut Tx<'_>, new: &NewDocument<'_>) -> Result<DocumentId, ServiceError> {
    let mut problems = Problems::default();
    let title = problems.take(text::line("title", new.title, 120));
    let slug = match new.slug.trim() {
        "" => Some(document::slug_from_title(new.title)),
        typed => problems.take(document::slug(typed)),
    };
    let tree = problems.take(document::import(new.text));
    let (Some(title), Some(slug), Some(tree)) = (title, slug, tree) else {
        return Err(problems.refusal().into());
    };
    if documents::find_document_by_slug(tx.conn, &slug)?.is_some() {
        return Err(ServiceError::Conflict(Refusal::field(
            "slug",
            format!("There is a document named {slug} already. To change it, please propose an amendment."),
        )));
    }
    let clauses = tree.with_ids(|| ClauseId::from_uuid(tx.next_id()));
    let id = documents::insert_document(tx, &slug, &title)?;
    documents::insert_version(tx, id, (&clauses, Rule::default()), None)?;
    Ok(id)
}
