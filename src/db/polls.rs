//! Polls and their options.

use super::connection::{AnyBackend, AnyConnection};
use super::documents::stored_rule;
use super::schema::{chain_entries, poll_options, polls, results};
use super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::domain::ballot::Manner;
use crate::domain::tally::{Majority, Rule};
use crate::ids::{ActorId, AmendmentId, MemberId, PollId};
use chrono::NaiveDateTime;
use diesel::dsl;
use diesel::prelude::*;

/// A poll with its options.
#[derive(Debug, Clone)]
pub struct Poll {
    /// Its id.
    pub id: PollId,
    /// The actor that published it.
    pub actor_id: ActorId,
    /// The amendment whose ballot it is, if it is one.
    pub amendment_id: Option<AmendmentId>,
    /// The member who published it.
    pub published_by: MemberId,
    /// What is asked.
    pub question: String,
    /// Whether a voter may choose several options.
    pub is_multiple: bool,
    /// Whether totals stay hidden until the close.
    pub totals_hidden: bool,
    /// The language of the question.
    pub language: String,
    /// From when ballots count.
    pub opens_at: Stamp,
    /// From when they count no longer; whole seconds.
    pub closes_at: Stamp,
    /// When the result was worked out.
    pub closed_at: Option<Stamp>,
    /// What froze at the opening, for polls with a roll.
    pub frozen: Option<Frozen>,
    /// How many voters took part so far.
    pub voters_count: u32,
    /// The options in their order.
    pub options: Vec<PollOption>,
}

/// What froze at the opening of a vote with a roll (A4, C3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// How many members were on the roll.
    pub roll_size: u32,
    /// SHA-256 over their ids.
    pub roll_fingerprint: String,
    /// The rule that decides.
    pub rule: Rule,
}

/// One option of a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollOption {
    /// Its place, from 0.
    pub position: u32,
    /// Its words.
    pub name: String,
    /// What may be shown: live when totals are visible, zero while hidden, final once closed.
    pub total: u32,
}

impl Poll {
    /// Whether a ballot received at `now` may count.
    pub fn is_open(&self, now: Stamp) -> bool {
        self.closed_at.is_none() && now >= self.opens_at && now < self.closes_at
    }

    /// Whether only those on a frozen roll vote, and their last ballot counts: a vote on an amendment
    /// or on the lead of a cabal (A4, C3).
    pub fn has_roll(&self) -> bool {
        self.frozen.is_some()
    }

    /// Whether it decides who leads a cabal (C3).
    pub fn is_lead_vote(&self) -> bool {
        self.has_roll() && self.amendment_id.is_none()
    }

    /// Whether its time is over but its result is not yet worked out.
    pub fn is_due(&self, now: Stamp) -> bool {
        self.closed_at.is_none() && now >= self.closes_at
    }

    /// Whether its totals may be shown to anybody, whoever asks (A8).
    pub fn shows_totals(&self) -> bool {
        !self.totals_hidden || self.closed_at.is_some()
    }

