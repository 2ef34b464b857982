//! What members are told on their page.

use super::schema::member_notices;
use super::{AnyConnection, DbError, Tx};
use crate::clock::Stamp;
use crate::ids::{MemberId, RowId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// Something that a member is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberNotice {
    /// What.
    pub sentence: String,
    /// The page that it is about, as a path.
    pub about: String,
    /// When.
    pub told_at: Stamp,
}

/// The latest that a member was told, the newest first.
///
/// # Errors
/// The store's fault.
pub fn list_notices(conn: &mut AnyConnection, member: MemberId, limit: i64) -> Result<Vec<MemberNotice>, DbError> {
    let rows: Vec<(String, String, NaiveDateTime)> = member_notices::table
        .filter(member_notices::member_id.eq(member.to_string()))
        .order(member_notices::id.desc())
        .limit(limit)
        .select((member_notices::sentence, member_notices::about, member_notices::told_at))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(sentence, about, told_at)| MemberNotice { sentence, about, told_at: told_at.and_utc() })
        .collect())
}

/// How often a member was told this sentence about this page since a moment.
///
/// # Errors
/// The store's fault.
pub fn count_alike(
    conn: &mut AnyConnection,
    member: MemberId,
    (sentence, about): (&str, &str),
    since: Stamp,
) -> Result<i64, DbError> {
    Ok(member_notices::table
        .filter(member_notices::member_id.eq(member.to_string()))
        .filter(member_notices::told_at.gt(since.naive_utc()))
        .filter(member_notices::about.eq(about))
        .filter(member_notices::sentence.eq(sentence))
        .count()
        .get_result(conn)?)
}

/// Keeps something for a member to read.
///
/// # Errors
/// The store's fault.
pub fn insert_notice(tx: &mut Tx<'_>, member: MemberId, sentence: &str, about: &str) -> Result<(), DbError> {
    let id = RowId::from_uuid(tx.next_id());
    diesel::insert_into(member_notices::table)
        .values((
            member_notices::id.eq(id.to_string()),
            member_notices::member_id.eq(member.to_string()),
            member_notices::sentence.eq(sentence),
            member_notices::about.eq(about),
            member_notices::told_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}
