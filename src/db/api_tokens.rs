//! Bearer tokens of the API. Only the hash of a token is stored.

use super::connection::{AnyBackend, AnyConnection};
use super::error::DbError;
use super::schema::{api_tokens, members};
use super::tx::Tx;
use crate::clock::Stamp;
use crate::domain::token::TokenScope;
use crate::ids::{MemberId, RowId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// A token as its member and the stewards may see it: never the secret.
#[derive(Debug, Clone)]
pub struct ApiToken {
    /// Its id, to revoke it by.
    pub id: RowId,
    /// Whose it is.
    pub member_id: MemberId,
    /// What its member calls it.
    pub name: String,
    /// What it may do.
    pub scope: TokenScope,
    /// When it was made.
    pub created_at: Stamp,
    /// When it was revoked.
    pub revoked_at: Option<Stamp>,
    /// False while its member has not confirmed a token that a steward made.
    pub is_confirmed: bool,
}

/// Who stands behind a token that is shown to us.
#[derive(Debug, Clone)]
pub struct TokenHolder {
    /// The member.
    pub member_id: MemberId,
    /// Their handle.
    pub handle: String,
    /// Their name.
    pub name: String,
    /// Whether they are a steward.
    pub is_steward: bool,
    /// What the token may do.
    pub scope: TokenScope,
    /// False for a token that a steward made and its member has not confirmed.
    pub is_confirmed: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_tokens, check_for_backend(AnyBackend))]
struct Row {
    id: String,
    member_id: String,
    name: String,
    scope: String,
    created_at: NaiveDateTime,
    revoked_at: Option<NaiveDateTime>,
    is_confirmed: bool,
}

impl Row {
    fn token(self) -> Result<ApiToken, DbError> {
        Ok(ApiToken {
            id: parse(&self.id)?,
            member_id: parse(&self.member_id)?,
            name: self.name,
            scope: TokenScope::stored(&self.scope),
            created_at: self.created_at.and_utc(),
            revoked_at: self.revoked_at.map(|at| at.and_utc()),
            is_confirmed: self.is_confirmed,
        })
    }
}

fn parse<T: std::str::FromStr>(id: &str) -> Result<T, DbError> {
    id.parse().map_err(|_| DbError::Broken(format!("{id} is no id")))
}

/// A token to be stored.
#[derive(Debug, Clone, Copy)]
pub struct TokenToAdd<'a> {
    /// Whose it is.
    pub member: MemberId,
    /// The hash of its secret.
    pub hash: &'a str,
    /// What it is called.
    pub name: &'a str,
    /// What it may do.
    pub scope: TokenScope,
    /// Whether its member made it.
    pub is_confirmed: bool,
}

/// Stores a new token by its hash.
///
/// # Errors
/// The store's fault.
pub fn add_token(tx: &mut Tx<'_>, new: &TokenToAdd<'_>) -> Result<RowId, DbError> {
    let id = RowId::from_uuid(tx.next_id());
    diesel::insert_into(api_tokens::table)
        .values((
            api_tokens::id.eq(id.to_string()),
            api_tokens::token_hash.eq(new.hash),
            api_tokens::member_id.eq(new.member.to_string()),
            api_tokens::name.eq(new.name),
            api_tokens::scope.eq(new.scope.as_str()),
            api_tokens::is_confirmed.eq(new.is_confirmed),
            api_tokens::created_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// The member behind a token that is not revoked, while they are a member.
///
/// # Errors
/// The store's fault.
pub fn find_holder(conn: &mut AnyConnection, hash: &str) -> Result<Option<TokenHolder>, DbError> {
    let found: Option<(String, String, String, bool, String, bool)> = api_tokens::table
        .inner_join(members::table)
        .filter(api_tokens::token_hash.eq(hash))
        .filter(api_tokens::revoked_at.is_null())
        .filter(members::left_at.is_null())
        .select((
            members::id,
            members::handle,
            members::name,
            members::is_steward,
            api_tokens::scope,
            api_tokens::is_confirmed,
        ))
        .first(conn)
        .optional()?;
    found
        .map(|(id, handle, name, is_steward, scope, is_confirmed)| {
            let scope = TokenScope::stored(&scope);
            Ok(TokenHolder { member_id: parse(&id)?, handle, name, is_steward, scope, is_confirmed })
        })
        .transpose()
}

/// The tokens of a member, oldest first, revoked ones too.
///
/// # Errors
/// The store's fault.
pub fn list_tokens(conn: &mut AnyConnection, member: MemberId) -> Result<Vec<ApiToken>, DbError> {
    let rows: Vec<Row> = api_tokens::table
        .filter(api_tokens::member_id.eq(member.to_string()))
        .order(api_tokens::id)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::token).collect()
}

/// Whose token this is, if there is such a token.
///
/// # Errors
/// The store's fault.
pub fn find_owner(conn: &mut AnyConnection, id: RowId) -> Result<Option<MemberId>, DbError> {
    let owner: Option<String> =
        api_tokens::table.find(id.to_string()).select(api_tokens::member_id).first(conn).optional()?;
    owner.map(|id| parse(&id)).transpose()
}

/// Notes that a member stands by a token of theirs; false when they have no such token that works.
///
/// # Errors
/// The store's fault.
pub fn confirm_token(tx: &mut Tx<'_>, member: MemberId, id: RowId) -> Result<bool, DbError> {
    let theirs = api_tokens::table
        .filter(api_tokens::id.eq(id.to_string()))
        .filter(api_tokens::member_id.eq(member.to_string()))
        .filter(api_tokens::revoked_at.is_null());
    Ok(diesel::update(theirs).set(api_tokens::is_confirmed.eq(true)).execute(tx.conn)? > 0)
}

/// Revokes a token; false when there is none with this id that still works.
///
/// # Errors
/// The store's fault.
pub fn revoke_token(tx: &mut Tx<'_>, id: RowId) -> Result<bool, DbError> {
    let changed = diesel::update(api_tokens::table.find(id.to_string()))
        .filter(api_tokens::revoked_at.is_null())
        .set(api_tokens::revoked_at.eq(tx.now.naive_utc()))
        .execute(tx.conn)?;
    Ok(changed > 0)
}

/// Revokes every token of a member; answers how many.
///
/// # Errors
/// The store's fault.
pub fn revoke_tokens_of(tx: &mut Tx<'_>, member: MemberId) -> Result<usize, DbError> {
    let working =
        api_tokens::table.filter(api_tokens::member_id.eq(member.to_string())).filter(api_tokens::revoked_at.is_null());
    Ok(diesel::update(working).set(api_tokens::revoked_at.eq(tx.now.naive_utc())).execute(tx.conn)?)
}
