//! Messages to cabals and to the community: what people wrote that is neither offer nor vote.

use super::connection::{AnyBackend, AnyConnection};
use super::convert;
use super::error::DbError;
use super::remote_actors::handle_of;
use super::schema::{messages, remote_actors};
use super::tx::Tx;
use crate::clock::Stamp;
use crate::domain::visibility::Visibility;
use crate::ids::{ActorId, MessageId};
use crate::on_each_backend;
use chrono::NaiveDateTime;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use std::collections::HashSet;

/// A message to one of our actors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The message.
    pub id: MessageId,
    /// To whom: a cabal or the community.
    pub actor_id: ActorId,
    /// The URL of the actor who wrote.
    pub sender_actor: String,
    /// The id of the note at its home server.
    pub note_id: String,
    /// What it answers, if anything.
    pub in_reply_to: Option<String>,
    /// The text, cleaned.
    pub content_html: String,
    /// Who may read it; see `domain::offer::may_see`.
    pub visibility: Visibility,
    /// When it came.
    pub received_at: Stamp,
    /// When its writer last edited it.
    pub edited_at: Option<Stamp>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages, check_for_backend(AnyBackend))]
struct Row {
    id: String,
    actor_id: String,
    sender_actor: String,
    note_id: String,
    in_reply_to: Option<String>,
    content_html: String,
    visibility: String,
    received_at: NaiveDateTime,
    edited_at: Option<NaiveDateTime>,
}

fn message_from(row: Row) -> Result<Message, DbError> {
    Ok(Message {
        id: convert::id(&row.id)?,
        actor_id: convert::id(&row.actor_id)?,
        sender_actor: row.sender_actor,
        note_id: row.note_id,
        in_reply_to: row.in_reply_to,
        content_html: row.content_html,
        visibility: Visibility::from_stored(&row.visibility),
        received_at: row.received_at.and_utc(),
        edited_at: row.edited_at.map(|at| at.and_utc()),
    })
}

/// The sender of a message, if stewards blocked them: what they wrote is kept and not shown (K2).
macro_rules! blocked_sender {
    () => {
        remote_actors::table
            .filter(remote_actors::url.eq(messages::sender_actor))
            .filter(remote_actors::is_blocked.eq(true))
    };
}

/// A message by id, unless its sender is blocked.
///
/// # Errors
/// The store's fault.
pub fn find_message(conn: &mut AnyConnection, id: MessageId) -> Result<Option<Message>, DbError> {
    let found = messages::table
        .filter(messages::id.eq(id.to_string()))
        .filter(messages::deleted_at.is_null())
        .filter(not(exists(blocked_sender!())))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    found.map(message_from).transpose()
}

/// The messages that one note made: one for each of our actors that it was addressed to.
///
/// # Errors
/// The store's fault.
pub fn list_messages_by_note(conn: &mut AnyConnection, note_id: &str) -> Result<Vec<Message>, DbError> {
    let found: Vec<Row> = messages::table
        .filter(messages::note_id.eq(note_id))
        .filter(messages::deleted_at.is_null())
        .select(Row::as_select())
        .load(conn)?;
    found.into_iter().map(message_from).collect()
}

/// Messages to one of our actors from anybody who is not blocked, the latest first; `in_reply_to` narrows to answers to one post.
///
/// # Errors
/// The store's fault.
pub fn list_messages(
    conn: &mut AnyConnection,
    actor: ActorId,
    in_reply_to: Option<&str>,
    before: Option<MessageId>,
    limit: i64,
) -> Result<Vec<Message>, DbError> {
    let mut query = messages::table
        .filter(messages::actor_id.eq(actor.to_string()))
        .filter(messages::deleted_at.is_null())
        .filter(not(exists(blocked_sender!())))
        .select(Row::as_select())
        .into_boxed::<AnyBackend>();
    if let Some(parent) = in_reply_to {
        query = query.filter(messages::in_reply_to.eq(parent.to_owned()));
    }
    if let Some(before) = before {
        query = query.filter(messages::id.lt(before.to_string()));
    }
    let found: Vec<Row> = query.order(messages::id.desc()).limit(limit).load(conn)?;
    found.into_iter().map(message_from).collect()
}

/// How deep answers to answers are followed.
const DEEPEST: usize = 20;

/// A public answer, with the handle of who wrote it.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was written.
    pub message: Message,
    /// `@name@host`, or the URL of an actor that we do not know any more.
    pub handle: String,
}

