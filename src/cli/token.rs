//! `caucus token`: bearer tokens of the JSON API.

use super::open;
use super::problem::Problem;
use crate::App;
use crate::clock::iso_seconds;
use crate::db::{DbError, api_tokens, members};
use crate::domain::token::TokenScope;
use crate::ids::{MemberId, RowId};
use crate::services::work_at_the_server;
use crate::settings::Settings;
use clap::Subcommand;
use std::io::Write as _;
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
  caucus token create --member ada --name 'backup script'
  caucus token list --member ada
  caucus token revoke 019abcde-…

Use a token like this:
  curl -H 'Authorization: Bearer caucus_…' http://localhost:8080/api/v1/me";

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token; it is shown once
    Create {
        /// The handle of the member as whom it acts
        #[arg(long, value_name = "HANDLE")]
        member: String,
        /// What it is for
        #[arg(long, value_name = "TEXT", default_value = "command line")]
        name: String,
        /// It may read only, not act
        #[arg(long)]
        read_only: bool,
    },
    /// List the tokens of a member
    List {
        /// The handle of the member
        #[arg(long, value_name = "HANDLE")]
        member: String,
    },
    /// Make a token stop working at once
    Revoke {
        /// Its id, from the list
        id: String,
    },
}

pub(super) fn run(settings: Settings, command: TokenCommand) -> Result<(), Problem> {
    open::with_app(settings, async |app: Arc<App>| match command {
        TokenCommand::Create { member, name, read_only } => {
            let scope = if read_only { TokenScope::Read } else { TokenScope::Write };
            let member = member_id(&app, member).await?;
            let token = app.write(move |tx| work_at_the_server::make_token(tx, member, &name, scope)).await?;
            let note = "Keep it safe: it is not shown again, and acts as this member. The member is told, and it has no voice in votes until they confirm it on their account page.";
            writeln!(std::io::stderr(), "Token {} is made. {note}", token.id)?;
            // The token alone on standard output, for scripts.
            writeln!(std::io::stdout(), "{}", token.secret)?;
            Ok(())
        }
        TokenCommand::List { member } => {
            let member = member_id(&app, member).await?;
            let tokens = app.read(move |conn| api_tokens::list_tokens(conn, member)).await?;
            let mut stdout = std::io::stdout().lock();
            for token in tokens {
                let state = match token.revoked_at {
                    Some(at) => format!("revoked {}", iso_seconds(at)),
                    None if token.is_confirmed => "works".to_owned(),
                    None => "works, without a voice in votes".to_owned(),
                };
                let (scope, made) = (token.scope.as_str(), iso_seconds(token.created_at));
                writeln!(stdout, "{}  {scope:5}  made {made}  {state}  {}", token.id, token.name)?;
            }
            Ok(())
        }
        TokenCommand::Revoke { id } => {
            let id: RowId = id.parse().map_err(|_| {
                Problem::new("This is not the id of a token. See them with: caucus token list --member HANDLE")
            })?;
            app.write(move |tx| work_at_the_server::end_token(tx, id)).await?;
            writeln!(std::io::stdout(), "The token does not work any more.")?;
            Ok(())
        }
    })
}

/// The member with this handle.
pub(super) async fn member_id(app: &App, handle: String) -> Result<MemberId, Problem> {
    let wanted = handle.trim().trim_start_matches('@').to_ascii_lowercase();
    let found = app.read(move |conn| -> Result<_, DbError> { members::find_member_by_handle(conn, &wanted) }).await?;
    found
        .map(|member| member.id)
        .ok_or_else(|| Problem::new(format!("There is no member {handle}. See them with: caucus member list")))
}
