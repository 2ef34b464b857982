//! An actor of another server is gone: their follows end, their offers are withdrawn and their
//! words removed. Ballots that were cast stand (security.md IN-6, V-28).

use super::record_offer::withdraw_offer;
use crate::db::followers::remove_everywhere;
use crate::db::linked_actors::disable_link;
use crate::db::messages::erase_messages_of;
use crate::db::offers::list_offers_of_actor;
use crate::db::remote_actors::mark_gone;
use crate::db::{DbError, Tx};

/// Removes what we hold of an actor, except that they took part.
///
/// # Errors
/// The store's fault.
pub fn remove_actor(tx: &mut Tx<'_>, actor_url: &str) -> Result<(), DbError> {
    remove_everywhere(tx, actor_url)?;
    for offer in list_offers_of_actor(tx.conn, actor_url)? {
        withdraw_offer(tx, &offer)?;
    }
    erase_messages_of(tx, actor_url)?;
    disable_link(tx, actor_url)?;
    mark_gone(tx, actor_url)
}
