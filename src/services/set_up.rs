//! Create the community, the first member and the governing documents: once, behind a one-time
//! link or from the command line.

use super::ServiceError;
use crate::db::{AnyConnection, DbError, Tx, facts};
use crate::domain::membership::NewMember;
use crate::domain::{Handle, Problems, Refusal, text};
use crate::ids::{MemberId, random_token, secret_hash};

/// The fact that holds the hash of the set-up link's token.
const LINK_FACT: &str = "setup_link_hash";

/// The community about to be created, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommunity {
    /// The handle of its actor.
    pub handle: Handle,
    /// Its name.
    pub name: String,
    /// What it is for, in a few sentences.
    pub mission: String,
}

/// A governing document to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocument {
    /// The title.
    pub title: String,
    /// Markdown, or plain text with numbered clauses.
    pub text: String,
}

/// Everything that set-up needs.
pub struct SetUp {
    /// The community.
    pub community: NewCommunity,
    /// The first member, who becomes a steward.
    pub first_member: NewMember,
    /// The hash of their password.
    pub password_hash: String,
    /// The governing documents; at least one.
    pub documents: Vec<NewDocument>,
}

impl NewCommunity {
    /// Checks what was typed.
    ///
    /// # Errors
    /// Every field with a problem: `community_handle`, `community_name`, `mission`.
    pub fn parse(handle: &str, name: &str, mission: &str) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        let handle = problems.take(Handle::parse("community_handle", handle));
        let name = problems.take(text::line("community_name", name, 80));
        let mission = problems.take(text::paragraphs("mission", mission, 2000));
        match (handle, name, mission) {
            (Some(handle), Some(name), Some(mission)) => Ok(Self { handle, name, mission }),
            _ => Err(problems.refusal()),
        }
    }
}

/// Makes a one-time set-up link and answers its token; earlier links die.
///
/// # Errors
/// The store's fault.
pub fn make_link(tx: &mut Tx<'_>) -> Result<String, ServiceError> {
    let token = random_token();
    facts::set_fact(tx, LINK_FACT, &secret_hash(&token))?;
    Ok(token)
}

/// True when `token` is that of the set-up link that is alive.
///
/// # Errors
/// The store's fault.
pub fn is_link_alive(conn: &mut AnyConnection, token: &str) -> Result<bool, DbError> {
    Ok(facts::find_fact(conn, LINK_FACT)?.is_some_and(|hash| hash == secret_hash(token)))
}

/// Creates the community and the instance actor, the first member and the documents, and lets
/// the link die.
///
/// # Errors
/// When there is a community already, a document that cannot be read, or the store's fault.
pub fn set_up(tx: &mut Tx<'_>, new: SetUp) -> Result<MemberId, ServiceError> {
    let _ = (tx, new);
    todo!("needs the actors and the documents")
}
