//! `caucus block`: keep servers and accounts elsewhere out; the same acts as the stewards' page.

use super::open;
use super::problem::Problem;
use super::token::member_id;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::blocks::list_blocks;
use crate::services::block_actor;
use crate::settings::Settings;
use clap::Subcommand;
use std::io::Write as _;
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
  caucus block add --by ada server.example
  caucus block add --by ada https://server.example/users/mallory
  caucus block list
  caucus block remove --by ada server.example";

/// What can be done with blocks.
#[derive(Debug, Subcommand)]
pub(super) enum BlockCommand {
    /// Block a server or an account; nothing of it is taken in, sent there or shown any more
    Add(Whom),
    /// Take a block back
    Remove(Whom),
    /// List what is blocked
    List,
}

/// A block and who makes or ends it.
#[derive(Debug, clap::Args)]
pub(super) struct Whom {
    /// A domain, a handle or the address of an account
    subject: String,
    /// The handle of the steward who decides it
    #[arg(long, value_name = "HANDLE")]
    by: String,
}

pub(super) fn run(settings: Settings, command: BlockCommand) -> Result<(), Problem> {
    open::with_app(settings, async |app: Arc<App>| match command {
        BlockCommand::Add(whom) => {
            let by = member_id(&app, whom.by).await?;
            let subject = block_actor::block(&app, by, &whom.subject).await?;
            writeln!(std::io::stdout(), "Blocked: {}", subject.name())?;
            Ok(())
        }
        BlockCommand::Remove(whom) => {
            let by = member_id(&app, whom.by).await?;
            let subject = block_actor::unblock(&app, by, &whom.subject).await?;
            writeln!(std::io::stdout(), "No longer blocked: {}", subject.name())?;
            Ok(())
        }
        BlockCommand::List => list(&app).await,
    })
}

async fn list(app: &App) -> Result<(), Problem> {
    let mut stdout = std::io::stdout().lock();
    for block in app.read(list_blocks).await? {
        let (kind, name) = (block.subject.kind(), block.subject.name());
        writeln!(stdout, "{kind}  {name}  (by {}, {})", block.steward, iso_seconds(block.at))?;
    }
    Ok(())
}
