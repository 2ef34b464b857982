//! `caucus report`: what other servers reported; the same acts as the stewards' page.

use super::open;
use super::problem::Problem;
use super::token::member_id;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::reports::list_open_reports;
use crate::ids::RowId;
use crate::services::settle_report::settle_report;
use crate::settings::Settings;
use clap::Subcommand;
use std::io::Write as _;
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
  caucus report list
  caucus report settle --by ada ID";

/// What can be done with reports.
#[derive(Debug, Subcommand)]
pub(super) enum ReportCommand {
    /// List the reports that nobody has settled
    List,
    /// Say that a report has been dealt with
    Settle {
        /// Its id, as the list shows it
        id: RowId,
        /// The handle of the steward who dealt with it
        #[arg(long, value_name = "HANDLE")]
        by: String,
    },
}

pub(super) fn run(settings: Settings, command: ReportCommand) -> Result<(), Problem> {
    open::with_app(settings, async |app: Arc<App>| match command {
        ReportCommand::List => list(&app).await,
        ReportCommand::Settle { id, by } => {
            let by = member_id(&app, by).await?;
            app.write(move |tx| settle_report(tx, by, id)).await?;
            writeln!(std::io::stdout(), "The report is settled.")?;
            Ok(())
        }
    })
}

async fn list(app: &App) -> Result<(), Problem> {
    let mut stdout = std::io::stdout().lock();
    for report in app.read(list_open_reports).await? {
        // Words of strangers: nothing in them may steer a terminal.
        let words: String = report.words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        writeln!(stdout, "{}  {}  by {}", report.id, iso_seconds(report.received_at), report.reporter)?;
        writeln!(stdout, "    about {}\n    {words}", report.about.join(", "))?;
    }
    Ok(())
}
