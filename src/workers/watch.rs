//! The heartbeat: says that the server lives, doubts a clock that is ahead of what is certain, and finds
//! out when the data is older than it was.

use crate::App;
use crate::clock::Doubt;
use crate::db::heartbeats::SILENCE;
use crate::services::ServiceError;
use crate::services::confirm_time::Word;
use crate::services::watch_over::{Beat, Pulse, Standing, beat, standing};
use crate::settings::DatabaseUrl;
use chrono::TimeDelta;
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
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// When it beat last, by the clock that nobody can set.
    at: Option<Duration>,
    word: Word,
    doubt: Option<Doubt>,
}

impl Watch {
    /// The watch of a process that starts.
    pub fn begin() -> Self {
        Self { process: crate::ids::random_receipt(), seen: Mutex::default() }
    }

    /// What this process brings to its heartbeat.
    fn beat(&self, app: &App, known: Option<u64>) -> Beat {
        let seen = self.seen.lock();
        let silence = seen.at.map(|at| TimeDelta::from_std(app.clock.monotonic().saturating_sub(at)));
        Beat {
            process: self.process.clone(),
            known,
            needs_file: matches!(app.settings.database_url, DatabaseUrl::Sqlite(_)),
            was_silent: silence.is_none_or(|silence| silence.is_ok_and(|silence| silence > SILENCE)),
            doubt: app.clock.doubt(),
            ended: app.clock.ended(),
        }
    }

    /// Remembers a heartbeat that was noted.
    fn remember(&self, app: &App, beat: &Beat) {
        let mut seen = self.seen.lock();
        seen.at = Some(app.clock.monotonic());
        app.time.forget_ended(beat.ended.len());
        if seen.doubt.is_none()
            && let Some(doubt) = beat.doubt
        {
            tracing::error!(
                since = %doubt.since, claimed = %doubt.claimed, cause = ?doubt.cause,
                "the clock of this machine is in doubt; no vote is opened or closed until enough speaks for it, a steward confirms it (caucus clock confirm) or it is put right"
            );
        }
        seen.doubt = beat.doubt;
        for ended in &beat.ended {
            tracing::warn!(was_right = ended.was_right, ahead = %ended.doubt.ahead, "the clock is not in doubt any more");
            // What waited for it goes on at once.
            app.bells.timers.notify_one();
            app.bells.inbound.notify_one();
        }
    }
}

/// One heartbeat.
///
/// # Errors
/// The store's fault, or that of the data folder.
pub async fn step(app: &App, watch: &Watch) -> Result<Pulse, ServiceError> {
    let process = watch.process.clone();
    let known = app.read(move |conn| standing(conn, &process)).await?;
    look_at_the_clock(app, watch, known);
    let file = app.settings.data_dir.join(FILE);
    let life = watch.beat(app, read_number(&file));
    let noted = life.clone();
    let pulse = app.write_aside(move |tx| beat(tx, &noted)).await?;
    watch.remember(app, &life);
    if let Err(error) = write_number(&file, pulse.beats) {
        tracing::error!(%error, "the number of heartbeats cannot be kept in the data folder");
    }
    tell(&pulse);
    Ok(pulse)
}

/// Weighs what speaks for the clock and against it.
fn look_at_the_clock(app: &App, watch: &Watch, known: Standing) {
    let mut seen = watch.seen.lock();
    if seen.at.is_none() {
        if let Some(latest) = known.latest {
            app.time.resume(latest);
        }
    } else {
        if known.word.confirms(&seen.word, app.clock.claimed()) {
            app.time.confirm();
        }
        if known.word.put_back != seen.word.put_back {
            app.time.put_back();
        }
    }
    seen.word = known.word;
    if let Some(theirs) = known.others.into_iter().chain(known.database).min() {
        app.time.compare(theirs, known.others.is_some());
    }
    app.time.weigh();
}

/// Lets the next start find that the data is older than it was, however few heartbeats it lacks: the
/// number of them is forgotten.
///
/// # Errors
/// When the file cannot be removed.
pub fn expect_older_data(data_dir: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(data_dir.join(FILE)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
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
