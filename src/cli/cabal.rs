//! `caucus cabal`: list, show and form cabals; the same act as the page.

use super::open;
use super::problem::Problem;
use super::token::member_id;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::cabals::{self, Cabal};
use crate::domain::cabal::{CabalFields, NewCabal};
use crate::services::work_at_the_server;
use crate::settings::Settings;
use clap::Subcommand;
use std::io::Write as _;
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
  caucus cabal list
  caucus cabal form --by ada --name 'Bee watch' --purpose 'We count the bees of the valley.'
  caucus cabal show bee_watch";

/// How many cabals are read at once.
const PAGE: i64 = 200;

/// What can be done with cabals.
#[derive(Debug, Subcommand)]
pub(super) enum CabalCommand {
    /// List all cabals, newest first
    List,
    /// Show one cabal
    Show {
        /// Its handle
        handle: String,
    },
    /// Form a cabal; it is live and federated at once
    Form {
        /// The handle of the member who forms it and becomes its lead
        #[arg(long, value_name = "HANDLE")]
        by: String,
        /// What it is called
        #[arg(long, value_name = "TEXT")]
        name: String,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        purpose: String,
        /// Its handle on the fediverse; made from the name when left out
        #[arg(long, value_name = "HANDLE", default_value = "", hide_default_value = true)]
        handle: String,
    },
}

pub(super) fn run(settings: Settings, command: CabalCommand) -> Result<(), Problem> {
    open::with_app(settings, async |app: Arc<App>| match command {
        CabalCommand::List => list(&app).await,
        CabalCommand::Show { handle } => show(&app, handle).await,
        CabalCommand::Form { by, name, purpose, handle } => {
            let new = NewCabal::parse(&CabalFields { name, purpose, handle })
                .map_err(|refusal| Problem::new(refusal.to_string()))?;
            form(&app, by, new).await
        }
    })
}

async fn list(app: &App) -> Result<(), Problem> {
    let mut before = None;
    loop {
        let page = app.read(move |conn| cabals::list_cabals(conn, before, PAGE)).await?;
        let mut stdout = std::io::stdout().lock();
        for cabal in &page {
            let freshness = cabal.freshness(app.now()).as_str();
            writeln!(stdout, "{}  {}  ({freshness}, {} followers)", cabal.handle, cabal.name, cabal.followers_count)?;
        }
        match page.last() {
            Some(last) if i64::try_from(page.len()).is_ok_and(|count| count == PAGE) => before = Some(last.id),
            _ => return Ok(()),
        }
    }
}

async fn show(app: &App, handle: String) -> Result<(), Problem> {
    let wanted = handle.trim().trim_start_matches('@').to_ascii_lowercase();
    let found: Option<(Cabal, i64)> = app
        .read(move |conn| {
            let Some(cabal) = cabals::find_cabal_by_handle(conn, &wanted)? else { return Ok(None) };
            let members = cabals::count_cabal_members(conn, cabal.id)?;
            Ok::<_, crate::db::DbError>(Some((cabal, members)))
        })
        .await?;
    let Some((cabal, members)) = found else {
        return Err(Problem::new(format!("There is no cabal {handle}. See them with: caucus cabal list")));
    };
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}  @{}@{}", cabal.name, cabal.handle, app.urls.host())?;
    writeln!(stdout, "{}", cabal.purpose)?;
    writeln!(stdout, "Formed:    {}", iso_seconds(cabal.formed_at))?;
    writeln!(stdout, "State:     {}", cabal.freshness(app.now()).as_str())?;
    writeln!(stdout, "Members:   {members}")?;
    writeln!(stdout, "Followers: {}", cabal.followers_count)?;
    writeln!(stdout, "Page:      {}", app.urls.actor(&cabal.handle))?;
    Ok(())
}

async fn form(app: &App, by: String, new: NewCabal) -> Result<(), Problem> {
    let by = member_id(app, by).await?;
    let keys = app.federation.keys.take().await.map_err(|e| Problem::new(format!("Not done: {e}.")))?;
    let (page, per_day) = (app.urls.actor(new.handle.as_str()), app.settings.cabals_per_day);
    let told = format!("The cabal is formed: @{}@{}", new.handle, app.urls.host());
    app.write(move |tx| work_at_the_server::form_cabal_for(tx, by, new, &keys, per_day)).await?;
    writeln!(std::io::stdout(), "{told}\nPage: {page}")?;
    Ok(())
}
