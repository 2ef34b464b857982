//! What a carried amendment does: the new version of the document with its rule, the new name of
//! the community, and which other amendments no longer fit what stands (rules A8, A9, A15). Part of
//! the transaction that closes the vote.

use super::ServiceError;
use super::standing::standing;
use super::tell_member::tell_member;
use crate::db::amendments::{self, Amendment};
use crate::db::documents::{self, Document};
use crate::db::local_actors::{actor, describe_actor};
use crate::db::{DbError, Tx};
use crate::domain::amendment::{Change, Move, Standing, apply, new_name, new_rule};
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
    let before = standing(tx.conn, document)?;
    if !before.fits(changes) {
        return Ok(None);
    }
    let community = before.community.0;
    let clauses = apply(changes, before.clauses)?;
    let rule = new_rule(changes).unwrap_or(document.rule);
    let version = documents::insert_version(tx, document.id, (&clauses, rule), Some(id))?;
    let name = new_name(changes);
    if let Some(name) = name {
        rename_community(tx, community, name)?;
    }
    // A new name concerns what was proposed for every document.
    let concerned = if name.is_some() { documents::list_documents(tx.conn)? } else { Vec::new() };
    let others = concerned.iter().map(|document| document.id).filter(|other| *other != document.id);
    for other in std::iter::once(document.id).chain(others) {
        let document = documents::document(tx.conn, other)?;
        mark_conflicts(tx, &document)?;
    }
    Ok(Some(version))
}

fn rename_community(tx: &mut Tx<'_>, id: ActorId, name: &str) -> Result<(), DbError> {
    let community = actor(tx.conn, id)?;
    describe_actor(tx, id, name, &community.summary)?;
    let renamed = actor(tx.conn, id)?;
    announce_profile(tx, id, &actor_document(&renamed, &profile_fields(&renamed, None, tx.urls), tx.urls))?;
    Ok(())
}

fn mark_conflicts(tx: &mut Tx<'_>, document: &Document) -> Result<(), ServiceError> {
    let now = standing(tx.conn, document)?;
    for other in amendments::list_amendments(tx.conn, Some(document.id))? {
        if other.state.after(Move::FallIntoConflict).is_ok() {
            fall_into_conflict(tx, &other, &now)?;
        }
    }
    Ok(())
}

fn fall_into_conflict(tx: &mut Tx<'_>, other: &Amendment, now: &Standing) -> Result<(), ServiceError> {
    let changes = amendments::list_changes(tx.conn, other.id)?;
    // Between the list and this moment it may have moved on.
    let held = amendments::hold_amendment(tx, other.id)?;
    let Ok(state) = held.state.after(Move::FallIntoConflict) else { return Ok(()) };
    if now.fits(&changes) {
        return Ok(());
    }
    amendments::set_state(tx, other.id, state)?;
    amendments::clear_backings(tx, other.id)?;
    let sentence = format!(
        "The text that your amendment “{}” changes was changed by a vote. Please look at what is new and edit yours; \
         then it needs backing again.",
        held.title
    );
    tell_member(tx, held.proposer_id, &sentence, &format!("/amendments/{}/rebase", other.id))
}
