//! Say that one has read what one was told: it is new no longer.

use super::ServiceError;
use crate::db::Tx;
use crate::db::member_notices::mark_read;
use crate::domain::Refusal;
use crate::ids::{MemberId, RowId};

/// How many notices a member is shown at once.
pub const MOST_SHOWN: i64 = 200;

/// These are new no longer. They are named one by one, for what came in meanwhile was not seen.
///
/// # Errors
/// Refused when more are named than are shown at once; or the store's fault.
pub fn read_notices(tx: &mut Tx<'_>, by: MemberId, notices: &[RowId]) -> Result<(), ServiceError> {
    if i64::try_from(notices.len()).is_ok_and(|count| count <= MOST_SHOWN) {
        return Ok(mark_read(tx, by, notices)?);
    }
    Err(Refusal::field("notices", format!("Please name at most {MOST_SHOWN} notices at once.")).into())
}
