//! Amendments. What they change is in [`super::amendment_changes`], who backs them in
//! [`super::backings`]. A draft is told to its author alone: whatever lists, leaves drafts out.

mod lists;

pub use lists::{count_written_by, list_amendments, list_drafts, list_proposed_by, list_titled, list_undecided};

use super::connection::{AnyBackend, AnyConnection};
use super::schema::{amendment_changes, amendments};
use super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::domain::Urls;
use crate::domain::amendment::{AmendmentState, LAPSES_AFTER};
use crate::ids::{AmendmentId, DocumentId, MemberId, PollId, PostId, VersionId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

pub use super::amendment_changes::{insert_changes, list_changes, list_touching, set_numbers};
pub use super::backings::{
    add_backing, clear_backings, count_backers_at, find_backing_by_reply, list_backed_by, list_backers, remove_backing,
};

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
    /// When its vote opens by itself, once that is announced.
    pub opens_at: Option<Stamp>,
    /// The latest moment that was ever announced: people rely on it that the vote does not open earlier.
    pub not_before: Option<Stamp>,
    /// The post of the community that tells of it.
    pub note_id: Option<PostId>,
}

impl Amendment {
    /// When its words were written and about which document: what they cite stood then (A1).
    pub fn written(&self) -> (Stamp, Option<DocumentId>) {
        (self.edited_at, Some(self.document_id))
    }

    /// The posts about it that others reply to: the Note of the proposal, and the Question of its vote.
    pub fn posts(&self, urls: &Urls) -> Vec<String> {
        let note = self.note_id.map(|note| urls.note(note));
        note.into_iter().chain(self.poll_id.map(|poll| urls.poll(poll))).collect()
    }

    /// Whether this person may see it: everybody, or of a draft its author alone.
    pub fn is_for(&self, viewer: Option<MemberId>) -> bool {
        self.state != AmendmentState::Draft || viewer == Some(self.proposer_id)
    }

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
    /// Whether it is still being written.
    pub is_draft: bool,
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
    is_draft: bool,
    opens_at: Option<NaiveDateTime>,
    note_id: Option<String>,
    not_before: Option<NaiveDateTime>,
}

