//! What a carried amendment does: the new version of the document with its rule, the new name of
//! the community, and which other amendments no longer fit what stands (rules A8, A9, A15). Part of
//! the transaction that closes the vote.

use super::ServiceError;
use super::hold_amendment::hold_name;
use super::mark_conflicts::mark_conflicts;
use super::standing::standing;
use crate::db::documents::{self, Document};
use crate::db::local_actors::{actor, describe_actor};
use crate::db::{DbError, Tx};
use crate::domain::amendment::{Change, new_name, new_rule};
use crate::federation::outbound::documents::{actor_document, profile_fields};
use crate::federation::outbound::publish::announce_profile;
use crate::ids::{ActorId, AmendmentId, VersionId};

/// Brings the new version, unless what the amendment starts from was changed meanwhile, and marks
/// every other amendment that is now in conflict.
///
/// # Errors
/// The store's fault.
pub(super) fn amend_document(
    tx: &mut Tx<'_>,
    document: &Document,
    id: AmendmentId,
    changes: &[Change],
) -> Result<Option<VersionId>, ServiceError> {
    let name = new_name(changes);
    if name.is_some() {
        hold_name(tx)?;
    }
    let before = standing(tx.conn, document)?;
    let Ok(clauses) = before.with(changes) else { return Ok(None) };
    let rule = new_rule(changes).unwrap_or(document.rule);
    let version = documents::insert_version(tx, document.id, (&clauses, rule), Some(id))?;
    if let Some(name) = name {
        rename_community(tx, before.community.0, name)?;
    }
    mark_conflicts(tx, document.id, changes)?;
    Ok(Some(version))
}

fn rename_community(tx: &mut Tx<'_>, id: ActorId, name: &str) -> Result<(), DbError> {
    let community = actor(tx.conn, id)?;
    describe_actor(tx, id, name, &community.summary)?;
    let renamed = actor(tx.conn, id)?;
    announce_profile(tx, id, &actor_document(&renamed, &profile_fields(&renamed, None, tx.urls), tx.urls))?;
    Ok(())
}
