//! Record what people write to a cabal or the community that is neither offer nor vote.

use crate::clock::Stamp;
use crate::db::messages::{self, Message, count_messages_by, insert_message_once};
use crate::db::{DbError, Tx};
use crate::federation::inbound::clean::clean;
use crate::federation::inbound::note::InboundNote;
use crate::ids::{ActorId, MessageId};
use chrono::TimeDelta;

/// How many messages of one actor are taken within a day.
const MOST_A_DAY: i64 = 200;

/// Records a message to one of our actors; one that is known already changes nothing (F5).
///
/// # Errors
/// The store's fault.
pub fn record_message(tx: &mut Tx<'_>, to: ActorId, note: &InboundNote, received_at: Stamp) -> Result<(), DbError> {
    let since = tx.now - TimeDelta::days(1);
    if count_messages_by(tx.conn, &note.author, since)? >= MOST_A_DAY {
        tracing::info!("one sender wrote too many messages within a day; the rest is not kept");
        return Ok(());
    }
    let message = Message {
        id: MessageId::from_uuid(tx.next_id()),
        actor_id: to,
        sender_actor: note.author.clone(),
        note_id: note.id.clone(),
        in_reply_to: note.in_reply_to.clone(),
        content_html: clean(&note.raw_html),
        visibility: note.visibility,
        received_at,
        edited_at: note.edited_before(received_at),
    };
    insert_message_once(tx, &message)?;
    Ok(())
}

/// Follows an edit (H6). An older edit than the one we have changes nothing, and a private
/// message never becomes public by an edit.
///
/// # Errors
/// The store's fault.
pub fn edit_message(tx: &mut Tx<'_>, known: &Message, note: &InboundNote, edited_at: Stamp) -> Result<(), DbError> {
    if known.edited_at.is_some_and(|before| before > edited_at) {
        return Ok(());
    }
    let visibility = known.visibility.max(note.visibility);
    messages::edit_message(tx, known.id, &clean(&note.raw_html), visibility, edited_at)
}