impl Row {
    fn amendment(self) -> Result<Amendment, DbError> {
        let state = convert::word(&self.state, AmendmentState::stored)?;
        let state = match (state, self.is_draft, self.opens_at) {
            (AmendmentState::SeekingBacking, true, _) => AmendmentState::Draft,
            (AmendmentState::Backed, _, Some(_)) => AmendmentState::Announced,
            (state, ..) => state,
        };
        Ok(Amendment {
            opens_at: self.opens_at.filter(|_| state == AmendmentState::Announced).map(|at| at.and_utc()),
            note_id: self.note_id.as_deref().map(convert::id).transpose()?,
            not_before: self.not_before.map(|at| at.and_utc()),
            state,
            id: convert::id(&self.id)?,
            document_id: convert::id(&self.document_id)?,
            base_version_id: convert::id(&self.base_version_id)?,
            proposer_id: convert::id(&self.proposer_id)?,
            title: self.title,
            summary: self.summary,
            values_fit: self.values_fit,
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

/// The same, if this person may see it: drafts are for their authors.
///
/// # Errors
/// The store's fault.
pub fn find_amendment_for(
    conn: &mut AnyConnection,
    id: AmendmentId,
    viewer: Option<MemberId>,
) -> Result<Option<Amendment>, DbError> {
    Ok(find_amendment(conn, id)?.filter(|amendment| amendment.is_for(viewer)))
}

/// The amendment, held until the end of the transaction, so that moves follow one another on
/// PostgreSQL too. Rows may refer to it meanwhile, or two acts would wait for each other.
///
/// # Errors
/// `NotFound`, or the store's fault.
pub fn hold_amendment(tx: &mut Tx<'_>, id: AmendmentId) -> Result<Amendment, DbError> {
    if let AnyConnection::Postgres(c) = &mut *tx.conn {
        let held = amendments::table.find(id.to_string()).select(amendments::id).for_no_key_update();
        held.first::<String>(c)?;
    }
    amendment(tx.conn, id)
}

/// The amendment of which this post of the community tells.
///
/// # Errors
/// The store's fault.
pub fn find_amendment_by_note(conn: &mut AnyConnection, note: PostId) -> Result<Option<Amendment>, DbError> {
    amendments::table
        .filter(amendments::note_id.eq(note.to_string()))
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(Row::amendment)
        .transpose()
}

/// Saves a draft or a proposal that seeks backing.
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
            amendments::is_draft.eq(words.is_draft),
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

/// Notes where an amendment stands now. One that seeks backing again gets its full time again.
///
/// # Errors
/// The store's fault.
pub fn set_state(tx: &mut Tx<'_>, id: AmendmentId, state: AmendmentState) -> Result<(), DbError> {
    let stored = match state {
        AmendmentState::Draft => AmendmentState::SeekingBacking,
        AmendmentState::Announced => AmendmentState::Backed,
        other => other,
    };
    diesel::update(amendments::table.find(id.to_string()))
        .set(amendments::state.eq(stored.as_str()))
        .execute(tx.conn)?;
    if matches!(state, AmendmentState::SeekingBacking | AmendmentState::InConflict) {
        renew(tx, id)?;
    }
    if state != AmendmentState::Announced {
        diesel::update(amendments::table.find(id.to_string()))
            .set(amendments::opens_at.eq(None::<NaiveDateTime>))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// Gives an amendment its full time to find a backer.
///
/// # Errors
/// The store's fault.
pub fn renew(tx: &mut Tx<'_>, id: AmendmentId) -> Result<(), DbError> {
    diesel::update(amendments::table.find(id.to_string()))
        .set((
            amendments::lapses_at.eq((tx.now + LAPSES_AFTER).naive_utc()),
            amendments::warned_at.eq(None::<NaiveDateTime>),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Throws a draft away. What was proposed once is never deleted.
///
/// # Errors
/// The store's fault.
pub fn delete_draft(tx: &mut Tx<'_>, id: AmendmentId) -> Result<(), DbError> {
    let draft = amendments::table.filter(amendments::id.eq(id.to_string())).filter(amendments::is_draft.eq(true));
    let ids: Vec<String> = draft.select(amendments::id).load(tx.conn)?;
    diesel::delete(amendment_changes::table.filter(amendment_changes::amendment_id.eq_any(&ids))).execute(tx.conn)?;
    diesel::delete(amendments::table.filter(amendments::id.eq_any(&ids))).execute(tx.conn)?;
    Ok(())
}

/// Notes that a draft is proposed now.
///
/// # Errors
/// The store's fault.
pub fn end_draft(tx: &mut Tx<'_>, id: AmendmentId) -> Result<(), DbError> {
    diesel::update(amendments::table.find(id.to_string()))
        .set((amendments::is_draft.eq(false), amendments::proposed_at.eq(tx.now.naive_utc())))
        .execute(tx.conn)?;
    Ok(())
}

/// Notes the moment at which the vote opens by itself. It binds also when the announcement is taken back.
///
/// # Errors
/// The store's fault.
pub fn announce(tx: &mut Tx<'_>, id: AmendmentId, opens_at: Stamp) -> Result<(), DbError> {
    diesel::update(amendments::table.find(id.to_string()))
        .set((
            amendments::opens_at.eq(Some(opens_at.naive_utc())),
            amendments::not_before.eq(Some(opens_at.naive_utc())),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Notes the post that tells of an amendment.
///
/// # Errors
/// The store's fault.
pub fn set_note(tx: &mut Tx<'_>, id: AmendmentId, note: PostId) -> Result<(), DbError> {
    diesel::update(amendments::table.find(id.to_string()))
        .set(amendments::note_id.eq(Some(note.to_string())))
        .execute(tx.conn)?;
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
