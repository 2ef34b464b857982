//! The delivery: takes lanes that are due, empties each oldest first, many hosts at once. A host
//! that hangs holds up its own lane and no other. Several processes share the lanes of one
//! database by leases.

mod lane;
mod settle;

use crate::App;
use crate::clock::Stamp;
use crate::db::DbError;
use crate::db::deliveries::{Delivery, list_oldest};
use crate::db::outbox::list_activities;
use crate::db::remote_hosts::{self, Claim, Lane, claim_lanes, find_next_due};
use crate::federation::outbound::send::Letter;
use crate::ids::{OutboxId, random_receipt};
use chrono::TimeDelta;
use lane::{Load, Work};
use settle::Settled;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

/// How many lanes are worked on at once, and how many of them may be of hosts that failed last
/// time: those alone may hang for ten seconds each.
const LANES: usize = 500;
const FAILING_LANES: usize = 100;
/// How many lanes are taken at a time, so that the first ones need not wait for the last; and
/// how many must be free, so that not every lane that ends costs a look at the database.
const TAKEN_AT_ONCE: usize = 128;
const FREE_AT_LEAST: usize = 32;
/// How many deliveries of a lane are read at a time.
const READ_AT_ONCE: i64 = 20;
/// How long a lane is held without a word.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How long the loop sleeps at most: another process may have left work without ringing here.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);
/// How long deliveries in hand may take when the program ends.
const END_WITHIN: Duration = Duration::from_millis(2_500);
/// How often old deliveries and strangers are swept out.
const SWEEP_EVERY: TimeDelta = TimeDelta::minutes(10);

/// What all lanes of this process share.
struct Office {
    app: Arc<App>,
    /// The name under which lanes are held.
    holder: String,
    settled: mpsc::UnboundedSender<Settled>,
    is_stopping: AtomicBool,
    healthy: AtomicUsize,
    failing: AtomicUsize,
    lane_ended: Notify,
    failing_lane_ended: Notify,
}

/// Lanes that were taken just now.
struct Taken {
    works: Vec<Work>,
    /// True when as many were taken as were asked for, so that others may be due as well.
    is_more: bool,
}

impl Office {
    fn open(app: &Arc<App>) -> (Arc<Self>, mpsc::UnboundedReceiver<Settled>) {
        let (settled, to_settle) = mpsc::unbounded_channel();
        let office = Self {
            app: Arc::clone(app),
            holder: random_receipt(),
            settled,
            is_stopping: AtomicBool::new(false),
            healthy: AtomicUsize::new(0),
            failing: AtomicUsize::new(0),
            lane_ended: Notify::new(),
            failing_lane_ended: Notify::new(),
        };
        (Arc::new(office), to_settle)
    }

    fn free(&self) -> usize {
        LANES.saturating_sub(self.healthy.load(Ordering::Relaxed) + self.failing.load(Ordering::Relaxed))
    }

    fn is_full(&self) -> bool {
        self.free() < FREE_AT_LEAST
    }

    /// How many more hosts that failed last time may be tried now.
    fn free_for_failing(&self) -> usize {
        FAILING_LANES.saturating_sub(self.failing.load(Ordering::Relaxed))
    }

    /// Takes lanes that are due, each with the head of its queue.
    async fn take_lanes(&self, most: usize) -> Result<Taken, DbError> {
        if self.is_full() {
            return Ok(Taken { works: Vec::new(), is_more: false });
        }
        let asked = self.free().min(most);
        let holder = self.holder.clone();
        let until = self.app.now() + LEASE;
        let claim = Claim { holder, until, healthy: asked, failing: self.free_for_failing().min(asked) };
        let lanes = self.app.write_aside(move |tx| claim_lanes(tx, &claim)).await?;
        let is_more = lanes.len() >= asked;
        let works = if lanes.is_empty() { Vec::new() } else { self.load(lanes, until).await? };
        Ok(Taken { works, is_more })
    }

    async fn load(&self, lanes: Vec<Lane>, until: Stamp) -> Result<Vec<Work>, DbError> {
        self.app
            .read(move |conn| {
                let mut heads = Vec::with_capacity(lanes.len());
                let mut wanted = BTreeSet::new();
                for lane in lanes {
                    let head = list_oldest(conn, &lane.host, None, READ_AT_ONCE)?;
                    wanted.extend(head.iter().map(|delivery| delivery.activity_id.uuid()));
                    heads.push((lane, head));
                }
                let letters = letters(conn, &wanted.into_iter().map(OutboxId::from_uuid).collect::<Vec<_>>())?;
                Ok(heads.into_iter().map(|(lane, head)| Work { lane, until, load: pack(head, &letters) }).collect())
            })
            .await
    }

    /// The next deliveries of a lane after those that it has dealt with.
    async fn load_more(&self, host: &str, after: &Delivery) -> Result<Load, DbError> {
        let (host, after) = (host.to_owned(), after.id);
        self.app
            .read(move |conn| {
                let head = list_oldest(conn, &host, Some(after), READ_AT_ONCE)?;
                let wanted: BTreeSet<_> = head.iter().map(|delivery| delivery.activity_id.uuid()).collect();
                let letters = letters(conn, &wanted.into_iter().map(OutboxId::from_uuid).collect::<Vec<_>>())?;
                Ok(pack(head, &letters))
            })
            .await
    }

