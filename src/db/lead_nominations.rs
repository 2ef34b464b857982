//! Who was named to lead a cabal, and who leads it (rule C3).

use super::connection::{AnyBackend, AnyConnection};
use super::schema::{cabal_members, cabals, lead_nominations};
use super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::domain::nomination::{NominationState, Way};
use crate::ids::{CabalId, MemberId, NominationId, PollId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// Somebody named to lead a cabal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nomination {
    /// Its id.
    pub id: NominationId,
    /// The cabal.
    pub cabal_id: CabalId,
    /// Who is named.
    pub nominee_id: MemberId,
    /// Who named them.
    pub called_by: MemberId,
    /// How the lead is to change hands.
    pub way: Way,
    /// When they were named.
    pub made_at: Stamp,
    /// Where it stands.
    pub state: NominationState,
    /// The vote, once open.
    pub poll_id: Option<PollId>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = lead_nominations, check_for_backend(AnyBackend))]
struct Row {
    id: String,
    cabal_id: String,
    nominee_id: String,
    called_by: String,
    way: String,
    made_at: NaiveDateTime,
    state: String,
    poll_id: Option<String>,
}

impl Row {
    fn nomination(self) -> Result<Nomination, DbError> {
        Ok(Nomination {
            id: convert::id(&self.id)?,
            cabal_id: convert::id(&self.cabal_id)?,
            nominee_id: convert::id(&self.nominee_id)?,
            called_by: convert::id(&self.called_by)?,
            way: convert::word(&self.way, Way::stored)?,
            made_at: self.made_at.and_utc(),
            state: convert::word(&self.state, NominationState::stored)?,
            poll_id: self.poll_id.as_deref().map(convert::id).transpose()?,
        })
    }
}

/// A nomination that must exist.
///
/// # Errors
/// `NotFound`, or the store's fault.
pub fn nomination(conn: &mut AnyConnection, id: NominationId) -> Result<Nomination, DbError> {
    let row: Row = lead_nominations::table.find(id.to_string()).select(Row::as_select()).first(conn)?;
    row.nomination()
}

/// The nomination that a vote decides, if it decides one.
///
/// # Errors
/// The store's fault.
pub fn find_nomination_of_poll(conn: &mut AnyConnection, poll: PollId) -> Result<Option<Nomination>, DbError> {
    let row: Option<Row> = lead_nominations::table
        .filter(lead_nominations::poll_id.eq(poll.to_string()))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    row.map(Row::nomination).transpose()
}

/// The nominations of a cabal that wait for their nominee or are voted on, the oldest first.
///
/// # Errors
/// The store's fault.
pub fn list_pending_nominations(conn: &mut AnyConnection, cabal: CabalId) -> Result<Vec<Nomination>, DbError> {
    let pending = [NominationState::Waiting, NominationState::Open].map(NominationState::as_str);
    let rows: Vec<Row> = lead_nominations::table
        .filter(lead_nominations::cabal_id.eq(cabal.to_string()))
        .filter(lead_nominations::state.eq_any(pending))
        .order(lead_nominations::id)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::nomination).collect()
}

/// Saves a nomination.
///
/// # Errors
/// The store's fault.
pub fn insert_nomination(tx: &mut Tx<'_>, new: &Nomination) -> Result<(), DbError> {
    diesel::insert_into(lead_nominations::table)
        .values((
            lead_nominations::id.eq(new.id.to_string()),
            lead_nominations::cabal_id.eq(new.cabal_id.to_string()),
            lead_nominations::nominee_id.eq(new.nominee_id.to_string()),
            lead_nominations::called_by.eq(new.called_by.to_string()),
            lead_nominations::way.eq(new.way.as_str()),
            lead_nominations::made_at.eq(new.made_at.naive_utc()),
            lead_nominations::state.eq(new.state.as_str()),
            lead_nominations::poll_id.eq(new.poll_id.map(|id| id.to_string())),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Notes where a nomination stands now, and its vote if it has one.
///
/// # Errors
/// The store's fault.
pub fn set_nomination_state(
    tx: &mut Tx<'_>,
    id: NominationId,
    state: NominationState,
    poll: Option<PollId>,
) -> Result<(), DbError> {
    diesel::update(lead_nominations::table.find(id.to_string()))
        .set((lead_nominations::state.eq(state.as_str()), lead_nominations::poll_id.eq(poll.map(|id| id.to_string()))))
        .execute(tx.conn)?;
    Ok(())
}

/// Ends what waits for the word of a member who left the cabal, and what they wished to hand over.
///
/// # Errors
/// The store's fault.
pub fn decline_waiting_of(tx: &mut Tx<'_>, cabal: CabalId, member: MemberId) -> Result<(), DbError> {
    let is_theirs = lead_nominations::nominee_id
        .eq(member.to_string())
        .or(lead_nominations::called_by.eq(member.to_string()).and(lead_nominations::way.eq(Way::Agreement.as_str())));
    diesel::update(
        lead_nominations::table
            .filter(lead_nominations::cabal_id.eq(cabal.to_string()))
            .filter(lead_nominations::state.eq(NominationState::Waiting.as_str()))
            .filter(is_theirs),
    )
    .set(lead_nominations::state.eq(NominationState::Declined.as_str()))
    .execute(tx.conn)?;
    Ok(())
}

/// Holds a cabal until the end of the transaction, so that what is decided about its lead follows
/// one another on PostgreSQL too. SQLite has one writer at a time anyway.
///
/// # Errors
/// The store's fault.
pub fn hold_cabal(tx: &mut Tx<'_>, id: CabalId) -> Result<(), DbError> {
    if let AnyConnection::Postgres(c) = &mut *tx.conn {
        let _: Option<String> =
            cabals::table.find(id.to_string()).select(cabals::id).for_no_key_update().first(c).optional()?;
        tx.catch_up();
    }
    Ok(())
}

/// Whether a member leads the cabal.
///
/// # Errors
/// The store's fault.
pub fn is_lead(conn: &mut AnyConnection, cabal: CabalId, member: MemberId) -> Result<bool, DbError> {
    let found: i64 = cabal_members::table
        .filter(cabal_members::cabal_id.eq(cabal.to_string()))
        .filter(cabal_members::member_id.eq(member.to_string()))
        .filter(cabal_members::left_at.is_null())
        .filter(cabal_members::is_lead)
        .count()
        .get_result(conn)?;
    Ok(found > 0)
}

/// Makes a member lead or an ordinary member; false when they are not in the cabal any more.
///
/// # Errors
/// The store's fault.
pub fn set_lead(tx: &mut Tx<'_>, cabal: CabalId, member: MemberId, leads: bool) -> Result<bool, DbError> {
    let touched = diesel::update(
        cabal_members::table
            .filter(cabal_members::cabal_id.eq(cabal.to_string()))
            .filter(cabal_members::member_id.eq(member.to_string()))
            .filter(cabal_members::left_at.is_null()),
    )
    .set(cabal_members::is_lead.eq(leads))
    .execute(tx.conn)?;
    Ok(touched == 1)
}

/// Makes everybody else in the cabal an ordinary member.
///
/// # Errors
/// The store's fault.
pub fn end_other_leads(tx: &mut Tx<'_>, cabal: CabalId, lead: MemberId) -> Result<(), DbError> {
    diesel::update(
        cabal_members::table
            .filter(cabal_members::cabal_id.eq(cabal.to_string()))
            .filter(cabal_members::member_id.ne(lead.to_string())),
    )
    .set(cabal_members::is_lead.eq(false))
    .execute(tx.conn)?;
    Ok(())
}
