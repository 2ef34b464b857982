//! Opening the data folder and the database, with one clear sentence for each way it can fail.

use super::problem::Problem;
use crate::App;
use crate::clock::SystemClock;
use crate::db::Database;
use crate::settings::{DatabaseUrl, Settings};
use std::path::Path;
use std::sync::Arc;

/// The program over its database; made when missing.
pub(super) fn app(settings: Settings) -> Result<App, Problem> {
    if let DatabaseUrl::Sqlite(file) = &settings.database_url {
        prepare_folder(file.parent().unwrap_or(Path::new(".")))?;
    }
    let db = Database::open(&settings.database_url)?;
    Ok(App::new(settings, Arc::new(SystemClock), db))
}

/// Makes the folder and tries to write in it, because SQLite's own words for a folder without
/// the right to write do not say so.
fn prepare_folder(folder: &Path) -> Result<(), Problem> {
    let cannot = |error: std::io::Error| {
        Problem::new(format!(
            "The data folder {} cannot be written ({error}). Please give the user that runs Caucus the right to write there, or choose another folder with --data-dir.",
            folder.display()
        ))
    };
    std::fs::create_dir_all(folder).map_err(cannot)?;
    let probe = folder.join(format!(".caucus-probe-{}", std::process::id()));
    std::fs::write(&probe, b"").map_err(cannot)?;
    std::fs::remove_file(&probe).map_err(cannot)
}
