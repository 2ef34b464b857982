//! `caucus member`: put people on the roll, list it, and help those who forgot their password.

use super::problem::Problem;
use super::{input, open};
use crate::App;
use crate::db::members;
use crate::domain::membership::NewMember;
use crate::services::{sign_in, work_at_the_server};
use crate::settings::Settings;
use clap::Subcommand;
use std::io::Write as _;
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
  printf '%s' 'a long pass phrase' | caucus member add grace --password-stdin
  caucus member list
  printf '%s' 'a new long pass phrase' | caucus member password grace --password-stdin
  caucus member reset-link grace";

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
    /// Set a new password for a member; it ends their sessions and tokens
    Password {
        /// Their handle
        handle: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print a link with which a member chooses a new password: it works once, for 30 minutes
    ResetLink {
        /// Their handle
        handle: String,
    },
}

/// What whoever helps with a password has to know, and to tell (V-54).
const NO_VOICE: &str = "In votes that are open now they can vote only from accounts linked before the opening.";

pub(super) fn run(settings: Settings, command: MemberCommand) -> Result<(), Problem> {
    match command {
        MemberCommand::Add { handle, name, password_stdin, steward } => {
            let new = NewMember::parse(&handle, &name).map_err(|refusal| Problem::new(refusal.to_string()))?;
            let password = input::password(password_stdin, new.handle.as_str())?;
            open::with_app(settings, async move |app: Arc<App>| {
                let hash = sign_in::hash_password(password).await?;
                let told = format!("{} is a member{}.", new.handle, if steward { " and a steward" } else { "" });
                app.write(move |tx| work_at_the_server::add_member(tx, &new, &hash, steward)).await?;
                writeln!(std::io::stdout(), "{told}")?;
                Ok(())
            })
        }
        MemberCommand::Password { handle, password_stdin } => set_password(settings, handle, password_stdin),
        MemberCommand::ResetLink { handle } => open::with_app(settings, async move |app: Arc<App>| {
            let secret = app.write(move |tx| work_at_the_server::make_reset_link(tx, &handle)).await?;
            writeln!(std::io::stdout(), "{}/reset/{secret}", app.urls.base())?;
            writeln!(std::io::stderr(), "{NO_VOICE}")?;
            Ok(())
        }),
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

fn set_password(settings: Settings, handle: String, is_on_stdin: bool) -> Result<(), Problem> {
    let password = input::password(is_on_stdin, &handle)?;
    open::with_app(settings, async move |app: Arc<App>| {
        let hash = sign_in::hash_password(password).await?;
        let told = format!("{handle} has a new password; every session and token of theirs has ended.");
        app.write(move |tx| work_at_the_server::set_password(tx, &handle, &hash)).await?;
        writeln!(std::io::stdout(), "{told}")?;
        writeln!(std::io::stderr(), "{NO_VOICE}")?;
        Ok(())
    })
}