    /// Works on a lane, which counts from now on until it ends.
    fn work_on(self: &Arc<Self>, work: Work) -> impl Future<Output = ()> + Send + 'static {
        let counted = Counted::begin(Arc::clone(self), work.lane.failing_since.is_some());
        async move { lane::run(&counted.office, work).await }
    }
}

/// Uncounts a lane when it ends, however it ends.
struct Counted {
    office: Arc<Office>,
    is_failing: bool,
}

impl Counted {
    fn begin(office: Arc<Office>, is_failing: bool) -> Self {
        let counted = Self { office, is_failing };
        counted.count().fetch_add(1, Ordering::Relaxed);
        counted
    }

    fn count(&self) -> &AtomicUsize {
        if self.is_failing { &self.office.failing } else { &self.office.healthy }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.count().fetch_sub(1, Ordering::Relaxed);
        self.office.lane_ended.notify_one();
        if self.is_failing {
            self.office.failing_lane_ended.notify_one();
        }
    }
}

type Letters = HashMap<OutboxId, Arc<Letter>>;

fn letters(conn: &mut crate::db::AnyConnection, ids: &[OutboxId]) -> Result<Letters, DbError> {
    let mut letters = HashMap::with_capacity(ids.len());
    for some in ids.chunks(400) {
        let found = list_activities(conn, some)?;
        letters.extend(found.into_iter().map(|activity| (activity.id, Arc::new(Letter::new(activity)))));
    }
    Ok(letters)
}

fn pack(head: Vec<Delivery>, letters: &Letters) -> Load {
    let is_all = i64::try_from(head.len()).unwrap_or(i64::MAX) < READ_AT_ONCE;
    let parcels: VecDeque<_> = head
        .into_iter()
        .filter_map(|delivery| letters.get(&delivery.activity_id).map(|letter| (delivery, Arc::clone(letter))))
        .collect();
    Load { parcels, is_all }
}

/// Does everything that is due and waits until it is done; says how many lanes it worked on. The
/// tests' way to drive the delivery.
///
/// # Errors
/// When the store fails.
pub async fn step(app: &Arc<App>) -> Result<usize, DbError> {
    let (office, mut to_settle) = Office::open(app);
    let works = office.take_lanes(LANES).await?.works;
    let count = works.len();
    futures_util::future::join_all(works.into_iter().map(|work| office.work_on(work))).await;
    // Nobody but the lanes tells of anything, so all has been told.
    settle::all(app, &office.holder, &mut to_settle).await?;
    Ok(count)
}

/// Delivers until `stopped`. Survives every fault of the store.
pub async fn run(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let (office, to_settle) = Office::open(&app);
    if !app.db.is_shared() {
        // The process that held lanes before us is dead, for only one may serve this database.
        if let Err(error) = app.write_aside(remote_hosts::release_all_lanes).await {
            tracing::error!(%error, "lanes of the last run could not be given back; they come free by themselves");
        }
    }
    let settler = tokio::spawn(settle::run(Arc::clone(&app), office.holder.clone(), to_settle));
    let mut lanes = JoinSet::new();
    let mut next_sweep = app.now();
    while !*stopped.borrow() {
        if app.now() >= next_sweep {
            next_sweep = app.now() + SWEEP_EVERY;
            settle::sweep(&app).await;
        }
        while lanes.try_join_next().is_some() {}
        let is_more = match office.take_lanes(TAKEN_AT_ONCE).await {
            Ok(taken) => {
                taken.works.into_iter().for_each(|work| drop(lanes.spawn(office.work_on(work))));
                taken.is_more
            }
            Err(error) => {
                tracing::error!(%error, "deliveries could not be read; trying again");
                tokio::time::sleep(LONGEST_SLEEP).await;
                false
            }
        };
        if !is_more {
            wait(&app, &office, &mut stopped).await;
        }
    }
    office.is_stopping.store(true, Ordering::Relaxed);
    let ending = async { while lanes.join_next().await.is_some() {} };
    // Whoever hangs is sent the same again after the next start: at least once, never never.
    if tokio::time::timeout(END_WITHIN, ending).await.is_err() {
        lanes.shutdown().await;
    }
    drop(office);
    let _ = settler.await;
}

/// Waits for the bell, a free lane, the next lane that becomes due, or the end.
async fn wait(app: &Arc<App>, office: &Office, stopped: &mut watch::Receiver<bool>) {
    let is_full = office.is_full();
    let may_take_failing = office.free_for_failing() > 0;
    let sleep = if is_full { LONGEST_SLEEP } else { until_next_due(app, may_take_failing).await };
    tokio::select! {
        () = app.bells.delivery.notified(), if !is_full => {}
        () = office.lane_ended.notified(), if is_full => {}
        () = office.failing_lane_ended.notified(), if !may_take_failing => {}
        () = tokio::time::sleep(sleep) => {}
        _ = stopped.changed() => {}
    }
}

async fn until_next_due(app: &App, may_take_failing: bool) -> Duration {
    let now = app.now();
    let due = app.read(move |conn| find_next_due(conn, now, may_take_failing)).await.ok().flatten();
    let wait = due.and_then(|due| (due - now).to_std().ok()).unwrap_or(LONGEST_SLEEP);
    wait.clamp(Duration::from_millis(5), LONGEST_SLEEP)
}
