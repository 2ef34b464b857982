//! Hold what an act on a proposal reads before it decides, always in one order, so that acts follow one
//! another on PostgreSQL too and none waits for another that waits for it: first the document, then the
//! community when its name is concerned, then the amendment. Whoever acts on the standing of one amendment
//! alone (a backing, an objection) holds the amendment and nothing after it. SQLite has one writer anyway.

use super::standing::standing;
use super::{ServiceError, found};
use crate::db::amendments::{self, Amendment};
use crate::db::documents::{Document, hold_document};
use crate::db::local_actors::{find_community, hold_actor};
use crate::db::{DbError, Tx};
use crate::domain::amendment::{AmendmentState, Change, Standing, new_name};
use crate::ids::{AmendmentId, DocumentId, MemberId};

/// An amendment, held, with the text that it is about.
pub(super) struct Held {
    /// The amendment.
    pub amendment: Amendment,
    /// What it changes.
    pub changes: Vec<Change>,
    /// Its document.
    pub document: Document,
    /// What stands now.
    pub standing: Standing,
}

/// Holds an amendment together with its document.
///
/// # Errors
/// Not found, or the store's fault.
pub(super) fn hold_with_text(tx: &mut Tx<'_>, id: AmendmentId) -> Result<Held, ServiceError> {
    hold_to_edit(tx, id, false)
}

/// The same for an edit that may bring the name of the community in.
///
/// # Errors
/// Not found, or the store's fault.
pub(super) fn hold_to_edit(tx: &mut Tx<'_>, id: AmendmentId, with_name: bool) -> Result<Held, ServiceError> {
    let document = found(amendments::amendment(tx.conn, id), "amendment")?.document_id;
    let document = hold_document(tx, document)?;
    // Nobody changes what an amendment changes without holding its document.
    let changes = amendments::list_changes(tx.conn, id)?;
    if with_name || new_name(&changes).is_some() {
        hold_name(tx)?;
    }
    let amendment = found(amendments::hold_amendment(tx, id), "amendment")?;
    let standing = standing(tx.conn, &document)?;
    Ok(Held { amendment, changes, document, standing })
}

/// Holds the text that a new proposal is about.
///
/// # Errors
/// Not found, or the store's fault.
pub(super) fn hold_text(
    tx: &mut Tx<'_>,
    document: DocumentId,
    with_name: bool,
) -> Result<(Document, Standing), ServiceError> {
    let document = found(hold_document(tx, document), "document")?;
    if with_name {
        hold_name(tx)?;
    }
    let standing = standing(tx.conn, &document)?;
    Ok((document, standing))
}

/// Holds the name of the community, which amendments of every document may change.
///
/// # Errors
/// Not found before the set-up, or the store's fault.
pub(super) fn hold_name(tx: &mut Tx<'_>) -> Result<(), DbError> {
    let community = find_community(tx.conn)?.ok_or(DbError::NotFound)?;
    hold_actor(tx, community.id)
}

/// The amendment of this very member, held. Others are not told that there is a draft.
///
/// # Errors
/// Not found; forbidden to others than its proposer.
pub(super) fn hold_own(tx: &mut Tx<'_>, by: MemberId, id: AmendmentId) -> Result<Amendment, ServiceError> {
    let amendment = found(amendments::hold_amendment(tx, id), "amendment")?;
    check_own(&amendment, by)?;
    Ok(amendment)
}

/// Whether an amendment is this member's.
///
/// # Errors
/// Not found for the draft of somebody else; forbidden for their proposal.
pub(super) fn check_own(amendment: &Amendment, by: MemberId) -> Result<(), ServiceError> {
    match amendment.state {
        _ if amendment.proposer_id == by => Ok(()),
        AmendmentState::Draft => Err(ServiceError::NotFound("amendment")),
        _ => Err(ServiceError::Forbidden("Only the member who proposed this amendment may change it.".to_owned())),
    }
}

/// An amendment that everybody may see, held.
///
/// # Errors
/// Not found, also for a draft.
pub(super) fn hold_proposed(tx: &mut Tx<'_>, id: AmendmentId) -> Result<Amendment, ServiceError> {
    let amendment = found(amendments::hold_amendment(tx, id), "amendment")?;
    if amendment.state == AmendmentState::Draft { Err(ServiceError::NotFound("amendment")) } else { Ok(amendment) }
}
