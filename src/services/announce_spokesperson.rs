//! The community's post that tells who speaks for it (V2): published when somebody is backed, changed
//! when they step down, deleted when it came to nothing or they left (J4).

use super::ServiceError;
use crate::clock::Stamp;
use crate::db::local_actors::find_community;
use crate::db::posts::{self, PostKind};
use crate::db::spokespeople::{Spokesperson, spokesperson};
use crate::db::{DbError, Tx};
use crate::domain::spokesperson::Times;
use crate::domain::visibility::Visibility;
use crate::federation::outbound::community_notes;
use crate::federation::outbound::publish::{self, Audience, NewPost};
use crate::ids::{PostId, SpokespersonId};

/// Publishes it.
///
/// # Errors
/// Not found before the set-up, or the store's fault.
pub(super) fn announce_spokesperson(
    tx: &mut Tx<'_>,
    one: &Spokesperson,
    begins_at: Stamp,
) -> Result<PostId, ServiceError> {
    let community = find_community(tx.conn)?.ok_or(DbError::NotFound)?;
    let id = PostId::from_uuid(tx.next_id());
    let backed = Spokesperson { times: Times { begins_at: Some(begins_at), ..one.times }, ..one.clone() };
    let post = NewPost {
        id,
        actor_id: community.id,
        kind: PostKind::Notice,
        visibility: Visibility::Public,
        in_reply_to: None,
        object: community_notes::spokesperson(&backed, &community, (id, tx.now, None), tx.urls),
        is_pinned: false,
    };
    publish::publish(tx, post, &Audience::followers(community.id))?;
    Ok(id)
}

/// Tells that somebody stepped down before their time was over.
///
/// # Errors
/// The store's fault.
pub(super) fn tell_end(tx: &mut Tx<'_>, id: SpokespersonId) -> Result<(), ServiceError> {
    let one = spokesperson(tx.conn, id)?;
    let Some(note) = one.note_id else { return Ok(()) };
    let community = find_community(tx.conn)?.ok_or(DbError::NotFound)?;
    let published = posts::post(tx.conn, note)?.published_at;
    let object = community_notes::spokesperson(&one, &community, (note, published, Some(tx.now)), tx.urls);
    publish::update(tx, note, &object, &Audience::followers(community.id))?;
    Ok(())
}

/// Deletes it wherever it went.
///
/// # Errors
/// The store's fault.
pub(super) fn withdraw_announcement(tx: &mut Tx<'_>, one: &Spokesperson) -> Result<(), ServiceError> {
    let Some(note) = one.note_id else { return Ok(()) };
    let community = find_community(tx.conn)?.ok_or(DbError::NotFound)?;
    publish::withdraw(tx, note, &Audience::followers(community.id))?;
    Ok(())
}
