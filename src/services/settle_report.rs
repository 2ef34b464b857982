//! Say that a report has been dealt with (K2). What was done about it is another act.

use super::ServiceError;
use super::block_actor::check_steward;
use crate::db::Tx;
use crate::db::reports::settle;
use crate::db::steward_log::record_act;
use crate::ids::{MemberId, RowId};

/// Settles a report.
///
/// # Errors
/// Forbidden to others than stewards; not found when it is not there or was settled before.
pub fn settle_report(tx: &mut Tx<'_>, by: MemberId, id: RowId) -> Result<(), ServiceError> {
    check_steward(tx, by)?;
    if !settle(tx, id, by)? {
        return Err(ServiceError::NotFound("report"));
    }
    Ok(record_act(tx, by, "settled a report", "")?)
}
