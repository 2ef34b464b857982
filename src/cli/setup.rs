//! `caucus setup`: creates the community, its first steward and its documents; the same act as
//! the set-up page.

use super::problem::Problem;
use super::{input, open};
use crate::App;
use crate::domain::membership::NewMember;
use crate::domain::tally::VoteBase;
use crate::services::set_up::{self, NewCommunity, NewDocument, SetUp};
use crate::services::{ServiceError, sign_in};
use crate::settings::Settings;
use clap::Args;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) const EXAMPLES: &str = "\
  printf '%s' 'a long pass phrase' | caucus setup --name 'Bee Keepers' --handle beekeepers \\
      --mission 'We look after bees.' --steward ada --password-stdin \\
      --document manifesto.txt --document 'Code of conduct=conduct.md'

A document is Markdown, or plain text with numbered clauses. Its title is its first heading, or
what stands before the =.";

/// What set-up needs.
#[derive(Debug, Args)]
pub(super) struct Setup {
    /// The name of the community
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// Its handle on the fediverse: 2 to 30 of a to z, 0 to 9 and _
    #[arg(long, value_name = "HANDLE")]
    handle: String,
    /// What it is for, in a few sentences
    #[arg(long, value_name = "TEXT")]
    mission: String,
    /// The handle of the first member, who becomes a steward
    #[arg(long, value_name = "HANDLE")]
    steward: String,
    /// How the first member is called; their handle when left out
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    steward_name: String,
    /// Read the password of the first member from standard input
    #[arg(long)]
    password_stdin: bool,
    /// A governing document to import, FILE or TITLE=FILE; may be given several times
    #[arg(long = "document", value_name = "FILE", required = true)]
    documents: Vec<String>,
    /// Two thirds of what carry an amendment: the votes for and against (cast), or all members (roll)
    #[arg(long, value_name = "cast|roll", default_value = "cast")]
    vote_base: String,
    /// Print the clauses of the documents as they are read, and set nothing up
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(settings: Settings, setup: Setup) -> Result<(), Problem> {
    let community = NewCommunity::parse(&setup.handle, &setup.name, &setup.mission);
    let community = community.map_err(|refusal| Problem::new(refusal.to_string()))?;
    let first_member = NewMember::parse(&setup.steward, &setup.steward_name)
        .map_err(|refusal| Problem::new(format!("The steward: {refusal}")))?;
    let vote_base = VoteBase::parse(&setup.vote_base).map_err(|refusal| Problem::new(refusal.to_string()))?;
    let documents: Vec<NewDocument> = setup.documents.iter().map(|named| document(named)).collect::<Result<_, _>>()?;
    if setup.dry_run {
        return look(&documents);
    }
    let password = input::password(setup.password_stdin, first_member.handle.as_str())?;
    open::with_new_app(settings, async move |app: Arc<App>| {
        let password_hash = sign_in::hash_password(password).await?;
        let new = SetUp { community, first_member, password_hash, documents, vote_base };
        let keys = app.federation.keys.take().await.map_err(ServiceError::from)?;
        app.write(move |tx| set_up::set_up(tx, new, &keys)).await?;
        // So that the server can ask others from its first moment on.
        crate::federation::keys::ensure_instance_actor(&app).await?;
        writeln!(std::io::stdout(), "The community is set up. Start the server with: caucus serve")?;
        Ok(())
    })
}

fn look(documents: &[NewDocument]) -> Result<(), Problem> {
    let read = set_up::read_documents(documents).map_err(|refusal| Problem::new(refusal.to_string()))?;
    for one in read {
        writeln!(std::io::stdout(), "{}", one.title)?;
        super::document::print(&one)?;
        writeln!(std::io::stdout())?;
    }
    Ok(())
}

fn document(named: &str) -> Result<NewDocument, Problem> {
    // A file of this very name wins, so that a name with = in it can be given.
    let (title, file) = match named.split_once('=') {
        Some((title, file)) if !Path::new(named).exists() => (Some(title.trim().to_owned()), PathBuf::from(file)),
        _ => (None, PathBuf::from(named)),
    };
    let text = input::text_file(&file)?;
    let title = title.filter(|t| !t.is_empty()).unwrap_or_else(|| title_of(&text, &file));
    Ok(NewDocument { title, text })
}

/// The first heading of Markdown, or the file's name in words.
fn title_of(text: &str, file: &Path) -> String {
    let heading = text.lines().find_map(|line| line.strip_prefix("# ")).map(|line| line.trim().to_owned());
    heading.filter(|h| !h.is_empty()).unwrap_or_else(|| {
        let stem = file.file_stem().map(|s| s.to_string_lossy().replace(['-', '_'], " ")).unwrap_or_default();
        let mut letters = stem.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_called_by_its_heading_or_its_file() {
        assert_eq!(title_of("intro\n# Our manifesto \n", Path::new("a.md")), "Our manifesto");
        assert_eq!(title_of("1. No heading", Path::new("/x/code-of_conduct.txt")), "Code of conduct");
    }
}