/// What answers these posts as everybody may read it, and what answers that: posts nearer to the beginning
/// first, the oldest first among them. Ends after `limit` answers. What stands below the words of somebody who
/// is blocked is left out with them. Each note is told once, however often and in answer to whatever it came.
///
/// # Errors
/// The store's fault.
pub fn list_discussion(conn: &mut AnyConnection, of: Vec<String>, limit: usize) -> Result<Vec<Answer>, DbError> {
    let (mut parents, mut answers) = (of, Vec::new());
    let mut seen: HashSet<String> = parents.iter().cloned().collect();
    for _ in 0..DEEPEST {
        if parents.is_empty() || answers.len() >= limit {
            break;
        }
        let found = list_answers(conn, std::mem::take(&mut parents), limit - answers.len())?;
        for message in found {
            if !seen.insert(message.note_id.clone()) {
                continue;
            }
            let handle = handle_of(conn, &message.sender_actor)?;
            parents.push(message.note_id.clone());
            answers.push(Answer { message, handle });
        }
    }
    Ok(answers)
}

fn list_answers(conn: &mut AnyConnection, parents: Vec<String>, limit: usize) -> Result<Vec<Message>, DbError> {
    let found: Vec<Row> = messages::table
        .filter(messages::in_reply_to.eq_any(parents).assume_not_null())
        .filter(messages::visibility.eq_any([Visibility::Public.as_str(), Visibility::Unlisted.as_str()]))
        .filter(messages::deleted_at.is_null())
        .filter(not(exists(blocked_sender!())))
        .order(messages::id)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(Row::as_select())
        .load(conn)?;
    found.into_iter().map(message_from).collect()
}

/// How many messages an actor has sent since a moment, erased ones too.
///
/// # Errors
/// The store's fault.
pub fn count_messages_by(conn: &mut AnyConnection, sender_actor: &str, since: Stamp) -> Result<i64, DbError> {
    Ok(messages::table
        .filter(messages::sender_actor.eq(sender_actor))
        .filter(messages::received_at.gt(since.naive_utc()))
        .count()
        .get_result(conn)?)
}

/// Saves a message unless its note has reached this actor already; true when it was new (F5).
///
/// # Errors
/// The store's fault.
pub fn insert_message_once(tx: &mut Tx<'_>, new: &Message) -> Result<bool, DbError> {
    let row = (
        messages::id.eq(new.id.to_string()),
        messages::actor_id.eq(new.actor_id.to_string()),
        messages::sender_actor.eq(&new.sender_actor),
        messages::note_id.eq(&new.note_id),
        messages::in_reply_to.eq(new.in_reply_to.as_deref()),
        messages::content_html.eq(&new.content_html),
        messages::visibility.eq(new.visibility.as_str()),
        messages::received_at.eq(new.received_at.naive_utc()),
        messages::edited_at.eq(new.edited_at.map(|at| at.naive_utc())),
    );
    let inserted = on_each_backend!(tx.conn, |c| diesel::insert_into(messages::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted > 0)
}

/// Replaces the text of a message (H6).
///
/// # Errors
/// The store's fault.
pub fn edit_message(
    tx: &mut Tx<'_>,
    id: MessageId,
    content_html: &str,
    visibility: Visibility,
    edited_at: Stamp,
) -> Result<(), DbError> {
    diesel::update(messages::table.filter(messages::id.eq(id.to_string())))
        .set((
            messages::content_html.eq(content_html),
            messages::visibility.eq(visibility.as_str()),
            messages::edited_at.eq(edited_at.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Removes the text of what one note made, if it is by `sender_actor`; the bare fact stays, so
/// that it cannot come back. Answers how many messages that were.
///
/// # Errors
/// The store's fault.
pub fn erase_messages(tx: &mut Tx<'_>, note_id: &str, sender_actor: &str) -> Result<usize, DbError> {
    Ok(diesel::update(
        messages::table
            .filter(messages::note_id.eq(note_id))
            .filter(messages::sender_actor.eq(sender_actor))
            .filter(messages::deleted_at.is_null()),
    )
    .set((messages::content_html.eq(""), messages::deleted_at.eq(tx.now.naive_utc())))
    .execute(tx.conn)?)
}

/// Removes the text of everything that an actor wrote to us.
///
/// # Errors
/// The store's fault.
pub fn erase_messages_of(tx: &mut Tx<'_>, sender_actor: &str) -> Result<usize, DbError> {
    Ok(diesel::update(
        messages::table.filter(messages::sender_actor.eq(sender_actor)).filter(messages::deleted_at.is_null()),
    )
    .set((messages::content_html.eq(""), messages::deleted_at.eq(tx.now.naive_utc())))
    .execute(tx.conn)?)
}
