//! Activities on their way: one row per distinct inbox that an activity still has to reach. A
//! row that is gone has arrived, was refused for good, or became too old.

use super::audience::Inbox;
use super::blocks::load_list;
use super::schema::{deliveries, outbox_activities, remote_actors, remote_hosts};
use super::{AnyConnection, DbError, Tx};
use crate::clock::Stamp;
use crate::domain::block::BlockSubject;
use crate::ids::{DeliveryId, OutboxId};
use crate::on_each_backend;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// How long an activity is tried (F4).
pub const TRIED_FOR_DAYS: i64 = 14;

/// One activity on its way to one inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id; ascending ids are the order of sending.
    pub id: DeliveryId,
    /// What is sent.
    pub activity_id: OutboxId,
    /// The lane.
    pub host: String,
    /// Where to.
    pub inbox: String,
    /// How often it was answered with a refusal that may pass.
    pub attempts: i32,
    /// When it is given up.
    pub expires_at: Stamp,
}

/// Stores one delivery per inbox and wakes the lanes. The inboxes are distinct and sorted by
/// host already, so that two processes take the rows of hosts in the same order.
///
/// # Errors
/// When the store fails.
pub(crate) fn enqueue(tx: &mut Tx<'_>, activity: OutboxId, inboxes: &BTreeSet<Inbox>) -> Result<(), DbError> {
    if inboxes.is_empty() {
        return Ok(());
    }
    let (now, expires) = (tx.now.naive_utc(), (tx.now + TimeDelta::days(TRIED_FOR_DAYS)).naive_utc());
    let activity = activity.to_string();
    let rows: Vec<_> = inboxes
        .iter()
        .map(|inbox| {
            (
                deliveries::id.eq(tx.next_id().to_string()),
                deliveries::activity_id.eq(activity.as_str()),
                deliveries::host.eq(inbox.host.as_str()),
                deliveries::inbox.eq(inbox.url.as_str()),
                deliveries::created_at.eq(now),
                deliveries::expires_at.eq(expires),
            )
        })
        .collect();
    for some in rows.chunks(1000) {
        on_each_backend!(tx.conn, |c| diesel::insert_into(deliveries::table).values(some.to_vec()).execute(c))?;
    }
    inboxes.iter().for_each(|inbox| tx.leave_for(&inbox.host));
    Ok(())
}

type DeliveryRow = (String, String, String, String, i32, NaiveDateTime);

fn from_row((id, activity, host, inbox, attempts, expires_at): DeliveryRow) -> Result<Delivery, DbError> {
    let broken = |_| DbError::Broken(format!("delivery {id} has a broken id"));
    Ok(Delivery {
        id: id.parse().map_err(broken)?,
        activity_id: activity.parse().map_err(broken)?,
        host,
        inbox,
        attempts,
        expires_at: expires_at.and_utc(),
    })
}

macro_rules! columns {
    () => {
        (
            deliveries::id,
            deliveries::activity_id,
            deliveries::host,
            deliveries::inbox,
            deliveries::attempts,
            deliveries::expires_at,
        )
    };
}

