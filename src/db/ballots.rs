//! Ballots, who took part, soundings and votes that did not count.

use super::{AnyConnection, DbError};
use crate::domain::ballot::Uncounted;
use crate::ids::{MemberId, PollId};

/// How many votes did not count, by reason.
pub fn list_uncounted(conn: &mut AnyConnection, poll: PollId) -> Result<Vec<(Uncounted, u32)>, DbError> {
    let _ = (conn, poll);
    todo!()
}

/// The positions that the member chose, while the poll is open; for that member's eyes only.
pub fn find_choice(conn: &mut AnyConnection, poll: PollId, member: MemberId) -> Result<Option<Vec<u32>>, DbError> {
    let _ = (conn, poll, member);
    todo!()
}

/// Whether the member took part.
pub fn has_voted(conn: &mut AnyConnection, poll: PollId, member: MemberId) -> Result<bool, DbError> {
    let _ = (conn, poll, member);
    todo!()
}
