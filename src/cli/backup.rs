//! `caucus backup FILE`, for SQLite: a whole copy while the server runs. What in it tells who voted how is
//! locked with a key that is in no backup (A12).

use super::backup_key::{self, BackupKey};
use super::files::{beside, prepare, remove_with_logs, sync_folder_of};
use super::problem::Problem;
use super::{lock, open};
use crate::App;
use crate::db::backup::copy_to;
use crate::db::backup_secrets::Copy;
use crate::settings::{DatabaseUrl, Settings};
use clap::Args;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
  caucus --data-dir /var/lib/caucus backup /backups/caucus-$(date +%F).sqlite
  caucus --data-dir /var/lib/caucus restore /backups/caucus-2026-03-01.sqlite --replace

A backup holds the private keys of all actors: keep it as safe as the server. What in it tells who voted
how while a vote is open is locked with the key backup.key in the data folder, which is in no backup. Keep
a copy of that key apart from the backups. Stop the server before you restore.";

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to write; it must not exist
    file: PathBuf,
}

pub(super) fn backup(settings: Settings, command: Backup) -> Result<(), Problem> {
    let (database, data_dir, file) = (sqlite_file(&settings)?, settings.data_dir.clone(), command.file);
    open::with_app(settings, async |app: Arc<App>| {
        let Some(_lock) = lock::take(&beside(&database, "-backup"))? else {
            return Err(Problem::new("Another backup is being written. Please wait until it is done."));
        };
        let (key, is_new) = BackupKey::of_folder(&data_dir)?;
        prepare(&file)?;
        let draft = beside(&database, ".backing-up");
        let outcome = write(&app, &key, &draft, &file).await;
        remove_with_logs(&draft);
        if outcome.is_err() {
            // An empty file would look like a backup.
            let _ = fs::remove_file(&file);
        }
        outcome?;
        tell(&file, &backup_key::place(&data_dir), &key, is_new)
    })
}

/// What is locked is taken out beside the database, so that it never lies open where the backup goes.
async fn write(app: &App, key: &BackupKey, draft: &Path, file: &Path) -> Result<(), Problem> {
    // What a backup that was cut off may have left.
    remove_with_logs(draft);
    prepare(draft)?;
    let to = draft.to_string_lossy().into_owned();
    app.read(move |conn| copy_to(conn, &to)).await?;
    let mut copy = Copy::open(&draft.to_string_lossy())?;
    let secrets = copy.take_secrets()?;
    copy.set_sealed(Some(&key.seal(&secrets)?))?;
    copy.write_to(&file.to_string_lossy())?;
    fs::File::open(file)?.sync_all()?;
    Ok(sync_folder_of(file)?)
}

fn tell(file: &Path, place: &Path, key: &BackupKey, is_new: bool) -> Result<(), Problem> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "Written: {}. Keep it as safe as the server.", file.display())?;
    writeln!(
        stdout,
        "Who voted how in open votes is locked with the key {} ({}), which is in no backup.",
        place.display(),
        key.name()
    )?;
    if is_new {
        writeln!(stdout, "The key is new: please keep a copy of it apart from the backups.")?;
    }
    Ok(())
}

pub(super) fn sqlite_file(settings: &Settings) -> Result<PathBuf, Problem> {
    match &settings.database_url {
        DatabaseUrl::Sqlite(file) => Ok(file.clone()),
        DatabaseUrl::Postgres(_) => Err(Problem::new(
            "This server uses PostgreSQL. Please use pg_dump and pg_restore; the operator's guide says how to leave out who voted how.",
        )),
    }
}
