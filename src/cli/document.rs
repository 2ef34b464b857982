//! `caucus document`: list, import and export governing documents; the same acts as the pages.

use super::problem::Problem;
use super::token::member_id;
use super::{input, open};
use crate::App;
use crate::db::documents;
use crate::domain::document::{export_markdown, export_plain};
use crate::services::ServiceError;
use crate::services::import_document::{NewDocument, ReadDocument, import_as_steward, look_at_document};
use crate::settings::Settings;
use clap::{Subcommand, ValueEnum};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
  caucus document list
  caucus document import conduct.md --title 'Code of conduct' --dry-run
  caucus document import conduct.md --title 'Code of conduct' --by ada
  caucus document export manifesto --format markdown > manifesto.md
  caucus document export manifesto --version 2";

/// What can be done with documents.
#[derive(Debug, Subcommand)]
pub(super) enum DocumentCommand {
    /// List the documents in force
    List,
    /// Put in a document that is not here yet, without a vote; the followers are told so
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
        #[arg(long, value_name = "HANDLE", required_unless_present = "dry_run")]
        by: Option<String>,
        /// Print the clauses as they are read, and keep nothing
        #[arg(long)]
        dry_run: bool,
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
        DocumentCommand::Import { file, title, slug, by, dry_run } => {
            let text = input::text_file(&file)?;
            open::with_app(settings, async move |app: Arc<App>| match by.filter(|_| !dry_run) {
                Some(by) => import(&app, (slug, title, text), by).await,
                None => look(&app, (slug, title, text)).await,
            })
        }
        DocumentCommand::Export { slug, format, version } => {
            open::with_app(settings, async move |app: Arc<App>| export(&app, slug, format, version).await)
        }
    }
}

/// Name in addresses, title and text of a document.
type HandedIn = (String, String, String);

async fn import(app: &App, (slug, title, text): HandedIn, by: String) -> Result<(), Problem> {
    let by = member_id(app, by).await?;
    let imported = app
        .write(move |tx| import_as_steward(tx, by, &NewDocument { slug: &slug, title: &title, text: &text }))
        .await?;
    let page = app.urls.document(&imported.slug);
    writeln!(std::io::stdout(), "{} is there: {page}", imported.title)?;
    writeln!(
        std::io::stdout(),
        "Nobody has voted on it; the followers of the community are told so. It is signed from the first amendment of it \
         that is carried."
    )?;
    Ok(())
}

/// Prints what would be imported.
async fn look(app: &App, (slug, title, text): HandedIn) -> Result<(), Problem> {
    let read =
        app.read(move |conn| look_at_document(conn, &NewDocument { slug: &slug, title: &title, text: &text })).await?;
    writeln!(std::io::stdout(), "{} would be at {}", read.title, app.urls.document(&read.slug))?;
    print(&read)
}

/// Prints a document as it was read: each clause with its number, below what it is part of.
pub(super) fn print(read: &ReadDocument) -> Result<(), Problem> {
    let mut stdout = std::io::stdout().lock();
    writeln!(
        stdout,
        "{} clauses with a number, {} pieces of text without one. Nothing is kept.",
        read.numbered_count(),
        read.unnumbered_count()
    )?;
    if read.counts_headings {
        writeln!(stdout, "Its headings have no numbers, so they were counted. Please look whether that is right.")?;
    }
    writeln!(stdout)?;
    for clause in read.clauses() {
        let indent = usize::try_from(clause.depth).unwrap_or(0) * 2;
        writeln!(stdout, "{:indent$}{}", "", [clause.number, clause.text].join("  ").trim_start())?;
    }
    Ok(())
}

async fn list(app: &App) -> Result<(), Problem> {
    let mut stdout = std::io::stdout().lock();
    for document in app.read(documents::list_documents).await? {
        let mark = if document.is_agreed() { "" } else { ", put in by a steward, not voted on" };
        writeln!(stdout, "{}  {}  (version {}{mark})", document.slug, document.title, document.version.number)?;
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
