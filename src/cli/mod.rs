//! The command line: one file per command, all of them thin over `services`, so that a command
//! obeys the same rules as a page (security.md OP-13). Exit codes: 0 done, 1 could not be done,
//! 2 the command line or the settings are not right.

mod about;
mod backup;
mod backup_key;
mod block;
mod cabal;
mod clock;
mod document;
mod files;
mod input;
mod lock;
mod logging;
mod member;
mod open;
mod problem;
mod queue;
mod recount;
mod report;
mod restore;
mod serve;
mod setup;
mod token;
mod verify;

use crate::settings::{Flags, Settings};
use clap::{Args, Parser, Subcommand};
use problem::Problem;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Try it on this machine, nothing to configure:
  caucus serve
  then open the set-up link that it prints.

Run it for the world (behind a web server that does https):
  caucus serve --data-dir /var/lib/caucus --public-url https://caucus.example

Settings come from caucus.toml, then CAUCUS_… variables, then flags; the later wins.
Each command explains itself: caucus help serve";

/// A self-hosted, federated home for cabals: volunteer project teams.
#[derive(Debug, Parser)]
#[command(name = "caucus", version, after_help = EXAMPLES, max_term_width = 100)]
struct CommandLine {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

/// Where the data is and how the world sees it.
#[derive(Debug, Args)]
#[allow(rustdoc::bare_urls, reason = "the help of the command line shows these words as they stand")]
struct Place {
    /// The settings file; caucus.toml in this folder when left out
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder that holds everything; made when missing [default: data]
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// The address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The address that the world sees, for example https://caucus.example
    #[arg(long, global = true, value_name = "URL")]
    public_url: Option<String>,
    /// A PostgreSQL database, postgres://…; SQLite in the data folder when left out
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server
    #[command(after_help = serve::EXAMPLES)]
    Serve,
    /// Create the community, its first steward and its documents
    #[command(after_help = setup::EXAMPLES)]
    Setup(setup::Setup),
    /// Add members, list them, and help with forgotten passwords
    #[command(subcommand, after_help = member::EXAMPLES)]
    Member(member::MemberCommand),
    /// Make, list and revoke tokens of the JSON API
    #[command(subcommand, after_help = token::EXAMPLES)]
    Token(token::TokenCommand),
    /// Form cabals and look at them
    #[command(subcommand, after_help = cabal::EXAMPLES)]
    Cabal(cabal::CabalCommand),
    /// Import, export and list governing documents
    #[command(subcommand, after_help = document::EXAMPLES)]
    Document(document::DocumentCommand),
    /// Block servers and accounts elsewhere, and take it back
    #[command(subcommand, after_help = block::EXAMPLES)]
    Block(block::BlockCommand),
    /// Read what other servers reported
    #[command(subcommand, after_help = report::EXAMPLES)]
    Report(report::ReportCommand),
    /// Show what waits to go to other servers, host by host
    Queue,
    /// Count the record of a closed vote again, without settings, database or network
    #[command(after_help = recount::EXAMPLES)]
    Recount(recount::Recount),
    /// Verify every vote: its chain, its roll, its ballots and its result
    #[command(after_help = verify::EXAMPLES)]
    Verify,
    /// Write a whole copy of the SQLite database while the server runs
    #[command(after_help = backup::EXAMPLES)]
    Backup(backup::Backup),
    /// Put a backup in its place; stop the server first
    #[command(after_help = backup::EXAMPLES)]
    Restore(restore::Restore),
    /// Show what happened to the server and its clock; confirm the time after a jump
    #[command(subcommand, after_help = clock::EXAMPLES)]
    Clock(clock::ClockCommand),
    /// Say which version this is, its licence, and where its source is
    About,
}

/// Reads the command line and does what it says.
pub fn run() -> ExitCode {
    let line = CommandLine::parse();
    match obey(line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => problem.tell(),
    }
}

fn obey(line: CommandLine) -> Result<(), Problem> {
    if let Command::Recount(command) = &line.command {
        return recount::run(command);
    }
    let settings = load_settings(line.place)?;
    match line.command {
        // It needs no settings and was obeyed before they were read.
        Command::Recount(_) => Ok(()),
        Command::Serve => serve::run(settings),
        Command::Setup(setup) => setup::run(settings, setup),
        Command::Member(command) => member::run(settings, command),
        Command::Token(command) => token::run(settings, command),
        Command::Cabal(command) => cabal::run(settings, command),
        Command::Document(command) => document::run(settings, command),
        Command::Block(command) => block::run(settings, command),
        Command::Report(command) => report::run(settings, command),
        Command::Queue => queue::run(settings),
        Command::Verify => verify::run(settings),
        Command::Backup(command) => backup::backup(settings, command),
        Command::Restore(command) => restore::run(settings, &command),
        Command::Clock(command) => clock::run(settings, command),
        Command::About => about::run(&settings),
    }
}

fn load_settings(place: Place) -> Result<Settings, Problem> {
    let flags = Flags {
        config: place.config,
        data_dir: place.data_dir,
        listen: place.listen,
        public_url: place.public_url,
        database_url: place.database_url,
    };
    Settings::load(&flags, &std::env::vars_os().filter_map(as_text).collect()).map_err(Problem::Settings)
}

/// Variables that are not text are none of ours.
fn as_text((name, value): (std::ffi::OsString, std::ffi::OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}
