//! The versions of documents and their clauses. They are only ever added; the databases refuse
//! everything else (A1).

use super::super::connection::{AnyBackend, AnyConnection};
use super::super::schema::{document_clauses, document_versions, documents};
use super::super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::domain::document::{Clause, FingerprintOf, fingerprint};
use crate::domain::tally::{Majority, Rule, VoteBase};
use crate::ids::{AmendmentId, ClauseId, DocumentId, VersionId};
use crate::on_each_backend;
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// One version of a document.
#[derive(Debug, Clone)]
pub struct Version {
    /// Its id.
    pub id: VersionId,
    /// Its document.
    pub document_id: DocumentId,
    /// Counts from 1.
    pub number: i32,
    /// SHA-256 of what [`FingerprintOf`] says, in hexadecimal.
    pub fingerprint: String,
    /// What its fingerprint is taken over.
    pub fingerprint_of: FingerprintOf,
    /// The amendment that brought it; none for an import.
    pub amendment_id: Option<AmendmentId>,
    /// Since when it stands.
    pub created_at: Stamp,
    /// The rule by which this text is amended (A9).
    pub rule: Rule,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = document_versions, check_for_backend(AnyBackend))]
pub(super) struct VersionRow {
    id: String,
    document_id: String,
    number: i32,
    fingerprint: String,
    amendment_id: Option<String>,
    created_at: NaiveDateTime,
    vote_base: String,
    quorum: i32,
    fingerprint_of: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = document_clauses, check_for_backend(AnyBackend))]
struct ClauseRow {
    clause_id: String,
    parent_id: Option<String>,
    position: i32,
    depth: i32,
    number: String,
    text: String,
}

impl ClauseRow {
    fn clause(self) -> Result<Clause, DbError> {
        Ok(Clause {
            id: convert::id(&self.clause_id)?,
            parent: self.parent_id.as_deref().map(convert::id).transpose()?,
            position: self.position,
            depth: self.depth,
            number: self.number,
            text: self.text,
        })
    }
}

impl VersionRow {
    pub(super) fn version(self) -> Result<Version, DbError> {
        Ok(Version {
            id: convert::id(&self.id)?,
            document_id: convert::id(&self.document_id)?,
            number: self.number,
            fingerprint: self.fingerprint,
            amendment_id: self.amendment_id.as_deref().map(convert::id).transpose()?,
            created_at: self.created_at.and_utc(),
            rule: stored_rule(&self.vote_base, self.quorum)?,
            fingerprint_of: convert::word(&self.fingerprint_of, FingerprintOf::parse)?,
        })
    }
}

/// A rule as it was stored. Documents are amended by two thirds (A9).
pub(in super::super) fn stored_rule(vote_base: &str, quorum: i32) -> Result<Rule, DbError> {
    let base = convert::word(vote_base, |word| VoteBase::parse(word).ok())?;
    let quorum = u32::try_from(quorum).map_err(|_| DbError::Broken("a stored quorum is below zero".to_owned()))?;
    Ok(Rule { majority: Majority::TwoThirds, base, quorum })
}

/// The clauses of one version, in reading order.
///
/// # Errors
/// The store's fault.
pub fn list_clauses(conn: &mut AnyConnection, version: VersionId) -> Result<Vec<Clause>, DbError> {
    let rows: Vec<ClauseRow> = document_clauses::table
        .filter(document_clauses::version_id.eq(version.to_string()))
        .order(document_clauses::position)
        .select(ClauseRow::as_select())
        .load(conn)?;
    rows.into_iter().map(ClauseRow::clause).collect()
}

/// All versions of a document, the newest first.
///
/// # Errors
/// The store's fault.
pub fn list_versions(conn: &mut AnyConnection, document: DocumentId) -> Result<Vec<Version>, DbError> {
    let rows: Vec<VersionRow> = document_versions::table
        .filter(document_versions::document_id.eq(document.to_string()))
        .order(document_versions::number.desc())
        .select(VersionRow::as_select())
        .load(conn)?;
    rows.into_iter().map(VersionRow::version).collect()
}

/// The version with this id, if there is one.
///
/// # Errors
/// The store's fault.
pub fn find_version(conn: &mut AnyConnection, id: VersionId) -> Result<Option<Version>, DbError> {
    document_versions::table
        .find(id.to_string())
        .select(VersionRow::as_select())
        .first(conn)
        .optional()?
        .map(VersionRow::version)
        .transpose()
}

