//! `caucus restore FILE`, for SQLite: puts a backup in the place of the database. Everything is
//! looked at before anything is touched, and what was there is set aside, never deleted.

use super::backup::{prepare, sqlite_file};
use super::lock::{self, beside};
use super::open;
use super::problem::Problem;
use crate::App;
use crate::clock::{Clock as _, SystemClock};
use crate::db::backup::{Soundness, empty_log, look_at};
use crate::db::steward_log::record_act;
use crate::settings::Settings;
use clap::Args;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What stands beside a SQLite database while it is open.
const LOGS: [&str; 2] = ["-wal", "-shm"];

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// A file that was written by caucus backup
    file: PathBuf,
    /// Put it in the place of the data that is there, which is set aside; what happened since the backup
    /// is not in it
    #[arg(long)]
    replace: bool,
}

pub(super) fn run(settings: Settings, command: &Restore) -> Result<(), Problem> {
    let target = sqlite_file(&settings)?;
    open::prepare_folder(open::folder_of(&target))?;
    let Some(_lock) = lock::take(&target)? else {
        return Err(Problem::new(
            "The server is running on this data. Please stop it first, and start it again afterwards.",
        ));
    };
    if target.exists() && !command.replace {
        return Err(Problem::new(format!(
            "There is data at {} already. Say --replace if the backup is to take its place: what is there is set aside then, and what happened since the backup is not in it.",
            target.display()
        )));
    }
    let draft = beside(&target, ".restoring");
    let outcome = copy(&command.file, &draft).and_then(|()| check(&command.file, &draft)).and_then(|()| {
        let aside = if target.exists() { Some(set_aside(&target)?) } else { None };
        put_in_place(&draft, &target)?;
        Ok(aside)
    });
    if outcome.is_err() {
        remove_with_logs(&draft);
    }
    tell(&target, outcome?.as_deref())?;
    open::with_app(settings, async |app: Arc<App>| {
        app.write(|tx| record_act(tx, None, "put the data back from a backup", "")).await?;
        Ok(())
    })
}

fn cannot(error: std::io::Error) -> Problem {
    Problem::new(format!("The backup could not be put in its place ({error}). What was there is still there."))
}

/// Brings the backup onto this disk, for this user alone.
fn copy(file: &Path, draft: &Path) -> Result<(), Problem> {
    let mut source =
        File::open(file).map_err(|error| Problem::new(format!("{} cannot be read ({error}).", file.display())))?;
    // What a restore that was cut off may have left.
    remove_with_logs(draft);
    prepare(draft)?;
    let mut copied = File::options().write(true).open(draft).map_err(cannot)?;
    std::io::copy(&mut source, &mut copied).map_err(cannot)?;
    copied.sync_all().map_err(cannot)
}

fn check(file: &Path, draft: &Path) -> Result<(), Problem> {
    let shown = file.display();
    let problem = match look_at(&draft.to_string_lossy()) {
        Soundness::Sound => return Ok(()),
        Soundness::Foreign => format!("{shown} is not a backup of Caucus."),
        Soundness::Damaged(why) => {
            format!("{shown} is damaged and was not restored ({why}). Please take another backup; nothing was changed.")
        }
        Soundness::Newer(migration) => format!(
            "{shown} was written by a newer version of Caucus (it knows {migration}). Please install that version first; nothing was changed."
        ),
    };
    Err(Problem::new(problem))
}

/// Gives the database that is there a second name. It stays under its own until the new one takes its
/// place in one step.
fn set_aside(target: &Path) -> Result<PathBuf, Problem> {
    // A damaged database may refuse; its log is set aside as well then.
    let _ = empty_log(&target.to_string_lossy());
    let aside = beside(target, &format!(".replaced-{}", SystemClock.now().format("%Y%m%d-%H%M%S")));
    keep_as(target, &aside).map_err(cannot)?;
    let log = beside(target, "-wal");
    if log.exists() {
        keep_as(&log, &beside(&aside, "-wal")).map_err(cannot)?;
    }
    sync_folder(target).map_err(cannot)?;
    Ok(aside)
}

/// Not every file system gives a file two names; there it is copied.
fn keep_as(file: &Path, name: &Path) -> std::io::Result<()> {
    if fs::hard_link(file, name).is_err() {
        fs::copy(file, name)?;
        File::open(name)?.sync_all()?;
    }
    Ok(())
}

fn put_in_place(draft: &Path, target: &Path) -> Result<(), Problem> {
    // A log of the old database must never be taken for one of the new.
    for log in LOGS {
        let (of_draft, of_target) = (beside(draft, log), beside(target, log));
        for log in [of_draft, of_target].into_iter().filter(|log| log.exists()) {
            fs::remove_file(log).map_err(cannot)?;
        }
    }
    fs::rename(draft, target).and_then(|()| sync_folder(target)).map_err(cannot)
}

fn remove_with_logs(draft: &Path) {
    for file in LOGS.map(|log| beside(draft, log)).iter().map(PathBuf::as_path).chain([draft]) {
        // Most often there is none.
        let _ = fs::remove_file(file);
    }
}

/// Makes names as durable as what they stand for.
fn sync_folder(file: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(open::folder_of(file))?.sync_all() } else { Ok(()) }
}

fn tell(target: &Path, aside: Option<&Path>) -> Result<(), Problem> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "Restored to {}.", target.display())?;
    if let Some(aside) = aside {
        writeln!(
            stdout,
            "What was there is at {}. It holds keys and perhaps votes: delete it when you need it no longer.",
            aside.display()
        )?;
    }
    writeln!(stdout, "Start the server; it notices, and the minutes of votes that are open will say so.")?;
    Ok(())
}
