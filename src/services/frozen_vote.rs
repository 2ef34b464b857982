//! What froze at the opening of a vote, put together from the rows that hold it (A4, C3).

use super::ServiceError;
use crate::db::amendments::{self, Amendment};
use crate::db::lead_nominations::{Nomination, find_nomination_of_poll};
use crate::db::local_actors::actor;
use crate::db::polls::{Frozen, Poll};
use crate::db::{AnyConnection, DbError, documents};
use crate::domain::Urls;
use crate::domain::amendment::Change;
use crate::domain::record::{FrozenVote, sha256_hex};
use crate::ids::ActorId;
use serde_json::{Value, json};

/// As the rows say it now.
///
/// # Errors
/// Not found, or the store's fault.
pub(super) fn as_stored(
    conn: &mut AnyConnection,
    urls: &Urls,
    (poll, frozen): (&Poll, &Frozen),
) -> Result<FrozenVote, ServiceError> {
    let decides = match poll.amendment_id {
        Some(id) => {
            let amendment = amendments::amendment(conn, id)?;
            let base =
                documents::find_version(conn, amendment.base_version_id)?.ok_or(ServiceError::NotFound("version"))?;
            of_amendment(conn, &amendment, &base.fingerprint)?
        }
        None => {
            let nomination = find_nomination_of_poll(conn, poll.id)?
                .ok_or_else(|| DbError::Broken(format!("{} has a roll and decides nothing", poll.id)))?;
            of_lead(conn, urls, &nomination)?
        }
    };
    Ok(FrozenVote {
        decides,
        question: poll.question.clone(),
        options: poll.options.iter().map(|option| option.name.clone()).collect(),
        rule: frozen.rule,
        roll_size: frozen.roll_size,
        roll_fingerprint: frozen.roll_fingerprint.clone(),
        opens_at: poll.opens_at,
        closes_at: poll.closes_at,
    })
}

/// What the vote on an amendment decides: the words before and after, and the reasons.
///
/// # Errors
/// The store's fault.
pub(super) fn of_amendment(
    conn: &mut AnyConnection,
    amendment: &Amendment,
    base_fingerprint: &str,
) -> Result<Value, ServiceError> {
    let changes: Vec<Value> = amendments::list_changes(conn, amendment.id)?.iter().map(Change::json).collect();
    Ok(json!({
        "kind": "amendment",
        "amendment": amendment.id,
        "document": documents::document(conn, amendment.document_id)?.slug,
        "base_fingerprint": base_fingerprint,
        "changes": changes,
        "summary": amendment.summary,
        "values_fit": amendment.values_fit,
    }))
}

/// What the vote on a lead decides: whose lead, and who is named; the latter as a hash, because who
/// is a member is private and the question names them already (J5).
///
/// # Errors
/// The store's fault.
pub(super) fn of_lead(conn: &mut AnyConnection, urls: &Urls, named: &Nomination) -> Result<Value, ServiceError> {
    Ok(json!({
        "kind": "lead",
        "cabal": actor(conn, ActorId::from(named.cabal_id))?.url(urls),
        "nominee": sha256_hex(&format!("{}\n{}", named.id, named.nominee_id)),
    }))
}
