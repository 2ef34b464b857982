//! What the lanes report is written in batches: one transaction for whatever came together.

use crate::App;
use crate::db::deliveries::{count_attempt, remove_deliveries, remove_expired};
use crate::db::followers::forget_inbox;
use crate::db::remote_hosts::{
    Setback, SignatureScheme, forget_strangers, lock_hosts, note_setback, note_success, release_lanes, remember_scheme,
};
use crate::db::{DbError, Tx};
use crate::ids::{DeliveryId, OutboxId};
use chrono::TimeDelta;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// For how long it is remembered which scheme a host understands (fediverse.md 3.4).
const SCHEME_KNOWN_FOR: TimeDelta = TimeDelta::days(1);

/// The most reports in one transaction.
const MOST: usize = 500;

/// What a lane reports.
#[derive(Debug, Clone)]
pub(super) enum Settled {
    /// The delivery needs no more work, and the host answered.
    Arrived(DeliveryId, OutboxId, String),
    /// The delivery became too old.
    Expired(DeliveryId, OutboxId),
    /// The inbox answered 410.
    Gone(String),
    /// One more attempt of the delivery was not believed.
    Tried(DeliveryId),
    /// The host understood this scheme.
    Learned(String, SignatureScheme),
    /// The host failed.
    SetBack(Setback),
    /// The lane is given back.
    Released(String),
}

impl Settled {
    fn host(&self) -> Option<&str> {
        match self {
            Self::Arrived(_, _, host) | Self::Learned(host, _) | Self::Released(host) => Some(host),
            Self::SetBack(setback) => Some(&setback.host),
            Self::Expired(..) | Self::Gone(_) | Self::Tried(_) => None,
        }
    }
}

/// Settles until all lanes and the loop are gone.
pub(super) async fn run(app: Arc<App>, holder: String, mut reports: mpsc::UnboundedReceiver<Settled>) {
    while let Some(first) = reports.recv().await {
        let batch = Arc::new(batch(first, &mut reports));
        // What was sent is known to the other side: forgetting it here would send it again.
        while let Err(error) = write(&app, &holder, Arc::clone(&batch)).await {
            tracing::error!(%error, "deliveries could not be noted; trying again");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

/// Settles what has been reported so far.
pub(super) async fn all(
    app: &App,
    holder: &str,
    reports: &mut mpsc::UnboundedReceiver<Settled>,
) -> Result<(), DbError> {
    while let Ok(first) = reports.try_recv() {
        write(app, holder, Arc::new(batch(first, reports))).await?;
    }
    Ok(())
}

fn batch(first: Settled, reports: &mut mpsc::UnboundedReceiver<Settled>) -> Vec<Settled> {
    let mut batch = vec![first];
    while batch.len() < MOST
        && let Ok(next) = reports.try_recv()
    {
        batch.push(next);
    }
    batch
}

async fn write(app: &App, holder: &str, batch: Arc<Vec<Settled>>) -> Result<(), DbError> {
    let gone: Vec<String> = batch
        .iter()
        .filter_map(|report| match report {
            Settled::Gone(inbox) => Some(inbox.clone()),
            _ => None,
        })
        .collect();
    if !gone.is_empty() {
        // Apart from the rest, because a follow takes the actor's row first and the host's second.
        app.write(move |tx| gone.iter().try_for_each(|inbox| forget_inbox(tx, inbox).map(drop))).await?;
    }
    let holder = holder.to_owned();
    let is_more = app.write_aside(move |tx| settle(tx, &holder, &batch)).await?;
    if is_more {
        app.bells.delivery.notify_one();
    }
    Ok(())
}

/// Writes a batch.
fn settle(tx: &mut Tx<'_>, holder: &str, batch: &[Settled]) -> Result<bool, DbError> {
    let mut done = Vec::new();
    let mut well: BTreeSet<&str> = BTreeSet::new();
    let mut released = BTreeSet::new();
    for report in batch {
        match report {
            Settled::Arrived(id, activity, host) => {
                done.push((*id, *activity));
                well.insert(host);
            }
            Settled::Expired(id, activity) => done.push((*id, *activity)),
            Settled::Released(host) => {
                released.insert(host.clone());
            }
            Settled::Gone(_) | Settled::Tried(_) | Settled::Learned(..) | Settled::SetBack(_) => {}
        }
    }
    let hosts: BTreeSet<&str> = batch.iter().filter_map(Settled::host).collect();
    lock_hosts(tx, &hosts)?;
    remove_deliveries(tx, &done)?;
    note_success(tx, &well.into_iter().map(str::to_owned).collect::<Vec<_>>())?;
    for report in batch {
        match report {
            Settled::Tried(id) => count_attempt(tx, *id)?,
            Settled::Learned(host, scheme) => remember_scheme(tx, host, *scheme, tx.now + SCHEME_KNOWN_FOR)?,
            // A lane ends with its setback, so that no success of the same batch came after it.
            Settled::SetBack(setback) => note_setback(tx, setback)?,
            Settled::Arrived(..) | Settled::Expired(..) | Settled::Gone(_) | Settled::Released(_) => {}
        }
    }
    release_lanes(tx, &released.into_iter().collect::<Vec<_>>(), holder)
}

/// Sweeps out what became too old and hosts that nobody needs any more.
pub(super) async fn sweep(app: &App) {
    loop {
        match app.write_aside(remove_expired).await {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => return tracing::error!(%error, "old deliveries could not be removed"),
        }
    }
    if let Err(error) = app.write_aside(forget_strangers).await {
        tracing::error!(%error, "idle hosts could not be forgotten");
    }
}
