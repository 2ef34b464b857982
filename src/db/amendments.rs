//! Amendments, their changes and backings.

use super::connection::{AnyBackend, AnyConnection};
use super::schema::{amendment_changes, amendments, backings, members};
use super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::domain::amendment::{AmendmentState, Change, LAPSES_AFTER};
use crate::ids::{AmendmentId, ClauseId, DocumentId, MemberId, PollId, VersionId};
use crate::on_each_backend;
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// An amendment.
#[derive(Debug, Clone)]
pub struct Amendment {
    /// Its id.
    pub id: AmendmentId,
    /// The document it changes.
    pub document_id: DocumentId,
    /// The version it was written against.
    pub base_version_id: VersionId,
    /// Who proposed it.
    pub proposer_id: MemberId,
    /// A short name.
    pub title: String,
    /// What it changes, in plain words.
    pub summary: String,
    /// How it fits our values.
    pub values_fit: String,
    /// Where it stands, as stored; see [`Amendment::state_at`].
    pub state: AmendmentState,
    /// When it was proposed.
    pub proposed_at: Stamp,
    /// When its text changed last.
    pub edited_at: Stamp,
    /// When it lapses unless backed.
    pub lapses_at: Stamp,
    /// Its ballot, once opened.
    pub poll_id: Option<PollId>,
    /// Hash over text, rule, roll and times as they froze at the opening.
    pub frozen_hash: Option<String>,
}

impl Amendment {
    /// Where it stands at `now`: an unbacked one has lapsed when its time is over, even before
    /// a timer noted it.
    pub fn state_at(&self, now: Stamp) -> AmendmentState {
        match self.state {
            AmendmentState::SeekingBacking | AmendmentState::InConflict if now >= self.lapses_at => {
                AmendmentState::Lapsed
            }
            state => state,
        }
    }
}

/// The words of an amendment, apart from the clauses.
#[derive(Debug, Clone, Copy)]
pub struct Wording<'a> {
    /// The version it is written against.
    pub base: VersionId,
    /// A short name.
    pub title: &'a str,
    /// What it changes, in plain words.
    pub summary: &'a str,
    /// How it fits our values.
    pub values_fit: &'a str,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = amendments, check_for_backend(AnyBackend))]
struct Row {
    id: String,
    document_id: String,
    base_version_id: String,
    proposer_id: String,
    title: String,
    summary: String,
    values_fit: String,
    state: String,
    proposed_at: NaiveDateTime,
    edited_at: NaiveDateTime,
    lapses_at: NaiveDateTime,
    poll_id: Option<String>,
    frozen_hash: Option<String>,
}

impl Row {
    fn amendment(self) -> Result<Amendment, DbError> {
        Ok(Amendment {
            id: convert::id(&self.id)?,
            document_id: convert::id(&self.document_id)?,
            base_version_id: convert::id(&self.base_version_id)?,
            proposer_id: convert::id(&self.proposer_id)?,
            title: self.title,
            summary: self.summary,
            values_fit: self.values_fit,
            state: convert::word(&self.state, AmendmentState::stored)?,
            proposed_at: self.proposed_at.and_utc(),
            edited_at: self.edited_at.and_utc(),
            lapses_at: self.lapses_at.and_utc(),
            poll_id: self.poll_id.as_deref().map(convert::id).transpose()?,
            frozen_hash: self.frozen_hash,
        })
    }
}

/// An amendment that must exist.
///
/// # Errors
/// `NotFound`, or the store's fault.
pub fn amendment(conn: &mut AnyConnection, id: AmendmentId) -> Result<Amendment, DbError> {
    find_amendment(conn, id)?.ok_or(DbError::NotFound)
}

/// The amendment, if there is one.
///
/// # Errors
/// The store's fault.
pub fn find_amendment(conn: &mut AnyConnection, id: AmendmentId) -> Result<Option<Amendment>, DbError> {
    amendments::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(Row::amendment)
        .transpose()
}

/// The amendment, held until the end of the transaction, so that moves follow one another on
/// PostgreSQL too.
///
/// # Errors
/// `NotFound`, or the store's fault.
pub fn hold_amendment(tx: &mut Tx<'_>, id: AmendmentId) -> Result<Amendment, DbError> {
    if let AnyConnection::Postgres(c) = &mut *tx.conn {
        amendments::table.find(id.to_string()).select(amendments::id).for_update().first::<String>(c)?;
    }
    amendment(tx.conn, id)
}

