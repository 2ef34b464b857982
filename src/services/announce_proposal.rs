//! The community's Note that tells its followers of a proposal (F1): people reply to it, and
//! members back the proposal by such a reply.

use super::ServiceError;
use super::ballot_words::{self, Proposed};
use crate::clock::Stamp;
use crate::db::amendments::{self, Amendment};
use crate::db::citations::Library;
use crate::db::documents::document;
use crate::db::local_actors::{LocalActor, find_community};
use crate::db::posts::PostKind;
use crate::db::{DbError, Tx};
use crate::domain::visibility::Visibility;
use crate::federation::outbound::documents::{Extra, NoteParts, note};
use crate::federation::outbound::publish::{Audience, NewPost, publish, update};
use crate::ids::{AmendmentId, PostId};
use serde_json::{Value, json};

/// Publishes the Note of a proposal.
///
/// # Errors
/// Not found before the set-up, or the store's fault.
pub(super) fn announce_proposal(tx: &mut Tx<'_>, id: AmendmentId) -> Result<(), ServiceError> {
    let amendment = amendments::amendment(tx.conn, id)?;
    let community = find_community(tx.conn)?.ok_or(DbError::NotFound)?;
    let post = PostId::from_uuid(tx.next_id());
    let object = object(tx, &amendment, (&community, post), None)?;
    let new = NewPost {
        id: post,
        actor_id: community.id,
        kind: PostKind::Notice,
        visibility: Visibility::Public,
        in_reply_to: None,
        object,
        is_pinned: false,
    };
    publish(tx, new, &Audience::followers(community.id))?;
    Ok(amendments::set_note(tx, id, post)?)
}

/// Tells that a proposal was edited or taken back. One that was proposed before there were such
/// Notes has none.
///
/// # Errors
/// The store's fault.
pub(super) fn update_proposal(tx: &mut Tx<'_>, id: AmendmentId) -> Result<(), ServiceError> {
    let amendment = amendments::amendment(tx.conn, id)?;
    let Some(post) = amendment.note_id else { return Ok(()) };
    let community = find_community(tx.conn)?.ok_or(DbError::NotFound)?;
    let object = object(tx, &amendment, (&community, post), Some(tx.now))?;
    update(tx, post, &object, &Audience::followers(community.id))?;
    Ok(())
}

fn object(
    tx: &mut Tx<'_>,
    amendment: &Amendment,
    (community, post): (&LocalActor, PostId),
    updated: Option<Stamp>,
) -> Result<Value, ServiceError> {
    let document = document(tx.conn, amendment.document_id)?;
    let changes = amendments::list_changes(tx.conn, amendment.id)?;
    let shelf = Library::new(tx.urls).at(tx.conn, amendment.written())?;
    let proposed = Proposed { amendment, document: &document, changes: &changes, shelf: &shelf };
    let content = ballot_words::proposal(tx.urls, &proposed);
    let parts = NoteParts {
        id: &tx.urls.note(post),
        author: &community.url(tx.urls),
        content_html: &content,
        language: "en",
        published: amendment.proposed_at,
        updated,
        in_reply_to: None,
        visibility: Visibility::Public,
        mentions: Vec::new(),
        hashtags: Vec::new(),
        extra: Extra::default()
            .with("amendment", json!(tx.urls.amendment(amendment.id)))
            .with("amendmentState", json!(amendment.state_at(tx.now).as_str())),
    };
    Ok(note(&parts, tx.urls))
}
