//! What spokespeople did in the name of the community: public, so that everybody sees who published,
//! edited or withdrew what (V1).

use super::schema::{members, spokespeople, spokesperson_log};
use super::{AnyConnection, DbError, Tx, convert};
use crate::clock::Stamp;
use crate::ids::{PostId, RowId, SpokespersonId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// What was done with a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It was published.
    Published,
    /// It was edited.
    Edited,
    /// It was withdrawn.
    Withdrew,
}

impl Deed {
    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Edited => "edited",
            Self::Withdrew => "withdrew",
        }
    }

    fn stored(text: &str) -> Option<Self> {
        [Self::Published, Self::Edited, Self::Withdrew].into_iter().find(|deed| deed.as_str() == text)
    }
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedDeed {
    /// Who did it, by their name as it is now.
    pub name: String,
    /// What.
    pub deed: Deed,
    /// The post.
    pub post_id: PostId,
    /// When.
    pub at: Stamp,
}

/// Attributes a deed to a spokesperson.
///
/// # Errors
/// The store's fault.
pub fn log_deed(tx: &mut Tx<'_>, by: SpokespersonId, deed: Deed, post: PostId) -> Result<(), DbError> {
    let id = RowId::from_uuid(tx.next_id());
    diesel::insert_into(spokesperson_log::table)
        .values((
            spokesperson_log::id.eq(id.to_string()),
            spokesperson_log::spokesperson_id.eq(by.to_string()),
            spokesperson_log::act.eq(deed.as_str()),
            spokesperson_log::post_id.eq(post.to_string()),
            spokesperson_log::at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// The latest deeds, the newest first.
///
/// # Errors
/// The store's fault.
pub fn list_deeds(conn: &mut AnyConnection, limit: i64) -> Result<Vec<LoggedDeed>, DbError> {
    let found: Vec<(String, String, String, NaiveDateTime)> = spokesperson_log::table
        .inner_join(spokespeople::table.on(spokespeople::id.eq(spokesperson_log::spokesperson_id)))
        .inner_join(members::table.on(members::id.eq(spokespeople::member_id)))
        .order(spokesperson_log::id.desc())
        .limit(limit)
        .select((members::name, spokesperson_log::act, spokesperson_log::post_id, spokesperson_log::at))
        .load(conn)?;
    let line = |(name, act, post, at): (String, String, String, NaiveDateTime)| {
        let (deed, post_id) = (convert::word(&act, Deed::stored)?, convert::id(&post)?);
        Ok(LoggedDeed { name, deed, post_id, at: at.and_utc() })
    };
    found.into_iter().map(line).collect()
}
