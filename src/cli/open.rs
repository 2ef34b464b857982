//! Opening the data folder and the database, with one clear sentence for each way it can fail.

use super::logging;
use super::problem::Problem;
use crate::App;
use crate::clock::SystemClock;
use crate::db::Database;
use crate::settings::{DatabaseUrl, Settings};
use std::future::Future;
use std::path::Path;
use std::sync::Arc;

/// Runs a command over a store that must be there already.
pub(super) fn with_app<F>(settings: Settings, command: impl FnOnce(Arc<App>) -> F) -> Result<(), Problem>
where
    F: Future<Output = Result<(), Problem>>,
{
    if let DatabaseUrl::Sqlite(file) = &settings.database_url
        && !file.exists()
    {
        return Err(Problem::new(format!(
            "There is no Caucus here yet: {} does not exist. Choose the right folder with --data-dir, or begin with: caucus setup",
            file.display()
        )));
    }
    with_new_app(settings, command)
}

/// Runs a command over the store, which is made when missing.
pub(super) fn with_new_app<F>(settings: Settings, command: impl FnOnce(Arc<App>) -> F) -> Result<(), Problem>
where
    F: Future<Output = Result<(), Problem>>,
{
    logging::start(settings.log_format, logging::COMMAND);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Problem::new(format!("The program could not start ({e}).")))?;
    runtime.block_on(async { command(Arc::new(app(settings)?)).await })
}

/// The program over its database; made when missing.
pub(super) fn app(settings: Settings) -> Result<App, Problem> {
    if let DatabaseUrl::Sqlite(file) = &settings.database_url {
        prepare_folder(folder_of(file))?;
        prepare_file(file)?;
    }
    let db = Database::open(&settings.database_url)?;
    Ok(App::new(settings, Arc::new(SystemClock), db))
}

/// The folder in which a file is or will be.
pub(super) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the folder, for this user alone, and tries to write in it, because SQLite's own words
/// for a folder without the right to write do not say so.
pub(super) fn prepare_folder(folder: &Path) -> Result<(), Problem> {
    let cannot = |error: std::io::Error| {
        Problem::new(format!(
            "The data folder {} cannot be written ({error}). Please give the user that runs Caucus the right to write there, or choose another folder with --data-dir.",
            folder.display()
        ))
    };
    if !folder.is_dir() {
        make_private(folder).map_err(cannot)?;
    }
    let probe = folder.join(format!(".caucus-probe-{}", std::process::id()));
    std::fs::write(&probe, b"").map_err(cannot)?;
    std::fs::remove_file(&probe).map_err(cannot)
}

/// Makes the database's file for this user alone: it holds keys and the roll. SQLite gives its
/// other files the same rights.
fn prepare_file(file: &Path) -> Result<(), Problem> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop).map_err(|error| {
        Problem::new(format!(
            "The database {} cannot be written ({error}). Please give the user that runs Caucus the right to write it.",
            file.display()
        ))
    })
}

#[cfg(unix)]
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}
