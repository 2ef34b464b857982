//! Say that one has read what one was told: it is new no longer.

use super::ServiceError;
use crate::db::Tx;
use crate::db::member_notices::{list_notices, mark_read};
use crate::ids::{MemberId, RowId};

/// How many notices a member is shown at once.
pub const MOST_SHOWN: i64 = 200;

/// What a member was shown up to this one is new no longer. What came since stays new, and so does what
/// was too much to show.
///
/// # Errors
/// The store's fault.
pub fn read_notices(tx: &mut Tx<'_>, by: MemberId, newest: RowId) -> Result<(), ServiceError> {
    let mut read = list_notices(tx.conn, by, MOST_SHOWN)?;
    read.retain(|notice| notice.is_new && notice.id <= newest);
    Ok(mark_read(tx, &read)?)
}
