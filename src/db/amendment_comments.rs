//! What members write under an amendment on the web. What others write elsewhere are
//! [`super::messages`].

use super::schema::{amendment_comments, members};
use super::{AnyConnection, DbError, Tx, convert};
use crate::clock::Stamp;
use crate::ids::{AmendmentId, MemberId, RowId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// A comment. Who wrote it is for members only (J5).
#[derive(Debug, Clone)]
pub struct Comment {
    /// Its id.
    pub id: RowId,
    /// The amendment.
    pub amendment_id: AmendmentId,
    /// Who wrote it.
    pub member_id: MemberId,
    /// How they are called.
    pub name: String,
    /// Its words.
    pub text: String,
    /// When.
    pub written_at: Stamp,
}

type Row = (String, String, String, String, String, NaiveDateTime);

fn comment((id, amendment, member, name, text, written_at): Row) -> Result<Comment, DbError> {
    Ok(Comment {
        id: convert::id(&id)?,
        amendment_id: convert::id(&amendment)?,
        member_id: convert::id(&member)?,
        name,
        text,
        written_at: written_at.and_utc(),
    })
}

macro_rules! comments {
    () => {
        amendment_comments::table.inner_join(members::table).filter(amendment_comments::deleted_at.is_null()).select((
            amendment_comments::id,
            amendment_comments::amendment_id,
            amendment_comments::member_id,
            members::name,
            amendment_comments::text,
            amendment_comments::written_at,
        ))
    };
}

/// The comments under an amendment, the oldest first.
///
/// # Errors
/// The store's fault.
pub fn list_comments(conn: &mut AnyConnection, amendment: AmendmentId, limit: i64) -> Result<Vec<Comment>, DbError> {
    let rows: Vec<Row> = comments!()
        .filter(amendment_comments::amendment_id.eq(amendment.to_string()))
        .order(amendment_comments::id)
        .limit(limit)
        .load(conn)?;
    rows.into_iter().map(comment).collect()
}

/// The comment, if it was not taken back.
///
/// # Errors
/// The store's fault.
pub fn find_comment(conn: &mut AnyConnection, id: RowId) -> Result<Option<Comment>, DbError> {
    let row: Option<Row> = comments!().filter(amendment_comments::id.eq(id.to_string())).first(conn).optional()?;
    row.map(comment).transpose()
}

/// Whether a comment of a member with these words, written since a moment, stands under an amendment.
///
/// # Errors
/// The store's fault.
pub fn has_written(
    conn: &mut AnyConnection,
    (amendment, member): (AmendmentId, MemberId),
    (text, since): (&str, Stamp),
) -> Result<bool, DbError> {
    let same = comments!()
        .filter(amendment_comments::amendment_id.eq(amendment.to_string()))
        .filter(amendment_comments::member_id.eq(member.to_string()))
        .filter(amendment_comments::text.eq(text))
        .filter(amendment_comments::written_at.gt(since.naive_utc()));
    Ok(same.first::<Row>(conn).optional()?.is_some())
}

/// How many comments a member wrote under an amendment since a moment.
///
/// # Errors
/// The store's fault.
pub fn count_comments_by(conn: &mut AnyConnection, member: MemberId, since: Stamp) -> Result<i64, DbError> {
    Ok(amendment_comments::table
        .filter(amendment_comments::member_id.eq(member.to_string()))
        .filter(amendment_comments::written_at.gt(since.naive_utc()))
        .count()
        .get_result(conn)?)
}

/// Saves a comment.
///
/// # Errors
/// The store's fault.
pub fn insert_comment(tx: &mut Tx<'_>, amendment: AmendmentId, by: MemberId, text: &str) -> Result<RowId, DbError> {
    let id = RowId::from_uuid(tx.next_id());
    diesel::insert_into(amendment_comments::table)
        .values((
            amendment_comments::id.eq(id.to_string()),
            amendment_comments::amendment_id.eq(amendment.to_string()),
            amendment_comments::member_id.eq(by.to_string()),
            amendment_comments::text.eq(text),
            amendment_comments::written_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// Takes a comment away: its words go, the bare fact stays.
///
/// # Errors
/// The store's fault.
pub fn erase_comment(tx: &mut Tx<'_>, id: RowId) -> Result<(), DbError> {
    diesel::update(amendment_comments::table.find(id.to_string()))
        .set((amendment_comments::text.eq(""), amendment_comments::deleted_at.eq(Some(tx.now.naive_utc()))))
        .execute(tx.conn)?;
    Ok(())
}
