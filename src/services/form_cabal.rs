//! Form a cabal (rule C1): live and on the fediverse at once; no approval.

use super::ServiceError;
use crate::db::cabals::{count_formed_since, insert_cabal, log_act, save_cabal_member};
use crate::db::local_actors::{ActorKind, NewActor, claim_handle, create_actor};
use crate::db::{DbError, Tx};
use crate::domain::Refusal;
use crate::domain::cabal::NewCabal;
use crate::federation::keys::KeyPair;
use crate::federation::outbound::html;
use crate::ids::{CabalId, MemberId};
use chrono::TimeDelta;

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
    let since = tx.now - TimeDelta::days(1);
    if count_formed_since(tx.conn, by, since)? >= i64::from(per_day) {
        return Err(Refusal::new(
            "too_many_cabals",
            format!("You have formed {per_day} cabals within a day. Please form the next one tomorrow."),
        )
        .into());
    }
    if !claim_handle(tx, new.handle.as_str())? {
        return Err(Refusal::field(
            "handle",
            format!("The handle {} is taken. Please choose another one.", new.handle),
        )
        .into());
    }
    save(tx, by, &new, keys).map_err(ServiceError::from)
}

fn save(tx: &mut Tx<'_>, by: MemberId, new: &NewCabal, keys: &KeyPair) -> Result<CabalId, DbError> {
    let summary = html::paragraphs(&new.purpose);
    let actor =
        NewActor { kind: ActorKind::Cabal, handle: new.handle.as_str(), name: &new.name, summary: &summary, keys };
    let cabal = CabalId::from_uuid(create_actor(tx, &actor)?.uuid());
    insert_cabal(tx, cabal, &new.purpose, by)?;
    save_cabal_member(tx, cabal, by, true, "Formed this cabal and leads it.")?;
    log_act(tx, cabal, by, "formed the cabal", &new.name)?;
    Ok(cabal)
}
