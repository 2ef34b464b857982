//! The lock that a server holds on its SQLite database while it runs. The kernel gives it free when the
//! process ends, however it ends, so nothing is left behind that somebody has to clear away.

use super::files::beside;
use super::problem::Problem;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Held for as long as this lives.
pub(super) struct Lock(#[expect(dead_code, reason = "the lock goes with the file")] File);

/// Takes the lock of a database whose folder exists; nothing when another process holds it.
pub(super) fn take(database: &Path) -> Result<Option<Lock>, Problem> {
    let name = beside(database, "-lock");
    let cannot = |error: std::io::Error| Problem::new(format!("{} cannot be locked ({error}).", name.display()));
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&name).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(cannot(error)),
    }
}
