//! `caucus backup FILE` and `caucus restore FILE`, for SQLite: a whole copy while the server runs,
//! and its way back.

use super::open;
use super::problem::Problem;
use crate::App;
use crate::db::backup::copy_to;
use crate::settings::{DatabaseUrl, Settings};
use clap::Args;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
  caucus --data-dir /var/lib/caucus backup /backups/caucus-$(date +%F).sqlite
  caucus --data-dir /var/lib/caucus restore /backups/caucus-2026-03-01.sqlite --replace

A backup holds the private keys of all actors and, while a vote is open, who voted how: keep it as safe as
the server. Stop the server before you restore.";

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to write; it must not exist
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// A file that was written by caucus backup
    file: PathBuf,
    /// Put it in the place of the data that is there; what happened since the backup is lost here
    #[arg(long)]
    replace: bool,
}

pub(super) fn backup(settings: Settings, command: Backup) -> Result<(), Problem> {
    sqlite_file(&settings)?;
    let file = command.file;
    open::with_app(settings, async |app: Arc<App>| {
        prepare(&file)?;
        let (to, shown) = (file.to_string_lossy().into_owned(), file.display());
        if let Err(fault) = app.read(move |conn| copy_to(conn, &to)).await {
            // An empty file would look like a backup.
            let _ = fs::remove_file(&file);
            return Err(fault.into());
        }
        writeln!(std::io::stdout().lock(), "Written: {shown}. Keep it as safe as the server.")?;
        Ok(())
    })
}

/// Makes the file for this user alone before anything is in it.
fn prepare(file: &Path) -> Result<(), Problem> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Problem::new(format!(
            "{} exists already. Please choose another name: a backup overwrites nothing.",
            file.display()
        )),
        _ => Problem::new(format!("{} cannot be written ({error}).", file.display())),
    })
}

pub(super) fn restore(settings: &Settings, command: &Restore) -> Result<(), Problem> {
    let target = sqlite_file(settings)?;
    let cannot = |error: std::io::Error| Problem::new(format!("The backup could not be put in its place ({error})."));
    let head = fs::read(&command.file)
        .map_err(|error| Problem::new(format!("{} cannot be read ({error}).", command.file.display())))?;
    if !head.starts_with(b"SQLite format 3\0") {
        return Err(Problem::new(format!("{} is not a backup of Caucus.", command.file.display())));
    }
    if target.exists() && !command.replace {
        return Err(Problem::new(format!(
            "There is data at {} already. Stop the server, and say --replace if the backup is to take its place; what happened since the backup is lost here then.",
            target.display()
        )));
    }
    let draft = target.with_extension("restoring");
    // What a restore that was cut off may have left.
    let _ = fs::remove_file(&draft);
    prepare(&draft)?;
    fs::write(&draft, head).map_err(cannot)?;
    fs::File::open(&draft).and_then(|file| file.sync_all()).map_err(cannot)?;
    for log in ["-wal", "-shm"] {
        let log = PathBuf::from(format!("{}{log}", target.display()));
        if log.exists() {
            fs::remove_file(&log).map_err(cannot)?;
        }
    }
    fs::rename(&draft, &target).map_err(cannot)?;
    writeln!(
        std::io::stdout().lock(),
        "Restored to {}. Start the server; it notices, and the minutes of votes that are open will say so.",
        target.display()
    )?;
    Ok(())
}

fn sqlite_file(settings: &Settings) -> Result<PathBuf, Problem> {
    match &settings.database_url {
        DatabaseUrl::Sqlite(file) => Ok(file.clone()),
        DatabaseUrl::Postgres(_) => Err(Problem::new(
            "This server uses PostgreSQL. Please use pg_dump --format=custom and pg_restore; they do it well.",
        )),
    }
}
