//! Say something in the name of a cabal (progress) or of the community (V1): publish, edit, withdraw.
//! Any member of a cabal speaks for it (C3); for the community only its spokespeople do, as long as
//! their time lasts (V2).

use super::ServiceError;
use super::join_cabal::check_is_in_cabal;
use crate::clock::Stamp;
use crate::db::cabals::{log_act, note_published};
use crate::db::citations::Library;
use crate::db::local_actors::{ActorKind, LocalActor, actor, find_community};
use crate::db::outbox::forget_carriers;
use crate::db::posts::PostKind;
use crate::db::spokespeople::{self, Spokesperson, hold_all_of};
use crate::db::spokesperson_log::{Deed, log_deed};
use crate::db::statements::{
    Statement, delete_statement, find_statement, insert_statement, list_naming, rewrite_statement,
};
use crate::db::{AnyConnection, DbError, Tx};
use crate::domain::spokesperson::SpokespersonState;
use crate::domain::statement::{NewStatement, Role, signature};
use crate::domain::visibility::Visibility;
use crate::federation::outbound::html::first_words;
use crate::federation::outbound::publish::{self, Audience, NewPost};
use crate::federation::outbound::statement_note;
use crate::ids::{CabalId, MemberId, PostId};
use serde_json::Value;

/// In whose name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// A cabal.
    Cabal(CabalId),
    /// The community.
    Community,
}

/// Why others may not: it leads to the register.
pub const NO_SPOKESPERSON: &str = "Only the spokespeople in the register speak for the community, and you are not \
                                   among them at the moment. Any member may volunteer there.";

/// An actor, and as whom a member speaks for it.
struct Voice {
    actor: LocalActor,
    /// Nothing for a cabal.
    spokesperson: Option<Spokesperson>,
}

/// Publishes a statement.
///
/// # Errors
/// Forbidden to those who may not speak for the author.
pub fn publish_statement(
    tx: &mut Tx<'_>,
    by: MemberId,
    author: Author,
    new: &NewStatement,
) -> Result<PostId, ServiceError> {
    let voice = voice(tx, by, author)?;
    let statement = Statement {
        id: PostId::from_uuid(tx.next_id()),
        actor_id: voice.actor.id,
        speaker: voice.actor.kind,
        handle: voice.actor.handle.clone(),
        name: voice.actor.name.clone(),
        published_by: by,
        text: new.text.clone(),
        language: new.language.clone(),
        published_at: tx.now,
        updated_at: tx.now,
        spoken_as: voice.spokesperson.as_ref().map(|one| one.id),
        edited_as: None,
    };
    let post = NewPost {
        id: statement.id,
        actor_id: statement.actor_id,
        kind: if voice.spokesperson.is_some() { PostKind::Notice } else { PostKind::Progress },
        visibility: Visibility::Public,
        in_reply_to: None,
        object: object(tx, &statement, tx.now)?,
        is_pinned: false,
    };
    publish::publish(tx, post, &Audience::followers(statement.actor_id))?;
    insert_statement(tx, &statement)?;
    if let Author::Cabal(cabal) = author {
        note_published(tx, cabal)?;
    }
    log(tx, by, &voice, (Deed::Published, &statement))?;
    Ok(statement.id)
}

/// Replaces what a statement says.
///
/// # Errors
/// Forbidden to those who may not speak for its author.
pub fn edit_statement(tx: &mut Tx<'_>, by: MemberId, id: PostId, new: &NewStatement) -> Result<(), ServiceError> {
    let (before, voice) = own_statement(tx, by, id)?;
    let edited_as = voice.spokesperson.as_ref().map(|one| one.id);
    rewrite_statement(tx, id, new, edited_as)?;
    let after =
        Statement { text: new.text.clone(), language: new.language.clone(), updated_at: tx.now, edited_as, ..before };
    let object = object(tx, &after, tx.now)?;
    publish::update(tx, id, &object, &Audience::followers(after.actor_id))?;
    log(tx, by, &voice, (Deed::Edited, &after))
}

/// Takes a statement back; it is deleted wherever it went.
///
/// # Errors
/// Forbidden to those who may not speak for its author.
pub fn withdraw_statement(tx: &mut Tx<'_>, by: MemberId, id: PostId) -> Result<(), ServiceError> {
    let (statement, voice) = own_statement(tx, by, id)?;
    delete_statement(tx, id)?;
    publish::withdraw(tx, id, &Audience::followers(statement.actor_id))?;
    log(tx, by, &voice, (Deed::Withdrew, &statement))
}

