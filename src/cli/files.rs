//! Files beside a SQLite database, and how they are made, named and made durable.

use super::open::folder_of;
use super::problem::Problem;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

/// What stands beside a SQLite database while it is open.
pub(super) const LOGS: [&str; 2] = ["-wal", "-shm"];

/// The name of a file that belongs to another, as SQLite forms its own.
pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Makes a file for this user alone before anything is in it; overwrites nothing.
pub(super) fn prepare(file: &Path) -> Result<(), Problem> {
    let mut options = OpenOptions::new();
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

/// Removes a draft of a database and what stands beside it.
pub(super) fn remove_with_logs(draft: &Path) {
    for file in LOGS.map(|log| beside(draft, log)).iter().map(PathBuf::as_path).chain([draft]) {
        // Most often there is none.
        let _ = fs::remove_file(file);
    }
}

/// Makes the names in a folder as durable as what they stand for.
pub(super) fn sync_folder_of(file: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder_of(file))?.sync_all() } else { Ok(()) }
}
