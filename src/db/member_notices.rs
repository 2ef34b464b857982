//! What members are told on their page.

use super::connection::{AnyBackend, AnyConnection};
use super::schema::member_notices;
use super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::ids::{MemberId, RowId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// Something that a member is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberNotice {
    /// Its id.
    pub id: RowId,
    /// What.
    pub sentence: String,
    /// The page that it is about, as a path.
    pub about: String,
    /// When.
    pub told_at: Stamp,
    /// Whether they have not said yet that they read it.
    pub is_new: bool,
}

/// Which of the notices of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notices {
    /// All of them.
    All,
    /// Those that they have not said to have read.
    New,
    /// Those that they have read.
    Read,
}

/// The latest that a member was told, the newest first.
///
/// # Errors
/// The store's fault.
pub fn list_notices(
    conn: &mut AnyConnection,
    member: MemberId,
    which: Notices,
    limit: i64,
) -> Result<Vec<MemberNotice>, DbError> {
    let mut told = member_notices::table
        .filter(member_notices::member_id.eq(member.to_string()))
        .order(member_notices::id.desc())
        .limit(limit)
        .select((
            member_notices::id,
            member_notices::sentence,
            member_notices::about,
            member_notices::told_at,
            member_notices::read_at,
        ))
        .into_boxed::<AnyBackend>();
    told = match which {
        Notices::All => told,
        Notices::New => told.filter(member_notices::read_at.is_null()),
        Notices::Read => told.filter(member_notices::read_at.is_not_null()),
    };
    let rows: Vec<(String, String, String, NaiveDateTime, Option<NaiveDateTime>)> = told.load(conn)?;
    rows.into_iter()
        .map(|(id, sentence, about, told_at, read_at)| {
            let (id, told_at) = (convert::id(&id)?, told_at.and_utc());
            Ok(MemberNotice { id, sentence, about, told_at, is_new: read_at.is_none() })
        })
        .collect()
}

/// How much of what a member was told they have not said to have read.
///
/// # Errors
/// The store's fault.
pub fn count_new(conn: &mut AnyConnection, member: MemberId) -> Result<i64, DbError> {
    Ok(member_notices::table
        .filter(member_notices::member_id.eq(member.to_string()))
        .filter(member_notices::read_at.is_null())
        .count()
        .get_result(conn)?)
}

/// Takes note that a member has read these; those of other members stay as they are.
///
/// # Errors
/// The store's fault.
pub fn mark_read(tx: &mut Tx<'_>, member: MemberId, notices: &[RowId]) -> Result<(), DbError> {
    let ids: Vec<String> = notices.iter().map(ToString::to_string).collect();
    let told = member_notices::table
        .filter(member_notices::member_id.eq(member.to_string()))
        .filter(member_notices::read_at.is_null())
        .filter(member_notices::id.eq_any(ids));
    diesel::update(told).set(member_notices::read_at.eq(Some(tx.now.naive_utc()))).execute(tx.conn)?;
    Ok(())
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
