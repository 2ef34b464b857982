//! Activities received and verified, stored once per actor and activity id (F5, SG-11). A row
//! stays after its activity is dealt with, without the body, so that a repetition is known.

use super::connection::{AnyBackend, AnyConnection};
use super::error::DbError;
use super::schema::inbox_activities;
use super::tx::Tx;
use crate::clock::Stamp;
use crate::ids::InboxId;
use crate::on_each_backend;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

/// An activity to be stored.
#[derive(Debug, Clone)]
pub struct NewReceived {
    /// The actor whose key signed it and who is its `actor`.
    pub actor_url: String,
    /// The activity's own id, on the actor's origin.
    pub activity_id: String,
    /// The handle of the inbox it came to; `None` for the shared inbox.
    pub inbox_handle: Option<String>,
    /// The exact body.
    pub body: String,
    /// When it was signed, by the clock of its sender: tells a repetition from a replay.
    pub signed_at: Stamp,
}

/// An activity that waits to be dealt with.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its row.
    pub id: InboxId,
    /// The actor whose key signed it and who is its `actor`.
    pub actor_url: String,
    /// The activity's own id.
    pub activity_id: String,
    /// The handle of the inbox it came to; `None` for the shared inbox.
    pub inbox_handle: Option<String>,
    /// The exact body.
    pub body: String,
    /// When it was stored, by our own clock (A6).
    pub received_at: Stamp,
    /// What the clock claimed then, while it is in doubt.
    pub claimed_at: Option<Stamp>,
    /// How often it was tried before.
    pub attempts: i32,
    /// When it was signed, by the clock of its sender.
    pub signed_at: Stamp,
    /// True when an activity of this id was dealt with before.
    pub is_repeated: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = inbox_activities, check_for_backend(AnyBackend))]
struct ReceivedRow {
    id: String,
    actor_url: String,
    activity_id: String,
    inbox_handle: Option<String>,
    body: Option<String>,
    received_at: NaiveDateTime,
    claimed_at: Option<NaiveDateTime>,
    attempts: i32,
    signed_at: Option<NaiveDateTime>,
    repeats_after: Option<NaiveDateTime>,
}

/// The columns of a [`ReceivedRow`], for a query that is built before its database is known.
macro_rules! received_columns {
    () => {
        (
            inbox_activities::id,
            inbox_activities::actor_url,
            inbox_activities::activity_id,
            inbox_activities::inbox_handle,
            inbox_activities::body,
            inbox_activities::received_at,
            inbox_activities::claimed_at,
            inbox_activities::attempts,
            inbox_activities::signed_at,
            inbox_activities::repeats_after,
        )
    };
}

impl ReceivedRow {
    fn into_received(self) -> Result<Received, DbError> {
        Ok(Received {
            id: self.id.parse().map_err(|_| DbError::Broken(format!("{} is no id", self.id)))?,
            actor_url: self.actor_url,
            activity_id: self.activity_id,
            inbox_handle: self.inbox_handle,
            body: self.body.unwrap_or_default(),
            received_at: self.received_at.and_utc(),
            claimed_at: self.claimed_at.map(|at| at.and_utc()),
            attempts: self.attempts,
            signed_at: self.signed_at.unwrap_or(self.received_at).and_utc(),
            is_repeated: self.repeats_after.is_some(),
        })
    }
}

/// Stores an activity unless the same one by the same actor was stored before. True when it is
/// new. The time of receiving is that of this transaction (A6).
///
/// # Errors
/// The store's fault.
pub fn store_once(tx: &mut Tx<'_>, new: &NewReceived) -> Result<bool, DbError> {
    if let AnyConnection::Postgres(c) = &mut *tx.conn {
        // The clock is read once this transaction is one of those that a close waits for: read earlier,
        // a vote could bear a time before the end of a poll that was closed without it.
        c.batch_execute("LOCK TABLE inbox_activities IN ROW EXCLUSIVE MODE")?;
        tx.catch_up();
    }
    let values = (
        inbox_activities::id.eq(tx.next_id().to_string()),
        inbox_activities::actor_url.eq(&new.actor_url),
        inbox_activities::activity_id.eq(&new.activity_id),
        inbox_activities::inbox_handle.eq(new.inbox_handle.as_deref()),
        inbox_activities::body.eq(Some(&new.body)),
        inbox_activities::received_at.eq(tx.deadline().naive_utc()),
        inbox_activities::claimed_at.eq(tx.doubt().map(|doubt| doubt.claimed.naive_utc())),
        inbox_activities::state.eq("waiting"),
        inbox_activities::next_try_at.eq(tx.deadline().naive_utc()),
        inbox_activities::signed_at.eq(Some(new.signed_at.naive_utc())),
    );
    let stored = on_each_backend!(tx.conn, |c| diesel::insert_into(inbox_activities::table)
        .values(values)
        .on_conflict((inbox_activities::actor_url, inbox_activities::activity_id))
        .do_nothing()
        .execute(c))?;
    Ok(stored == 1 || store_again(tx, new)?)
}

