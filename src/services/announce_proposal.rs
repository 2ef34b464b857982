//! The community's Note that tells its followers of a proposal (F1): people reply to it, and
//! members back the proposal by such a reply.

use super::ServiceError;
use super::ballot_words::Proposed;
use super::proposal_words::proposal;
use crate::clock::Stamp;
use crate::db::amendments::{self, Amendment};
use crate::db::citations::Library;
use crate::db::documents::{document, find_version};
use crate::db::local_actors::{LocalActor, find_community};
use crate::db::outbox::count_sent_of;
use crate::db::posts::{self, PostKind};
use crate::db::{DbError, Tx};
use crate::domain::amendment::AmendmentState;
use crate::domain::document::Shelf;
use crate::domain::visibility::Visibility;
use crate::federation::outbound::documents::{Extra, NoteParts, note};
use crate::federation::outbound::publish::{Audience, NewPost, publish, store_object, update};
use crate::ids::{AmendmentId, PostId};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// How many activities about one proposal followers get within an hour for no more than its being backed and
/// unbacked.
const MOST_AN_HOUR: i64 = 4;

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

/// Brings the Note of a proposal up to date, whatever happened to it: called after every change of state or
/// text. Followers get an Update when there is something new to read; when a proposal is backed and unbacked
/// again and again, what is served stays right, and they are told now and then. One that was proposed before
/// there were such Notes has none.
///
/// # Errors
/// The store's fault.
pub(super) fn tell_of_state(tx: &mut Tx<'_>, id: AmendmentId) -> Result<(), ServiceError> {
    let amendment = amendments::amendment(tx.conn, id)?;
    let Some(post) = amendment.note_id else { return Ok(()) };
    let served = posts::post(tx.conn, post)?;
    let community = find_community(tx.conn)?.ok_or(DbError::NotFound)?;
    let object = object(tx, &amendment, (&community, post), Some(tx.now))?;
    if served.deleted_at.is_some() || says_the_same(&served.object, &object) {
        return Ok(());
    }
    let goes_to_and_fro = matches!(
        amendment.state_at(tx.now),
        AmendmentState::SeekingBacking | AmendmentState::Backed | AmendmentState::Announced
    );
    if goes_to_and_fro && count_sent_of(tx.conn, post, tx.now - TimeDelta::hours(1))? >= MOST_AN_HOUR {
        store_object(tx, post, &object)?;
    } else {
        update(tx, post, &object, &Audience::followers(community.id))?;
    }
    Ok(())
}

/// Whether two renderings differ in nothing but the moment at which they were made.
fn says_the_same(served: &str, object: &Value) -> bool {
    let without_moment = |mut object: Value| {
        object.as_object_mut().map(|object| object.shift_remove("updated"));
        object
    };
    serde_json::from_str(served).is_ok_and(|served| without_moment(served) == without_moment(object.clone()))
}

fn object(
    tx: &mut Tx<'_>,
    amendment: &Amendment,
    (community, post): (&LocalActor, PostId),
    updated: Option<Stamp>,
) -> Result<Value, ServiceError> {
    let document = document(tx.conn, amendment.document_id)?;
    let changes = amendments::list_changes(tx.conn, amendment.id)?;
    let (shelf, numbers) = shelves(tx, amendment)?;
    let proposed = Proposed { amendment, document: &document, changes: &changes, shelf: &shelf, numbers: &numbers };
    let content = proposal(tx.urls, &proposed, tx.now);
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

/// What the words of an amendment may cite, which is what stood when it was written; and what the numbers of
/// the clauses that it changes mean, which is what stands in the version that it is based on.
pub(super) fn shelves(tx: &mut Tx<'_>, amendment: &Amendment) -> Result<(Shelf, Shelf), ServiceError> {
    let base = find_version(tx.conn, amendment.base_version_id)?.ok_or(ServiceError::NotFound("version"))?;
    let mut library = Library::new(tx.urls);
    let shelf = library.at(tx.conn, amendment.written())?;
    Ok((shelf, library.at(tx.conn, (base.created_at, Some(amendment.document_id)))?))
}
