//! `caucus document`: list, import and export governing documents; the same acts as the pages.

use super::problem::Problem;
use super::token::member_id;
use super::{input, open};
use crate::App;
use crate::db::documents;
use crate::domain::document::{export_markdown, export_plain};
use crate::services::ServiceError;
use crate::services::import_document::{NewDocument, import_as_steward};
use crate::settings::Settings;
use clap::{Subcommand, ValueEnum};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
  caucus document list
  caucus document import conduct.md --title 'Code of conduct' --by ada
  caucus document export manifesto --format markdown > manifesto.md
  caucus document export manifesto --version 2";

/// What can be done with documents.
#[derive(Debug, Subcommand)]
pub(super) enum DocumentCommand {
    /// List the documents in force
    List,
    /// Import a document that is not here yet; afterwards it changes by amendments only
    Import {
        /// Markdown, or plain text with numbered clauses
        file: PathBuf,
        /// What it is called
        #[arg(long, value_name = "TEXT")]
        title: String,
        /// Its name in addresses; made from the title when left out
        #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
        slug: String,
        /// The handle of the steward who imports it; it stands in the public log
        #[arg(long, value_name = "HANDLE")]
        by: String,
    },
    /// Write a document to standard output
    Export {
        /// Its name in addresses
        slug: String,
        /// As what
        #[arg(long, value_enum, default_value_t = Format::Plain)]
        format: Format,
        /// The number of a version; the one in force when left out
        #[arg(long, value_name = "NUMBER")]
        version: Option<i32>,
    },
}

/// How a document is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// Plain text with numbered, indented clauses
    Plain,
    /// Markdown with headings and lists
    Markdown,
    /// JSON with ids
    Json,
}

pub(super) fn run(settings: Settings, command: DocumentCommand) -> Result<(), Problem> {
    match command {
        DocumentCommand::List => open::with_app(settings, async |app: Arc<App>| list(&app).await),
        DocumentCommand::Import { file, title, slug, by } => {
            let text = input::text_file(&file)?;
            open::with_app(settings, async move |app: Arc<App>| {
                let by = member_id(&app, by).await?;
                let imported = app
                    .write(move |tx| {
                        import_as_steward(tx, by, &NewDocument { slug: &slug, title: &title, text: &text })
                    })
                    .await?;
                let page = app.urls.document(&imported.slug);
                writeln!(std::io::stdout(), "{} is in force: {page}", imported.title)?;
                Ok(())
            })
        }
        DocumentCommand::Export { slug, format, version } => {
            open::with_app(settings, async move |app: Arc<App>| export(&app, slug, format, version).await)
        }
    }
}

async fn list(app: &App) -> Result<(), Problem> {
    let mut stdout = std::io::stdout().lock();
    for document in app.read(documents::list_documents).await? {
        writeln!(stdout, "{}  {}  (version {})", document.slug, document.title, document.version.number)?;
    }
    Ok(())
}

async fn export(app: &App, slug: String, format: Format, version: Option<i32>) -> Result<(), Problem> {
    let wanted = slug.clone();
    let found = app
        .read(move |conn| -> Result<_, ServiceError> {
            let Some(document) = documents::find_document_by_slug(conn, &wanted)? else { return Ok(None) };
            let version = match version {
                Some(number) => documents::find_version_numbered(conn, document.id, number)?,
                None => Some(document.version.clone()),
            };
            let Some(version) = version else { return Ok(None) };
            let clauses = documents::list_clauses(conn, version.id)?;
            Ok(Some((document, version, clauses)))
        })
        .await?;
    let Some((document, version, clauses)) = found else {
        return Err(Problem::new(format!(
            "There is no such version of a document {slug}. See the documents with: caucus document list"
        )));
    };
    let text = match format {
        Format::Plain => export_plain(&clauses),
        Format::Markdown => export_markdown(&clauses),
        Format::Json => format!("{:#}\n", documents::as_json(&document, &version, &clauses)),
    };
    write!(std::io::stdout(), "{text}")?;
    Ok(())
}
