//! Help requests.

use super::connection::{AnyBackend, AnyConnection};
use super::convert;
use super::error::DbError;
use super::schema::{help_requests, local_actors};
use super::tx::Tx;
use crate::clock::Stamp;
use crate::domain::help_course::{LAPSES_AFTER, state_at};
use crate::domain::help_request::{HelpRequestState, NewHelpRequest};
use crate::ids::{CabalId, HelpRequestId, MemberId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// A help request with the cabal that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpRequest {
    /// The same UUID as its post.
    pub id: HelpRequestId,
    /// Who asks.
    pub cabal_id: CabalId,
    /// The cabal's handle.
    pub cabal_handle: String,
    /// The cabal's name.
    pub cabal_name: String,
    /// The cabal member who published it.
    pub published_by: MemberId,
    /// What is to be done.
    pub what: String,
    /// At least one skill.
    pub skills: Vec<String>,
    /// The effort in quarters of an hour.
    pub quarter_hours: i32,
    /// By when.
    pub deadline: Option<Stamp>,
    /// Where.
    pub place: Option<String>,
    /// Whether it can be done from anywhere.
    pub is_remote: bool,
    /// The language of the text.
    pub language: String,
    /// What was noted of it; [`HelpRequest::state`] says what it is.
    pub recorded: HelpRequestState,
    /// When it was published.
    pub published_at: Stamp,
    /// When it last changed.
    pub updated_at: Stamp,
    /// When it was published, renewed or opened again.
    pub renewed_at: Stamp,
    /// When its words were last edited, if they were.
    pub edited_at: Option<Stamp>,
}

impl HelpRequest {
    /// What it is at a moment (H3, H4).
    pub fn state(&self, now: Stamp) -> HelpRequestState {
        state_at(self.recorded, self.renewed_at, now)
    }

    /// When its words were written: what they cite is the text that stood then (A1).
    pub fn written_at(&self) -> Stamp {
        self.edited_at.unwrap_or(self.published_at)
    }

    /// Until when it stays open unless it is renewed (H4).
    pub fn lapses_at(&self) -> Stamp {
        self.renewed_at + LAPSES_AFTER
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = help_requests, check_for_backend(AnyBackend))]
struct Row {
    id: String,
    cabal_id: String,
    published_by: String,
    what: String,
    skills: String,
    quarter_hours: i32,
    deadline: Option<NaiveDateTime>,
    place: Option<String>,
    is_remote: bool,
    language: String,
    state: String,
    published_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    renewed_at: NaiveDateTime,
    edited_at: Option<NaiveDateTime>,
}

type Parts = (Row, String, String);

fn help_request_from((row, cabal_handle, cabal_name): Parts) -> Result<HelpRequest, DbError> {
    Ok(HelpRequest {
        id: convert::id(&row.id)?,
        cabal_id: convert::id(&row.cabal_id)?,
        cabal_handle,
        cabal_name,
        published_by: convert::id(&row.published_by)?,
        what: row.what,
        skills: serde_json::from_str(&row.skills).map_err(|e| DbError::Broken(format!("stored skills: {e}")))?,
        quarter_hours: row.quarter_hours,
        deadline: row.deadline.map(|at| at.and_utc()),
        place: row.place,
        is_remote: row.is_remote,
        language: row.language,
        recorded: convert::word(&row.state, HelpRequestState::from_stored)?,
        published_at: row.published_at.and_utc(),
        updated_at: row.updated_at.and_utc(),
        renewed_at: row.renewed_at.and_utc(),
        edited_at: row.edited_at.map(|at| at.and_utc()),
    })
}

macro_rules! with_cabals {
    () => {
        help_requests::table.inner_join(local_actors::table.on(local_actors::id.eq(help_requests::cabal_id))).select((
            Row::as_select(),
            local_actors::handle,
            local_actors::name,
        ))
    };
}

/// Which help requests to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct HelpRequestFilter {
    /// Of one cabal only.
    pub cabal: Option<CabalId>,
    /// In one state only; withdrawn ones are listed only when asked for.
    pub state: Option<HelpRequestState>,
    /// The last one of the page before.
    pub before: Option<HelpRequestId>,
}

/// A help request that must exist.
///
/// # Errors
/// `NotFound` when there is none, or the store's fault.
pub fn help_request(conn: &mut AnyConnection, id: HelpRequestId) -> Result<HelpRequest, DbError> {
    find_help_request(conn, id)?.ok_or(DbError::NotFound)
}

/// A help request by id.
///
/// # Errors
/// The store's fault.
pub fn find_help_request(conn: &mut AnyConnection, id: HelpRequestId) -> Result<Option<HelpRequest>, DbError> {
    let found: Option<Parts> = with_cabals!().filter(help_requests::id.eq(id.to_string())).first(conn).optional()?;
    found.map(help_request_from).transpose()
}

/// Help requests as they are at a moment, the youngest first.
///
/// # Errors
/// The store's fault.
pub fn list_help_requests(
    conn: &mut AnyConnection,
    filter: &HelpRequestFilter,
    now: Stamp,
    limit: i64,
) -> Result<Vec<HelpRequest>, DbError> {
    let mut query = with_cabals!().into_boxed::<AnyBackend>();
    if let Some(cabal) = filter.cabal {
        query = query.filter(help_requests::cabal_id.eq(cabal.to_string()));
    }
    let (open, lapsed) = (HelpRequestState::Open.as_str(), HelpRequestState::Lapsed.as_str());
    let lapses = (now - LAPSES_AFTER).naive_utc();
    query = match filter.state {
        Some(HelpRequestState::Open) => {
            query.filter(help_requests::state.eq(open)).filter(help_requests::renewed_at.gt(lapses))
        }
        Some(HelpRequestState::Lapsed) => query.filter(
            help_requests::state.eq(lapsed).or(help_requests::state.eq(open).and(help_requests::renewed_at.le(lapses))),
        ),
        Some(state) => query.filter(help_requests::state.eq(state.as_str())),
        None => query.filter(help_requests::state.ne(HelpRequestState::Withdrawn.as_str())),
    };
    if let Some(before) = filter.before {
        query = query.filter(help_requests::id.lt(before.to_string()));
    }
    let found: Vec<Parts> = query.order(help_requests::id.desc()).limit(limit).load(conn)?;
    found.into_iter().map(help_request_from).collect()
}