/// The version of a document with this number, if there is one.
///
/// # Errors
/// The store's fault.
pub fn find_version_numbered(
    conn: &mut AnyConnection,
    document: DocumentId,
    number: i32,
) -> Result<Option<Version>, DbError> {
    document_versions::table
        .filter(document_versions::document_id.eq(document.to_string()))
        .filter(document_versions::number.eq(number))
        .select(VersionRow::as_select())
        .first(conn)
        .optional()?
        .map(VersionRow::version)
        .transpose()
}

/// The version that stood just before a moment; none when the document is younger.
///
/// # Errors
/// The store's fault.
pub fn find_version_before(
    conn: &mut AnyConnection,
    document: DocumentId,
    moment: Stamp,
) -> Result<Option<Version>, DbError> {
    document_versions::table
        .filter(document_versions::document_id.eq(document.to_string()))
        .filter(document_versions::created_at.lt(moment.naive_utc()))
        .order(document_versions::number.desc())
        .select(VersionRow::as_select())
        .first(conn)
        .optional()?
        .map(VersionRow::version)
        .transpose()
}

/// One clause in every version that has it, the oldest first.
///
/// # Errors
/// The store's fault.
pub fn list_states_of_clause(
    conn: &mut AnyConnection,
    document: DocumentId,
    clause: ClauseId,
) -> Result<Vec<(VersionId, Clause)>, DbError> {
    let rows: Vec<(String, ClauseRow)> = document_clauses::table
        .inner_join(document_versions::table)
        .filter(document_versions::document_id.eq(document.to_string()))
        .filter(document_clauses::clause_id.eq(clause.to_string()))
        .order(document_versions::number)
        .select((document_versions::id, ClauseRow::as_select()))
        .load(conn)?;
    rows.into_iter().map(|(version, row)| Ok((convert::id(&version)?, row.clause()?))).collect()
}

/// Saves the next version of a document and puts it in force.
///
/// # Errors
/// The store's fault.
pub fn insert_version(
    tx: &mut Tx<'_>,
    document: DocumentId,
    (clauses, rule): (&[Clause], Rule),
    amendment: Option<AmendmentId>,
) -> Result<VersionId, DbError> {
    let quorum = i32::try_from(rule.quorum).map_err(|_| DbError::Broken("a quorum is out of range".to_owned()))?;
    let id = VersionId::from_uuid(tx.next_id());
    let last: Option<i32> = document_versions::table
        .filter(document_versions::document_id.eq(document.to_string()))
        .select(diesel::dsl::max(document_versions::number))
        .first(tx.conn)?;
    diesel::insert_into(document_versions::table)
        .values((
            document_versions::id.eq(id.to_string()),
            document_versions::document_id.eq(document.to_string()),
            document_versions::number.eq(last.unwrap_or(0) + 1),
            document_versions::fingerprint.eq(fingerprint(FingerprintOf::TextAndRule, clauses, rule)),
            document_versions::fingerprint_of.eq(FingerprintOf::TextAndRule.as_str()),
            document_versions::amendment_id.eq(amendment.map(|id| id.to_string())),
            document_versions::created_at.eq(tx.now.naive_utc()),
            document_versions::vote_base.eq(rule.base.as_str()),
            document_versions::quorum.eq(quorum),
        ))
        .execute(tx.conn)?;
    insert_clauses(tx, id, clauses)?;
    diesel::update(documents::table.find(document.to_string()))
        .set(documents::current_version_id.eq(Some(id.to_string())))
        .execute(tx.conn)?;
    Ok(id)
}

fn insert_clauses(tx: &mut Tx<'_>, version: VersionId, clauses: &[Clause]) -> Result<(), DbError> {
    for some in clauses.chunks(100) {
        let rows: Vec<_> = some
            .iter()
            .map(|clause| {
                (
                    document_clauses::version_id.eq(version.to_string()),
                    document_clauses::clause_id.eq(clause.id.to_string()),
                    document_clauses::parent_id.eq(clause.parent.map(|id| id.to_string())),
                    document_clauses::position.eq(clause.position),
                    document_clauses::depth.eq(clause.depth),
                    document_clauses::number.eq(&clause.number),
                    document_clauses::text.eq(&clause.text),
                )
            })
            .collect();
        on_each_backend!(tx.conn, |c| diesel::insert_into(document_clauses::table).values(rows).execute(c))?;
    }
    Ok(())
}

/// Whether a version is what its fingerprint says, worked out anew from its clauses and its rule.
///
/// # Errors
/// The store's fault; also for rows that cannot be read as what they should be.
pub fn is_as_fingerprinted(conn: &mut AnyConnection, version: &Version) -> Result<bool, DbError> {
    let clauses = list_clauses(conn, version.id)?;
    Ok(fingerprint(version.fingerprint_of, &clauses, version.rule) == version.fingerprint)
}
