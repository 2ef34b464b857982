//! `caucus clock`: what happened to the server and its clock, and a steward's word that the time is
//! right.

use super::open;
use super::problem::Problem;
use super::token::member_id;
use crate::App;
use crate::db::incidents;
use crate::domain::incident::{Incident, IncidentKind};
use crate::services::watch_over::confirm_time;
use crate::settings::Settings;
use clap::Subcommand;
use std::io::Write as _;
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
  caucus clock show
  caucus clock confirm --by ada

When the clock of the machine jumps ahead by more than five minutes, no vote is closed until the clock is
put right again or a steward confirms the new time.";

#[derive(Debug, Subcommand)]
pub(super) enum ClockCommand {
    /// Show when the server was down, its clock doubted or its data put back from a backup
    Show,
    /// Say that the clock of the machine is right; stands in the public log
    Confirm {
        /// The steward who looked, by their handle here
        #[arg(long, value_name = "STEWARD")]
        by: String,
    },
}

pub(super) fn run(settings: Settings, command: ClockCommand) -> Result<(), Problem> {
    open::with_app(settings, async |app: Arc<App>| match command {
        ClockCommand::Show => show(&app).await,
        ClockCommand::Confirm { by } => confirm(&app, by).await,
    })
}

async fn show(app: &App) -> Result<(), Problem> {
    let newest = app.read(|conn| incidents::list_newest(conn, 20)).await?;
    let mut stdout = std::io::stdout().lock();
    if newest.is_empty() {
        writeln!(stdout, "Nothing happened: the server was never down and its clock never doubted.")?;
    }
    for incident in newest {
        writeln!(stdout, "{}", sentence(&incident))?;
    }
    Ok(())
}

fn sentence(incident: &Incident) -> String {
    let what = match incident.kind {
        IncidentKind::Down => "the server was down",
        IncidentKind::Clock => "the clock jumped ahead",
        IncidentKind::Restored => "the data was put back from a backup",
    };
    let until = match incident.ended_at {
        Some(ended_at) => ended_at.format("to %-d %B %Y, %H:%M UTC").to_string(),
        None => "until now; no vote is closed meanwhile".to_owned(),
    };
    format!("{} {until}: {what}.", incident.began_at.format("%-d %B %Y, %H:%M UTC"))
}

async fn confirm(app: &App, by: String) -> Result<(), Problem> {
    let by = member_id(app, by).await?;
    app.write(move |tx| confirm_time(tx, by)).await?;
    writeln!(std::io::stdout().lock(), "Confirmed. The server closes votes again within a few seconds.")?;
    Ok(())
}
