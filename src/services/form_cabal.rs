//! Form a cabal (rule C1): live and on the fediverse at once; no approval.

use super::ServiceError;
use crate::db::Tx;
use crate::domain::cabal::NewCabal;
use crate::federation::keys::KeyPair;
use crate::ids::{CabalId, MemberId};

/// Forms a cabal with its former as lead.
///
/// # Errors
/// When the handle is taken or the member has formed `per_day` cabals within a day.
pub fn form_cabal(
    tx: &mut Tx<'_>,
    by: MemberId,
    new: NewCabal,
    keys: &KeyPair,
    per_day: u32,
) -> Result<CabalId, ServiceError> {
    let _ = (tx, by, new, keys, per_day);
    todo!()
}
