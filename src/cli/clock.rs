//! `caucus clock`: what happened to the server and its clock, and a steward's word on the time.

use super::open;
use super::problem::Problem;
use super::token::member_id;
use crate::App;
use crate::clock::{MOST_AHEAD, Stamp};
use crate::db::heartbeats::{Doubting, list_doubting};
use crate::db::incidents::list_newest;
use crate::db::{AnyConnection, DbError};
use crate::domain::incident::{Incident, IncidentKind, stretch};
use crate::services::confirm_time::{confirm_time, put_time_back};
use crate::settings::Settings;
use clap::Subcommand;
use std::io::Write as _;
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
  caucus clock show
  caucus clock confirm --by ada
  caucus clock put-back --by ada

When the clock of the machine is ahead of what is certain by more than five minutes, no vote is opened or
closed until enough speaks for it, it is put right, or a steward confirms it. Look at another clock first:
both commands take the time of this machine for the right one.";

#[derive(Debug, Subcommand)]
pub(super) enum ClockCommand {
    /// Show whether the clock is in doubt, and when the server was down or its data put back from a backup
    Show,
    /// Say that the clock of this machine is right; stands in the public log
    Confirm(By),
    /// Say that the server remembers a later time than it is, from a clock that was wrong; stands in the
    /// public log
    PutBack(By),
}

#[derive(Debug, clap::Args)]
pub(super) struct By {
    /// The steward who looked, by their handle here
    #[arg(long, value_name = "STEWARD")]
    by: String,
}

pub(super) fn run(settings: Settings, command: ClockCommand) -> Result<(), Problem> {
    open::with_app(settings, async |app: Arc<App>| match command {
        ClockCommand::Show => show(&app).await,
        ClockCommand::Confirm(By { by }) => {
            let by = member_id(&app, by).await?;
            app.write(move |tx| confirm_time(tx, by)).await?;
            writeln!(std::io::stdout(), "Confirmed. The server opens and closes votes again within a few seconds.")?;
            Ok(())
        }
        ClockCommand::PutBack(By { by }) => {
            let by = member_id(&app, by).await?;
            app.write(move |tx| put_time_back(tx, by)).await?;
            writeln!(
                std::io::stdout(),
                "Put back. The server goes by the clock of this machine within a few seconds."
            )?;
            Ok(())
        }
    })
}

async fn show(app: &App) -> Result<(), Problem> {
    let read = |conn: &mut AnyConnection| Ok::<_, DbError>((list_doubting(conn)?, list_newest(conn, 20)?));
    let (mut doubting, newest) = app.read(read).await?;
    // What another time is claimed by is of a process that is gone, or of another machine.
    doubting.retain(|doubting| (doubting.claimed - app.now()).abs() <= MOST_AHEAD);
    let mut stdout = std::io::stdout().lock();
    if newest.is_empty() && doubting.is_empty() {
        writeln!(stdout, "Nothing happened: the server was never down and its clock never doubted.")?;
    }
    for doubting in doubting {
        writeln!(stdout, "{}", doubt(&doubting))?;
    }
    for incident in newest {
        writeln!(stdout, "{}", sentence(&incident))?;
    }
    Ok(())
}

fn doubt(doubting: &Doubting) -> String {
    format!(
        "The clock is in doubt: it says {}, {} later than it surely is. No vote is opened or closed for now.",
        shown(doubting.claimed),
        stretch(doubting.ahead)
    )
}

fn sentence(incident: &Incident) -> String {
    let what = match incident.kind {
        IncidentKind::Down => "the server was down",
        IncidentKind::Clock => "the clock was in doubt",
        IncidentKind::Restored => "the data was put back from a backup",
    };
    let until = incident.ended_at.map_or("until now".to_owned(), |ended_at| format!("to {}", shown(ended_at)));
    format!("{} {until}: {what}.", shown(incident.began_at))
}

fn shown(at: Stamp) -> String {
    at.format("%-d %B %Y, %H:%M UTC").to_string()
}
