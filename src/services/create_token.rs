//! Create, confirm and revoke a bearer token of the API. The token is shown once; only its hash is kept.

use super::ServiceError;
use crate::db::Tx;
use crate::db::api_tokens::{self, TokenToAdd};
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

/// Makes a token that its member asked for.
///
/// # Errors
/// `Refused` when the name is empty or longer than 60 characters.
pub fn create_token(
    tx: &mut Tx<'_>,
    member: MemberId,
    name: &str,
    scope: TokenScope,
) -> Result<NewToken, ServiceError> {
    make(tx, member, name, scope, true)
}

pub(super) fn make(
    tx: &mut Tx<'_>,
    member: MemberId,
    name: &str,
    scope: TokenScope,
    is_confirmed: bool,
) -> Result<NewToken, ServiceError> {
    let name = text::line("name", name, 60)?;
    let secret = format!("{TOKEN_PREFIX}{}", random_token());
    let hash = secret_hash(&secret);
    let id = api_tokens::add_token(tx, &TokenToAdd { member, hash: &hash, name: &name, scope, is_confirmed })?;
    Ok(NewToken { id, secret })
}

/// A member says that a token which a steward made is to speak for them.
///
/// # Errors
/// `NotFound` when they have no such token that still works.
pub fn confirm_token(tx: &mut Tx<'_>, by: MemberId, id: RowId) -> Result<(), ServiceError> {
    if api_tokens::confirm_token(tx, by, id)? { Ok(()) } else { Err(ServiceError::NotFound("token")) }
}

/// Makes a token stop working at once.
///
/// # Errors
/// `NotFound` when there is no such token that still works.
pub fn revoke_token(tx: &mut Tx<'_>, id: RowId) -> Result<(), ServiceError> {
    if api_tokens::revoke_token(tx, id)? { Ok(()) } else { Err(ServiceError::NotFound("token")) }
}
