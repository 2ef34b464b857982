//! The heartbeat: says that the server lives, doubts a clock that jumps, and finds out when the
//! data is older than it was.

use crate::App;
use crate::db::heartbeats::find_latest;
use crate::services::ServiceError;
use crate::services::watch_over::{Beat, Pulse, beat};
use crate::settings::DatabaseUrl;
use parking_lot::Mutex;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often the heart beats.
const EVERY: Duration = Duration::from_secs(10);
/// The file beside the database. A backup of the database does not hold it.
const FILE: &str = "heartbeats";

/// What a process remembers between its heartbeats.
#[derive(Debug)]
pub struct Watch {
    process: String,
    seen: Mutex<Option<Seen>>,
}

#[derive(Debug)]
struct Seen {
    confirmation: Option<String>,
}

impl Watch {
    /// The watch of a process that starts.
    pub fn begin() -> Self {
        Self { process: crate::ids::random_receipt(), seen: Mutex::new(None) }
    }
}

/// One heartbeat.
///
/// # Errors
/// The store's fault, or that of the data folder.
pub async fn step(app: &App, watch: &Watch) -> Result<Pulse, ServiceError> {
    let is_first = watch.seen.lock().is_none();
    if is_first && let Some(latest) = app.read(find_latest).await? {
        app.time.remember(latest);
    }
    let file = app.settings.data_dir.join(FILE);
    let doubt = app.time.doubt();
    let life = Beat {
        process: watch.process.clone(),
        known: read_number(&file),
        needs_file: matches!(app.settings.database_url, DatabaseUrl::Sqlite(_)),
        doubts_since: doubt.map(|doubt| doubt.since),
    };
    let pulse = app.write_aside(move |tx| beat(tx, &life)).await?;
    if let Err(error) = write_number(&file, pulse.beats) {
        tracing::error!(%error, "the number of heartbeats cannot be kept in the data folder");
    }
    let before = watch.seen.lock().replace(Seen { confirmation: pulse.confirmation.clone() });
    if before.is_some_and(|before| before.confirmation != pulse.confirmation) {
        app.time.confirm();
    } else if let Some(doubt) = doubt {
        tracing::error!(
            claimed = %doubt.claimed, since = %doubt.since,
            "the clock of this machine jumped ahead; no vote is closed until a steward confirms the time (caucus clock confirm) or the clock is put right"
        );
    }
    tell(&pulse);
    Ok(pulse)
}

fn tell(pulse: &Pulse) {
    if pulse.is_restored {
        tracing::warn!(
            "the data is older than it was: it was put back from a backup. Open votes go on, and their minutes will say so"
        );
    }
    if let Some(since) = pulse.was_down_since {
        tracing::warn!(%since, "the server had been down");
    }
}

fn read_number(file: &Path) -> Option<u64> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Written aside and moved into its place, so that a crash leaves the old number or the new one.
fn write_number(file: &Path, number: u64) -> std::io::Result<()> {
    let draft: PathBuf = file.with_extension("new");
    let mut writing = std::fs::File::create(&draft)?;
    writeln!(writing, "{number}")?;
    writing.sync_all()?;
    std::fs::rename(&draft, file)
}

/// Beats until it is stopped.
pub async fn run(app: Arc<App>, watch: Watch, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            changed = stopped.changed() => if changed.is_err() { return },
        }
        if let Err(error) = step(&app, &watch).await {
            tracing::error!(%error, "the heartbeat failed; it is tried again");
        }
    }
}