/// The columns that come from the form.
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = help_requests, treat_none_as_null = true)]
struct Written {
    what: String,
    skills: String,
    quarter_hours: i32,
    deadline: Option<NaiveDateTime>,
    place: Option<String>,
    is_remote: bool,
    language: String,
    updated_at: NaiveDateTime,
}

fn written(new: &NewHelpRequest, now: Stamp) -> Result<Written, DbError> {
    Ok(Written {
        what: new.what.clone(),
        skills: serde_json::to_string(&new.skills).map_err(|e| DbError::Broken(e.to_string()))?,
        quarter_hours: new.quarter_hours,
        deadline: new.deadline.map(|at| at.naive_utc()),
        place: new.place.clone(),
        is_remote: new.is_remote,
        language: new.language.clone(),
        updated_at: now.naive_utc(),
    })
}

/// Saves an open help request beside its post, which must exist.
///
/// # Errors
/// The store's fault.
pub fn insert_help_request(
    tx: &mut Tx<'_>,
    id: HelpRequestId,
    cabal: CabalId,
    by: MemberId,
    new: &NewHelpRequest,
) -> Result<(), DbError> {
    diesel::insert_into(help_requests::table)
        .values((
            written(new, tx.now)?,
            help_requests::id.eq(id.to_string()),
            help_requests::cabal_id.eq(cabal.to_string()),
            help_requests::published_by.eq(by.to_string()),
            help_requests::state.eq(HelpRequestState::Open.as_str()),
            help_requests::published_at.eq(tx.now.naive_utc()),
            help_requests::renewed_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Replaces what a help request says.
///
/// # Errors
/// The store's fault.
pub fn rewrite_help_request(tx: &mut Tx<'_>, id: HelpRequestId, new: &NewHelpRequest) -> Result<(), DbError> {
    diesel::update(help_requests::table.filter(help_requests::id.eq(id.to_string())))
        .set((written(new, tx.now)?, help_requests::edited_at.eq(Some(tx.now.naive_utc()))))
        .execute(tx.conn)?;
    Ok(())
}

/// Moves a help request from one state to another; false when it was in none of `from`.
///
/// # Errors
/// The store's fault.
pub fn move_help_request(
    tx: &mut Tx<'_>,
    id: HelpRequestId,
    from: &[HelpRequestState],
    to: HelpRequestState,
) -> Result<bool, DbError> {
    let from: Vec<&str> = from.iter().map(|state| state.as_str()).collect();
    let touched = diesel::update(
        help_requests::table.filter(help_requests::id.eq(id.to_string())).filter(help_requests::state.eq_any(from)),
    )
    .set((help_requests::state.eq(to.as_str()), help_requests::updated_at.eq(tx.now.naive_utc())))
    .execute(tx.conn)?;
    Ok(touched > 0)
}

/// Opens a help request for another 30 days; false when it was in none of `from`.
///
/// # Errors
/// The store's fault.
pub fn open_help_request(tx: &mut Tx<'_>, id: HelpRequestId, from: &[HelpRequestState]) -> Result<bool, DbError> {
    let from: Vec<&str> = from.iter().map(|state| state.as_str()).collect();
    let touched = diesel::update(
        help_requests::table.filter(help_requests::id.eq(id.to_string())).filter(help_requests::state.eq_any(from)),
    )
    .set((
        help_requests::state.eq(HelpRequestState::Open.as_str()),
        help_requests::renewed_at.eq(tx.now.naive_utc()),
        help_requests::updated_at.eq(tx.now.naive_utc()),
    ))
    .execute(tx.conn)?;
    Ok(touched > 0)
}

/// Notes that an open help request has lapsed by now; false when it has not, or it was noted.
///
/// # Errors
/// The store's fault.
pub fn note_lapse(tx: &mut Tx<'_>, id: HelpRequestId) -> Result<bool, DbError> {
    let touched = diesel::update(
        help_requests::table
            .filter(help_requests::id.eq(id.to_string()))
            .filter(help_requests::state.eq(HelpRequestState::Open.as_str()))
            .filter(help_requests::renewed_at.le((tx.now - LAPSES_AFTER).naive_utc())),
    )
    .set((help_requests::state.eq(HelpRequestState::Lapsed.as_str()), help_requests::updated_at.eq(tx.now.naive_utc())))
    .execute(tx.conn)?;
    Ok(touched > 0)
}

/// Help requests that have lapsed without a note of it.
///
/// # Errors
/// The store's fault.
pub fn list_lapsing(conn: &mut AnyConnection, now: Stamp, limit: i64) -> Result<Vec<HelpRequestId>, DbError> {
    let found: Vec<String> = help_requests::table
        .filter(help_requests::state.eq(HelpRequestState::Open.as_str()))
        .filter(help_requests::renewed_at.le((now - LAPSES_AFTER).naive_utc()))
        .order(help_requests::id)
        .limit(limit)
        .select(help_requests::id)
        .load(conn)?;
    found.iter().map(|id| convert::id(id)).collect()
}
