//! Join by signing the documents in force (rule J1).

use super::ServiceError;
use crate::db::documents::list_agreed_documents;
use crate::db::local_actors::claim_handle;
use crate::db::{Tx, members, signings};
use crate::domain::Refusal;
use crate::domain::membership::NewMember;
use crate::ids::{DocumentId, MemberId};

/// The version of a document that the person had before them when they signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The document.
    pub document: DocumentId,
    /// The fingerprint of its version.
    pub fingerprint: String,
}

/// Puts a person on the roll. `signed` must be every document that the members agreed on, in the
/// version in force; a document that changed while they read must be read again.
///
/// # Errors
/// A taken handle, documents that are not those in force, or the store's fault.
pub fn sign_up(
    tx: &mut Tx<'_>,
    new: NewMember,
    password_hash: &str,
    signed: &[Signed],
) -> Result<MemberId, ServiceError> {
    let in_force: Vec<Signed> = list_agreed_documents(tx.conn)?
        .into_iter()
        .map(|document| Signed { document: document.id, fingerprint: document.version.fingerprint })
        .collect();
    if in_force.is_empty() {
        return Err(Refusal::new("not_set_up", "There is nothing to sign yet: this community is not set up.").into());
    }
    let has_all = in_force.iter().all(|one| signed.contains(one)) && signed.len() == in_force.len();
    if !has_all {
        return Err(ServiceError::Conflict(Refusal::new(
            "documents_changed",
            "The documents have changed while you were reading. Please read them again before you sign.",
        )));
    }
    let id = add_member(tx, &new, password_hash, false)?;
    for one in &in_force {
        signings::sign(tx, id, one.document, &one.fingerprint)?;
    }
    Ok(id)
}

/// Puts a person on the roll without their signature: the first member, or one whom a steward
/// adds from the command line.
///
/// # Errors
/// A taken handle, or the store's fault.
pub fn add_member(
    tx: &mut Tx<'_>,
    new: &NewMember,
    password_hash: &str,
    is_steward: bool,
) -> Result<MemberId, ServiceError> {
    let handle = new.handle.as_str();
    if !claim_handle(tx, handle)? {
        return Err(taken());
    }
    let id = members::create_member(tx, handle, &new.name, is_steward)?;
    members::set_password_hash(tx, id, password_hash)?;
    Ok(id)
}

fn taken() -> ServiceError {
    Refusal::field("handle", "Somebody has this handle already. Please choose another.").into()
}