/// Who says it and who changed it, in one line; nothing for a cabal, which speaks as a whole.
///
/// # Errors
/// The store's fault.
pub fn signature_of(conn: &mut AnyConnection, statement: &Statement) -> Result<Option<String>, DbError> {
    let Some(by) = statement.spoken_as else { return Ok(None) };
    let by = role(&spokespeople::spokesperson(conn, by)?);
    let edited = match statement.edited_as.filter(|editor| statement.spoken_as != Some(*editor)) {
        Some(editor) => Some(role(&spokespeople::spokesperson(conn, editor)?)),
        None => None,
    };
    Ok(Some(signature(&statement.name, &by, edited.as_ref())))
}

/// As whom somebody speaks.
pub fn role(one: &Spokesperson) -> Role {
    let until = one.times.last_moment().format("%-d %B %Y").to_string();
    Role { name: one.name.clone(), purpose: one.purpose.clone(), until }
}

/// Tells the statements of somebody who left anew, without their name (J4).
///
/// # Errors
/// The store's fault.
pub(super) fn forget_speaker(tx: &mut Tx<'_>, member: MemberId) -> Result<(), ServiceError> {
    for statement in list_naming(tx.conn, member)? {
        forget_carriers(tx, statement.id)?;
        let written_at = statement.updated_at;
        // Other servers take an Update that is newer than what they have.
        let statement = Statement { updated_at: tx.now, ..statement };
        let object = object(tx, &statement, written_at)?;
        publish::update(tx, statement.id, &object, &Audience::followers(statement.actor_id))?;
    }
    Ok(())
}

/// The Note of a statement whose words are of a moment: what they cite is as it stood then.
fn object(tx: &mut Tx<'_>, statement: &Statement, written_at: Stamp) -> Result<Value, DbError> {
    let signature = signature_of(tx.conn, statement)?;
    let shelf = Library::new(tx.urls).shelf(tx.conn, &statement.text, (written_at, None))?;
    Ok(statement_note::statement(statement, signature.as_deref(), &shelf, tx.urls))
}

fn voice(tx: &mut Tx<'_>, by: MemberId, author: Author) -> Result<Voice, ServiceError> {
    match author {
        Author::Cabal(id) => {
            let actor = super::found(actor(tx.conn, id.into()), "cabal")?;
            check_is_in_cabal(tx, by, id)?;
            Ok(Voice { actor, spokesperson: None })
        }
        Author::Community => {
            let actor = find_community(tx.conn)?.ok_or(DbError::NotFound)?;
            // Held, so that whoever steps down at this moment is waited for.
            let theirs = hold_all_of(tx, by)?;
            let now = tx.deadline();
            let speaking = theirs.into_iter().find(|one| one.state_at(now) == SpokespersonState::InForce);
            let spokesperson = speaking.ok_or_else(|| ServiceError::Forbidden(NO_SPOKESPERSON.to_owned()))?;
            Ok(Voice { actor, spokesperson: Some(spokesperson) })
        }
    }
}

fn own_statement(tx: &mut Tx<'_>, by: MemberId, id: PostId) -> Result<(Statement, Voice), ServiceError> {
    let statement = find_statement(tx.conn, id)?.ok_or(ServiceError::NotFound("statement"))?;
    let author = match statement.speaker {
        ActorKind::Cabal => Author::Cabal(CabalId::from_uuid(statement.actor_id.uuid())),
        ActorKind::Community | ActorKind::Instance => Author::Community,
    };
    let voice = voice(tx, by, author)?;
    Ok((statement, voice))
}

fn log(
    tx: &mut Tx<'_>,
    by: MemberId,
    voice: &Voice,
    (deed, statement): (Deed, &Statement),
) -> Result<(), ServiceError> {
    if let Some(spokesperson) = &voice.spokesperson {
        return Ok(log_deed(tx, spokesperson.id, deed, statement.id)?);
    }
    let cabal = CabalId::from_uuid(statement.actor_id.uuid());
    Ok(log_act(tx, cabal, by, &format!("{} progress", deed.as_str()), &first_words(&statement.text))?)
}