    /// How its ballots are taken (A6).
    pub fn manner(&self) -> Manner {
        match (self.has_roll(), self.is_multiple) {
            (true, _) => Manner::LastCounts,
            (false, false) => Manner::FirstStands,
            (false, true) => Manner::ChoicesAddUp,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = polls, check_for_backend(AnyBackend))]
struct Row {
    id: String,
    actor_id: String,
    amendment_id: Option<String>,
    published_by: String,
    question: String,
    is_multiple: bool,
    totals_hidden: bool,
    language: String,
    opens_at: NaiveDateTime,
    closes_at: NaiveDateTime,
    closed_at: Option<NaiveDateTime>,
    roll_size: Option<i32>,
    roll_fingerprint: Option<String>,
    vote_base: Option<String>,
    quorum: Option<i32>,
    majority: String,
    voters_count: i32,
}

type OptionRow = (i32, String, i32);

impl Row {
    fn poll(self, options: Vec<OptionRow>) -> Result<Poll, DbError> {
        let frozen = match (self.roll_size, self.roll_fingerprint, self.vote_base, self.quorum) {
            (Some(size), Some(roll_fingerprint), Some(base), Some(quorum)) => {
                let majority = convert::word(&self.majority, Majority::stored)?;
                let rule = Rule { majority, ..stored_rule(&base, quorum)? };
                Some(Frozen { roll_size: count(size)?, roll_fingerprint, rule })
            }
            _ => None,
        };
        Ok(Poll {
            id: convert::id(&self.id)?,
            actor_id: convert::id(&self.actor_id)?,
            amendment_id: self.amendment_id.as_deref().map(convert::id).transpose()?,
            published_by: convert::id(&self.published_by)?,
            question: self.question,
            is_multiple: self.is_multiple,
            totals_hidden: self.totals_hidden,
            language: self.language,
            opens_at: self.opens_at.and_utc(),
            closes_at: self.closes_at.and_utc(),
            closed_at: self.closed_at.map(|at| at.and_utc()),
            frozen,
            voters_count: count(self.voters_count)?,
            options: options
                .into_iter()
                .map(|(position, name, total)| {
                    Ok(PollOption { position: count(position)?, name, total: count(total)? })
                })
                .collect::<Result<_, DbError>>()?,
        })
    }
}

/// A number that cannot be below zero, as it was stored.
pub(super) fn count<N>(stored: N) -> Result<u32, DbError>
where
    u32: TryFrom<N>,
{
    u32::try_from(stored).map_err(|_| DbError::Broken("a stored count is out of range".to_owned()))
}

/// A poll that must exist.
///
/// # Errors
/// `NotFound`, or the store's fault.
pub fn poll(conn: &mut AnyConnection, id: PollId) -> Result<Poll, DbError> {
    find_poll(conn, id)?.ok_or(DbError::NotFound)
}

/// The poll, if there is one.
///
/// # Errors
/// The store's fault.
pub fn find_poll(conn: &mut AnyConnection, id: PollId) -> Result<Option<Poll>, DbError> {
    let row: Option<Row> = polls::table.find(id.to_string()).select(Row::as_select()).first(conn).optional()?;
    row.map(|row| with_options(conn, row)).transpose()
}

/// The poll, held until the end of the transaction, so that ballots and the close follow one
/// another on PostgreSQL too (A16). SQLite has one writer at a time anyway.
///
/// # Errors
/// The store's fault.
pub fn hold_poll(tx: &mut Tx<'_>, id: PollId) -> Result<Option<Poll>, DbError> {
    let poll = polls::table.find(id.to_string());
    let row: Option<Row> = match &mut *tx.conn {
        AnyConnection::Postgres(c) => {
            let row = poll.for_no_key_update().select(Row::as_select()).first(c).optional()?;
            tx.catch_up();
            row
        }
        AnyConnection::Sqlite(c) => poll.select(Row::as_select()).first(c).optional()?,
    };
    row.map(|row| with_options(tx.conn, row)).transpose()
}

fn with_options(conn: &mut AnyConnection, row: Row) -> Result<Poll, DbError> {
    let options: Vec<OptionRow> = poll_options::table
        .filter(poll_options::poll_id.eq(&row.id))
        .order(poll_options::position)
        .select((poll_options::position, poll_options::name, poll_options::total))
        .load(conn)?;
    row.poll(options)
}

/// One page of the polls of an actor, the newest first: those before `before`, at most `limit`.
///
/// # Errors
/// The store's fault.
pub fn list_polls(
    conn: &mut AnyConnection,
    actor: ActorId,
    before: Option<PollId>,
    limit: i64,
) -> Result<Vec<Poll>, DbError> {
    let mut query =
        polls::table.filter(polls::actor_id.eq(actor.to_string())).select(Row::as_select()).into_boxed::<AnyBackend>();
    if let Some(before) = before {
        query = query.filter(polls::id.lt(before.to_string()));
    }
    let rows: Vec<Row> = query.order(polls::id.desc()).limit(limit).load(conn)?;
    rows.into_iter().map(|row| with_options(conn, row)).collect()
}

/// The votes with a roll, the oldest first.
///
/// # Errors
/// The store's fault.
pub fn list_votes(conn: &mut AnyConnection) -> Result<Vec<PollId>, DbError> {
    let rows: Vec<String> =
        polls::table.filter(polls::roll_fingerprint.is_not_null()).order(polls::id).select(polls::id).load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}

/// A poll to be saved beside its post, which must exist.
#[derive(Debug, Clone, Copy)]
pub struct PollToInsert<'a> {
    /// Its id, that of its post.
    pub id: PollId,
    /// Who publishes it.
    pub actor_id: ActorId,
    /// The amendment whose ballot it is.
    pub amendment_id: Option<AmendmentId>,
    /// The member who publishes it.
    pub published_by: MemberId,
    /// What is asked.
    pub question: &'a str,
    /// The options in their order.
    pub options: &'a [String],
    /// Whether a voter may choose several options.
    pub is_multiple: bool,
    /// Whether totals stay hidden until the close.
    pub totals_hidden: bool,
    /// The language of the question.
    pub language: &'a str,
    /// From when ballots count.
    pub opens_at: Stamp,
    /// From when they count no longer.
    pub closes_at: Stamp,
}

