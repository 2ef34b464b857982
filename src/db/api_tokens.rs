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
        })
    }
}

fn parse<T: std::str::FromStr>(id: &str) -> Result<T, DbError> {
    id.parse().map_err(|_| DbError::Broken(format!("{id} is no id")))
}

/// Stores a new token by its hash.
///
/// # Errors
/// The store's fault.
pub fn add_token(
    tx: &mut Tx<'_>,
    member: MemberId,
    hash: &str,
    name: &str,
    scope: TokenScope,
) -> Result<RowId, DbError> {
    let id = RowId::from_uuid(tx.next_id());
    diesel::insert_into(api_tokens::table)
        .values((
            api_tokens::id.eq(id.to_string()),
            api_tokens::token_hash.eq(hash),
            api_tokens::member_id.eq(member.to_string()),
            api_tokens::name.eq(name),
            api_tokens::scope.eq(scope.as_str()),
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
    let found: Option<(String, String, String, bool, String)> = api_tokens::table
        .inner_join(members::table)
        .filter(api_tokens::token_hash.eq(hash))
        .filter(api_tokens::revoked_at.is_null())
        .filter(members::left_at.is_null())
        .select((members::id, members::handle, members::name, members::is_steward, api_tokens::scope))
        .first(conn)
        .optional()?;
    found
        .map(|(id, handle, name, is_steward, scope)| {
            let scope = TokenScope::stored(&scope);
            Ok(TokenHolder { member_id: parse(&id)?, handle, name, is_steward, scope })
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