/// The oldest deliveries of a lane, after the given one.
///
/// # Errors
/// When the store fails.
pub fn list_oldest(
    conn: &mut AnyConnection,
    host: &str,
    after: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<Delivery>, DbError> {
    deliveries::table
        .filter(deliveries::host.eq(host))
        .filter(deliveries::id.gt(after.map(|id| id.to_string()).unwrap_or_default()))
        .order(deliveries::id)
        .limit(limit)
        .select(columns!())
        .load::<DeliveryRow>(conn)?
        .into_iter()
        .map(from_row)
        .collect()
}

/// The deliveries of several lanes, oldest first, at most `limit` of all together.
///
/// # Errors
/// When the store fails.
pub fn list_oldest_of(conn: &mut AnyConnection, hosts: &[String], limit: i64) -> Result<Vec<Delivery>, DbError> {
    deliveries::table
        .filter(deliveries::host.eq_any(hosts))
        .order(deliveries::id)
        .limit(limit)
        .select(columns!())
        .load::<DeliveryRow>(conn)?
        .into_iter()
        .map(from_row)
        .collect()
}

/// Removes deliveries that need no more work, and the private activities that thereby have
/// nowhere left to go: what was written to one person is not kept here for ever.
///
/// # Errors
/// When the store fails.
pub fn remove_deliveries(tx: &mut Tx<'_>, done: &[(DeliveryId, OutboxId)]) -> Result<(), DbError> {
    for some in done.chunks(400) {
        let ids: Vec<String> = some.iter().map(|(id, _)| id.to_string()).collect();
        diesel::delete(deliveries::table.filter(deliveries::id.eq_any(ids))).execute(tx.conn)?;
        let activities: BTreeSet<String> = some.iter().map(|(_, activity)| activity.to_string()).collect();
        let still_going = deliveries::table.filter(deliveries::activity_id.eq(outbox_activities::id));
        diesel::delete(
            outbox_activities::table
                .filter(outbox_activities::id.eq_any(activities))
                .filter(outbox_activities::is_public.eq(false))
                .filter(diesel::dsl::not(diesel::dsl::exists(still_going))),
        )
        .execute(tx.conn)?;
    }
    Ok(())
}

/// Counts one more refused attempt of a delivery.
///
/// # Errors
/// When the store fails.
pub fn count_attempt(tx: &mut Tx<'_>, id: DeliveryId) -> Result<(), DbError> {
    diesel::update(deliveries::table.find(id.to_string()))
        .set(deliveries::attempts.eq(deliveries::attempts + 1))
        .execute(tx.conn)?;
    Ok(())
}

/// Removes some deliveries that became too old; answers how many. Called until it answers 0.
///
/// # Errors
/// When the store fails.
pub fn remove_expired(tx: &mut Tx<'_>) -> Result<usize, DbError> {
    let old: Vec<(String, String)> = deliveries::table
        .filter(deliveries::expires_at.le(tx.now.naive_utc()))
        .order(deliveries::expires_at)
        .limit(400)
        .select((deliveries::id, deliveries::activity_id))
        .load(tx.conn)?;
    let old = old.into_iter().map(|(id, activity)| ids(&id, &activity)).collect::<Result<Vec<_>, _>>()?;
    remove_deliveries(tx, &old)?;
    Ok(old.len())
}

/// Removes what is on its way to a blocked server, or to the own inbox of a blocked account.
/// Answers how many deliveries that were.
///
/// # Errors
/// When the store fails.
pub fn drop_blocked(tx: &mut Tx<'_>, subject: &BlockSubject) -> Result<usize, DbError> {
    let list = load_list(tx.conn)?;
    let rows: Vec<(String, String, String)> = match subject {
        BlockSubject::Server(name) => deliveries::table
            .filter(deliveries::host.like(format!("%{name}%")))
            .select((deliveries::id, deliveries::activity_id, deliveries::host))
            .load(tx.conn)?,
        BlockSubject::Account(url) => deliveries::table
            .filter(
                deliveries::inbox
                    .eq_any(remote_actors::table.filter(remote_actors::url.eq(url)).select(remote_actors::inbox)),
            )
            .select((deliveries::id, deliveries::activity_id, deliveries::host))
            .load(tx.conn)?,
    };
    let is_account = matches!(subject, BlockSubject::Account(_));
    let rows = rows.into_iter().filter(|(_, _, host)| is_account || list.has_server(host));
    let dropped = rows.map(|(id, activity, _)| ids(&id, &activity)).collect::<Result<Vec<_>, _>>()?;
    remove_deliveries(tx, &dropped)?;
    Ok(dropped.len())
}

fn ids(delivery: &str, activity: &str) -> Result<(DeliveryId, OutboxId), DbError> {
    let broken = |_| DbError::Broken("a delivery has a broken id".to_owned());
    Ok((delivery.parse().map_err(broken)?, activity.parse().map_err(broken)?))
}

/// What waits for one host, for the steward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostQueue {
    /// The host.
    pub host: String,
    /// How many deliveries wait.
    pub waiting: i64,
    /// The time of the oldest of them.
    pub oldest: Option<Stamp>,
    /// Since when the host fails.
    pub failing_since: Option<Stamp>,
    /// When it is tried next.
    pub next_try_at: Stamp,
    /// What went wrong last, in plain words.
    pub last_problem: Option<String>,
    /// True when it is tried no more until it is heard from.
    pub is_resting: bool,
}

/// Every host that something waits for or that fails, those with the most waiting first.
///
/// # Errors
/// When the store fails.
pub fn queue_by_host(conn: &mut AnyConnection) -> Result<Vec<HostQueue>, DbError> {
    let waiting: Vec<(String, i64, Option<NaiveDateTime>)> = deliveries::table
        .group_by(deliveries::host)
        .select((deliveries::host, diesel::dsl::count_star(), diesel::dsl::min(deliveries::created_at)))
        .load(conn)?;
    let mut waiting: BTreeMap<String, (i64, Option<NaiveDateTime>)> =
        waiting.into_iter().map(|(host, count, oldest)| (host, (count, oldest))).collect();
    type HostRow = (String, Option<NaiveDateTime>, NaiveDateTime, Option<String>, bool);
    let hosts: Vec<HostRow> = remote_hosts::table
        .filter(remote_hosts::is_waiting.eq(true).or(remote_hosts::failing_since.is_not_null()))
        .select((
            remote_hosts::host,
            remote_hosts::failing_since,
            remote_hosts::next_try_at,
            remote_hosts::last_problem,
            remote_hosts::is_resting,
        ))
        .load(conn)?;
    let mut queues: Vec<HostQueue> = hosts
        .into_iter()
        .map(|(host, failing_since, next_try_at, last_problem, is_resting)| {
            let (count, oldest) = waiting.remove(&host).unwrap_or_default();
            HostQueue {
                host,
                waiting: count,
                oldest: oldest.map(|at| at.and_utc()),
                failing_since: failing_since.map(|at| at.and_utc()),
                next_try_at: next_try_at.and_utc(),
                last_problem,
                is_resting,
            }
        })
        .collect();
    queues.sort_by(|a, b| b.waiting.cmp(&a.waiting).then_with(|| a.host.cmp(&b.host)));
    Ok(queues)
}
