//! Import a governing document.

use super::ServiceError;
use crate::db::{Tx, documents};
use crate::domain::{Problems, Refusal, document, text};
use crate::ids::{ClauseId, DocumentId};

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
    documents::insert_version(tx, id, &clauses, None)?;
    Ok(id)
}
