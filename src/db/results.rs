//! Results of decided amendments.

use super::{AnyConnection, DbError};
use crate::clock::Stamp;
use crate::domain::tally::Tally;
use crate::ids::{AmendmentId, PollId, PostId, VersionId};

/// The decided ballot of an amendment.
#[derive(Debug, Clone)]
pub struct PollResult {
    /// The ballot.
    pub poll_id: PollId,
    /// The amendment.
    pub amendment_id: AmendmentId,
    /// How the ballots fell.
    pub tally: Tally,
    /// How many members were on the roll.
    pub roll_size: u32,
    /// Whether it was carried.
    pub is_carried: bool,
    /// The Note that tells the result.
    pub post_id: PostId,
    /// The published record, canonical JSON.
    pub record_json: String,
    /// Its SHA-256.
    pub record_sha256: String,
    /// The version that it brought, if carried.
    pub version_id: Option<VersionId>,
    /// When it was worked out.
    pub closed_at: Stamp,
}

/// The result of a ballot, once there is one.
pub fn find_result(conn: &mut AnyConnection, poll: PollId) -> Result<Option<PollResult>, DbError> {
    let _ = (conn, poll);
    todo!()
}
