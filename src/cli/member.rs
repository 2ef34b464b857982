//! `caucus member add`: puts a person on the roll with a local password.

use super::problem::Problem;
use super::{input, open};
use crate::App;
use crate::db::members;
use crate::domain::membership::NewMember;
use crate::services::{sign_in, sign_up};
use crate::settings::Settings;
use clap::Subcommand;
use std::io::Write as _;
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
  printf '%s' 'a long pass phrase' | caucus member add grace --password-stdin
  caucus member list";

/// What can be done with members.
#[derive(Debug, Subcommand)]
pub(super) enum MemberCommand {
    /// Put a person on the roll
    Add {
        /// Their handle
        handle: String,
        /// How they are called; their handle when left out
        #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
        name: String,
        /// Read their password from standard input
        #[arg(long)]
        password_stdin: bool,
        /// Make them a steward
        #[arg(long)]
        steward: bool,
    },
    /// List the roll
    List,
}

pub(super) fn run(settings: Settings, command: MemberCommand) -> Result<(), Problem> {
    match command {
        MemberCommand::Add { handle, name, password_stdin, steward } => {
            let new = NewMember::parse(&handle, &name).map_err(|refusal| Problem::new(refusal.to_string()))?;
            let password = input::password(password_stdin, new.handle.as_str())?;
            open::with_app(settings, async move |app: Arc<App>| {
                let hash = sign_in::hash_password(password).await?;
                let told = format!("{} is a member{}.", new.handle, if steward { " and a steward" } else { "" });
                app.write(move |tx| sign_up::add_member(tx, &new, &hash, steward)).await?;
                writeln!(std::io::stdout(), "{told}")?;
                Ok(())
            })
        }
        MemberCommand::List => open::with_app(settings, async |app: Arc<App>| {
            let members = app
                .read(|conn| {
                    let ids = members::list_roll(conn)?;
                    members::list_members(conn, &ids)
                })
                .await?;
            let mut stdout = std::io::stdout().lock();
            for member in members {
                let steward = if member.is_steward { "  steward" } else { "" };
                writeln!(stdout, "{}  {}{steward}", member.handle, member.name)?;
            }
            Ok(())
        }),
    }
}
