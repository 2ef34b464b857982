//! What froze at the opening of a vote, put together again from the rows that hold it (A4).

use super::ServiceError;
use crate::db::amendments::Amendment;
use crate::db::polls::{Frozen, Poll};
use crate::db::{AnyConnection, DbError, documents};
use crate::domain::amendment::Change;
use crate::domain::record::FrozenVote;

/// As the rows say it now.
///
/// # Errors
/// Not found, or the store's fault.
pub(super) fn as_stored<'a>(
    conn: &mut AnyConnection,
    (poll, frozen): (&Poll, &Frozen),
    amendment: &Amendment,
    changes: &'a [Change],
) -> Result<FrozenVote<'a>, ServiceError> {
    let base = documents::find_version(conn, amendment.base_version_id)?.ok_or(ServiceError::NotFound("version"))?;
    Ok(FrozenVote {
        amendment: amendment.id,
        base_fingerprint: base.fingerprint,
        changes,
        rule: frozen.rule,
        roll_size: frozen.roll_size,
        roll_fingerprint: frozen.roll_fingerprint.clone(),
        opens_at: poll.opens_at,
        closes_at: poll.closes_at,
    })
}

/// The same, with proof that it still says what it said.
///
/// # Errors
/// When it does not, or the store fails.
pub(super) fn as_it_froze<'a>(
    conn: &mut AnyConnection,
    vote: (&Poll, &Frozen),
    amendment: &Amendment,
    changes: &'a [Change],
) -> Result<FrozenVote<'a>, ServiceError> {
    let frozen = as_stored(conn, vote, amendment, changes)?;
    if amendment.frozen_hash.as_deref() == Some(frozen.hash().as_str()) {
        Ok(frozen)
    } else {
        let sentence = format!("what froze at the opening of {} was changed in the database", vote.0.id);
        Err(DbError::Broken(sentence).into())
    }
}
