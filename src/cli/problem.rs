//! What a command could not do, told on standard error in plain sentences.

use crate::db::DbError;
use crate::services::ServiceError;
use std::io::Write as _;
use std::process::ExitCode;

/// Why a command ends without having done its work.
#[derive(Debug)]
pub(super) enum Problem {
    /// The settings are not right: every problem, one sentence each.
    Settings(Vec<String>),
    /// One sentence that says what happened and what to do.
    Told(String),
}

impl Problem {
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self::Told(sentence.into())
    }

    /// Writes the problem to standard error and gives the exit code.
    pub(super) fn tell(self) -> ExitCode {
        let mut stderr = std::io::stderr().lock();
        // Nobody is left to tell when standard error is closed.
        match self {
            Self::Settings(sentences) => {
                let _ = writeln!(stderr, "caucus: the settings are not right yet:");
                for sentence in sentences {
                    let _ = writeln!(stderr, "  - {sentence}");
                }
                ExitCode::from(2)
            }
            Self::Told(sentence) => {
                let _ = writeln!(stderr, "caucus: {sentence}");
                ExitCode::FAILURE
            }
        }
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Broken(fault) => fault.into(),
            refused => Self::Told(refused.to_string()),
        }
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        Self::Told(match error {
            DbError::Newer(migration) => format!(
                "This database was written by a newer version of Caucus (it knows {migration}). Please install that version, or restore a backup made by this one."
            ),
            DbError::Busy(why) => format!(
                "The database cannot be written now ({why}). Is another program holding it, is the file read-only, or is the disk full?"
            ),
            other => format!("The database could not be used: {other}."),
        })
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self::Told(format!("The answer could not be written: {error}."))
    }
}