/// Takes up an activity whose id was dealt with before, if [`expect_again`] allowed it and it was
/// signed afterwards: a replay bears its old date.
fn store_again(tx: &mut Tx<'_>, new: &NewReceived) -> Result<bool, DbError> {
    let signed_at = new.signed_at.naive_utc();
    let again = inbox_activities::table
        .filter(inbox_activities::actor_url.eq(&new.actor_url))
        .filter(inbox_activities::activity_id.eq(&new.activity_id))
        .filter(inbox_activities::state.eq("done"))
        .filter(inbox_activities::repeats_after.lt(signed_at));
    let taken = diesel::update(again)
        .set((
            inbox_activities::inbox_handle.eq(new.inbox_handle.as_deref()),
            inbox_activities::body.eq(Some(&new.body)),
            inbox_activities::received_at.eq(tx.deadline().naive_utc()),
            inbox_activities::claimed_at.eq(tx.doubt().map(|doubt| doubt.claimed.naive_utc())),
            inbox_activities::state.eq("waiting"),
            inbox_activities::attempts.eq(0),
            inbox_activities::next_try_at.eq(tx.deadline().naive_utc()),
            inbox_activities::signed_at.eq(Some(signed_at)),
        ))
        .execute(tx.conn)?;
    Ok(taken == 1)
}

/// Whether any activity is due by the moment that deadlines are judged by: a clock that is set back keeps
/// none waiting, for an older vote that waits could then take the place of a newer one (A6).
///
/// # Errors
/// The store's fault.
pub fn has_due(conn: &mut AnyConnection, deadline: Stamp) -> Result<bool, DbError> {
    let due = inbox_activities::table
        .filter(inbox_activities::state.eq("waiting"))
        .filter(inbox_activities::next_try_at.le(deadline.naive_utc()));
    Ok(diesel::select(diesel::dsl::exists(due)).get_result(conn)?)
}

/// The oldest activities that are due, held by this transaction until it ends: on PostgreSQL by
/// row locks that other processes skip, on SQLite by the one writer.
///
/// # Errors
/// The store's fault.
pub fn claim_waiting(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Received>, DbError> {
    let due = inbox_activities::table
        .filter(inbox_activities::state.eq("waiting"))
        .filter(inbox_activities::next_try_at.le(tx.deadline().naive_utc()))
        .order((inbox_activities::next_try_at, inbox_activities::id))
        .limit(limit)
        .select(received_columns!());
    let rows: Vec<ReceivedRow> = match &mut *tx.conn {
        AnyConnection::Postgres(c) => due.for_update().skip_locked().load(c)?,
        AnyConnection::Sqlite(c) => due.load(c)?,
    };
    rows.into_iter().map(ReceivedRow::into_received).collect()
}

/// Which waiting activities [`claim_naming`] looks for.
#[derive(Debug, Clone, Copy)]
pub struct Naming<'a> {
    /// What their body holds.
    pub id: &'a str,
    /// They were received before this moment. One that came in while a clock was in doubt was not, if
    /// the moment that was claimed is later and has come.
    pub before: Stamp,
    /// They come after this one.
    pub after: Option<InboxId>,
}

/// The oldest activities that wait and name something in their body, in the order of their ids;
/// held like those of [`claim_waiting`], but waited for instead of skipped.
///
/// # Errors
/// The store's fault.
pub fn claim_naming(tx: &mut Tx<'_>, which: &Naming<'_>, limit: i64) -> Result<Vec<Received>, DbError> {
    let naming = inbox_activities::table
        .filter(inbox_activities::state.eq("waiting"))
        .filter(inbox_activities::received_at.lt(which.before.naive_utc()))
        .filter(
            inbox_activities::claimed_at
                .is_null()
                .or(inbox_activities::claimed_at.lt(which.before.naive_utc()))
                .or(inbox_activities::claimed_at.gt(tx.deadline().naive_utc())),
        )
        .filter(inbox_activities::id.gt(which.after.map(|id| id.to_string()).unwrap_or_default()))
        .filter(inbox_activities::body.like(format!("%{}%", which.id)))
        .order(inbox_activities::id)
        .limit(limit)
        .select(received_columns!());
    let rows: Vec<ReceivedRow> = match &mut *tx.conn {
        AnyConnection::Postgres(c) => naming.for_update().load(c)?,
        AnyConnection::Sqlite(c) => naming.load(c)?,
    };
    rows.into_iter().map(ReceivedRow::into_received).collect()
}

/// Waits until every transaction that is storing an activity at this moment has ended, so that
/// the next one sees what they stored. On SQLite one write follows the other anyway. To be
/// called in a transaction of its own, which holds nothing else.
///
/// # Errors
/// The store's fault.
pub fn wait_for_stores(tx: &mut Tx<'_>) -> Result<(), DbError> {
    if let AnyConnection::Postgres(c) = &mut *tx.conn {
        c.batch_execute("LOCK TABLE inbox_activities IN SHARE MODE")?;
    }
    Ok(())
}