/// All amendments, the newest first; of one document when it is named.
///
/// # Errors
/// The store's fault.
pub fn list_amendments(conn: &mut AnyConnection, document: Option<DocumentId>) -> Result<Vec<Amendment>, DbError> {
    let mut query = amendments::table.order(amendments::id.desc()).select(Row::as_select()).into_boxed::<AnyBackend>();
    if let Some(document) = document {
        query = query.filter(amendments::document_id.eq(document.to_string()));
    }
    query.load(conn)?.into_iter().map(Row::amendment).collect()
}

/// The clauses it changes, in the order of their ids, which is the order of the document.
///
/// # Errors
/// The store's fault.
pub fn list_changes(conn: &mut AnyConnection, id: AmendmentId) -> Result<Vec<Change>, DbError> {
    let rows: Vec<(String, String, String, String)> = amendment_changes::table
        .filter(amendment_changes::amendment_id.eq(id.to_string()))
        .order(amendment_changes::clause_id)
        .select((
            amendment_changes::clause_id,
            amendment_changes::number,
            amendment_changes::old_text,
            amendment_changes::new_text,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(clause, number, old_text, new_text)| {
            Ok(Change { clause: convert::id(&clause)?, number, old_text, new_text })
        })
        .collect()
}

/// The amendments that a member backs.
///
/// # Errors
/// The store's fault.
pub fn list_backed_by(conn: &mut AnyConnection, member: MemberId) -> Result<Vec<AmendmentId>, DbError> {
    let found: Vec<String> = backings::table
        .filter(backings::member_id.eq(member.to_string()))
        .order(backings::amendment_id)
        .select(backings::amendment_id)
        .load(conn)?;
    found.iter().map(|id| convert::id(id)).collect()
}

/// Which members back it, the first backer first; nobody who has left.
///
/// # Errors
/// The store's fault.
pub fn list_backers(conn: &mut AnyConnection, id: AmendmentId) -> Result<Vec<MemberId>, DbError> {
    let rows: Vec<String> = backings::table
        .inner_join(members::table)
        .filter(members::left_at.is_null())
        .filter(backings::amendment_id.eq(id.to_string()))
        .order((backings::backed_at, backings::member_id))
        .select(backings::member_id)
        .load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}

/// Saves a proposal that seeks backing.
///
/// # Errors
/// The store's fault.
pub fn insert_amendment(
    tx: &mut Tx<'_>,
    document: DocumentId,
    by: MemberId,
    words: Wording<'_>,
) -> Result<AmendmentId, DbError> {
    let id = AmendmentId::from_uuid(tx.next_id());
    let now = tx.now.naive_utc();
    diesel::insert_into(amendments::table)
        .values((
            amendments::id.eq(id.to_string()),
            amendments::document_id.eq(document.to_string()),
            amendments::base_version_id.eq(words.base.to_string()),
            amendments::proposer_id.eq(by.to_string()),
            amendments::title.eq(words.title),
            amendments::summary.eq(words.summary),
            amendments::values_fit.eq(words.values_fit),
            amendments::state.eq(AmendmentState::SeekingBacking.as_str()),
            amendments::proposed_at.eq(now),
            amendments::edited_at.eq(now),
            amendments::lapses_at.eq((tx.now + LAPSES_AFTER).naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// Replaces the words of an amendment; its time to find a backer begins anew.
///
/// # Errors
/// The store's fault.
pub fn reword_amendment(tx: &mut Tx<'_>, id: AmendmentId, words: Wording<'_>) -> Result<(), DbError> {
    diesel::update(amendments::table.find(id.to_string()))
        .set((
            amendments::base_version_id.eq(words.base.to_string()),
            amendments::title.eq(words.title),
            amendments::summary.eq(words.summary),
            amendments::values_fit.eq(words.values_fit),
            amendments::edited_at.eq(tx.now.naive_utc()),
            amendments::lapses_at.eq((tx.now + LAPSES_AFTER).naive_utc()),
        ))
        .execute(tx.conn)?;
    diesel::delete(amendment_changes::table.filter(amendment_changes::amendment_id.eq(id.to_string())))
        .execute(tx.conn)?;
    Ok(())
}

/// Saves the clauses that an amendment changes.
///
/// # Errors
/// The store's fault.
pub fn insert_changes(tx: &mut Tx<'_>, id: AmendmentId, changes: &[Change]) -> Result<(), DbError> {
    for change in changes {
        diesel::insert_into(amendment_changes::table)
            .values((
                amendment_changes::amendment_id.eq(id.to_string()),
                amendment_changes::clause_id.eq(change.clause.to_string()),
                amendment_changes::number.eq(&change.number),
                amendment_changes::old_text.eq(&change.old_text),
                amendment_changes::new_text.eq(&change.new_text),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// Notes where an amendment stands now. One that seeks backing again gets its full time again.
///
/// # Errors
/// The store's fault.
pub fn set_state(tx: &mut Tx<'_>, id: AmendmentId, state: AmendmentState) -> Result<(), DbError> {
    let row = amendments::table.find(id.to_string());
    if matches!(state, AmendmentState::SeekingBacking | AmendmentState::InConflict) {
        diesel::update(row)
            .set((amendments::state.eq(state.as_str()), amendments::lapses_at.eq((tx.now + LAPSES_AFTER).naive_utc())))
            .execute(tx.conn)?;
    } else {
        diesel::update(row).set(amendments::state.eq(state.as_str())).execute(tx.conn)?;
    }
    Ok(())
}

/// Notes the version of the document that an amendment changes.
///
/// # Errors
/// The store's fault.
pub fn set_base(tx: &mut Tx<'_>, id: AmendmentId, base: VersionId) -> Result<(), DbError> {
    diesel::update(amendments::table.find(id.to_string()))
        .set(amendments::base_version_id.eq(base.to_string()))
        .execute(tx.conn)?;
    Ok(())
}

/// Notes the ballot and the hash over what froze with it.
///
/// # Errors
/// The store's fault.
pub fn freeze(tx: &mut Tx<'_>, id: AmendmentId, poll: PollId, hash: &str) -> Result<(), DbError> {
    diesel::update(amendments::table.find(id.to_string()))
        .set((
            amendments::state.eq(AmendmentState::Open.as_str()),
            amendments::poll_id.eq(Some(poll.to_string())),
            amendments::frozen_hash.eq(Some(hash)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Adds a backing; one that is there already changes nothing.
///
/// # Errors
/// The store's fault.
pub fn add_backing(tx: &mut Tx<'_>, id: AmendmentId, member: MemberId) -> Result<(), DbError> {
    let row = (
        backings::amendment_id.eq(id.to_string()),
        backings::member_id.eq(member.to_string()),
        backings::backed_at.eq(tx.now.naive_utc()),
    );
    on_each_backend!(tx.conn, |c| diesel::insert_into(backings::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Takes a backing away. False when there was none.
///
/// # Errors
/// The store's fault.
pub fn remove_backing(tx: &mut Tx<'_>, id: AmendmentId, member: MemberId) -> Result<bool, DbError> {
    Ok(diesel::delete(backings::table.find((id.to_string(), member.to_string()))).execute(tx.conn)? > 0)
}

/// Cancels all backings, as every edit of the text does (A3).
///
/// # Errors
/// The store's fault.
pub fn clear_backings(tx: &mut Tx<'_>, id: AmendmentId) -> Result<(), DbError> {
    diesel::delete(backings::table.filter(backings::amendment_id.eq(id.to_string()))).execute(tx.conn)?;
    Ok(())
}

/// The amendments in one of `states` that change one of `clauses`, the oldest first.
///
/// # Errors
/// The store's fault.
pub fn list_touching(
    conn: &mut AnyConnection,
    clauses: &[ClauseId],
    states: &[AmendmentState],
) -> Result<Vec<AmendmentId>, DbError> {
    let clauses: Vec<String> = clauses.iter().map(ToString::to_string).collect();
    let rows: Vec<String> = amendments::table
        .filter(amendments::state.eq_any(states.iter().map(|state| state.as_str())))
        .filter(
            amendments::id.eq_any(
                amendment_changes::table
                    .filter(amendment_changes::clause_id.eq_any(clauses))
                    .select(amendment_changes::amendment_id),
            ),
        )
        .order(amendments::id)
        .select(amendments::id)
        .load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}

/// Up to `limit` amendments whose time to find a backer is over.
///
/// # Errors
/// The store's fault.
pub fn list_lapsing(conn: &mut AnyConnection, now: Stamp, limit: i64) -> Result<Vec<AmendmentId>, DbError> {
    let unbacked = [AmendmentState::SeekingBacking.as_str(), AmendmentState::InConflict.as_str()];
    let rows: Vec<String> = amendments::table
        .filter(amendments::state.eq_any(unbacked))
        .filter(amendments::lapses_at.le(now.naive_utc()))
        .order(amendments::lapses_at)
        .limit(limit)
        .select(amendments::id)
        .load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}
