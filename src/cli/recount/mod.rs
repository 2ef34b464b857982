//! `caucus recount FILE`: counts the record of a closed vote again. Needs neither settings nor a
//! database nor a network, and shares nothing with the server that counted first.

mod check;

use super::problem::Problem;
use clap::Args;
use std::io::Write as _;
use std::path::PathBuf;

/// No record is bigger; a community of a hundred thousand has one of ten megabytes.
const BIGGEST: u64 = 100_000_000;

pub(super) const EXAMPLES: &str = "\
  caucus recount record.json
  caucus recount record.json --sha256 HASH-FROM-THE-MINUTES --receipt YOUR-RECEIPT

Fetch the record from the minutes of the vote. Beside your own receipt stands your choice. The hash stands in the minutes and in the message that told the result to other servers.";

#[derive(Debug, Args)]
pub(super) struct Recount {
    /// The record, as the minutes offer it for download
    file: PathBuf,
    /// The SHA-256 that the minutes print, to see that this is the same file
    #[arg(long, value_name = "HASH")]
    sha256: Option<String>,
    /// Your receipt, to see what stands beside it
    #[arg(long)]
    receipt: Option<String>,
}

pub(super) fn run(command: &Recount) -> Result<(), Problem> {
    let cannot = |error| Problem::new(format!("{} cannot be read ({error}).", command.file.display()));
    if std::fs::metadata(&command.file).map_err(cannot)?.len() > BIGGEST {
        return Err(Problem::new("This file is far too big to be the record of a vote."));
    }
    let bytes = std::fs::read(&command.file).map_err(cannot)?;
    let known = check::Known { sha256: command.sha256.as_deref(), receipt: command.receipt.as_deref() };
    let told = check::check(&bytes, known).map_err(|why| Problem::new(format!("This record does not hold: {why}")))?;
    let mut stdout = std::io::stdout().lock();
    for sentence in told {
        writeln!(stdout, "{sentence}")?;
    }
    Ok(())
}