/// Saves a poll and its options.
///
/// # Errors
/// The store's fault.
pub fn insert_poll(tx: &mut Tx<'_>, new: &PollToInsert<'_>) -> Result<(), DbError> {
    diesel::insert_into(polls::table)
        .values((
            polls::id.eq(new.id.to_string()),
            polls::actor_id.eq(new.actor_id.to_string()),
            polls::amendment_id.eq(new.amendment_id.map(|id| id.to_string())),
            polls::published_by.eq(new.published_by.to_string()),
            polls::question.eq(new.question),
            polls::is_multiple.eq(new.is_multiple),
            polls::totals_hidden.eq(new.totals_hidden),
            polls::language.eq(new.language),
            polls::opens_at.eq(new.opens_at.naive_utc()),
            polls::closes_at.eq(new.closes_at.naive_utc()),
        ))
        .execute(tx.conn)?;
    for (position, name) in (0_i32..).zip(new.options) {
        diesel::insert_into(poll_options::table)
            .values((
                poll_options::poll_id.eq(new.id.to_string()),
                poll_options::position.eq(position),
                poll_options::name.eq(name),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// A vote that is marked as closed and has no result, although its chain says that it was opened with one to come.
macro_rules! marked_only {
    () => {
        polls::closed_at
            .is_not_null()
            .and(polls::roll_fingerprint.is_not_null())
            .and(dsl::exists(chain_entries::table.filter(chain_entries::poll_id.eq(polls::id))))
            .and(dsl::not(dsl::exists(results::table.filter(results::poll_id.eq(polls::id)))))
    };
}

/// Up to `limit` polls whose time is over and that are not closed, the longest due first; with those
/// that somebody marked as closed who is not us.
///
/// # Errors
/// The store's fault.
pub fn list_due(conn: &mut AnyConnection, now: Stamp, limit: i64) -> Result<Vec<PollId>, DbError> {
    let rows: Vec<String> = polls::table
        .filter(polls::closed_at.is_null().or(marked_only!()))
        .filter(polls::closes_at.le(now.naive_utc()))
        .order((polls::closes_at, polls::id))
        .limit(limit)
        .select(polls::id)
        .load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}

/// Whether a poll is marked as closed although nothing was decided: the close writes both at once, so
/// somebody else wrote the mark. Votes that were opened before chains were kept may have no result.
///
/// # Errors
/// The store's fault.
pub fn is_cut_short(conn: &mut AnyConnection, poll: &Poll) -> Result<bool, DbError> {
    Ok(diesel::select(dsl::exists(polls::table.find(poll.id.to_string()).filter(marked_only!()))).get_result(conn)?)
}

/// Claims the close of a poll: true for exactly one of all who try (A16).
///
/// # Errors
/// The store's fault.
pub fn claim_close(tx: &mut Tx<'_>, id: PollId) -> Result<bool, DbError> {
    let now = tx.deadline().naive_utc();
    let claimed = diesel::update(
        polls::table.find(id.to_string()).filter(polls::closed_at.is_null()).filter(polls::closes_at.le(now)),
    )
    .set(polls::closed_at.eq(Some(now)))
    .execute(tx.conn)?;
    Ok(claimed == 1)
}

/// The same for a poll that somebody else marked as closed: it is held, and still undecided then.
///
/// # Errors
/// The store's fault.
pub fn claim_cut_short(tx: &mut Tx<'_>, poll: &Poll) -> Result<bool, DbError> {
    hold_poll(tx, poll.id)?;
    is_cut_short(tx.conn, poll)
}

/// Writes the final numbers, counted from the ballots themselves.
///
/// # Errors
/// The store's fault.
pub fn save_totals(tx: &mut Tx<'_>, id: PollId, totals: &[u32], voters: u32) -> Result<(), DbError> {
    let stored = |n: u32| i32::try_from(n).map_err(|_| DbError::Broken("a total is out of range".to_owned()));
    for (position, total) in (0_i32..).zip(totals) {
        diesel::update(poll_options::table.find((id.to_string(), position)))
            .set(poll_options::total.eq(stored(*total)?))
            .execute(tx.conn)?;
    }
    diesel::update(polls::table.find(id.to_string())).set(polls::voters_count.eq(stored(voters)?)).execute(tx.conn)?;
    Ok(())
}
