//! Publish, edit and withdraw a progress update.

use super::ServiceError;
use super::join_cabal::check_is_in_cabal;
use crate::db::Tx;
use crate::db::cabals::{find_cabal, log_act, note_published};
use crate::db::citations::Library;
use crate::db::posts::PostKind;
use crate::db::progress_updates::{
    ProgressUpdate, delete_progress_update, find_progress_update, insert_progress_update, rewrite_progress_update,
};
use crate::domain::progress::NewProgress;
use crate::domain::visibility::Visibility;
use crate::federation::outbound::cabal_notes;
use crate::federation::outbound::html::first_words;
use crate::federation::outbound::publish::{self, Audience, NewPost};
use crate::ids::{CabalId, MemberId, ProgressId};

/// Publishes progress of a cabal.
///
/// # Errors
/// When the member is not in the cabal.
pub fn publish_progress(
    tx: &mut Tx<'_>,
    by: MemberId,
    cabal: CabalId,
    new: &NewProgress,
) -> Result<ProgressId, ServiceError> {
    let cabal = find_cabal(tx.conn, cabal)?.ok_or(ServiceError::NotFound("cabal"))?;
    check_is_in_cabal(tx, by, cabal.id)?;
    let update = ProgressUpdate {
        id: ProgressId::from_uuid(tx.next_id()),
        cabal_id: cabal.id,
        cabal_handle: cabal.handle,
        cabal_name: cabal.name,
        published_by: by,
        text: new.text.clone(),
        language: new.language.clone(),
        published_at: tx.now,
        updated_at: tx.now,
    };
    let shelf = Library::new(tx.urls).shelf(tx.conn, &update.text, (tx.now, None))?;
    let post = NewPost {
        id: update.id.into(),
        actor_id: cabal.id.into(),
        kind: PostKind::Progress,
        visibility: Visibility::Public,
        in_reply_to: None,
        object: cabal_notes::progress(&update, &shelf, tx.urls),
        is_pinned: false,
    };
    publish::publish(tx, post, &Audience::followers(cabal.id.into()))?;
    insert_progress_update(tx, update.id, cabal.id, by, new)?;
    note_published(tx, cabal.id)?;
    log_act(tx, cabal.id, by, "published progress", &first_words(&new.text))?;
    Ok(update.id)
}

/// Replaces what a progress update says.
///
/// # Errors
/// When the member is not in the cabal.
pub fn edit_progress(tx: &mut Tx<'_>, by: MemberId, id: ProgressId, new: &NewProgress) -> Result<(), ServiceError> {
    let before = own_progress(tx, by, id)?;
    let cabal = before.cabal_id;
    rewrite_progress_update(tx, id, new)?;
    let after = ProgressUpdate { text: new.text.clone(), language: new.language.clone(), updated_at: tx.now, ..before };
    let shelf = Library::new(tx.urls).shelf(tx.conn, &after.text, (tx.now, None))?;
    let object = cabal_notes::progress(&after, &shelf, tx.urls);
    publish::update(tx, id.into(), &object, &Audience::followers(cabal.into()))?;
    log_act(tx, cabal, by, "edited progress", &first_words(&new.text))?;
    Ok(())
}

/// Takes a progress update back; it is deleted wherever it went.
///
/// # Errors
/// When the member is not in the cabal.
pub fn withdraw_progress(tx: &mut Tx<'_>, by: MemberId, id: ProgressId) -> Result<(), ServiceError> {
    let update = own_progress(tx, by, id)?;
    delete_progress_update(tx, id)?;
    publish::withdraw(tx, id.into(), &Audience::followers(update.cabal_id.into()))?;
    log_act(tx, update.cabal_id, by, "withdrew progress", &first_words(&update.text))?;
    Ok(())
}

fn own_progress(tx: &mut Tx<'_>, by: MemberId, id: ProgressId) -> Result<ProgressUpdate, ServiceError> {
    let update = find_progress_update(tx.conn, id)?.ok_or(ServiceError::NotFound("progress update"))?;
    check_is_in_cabal(tx, by, update.cabal_id)?;
    Ok(update)
}
