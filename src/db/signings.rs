//! Who signed which version of which document, and when (J1). Private, like the roll.

use super::schema::signings;
use super::{AnyConnection, DbError, Tx};
use crate::clock::Stamp;
use crate::ids::{DocumentId, MemberId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    /// The document.
    pub document: DocumentId,
    /// The fingerprint of the version that was read.
    pub fingerprint: String,
    /// When.
    pub signed_at: Stamp,
}

/// Keeps a signature; a second one under the same version changes nothing.
///
/// # Errors
/// The store's fault.
pub fn sign(tx: &mut Tx<'_>, member: MemberId, document: DocumentId, fingerprint: &str) -> Result<(), DbError> {
    let row = (
        signings::member_id.eq(member.to_string()),
        signings::document_id.eq(document.to_string()),
        signings::fingerprint.eq(fingerprint),
        signings::signed_at.eq(tx.now.naive_utc()),
    );
    crate::on_each_backend!(tx.conn, |c| diesel::insert_into(signings::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// What a member signed, oldest first.
///
/// # Errors
/// The store's fault.
pub fn list_signings(conn: &mut AnyConnection, member: MemberId) -> Result<Vec<Signing>, DbError> {
    signings::table
        .filter(signings::member_id.eq(member.to_string()))
        .order((signings::signed_at, signings::document_id))
        .select((signings::document_id, signings::fingerprint, signings::signed_at))
        .load::<(String, String, NaiveDateTime)>(conn)?
        .into_iter()
        .map(|(document, fingerprint, signed_at)| {
            let document =
                document.parse().map_err(|_| DbError::Broken(format!("signings holds the document {document:?}")))?;
            Ok(Signing { document, fingerprint, signed_at: signed_at.and_utc() })
        })
        .collect()
}
