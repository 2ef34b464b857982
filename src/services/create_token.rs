//! Create and revoke a bearer token of the API. The token is shown once; only its hash is kept.

use super::ServiceError;
use crate::db::{Tx, api_tokens};
use crate::domain::text;
use crate::domain::token::TokenScope;
use crate::ids::{MemberId, RowId, random_token, secret_hash};

/// What tokens begin with, so that people and secret scanners recognise one that leaked.
pub const TOKEN_PREFIX: &str = "caucus_";

/// A token, in the only moment in which it can be read.
pub struct NewToken {
    /// To revoke it by.
    pub id: RowId,
    /// The token itself.
    pub secret: String,
}

/// Makes a token for a member.
///
/// # Errors
/// `Refused` when the name is empty or longer than 60 characters.
pub fn create_token(
    tx: &mut Tx<'_>,
    member: MemberId,
    name: &str,
    scope: TokenScope,
) -> Result<NewToken, ServiceError> {
    let name = text::line("name", name, 60)?;
    let secret = format!("{TOKEN_PREFIX}{}", random_token());
    let id = api_tokens::add_token(tx, member, &secret_hash(&secret), &name, scope)?;
    Ok(NewToken { id, secret })
}

/// Makes a token stop working at once.
///
/// # Errors
/// `NotFound` when there is no such token that still works.
pub fn revoke_token(tx: &mut Tx<'_>, id: RowId) -> Result<(), ServiceError> {
    if api_tokens::revoke_token(tx, id)? { Ok(()) } else { Err(ServiceError::NotFound("token")) }
}
