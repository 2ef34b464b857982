//! `caucus backup FILE`, for SQLite: a whole copy while the server runs.

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
        fs::File::open(&file)?.sync_all()?;
        writeln!(std::io::stdout().lock(), "Written: {shown}. Keep it as safe as the server.")?;
        Ok(())
    })
}

/// Makes the file for this user alone before anything is in it.
pub(super) fn prepare(file: &Path) -> Result<(), Problem> {
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

pub(super) fn sqlite_file(settings: &Settings) -> Result<PathBuf, Problem> {
    match &settings.database_url {
        DatabaseUrl::Sqlite(file) => Ok(file.clone()),
        DatabaseUrl::Postgres(_) => Err(Problem::new(
            "This server uses PostgreSQL. Please use pg_dump --format=custom and pg_restore; they do it well.",
        )),
    }
}
