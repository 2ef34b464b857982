//! `caucus restore FILE`, for SQLite: puts a backup in the place of the database. Everything is
//! looked at before anything is touched, and what was there is set aside, never deleted.

use super::backup::sqlite_file;
use super::backup_key::{self, BackupKey, name_of_key};
use super::files::{LOGS, beside, prepare, remove_with_logs, sync_folder_of};
use super::problem::Problem;
use super::{lock, open};
use crate::App;
use crate::clock::{Clock as _, SystemClock};
use crate::db::backup::{Soundness, decided_since, empty_log, look_at};
use crate::db::backup_secrets::Copy;
use crate::db::steward_log::record_act;
use crate::settings::Settings;
use crate::workers::watch::expect_older_data;
use clap::Args;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// A file that was written by caucus backup
    file: PathBuf,
    /// Put it in the place of the data that is there, which is set aside; what happened since the backup
    /// is not in it
    #[arg(long)]
    replace: bool,
    /// The key with which the backup was locked; backup.key in the data folder when left out
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Go on without the key: votes that are open decide nothing then, for nothing shows that their ballots are
    /// those that were cast
    #[arg(long, conflicts_with = "key")]
    without_links: bool,
    /// Go on though votes were decided since the backup: their results are forgotten here, and votes that
    /// were open in it decide nothing
    #[arg(long)]
    forget_results: bool,
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
        check_results(&draft, &target, command)?;
        unlock(&draft, command, &settings.data_dir)?;
        let aside = if target.exists() { Some(set_aside(&target)?) } else { None };
        expect_older_data(&settings.data_dir).map_err(cannot)?;
        put_in_place(&draft, &target)?;
        Ok(aside)
    });
    if outcome.is_err() {
        remove_with_logs(&draft);
    }
    tell(&target, outcome?.as_deref())?;
    let act = match command.without_links {
        true => "put the data back from a backup, without the links between voters and ballots",
        false => "put the data back from a backup",
    };
    open::with_app(settings, async |app: Arc<App>| {
        app.write(move |tx| record_act(tx, None, act, "")).await?;
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

/// A result that was published cannot be taken back, so nobody forgets one unawares. A database that cannot
/// be read any more tells of none.
fn check_results(draft: &Path, target: &Path, command: &Restore) -> Result<(), Problem> {
    if command.forget_results || !target.exists() {
        return Ok(());
    }
    let decided = decided_since(&draft.to_string_lossy(), &target.to_string_lossy()).unwrap_or_default();
    if decided.is_empty() {
        return Ok(());
    }
    let titles: Vec<String> = decided.iter().map(|title| format!("“{title}”")).collect();
    Err(Problem::new(format!(
        "Votes were decided after this backup was made: {}. Their results are published. The backup does not know them, \
         and votes that were open in it decide nothing once they are over. Please take a newer backup, or say \
         --forget-results to go on all the same. Nothing was changed.",
        titles.join(", ")
    )))
}

/// Puts back what tells who voted how, or leaves it away for good when that is what is asked.
fn unlock(draft: &Path, command: &Restore, data_dir: &Path) -> Result<(), Problem> {
    let mut copy = Copy::open(&draft.to_string_lossy())?;
    let Some(sealed) = copy.sealed()? else { return Ok(()) };
    if !command.without_links {
        let file = command.key.clone().unwrap_or_else(|| backup_key::place(data_dir));
        let Some(key) = BackupKey::read(&file)? else { return Err(no_key(&file, &sealed)) };
        let Some(secrets) = key.open(&sealed)? else {
            return Err(Problem::new(format!(
                "The backup was locked with the key {}, and {} holds the key {}. Please name the right one with --key FILE, or say --without-links. Nothing was changed.",
                name_of_key(&sealed),
                file.display(),
                key.name()
            )));
        };
        copy.put_secrets_back(&secrets)?;
    }
    copy.set_sealed(None)?;
    drop(copy);
    File::open(draft).and_then(|file| file.sync_all()).map_err(cannot)
}

fn no_key(file: &Path, sealed: &str) -> Problem {
    Problem::new(format!(
        "Who voted how in open votes is locked in this backup with the key {}, and there is no key at {}. Please name it with --key FILE. \
         Without it, all else can be restored: say --without-links. Then votes that were open in the backup decide nothing when they end, \
         for nothing shows that their ballots are those that were cast. Nothing was changed.",
        name_of_key(sealed),
        file.display()
    ))
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
    sync_folder_of(target).map_err(cannot)?;
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
    fs::rename(draft, target).and_then(|()| sync_folder_of(target)).map_err(cannot)
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
