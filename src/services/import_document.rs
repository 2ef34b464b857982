//! Import a governing document.

use super::ServiceError;
use crate::db::documents::Document;
use crate::db::local_actors::find_community;
use crate::db::posts::PostKind;
use crate::db::{AnyConnection, DbError, Tx, documents, members, steward_log};
use crate::domain::document::{Clause, ClauseTree};
use crate::domain::tally::Rule;
use crate::domain::text::escape_html;
use crate::domain::visibility::Visibility;
use crate::domain::{Problems, Refusal, document, text};
use crate::federation::outbound::documents::{Extra, NoteParts, note};
use crate::federation::outbound::html::link;
use crate::federation::outbound::publish::{Audience, NewPost, publish};
use crate::ids::{ClauseId, DocumentId, MemberId, PostId};
use serde_json::json;
use uuid::Uuid;

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

/// A document as it was read: what would be in force.
#[derive(Debug, Clone)]
pub struct ReadDocument {
    /// Its title.
    pub title: String,
    /// Its name in URLs.
    pub slug: String,
    /// Whether its headings had no numbers, so that they were counted.
    pub counts_headings: bool,
    tree: ClauseTree,
}

impl ReadDocument {
    /// Reads what was handed in.
    ///
    /// # Errors
    /// Every problem of the fields `slug`, `title` and `text`.
    pub fn of(new: &NewDocument<'_>) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let title = problems.take(text::line("title", new.title, 120));
        let slug = match new.slug.trim() {
            "" => Some(document::slug_from_title(new.title)),
            typed => problems.take(document::slug(typed)),
        };
        let tree = problems.take(document::import(new.text));
        let (Some(title), Some(slug), Some(tree)) = (title, slug, tree) else {
            return Err(problems.refusal());
        };
        Ok(Self { title, slug, counts_headings: document::counts_headings(new.text), tree })
    }

    /// Its clauses, with ids for one page alone: nothing is kept yet.
    pub fn clauses(&self) -> Vec<Clause> {
        let mut last = 0;
        self.tree.clone().with_ids(|| {
            last += 1;
            ClauseId::from_uuid(Uuid::from_u128(last))
        })
    }

    /// How many of its clauses have a number.
    pub fn numbered_count(&self) -> usize {
        self.tree.clauses().iter().filter(|clause| !clause.number.is_empty()).count()
    }

    /// How many pieces of text have none.
    pub fn unnumbered_count(&self) -> usize {
        self.tree.clauses().len() - self.numbered_count()
    }
}

/// Reads a document and looks whether it could be imported; keeps nothing.
///
/// # Errors
/// As [`import_document`].
pub fn look_at_document(conn: &mut AnyConnection, new: &NewDocument<'_>) -> Result<ReadDocument, ServiceError> {
    let read = ReadDocument::of(new)?;
    if documents::find_document_by_slug(conn, &read.slug)?.is_some() {
        return Err(ServiceError::Conflict(Refusal::field(
            "slug",
            format!("There is a document named {} already. To change it, please propose an amendment.", read.slug),
        )));
    }
    Ok(read)
}

/// Puts a document in after the set-up: an act of a steward, in the public log (K2) and told to the
/// followers of the community. Only a document that is not there yet: afterwards its text changes
/// by amendments alone. Nobody voted on it, so nobody signs it before an amendment of it is carried
/// (J1).
///
/// # Errors
/// Forbidden to others than stewards; else as [`import_document`].
pub fn import_as_steward(tx: &mut Tx<'_>, by: MemberId, new: &NewDocument<'_>) -> Result<Document, ServiceError> {
    if !members::member(tx.conn, by)?.is_steward {
        return Err(ServiceError::Forbidden("Only stewards can import a document.".to_owned()));
    }
    let id = keep(tx, new, (false, Rule::default()))?;
    let document = documents::document(tx.conn, id)?;
    steward_log::record_act(tx, by, "put in a document, without a vote", &document.title)?;
    announce(tx, &document)?;
    Ok(document)
}

/// Keeps a document of the set-up as its first version, with the rule by which it is amended.
///
/// # Errors
/// Refused with field problems (`slug`, `title`, `text`); conflict when the slug is taken.
pub fn import_document(tx: &mut Tx<'_>, new: &NewDocument<'_>, rule: Rule) -> Result<DocumentId, ServiceError> {
    keep(tx, new, (true, rule))
}

fn keep(tx: &mut Tx<'_>, new: &NewDocument<'_>, (is_founding, rule): (bool, Rule)) -> Result<DocumentId, ServiceError> {
    let ReadDocument { title, slug, tree, .. } = look_at_document(tx.conn, new)?;
    let clauses = tree.with_ids(|| ClauseId::from_uuid(tx.next_id()));
    let id = documents::insert_document(tx, (&slug, &title), is_founding)?;
    documents::insert_version(tx, id, (&clauses, rule), None)?;
    Ok(id)
}

/// The community's Note that tells its followers of a document on which nobody voted.
fn announce(tx: &mut Tx<'_>, document: &Document) -> Result<(), ServiceError> {
    let community = find_community(tx.conn)?.ok_or(DbError::NotFound)?;
    let id = PostId::from_uuid(tx.next_id());
    let content = format!(
        "<p>A steward has put in a new document: <strong>{}</strong>. Nobody has voted on it. Any member may propose to \
         amend it; once an amendment of it is carried, whoever joins signs it too.</p><p>{}</p>",
        escape_html(&document.title),
        link(&tx.urls.document(&document.slug))
    );
    let parts = NoteParts {
        id: &tx.urls.note(id),
        author: &community.url(tx.urls),
        content_html: &content,
        language: "en",
        published: tx.now,
        updated: None,
        in_reply_to: None,
        visibility: Visibility::Public,
        mentions: Vec::new(),
        hashtags: Vec::new(),
        extra: Extra::default().with("fingerprint", json!(document.version.fingerprint)),
    };
    let post = NewPost {
        id,
        actor_id: community.id,
        kind: PostKind::Notice,
        visibility: Visibility::Public,
        in_reply_to: None,
        object: note(&parts, tx.urls),
        is_pinned: false,
    };
    publish(tx, post, &Audience::followers(community.id))?;
    Ok(())
}
