//! What our actors say in their own words: the progress of a cabal, and what spokespeople say in the
//! name of the community (V1). What was withdrawn leaves this table; its post keeps the tombstone.

use super::connection::{AnyBackend, AnyConnection};
use super::convert;
use super::error::DbError;
use super::local_actors::ActorKind;
use super::schema::{local_actors, spokespeople, statements};
use super::tx::Tx;
use crate::clock::Stamp;
use crate::domain::statement::NewStatement;
use crate::ids::{ActorId, MemberId, PostId, SpokespersonId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// A statement with the actor in whose name it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The same UUID as its post.
    pub id: PostId,
    /// In whose name.
    pub actor_id: ActorId,
    /// Whether that is a cabal or the community.
    pub speaker: ActorKind,
    /// The actor's handle.
    pub handle: String,
    /// The actor's name.
    pub name: String,
    /// The member who published it.
    pub published_by: MemberId,
    /// The text, simple Markdown; `federation::outbound::markdown` makes HTML of it.
    pub text: String,
    /// The language of the text.
    pub language: String,
    /// When it was published.
    pub published_at: Stamp,
    /// When it was last edited.
    pub updated_at: Stamp,
    /// As which spokesperson it was published, when the community speaks.
    pub spoken_as: Option<SpokespersonId>,
    /// As which spokesperson it was edited last.
    pub edited_as: Option<SpokespersonId>,
}

/// Whose statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those of one actor.
    Of(ActorId),
    /// Those of all cabals.
    AnyCabal,
    /// Those of the community.
    Community,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = statements, check_for_backend(AnyBackend))]
struct Row {
    id: String,
    actor_id: String,
    published_by: String,
    text: String,
    language: String,
    published_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    spoken_as: Option<String>,
    edited_as: Option<String>,
}

type Parts = (Row, String, String, String);

fn statement_from((row, kind, handle, name): Parts) -> Result<Statement, DbError> {
    Ok(Statement {
        id: convert::id(&row.id)?,
        actor_id: convert::id(&row.actor_id)?,
        speaker: convert::word(&kind, ActorKind::stored)?,
        handle,
        name,
        published_by: convert::id(&row.published_by)?,
        text: row.text,
        language: row.language,
        published_at: row.published_at.and_utc(),
        updated_at: row.updated_at.and_utc(),
        spoken_as: row.spoken_as.as_deref().map(convert::id).transpose()?,
        edited_as: row.edited_as.as_deref().map(convert::id).transpose()?,
    })
}

macro_rules! with_actors {
    () => {
        statements::table.inner_join(local_actors::table.on(local_actors::id.eq(statements::actor_id))).select((
            Row::as_select(),
            local_actors::kind,
            local_actors::handle,
            local_actors::name,
        ))
    };
}

/// A statement that must exist.
///
/// # Errors
/// `NotFound` when there is none, or the store's fault.
pub fn statement(conn: &mut AnyConnection, id: PostId) -> Result<Statement, DbError> {
    find_statement(conn, id)?.ok_or(DbError::NotFound)
}

/// A statement by id.
///
/// # Errors
/// The store's fault.
pub fn find_statement(conn: &mut AnyConnection, id: PostId) -> Result<Option<Statement>, DbError> {
    let found: Option<Parts> = with_actors!().filter(statements::id.eq(id.to_string())).first(conn).optional()?;
    found.map(statement_from).transpose()
}

/// Statements, the youngest first.
///
/// # Errors
/// The store's fault.
pub fn list_statements(
    conn: &mut AnyConnection,
    whose: Whose,
    before: Option<PostId>,
    limit: i64,
) -> Result<Vec<Statement>, DbError> {
    let mut query = with_actors!().into_boxed::<AnyBackend>();
    query = match whose {
        Whose::Of(actor) => query.filter(statements::actor_id.eq(actor.to_string())),
        Whose::AnyCabal => query.filter(local_actors::kind.eq(ActorKind::Cabal.as_str())),
        Whose::Community => query.filter(local_actors::kind.eq(ActorKind::Community.as_str())),
    };
    if let Some(before) = before {
        query = query.filter(statements::id.lt(before.to_string()));
    }
    let found: Vec<Parts> = query.order(statements::id.desc()).limit(limit).load(conn)?;
    found.into_iter().map(statement_from).collect()
}

/// The statements that a member published or edited as a spokesperson: their name stands in them.
///
/// # Errors
/// The store's fault.
pub fn list_naming(conn: &mut AnyConnection, member: MemberId) -> Result<Vec<Statement>, DbError> {
    let theirs = || {
        spokespeople::table.filter(spokespeople::member_id.eq(member.to_string())).select(spokespeople::id.nullable())
    };
    let found: Vec<Parts> = with_actors!()
        .filter(statements::spoken_as.eq_any(theirs()).or(statements::edited_as.eq_any(theirs())))
        .order(statements::id)
        .load(conn)?;
    found.into_iter().map(statement_from).collect()
}

/// Saves a statement beside its post, which must exist.
///
/// # Errors
/// The store's fault.
pub fn insert_statement(tx: &mut Tx<'_>, new: &Statement) -> Result<(), DbError> {
    diesel::insert_into(statements::table)
        .values((
            statements::id.eq(new.id.to_string()),
            statements::actor_id.eq(new.actor_id.to_string()),
            statements::published_by.eq(new.published_by.to_string()),
            statements::text.eq(&new.text),
            statements::language.eq(&new.language),
            statements::published_at.eq(new.published_at.naive_utc()),
            statements::updated_at.eq(new.updated_at.naive_utc()),
            statements::spoken_as.eq(new.spoken_as.map(|id| id.to_string())),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Replaces what a statement says, and as whom it was edited.
///
/// # Errors
/// The store's fault.
pub fn rewrite_statement(
    tx: &mut Tx<'_>,
    id: PostId,
    new: &NewStatement,
    edited_as: Option<SpokespersonId>,
) -> Result<(), DbError> {
    diesel::update(statements::table.find(id.to_string()))
        .set((
            statements::text.eq(&new.text),
            statements::language.eq(&new.language),
            statements::updated_at.eq(tx.now.naive_utc()),
            statements::edited_as.eq(edited_as.map(|id| id.to_string())),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Erases a statement (PV-11).
///
/// # Errors
/// The store's fault.
pub fn delete_statement(tx: &mut Tx<'_>, id: PostId) -> Result<(), DbError> {
    diesel::delete(statements::table.find(id.to_string())).execute(tx.conn)?;
    Ok(())
}
