//! Import a governing document.

use super::ServiceError;
use crate::db::Tx;
use crate::ids::DocumentId;

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
    let _ = (tx, new);
    todo!()
}
