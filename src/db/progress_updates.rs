//! Progress updates of cabals. A withdrawn one leaves this table; its post keeps the tombstone.

use super::connection::{AnyBackend, AnyConnection};
use super::convert;
use super::error::DbError;
use super::schema::{local_actors, progress_updates};
use super::tx::Tx;
use crate::clock::Stamp;
use crate::domain::progress::NewProgress;
use crate::ids::{CabalId, MemberId, ProgressId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// A progress update with the cabal that tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressUpdate {
    /// The same UUID as its post.
    pub id: ProgressId,
    /// Who tells.
    pub cabal_id: CabalId,
    /// The cabal's handle.
    pub cabal_handle: String,
    /// The cabal's name.
    pub cabal_name: String,
    /// The cabal member who published it.
    pub published_by: MemberId,
    /// The text, simple Markdown; `federation::outbound::markdown` makes HTML of it.
    pub text: String,
    /// The language of the text.
    pub language: String,
    /// When it was published.
    pub published_at: Stamp,
    /// When it was last edited.
    pub updated_at: Stamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = progress_updates, check_for_backend(AnyBackend))]
struct Row {
    id: String,
    cabal_id: String,
    published_by: String,
    text: String,
    language: String,
    published_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

type Parts = (Row, String, String);

fn progress_from((row, cabal_handle, cabal_name): Parts) -> Result<ProgressUpdate, DbError> {
    Ok(ProgressUpdate {
        id: convert::id(&row.id)?,
        cabal_id: convert::id(&row.cabal_id)?,
        cabal_handle,
        cabal_name,
        published_by: convert::id(&row.published_by)?,
        text: row.text,
        language: row.language,
        published_at: row.published_at.and_utc(),
        updated_at: row.updated_at.and_utc(),
    })
}

macro_rules! with_cabals {
    () => {
        progress_updates::table
            .inner_join(local_actors::table.on(local_actors::id.eq(progress_updates::cabal_id)))
            .select((Row::as_select(), local_actors::handle, local_actors::name))
    };
}

/// A progress update that must exist.
///
/// # Errors
/// `NotFound` when there is none, or the store's fault.
pub fn progress_update(conn: &mut AnyConnection, id: ProgressId) -> Result<ProgressUpdate, DbError> {
    find_progress_update(conn, id)?.ok_or(DbError::NotFound)
}

/// A progress update by id.
///
/// # Errors
/// The store's fault.
pub fn find_progress_update(conn: &mut AnyConnection, id: ProgressId) -> Result<Option<ProgressUpdate>, DbError> {
    let found: Option<Parts> = with_cabals!().filter(progress_updates::id.eq(id.to_string())).first(conn).optional()?;
    found.map(progress_from).transpose()
}

/// Progress updates, of one cabal or of all, the youngest first.
///
/// # Errors
/// The store's fault.
pub fn list_progress_updates(
    conn: &mut AnyConnection,
    cabal: Option<CabalId>,
    before: Option<ProgressId>,
    limit: i64,
) -> Result<Vec<ProgressUpdate>, DbError> {
    let mut query = with_cabals!().into_boxed::<AnyBackend>();
    if let Some(cabal) = cabal {
        query = query.filter(progress_updates::cabal_id.eq(cabal.to_string()));
    }
    if let Some(before) = before {
        query = query.filter(progress_updates::id.lt(before.to_string()));
    }
    let found: Vec<Parts> = query.order(progress_updates::id.desc()).limit(limit).load(conn)?;
    found.into_iter().map(progress_from).collect()
}

/// Saves a progress update beside its post, which must exist.
///
/// # Errors
/// The store's fault.
pub fn insert_progress_update(
    tx: &mut Tx<'_>,
    id: ProgressId,
    cabal: CabalId,
    by: MemberId,
    new: &NewProgress,
) -> Result<(), DbError> {
    diesel::insert_into(progress_updates::table)
        .values((
            progress_updates::id.eq(id.to_string()),
            progress_updates::cabal_id.eq(cabal.to_string()),
            progress_updates::published_by.eq(by.to_string()),
            progress_updates::text.eq(&new.text),
            progress_updates::language.eq(&new.language),
            progress_updates::published_at.eq(tx.now.naive_utc()),
            progress_updates::updated_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Replaces what a progress update says.
///
/// # Errors
/// The store's fault.
pub fn rewrite_progress_update(tx: &mut Tx<'_>, id: ProgressId, new: &NewProgress) -> Result<(), DbError> {
    diesel::update(progress_updates::table.filter(progress_updates::id.eq(id.to_string())))
        .set((
            progress_updates::text.eq(&new.text),
            progress_updates::language.eq(&new.language),
            progress_updates::updated_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Erases a progress update (PV-11).
///
/// # Errors
/// The store's fault.
pub fn delete_progress_update(tx: &mut Tx<'_>, id: ProgressId) -> Result<(), DbError> {
    diesel::delete(progress_updates::table.filter(progress_updates::id.eq(id.to_string()))).execute(tx.conn)?;
    Ok(())
}