/// Marks an activity as dealt with and erases its body.
///
/// # Errors
/// The store's fault.
pub fn mark_done(tx: &mut Tx<'_>, id: InboxId) -> Result<(), DbError> {
    diesel::update(inbox_activities::table.filter(inbox_activities::id.eq(id.to_string())))
        .set((inbox_activities::state.eq("done"), inbox_activities::body.eq(None::<String>)))
        .execute(tx.conn)?;
    Ok(())
}

/// Marks many activities as dealt with at once and erases their bodies.
///
/// # Errors
/// The store's fault.
pub fn mark_all_done(tx: &mut Tx<'_>, ids: &[InboxId]) -> Result<(), DbError> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    diesel::update(inbox_activities::table.filter(inbox_activities::id.eq_any(ids)))
        .set((inbox_activities::state.eq("done"), inbox_activities::body.eq(None::<String>)))
        .execute(tx.conn)?;
    Ok(())
}

/// Writes a note beside an activity, by which [`expect_again`] finds it.
///
/// # Errors
/// The store's fault.
pub fn label(tx: &mut Tx<'_>, id: InboxId, note: &str) -> Result<(), DbError> {
    diesel::update(inbox_activities::table.filter(inbox_activities::id.eq(id.to_string())))
        .set(inbox_activities::note.eq(note))
        .execute(tx.conn)?;
    Ok(())
}

/// Lets the labelled activities of an actor that were dealt with come again, if they are signed
/// after `signed_at`: some programs give every Undo of a follow between the same two actors the
/// same id.
///
/// # Errors
/// The store's fault.
pub fn expect_again(tx: &mut Tx<'_>, actor_url: &str, note: &str, signed_at: Stamp) -> Result<(), DbError> {
    diesel::update(
        inbox_activities::table
            .filter(inbox_activities::actor_url.eq(actor_url))
            .filter(inbox_activities::state.eq("done"))
            .filter(inbox_activities::note.eq(note)),
    )
    .set(inbox_activities::repeats_after.eq(Some(signed_at.naive_utc())))
    .execute(tx.conn)?;
    Ok(())
}

/// Whether an activity of this id was received from the actor, as far as we still remember.
///
/// # Errors
/// The store's fault.
pub fn was_received(conn: &mut AnyConnection, actor_url: &str, activity_id: &str) -> Result<bool, DbError> {
    let known = inbox_activities::table
        .filter(inbox_activities::actor_url.eq(actor_url))
        .filter(inbox_activities::activity_id.eq(activity_id));
    Ok(diesel::select(diesel::dsl::exists(known)).get_result(conn)?)
}

/// Gives an activity up and erases its body, which may be a vote (A12).
///
/// # Errors
/// The store's fault.
pub fn mark_failed(tx: &mut Tx<'_>, id: InboxId, note: &str) -> Result<(), DbError> {
    diesel::update(inbox_activities::table.filter(inbox_activities::id.eq(id.to_string())))
        .set((
            inbox_activities::state.eq("failed"),
            inbox_activities::body.eq(None::<String>),
            inbox_activities::note.eq(Some(note)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Puts an activity aside until `delay` has passed.
///
/// # Errors
/// The store's fault.
pub fn try_later(tx: &mut Tx<'_>, id: InboxId, delay: TimeDelta, note: &str) -> Result<(), DbError> {
    diesel::update(inbox_activities::table.filter(inbox_activities::id.eq(id.to_string())))
        .set((
            inbox_activities::attempts.eq(inbox_activities::attempts + 1),
            inbox_activities::next_try_at.eq((tx.deadline() + delay).naive_utc()),
            inbox_activities::note.eq(Some(note)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// How many activities wait.
///
/// # Errors
/// The store's fault.
pub fn count_waiting(conn: &mut AnyConnection) -> Result<i64, DbError> {
    Ok(inbox_activities::table.filter(inbox_activities::state.eq("waiting")).count().get_result(conn)?)
}

/// How many activities were given up, as far as we still remember.
///
/// # Errors
/// The store's fault.
pub fn count_failed(conn: &mut AnyConnection) -> Result<i64, DbError> {
    Ok(inbox_activities::table.filter(inbox_activities::state.eq("failed")).count().get_result(conn)?)
}

/// Forgets up to `limit` activities dealt with or given up that were received before `before`: older repetitions are stale by
/// their date and refused for that. Answers how many.
///
/// # Errors
/// The store's fault.
pub fn forget_done_before(tx: &mut Tx<'_>, before: Stamp, limit: i64) -> Result<usize, DbError> {
    let old: Vec<String> = inbox_activities::table
        .filter(inbox_activities::state.ne("waiting"))
        .filter(inbox_activities::received_at.lt(before.naive_utc()))
        .limit(limit)
        .select(inbox_activities::id)
        .load(tx.conn)?;
    Ok(diesel::delete(inbox_activities::table.filter(inbox_activities::id.eq_any(old))).execute(tx.conn)?)
}
