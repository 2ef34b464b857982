//! Public thanks, and what people said to being named (rule H5).

use super::connection::AnyConnection;
use super::convert;
use super::error::DbError;
use super::schema::{credit_consents, credits};
use super::tx::Tx;
use crate::clock::Stamp;
use crate::domain::help_course::Consent;
use crate::ids::{CabalId, HelpRequestId, OfferId, PostId};
use crate::on_each_backend;
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// A public thank-you.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The post that says it.
    pub id: PostId,
    /// The cabal that thanks.
    pub cabal_id: CabalId,
    /// For what.
    pub help_request_id: HelpRequestId,
    /// For which offer; one offer is thanked for once.
    pub offer_id: OfferId,
    /// The actor who is thanked, from the fediverse.
    pub actor_url: Option<String>,
    /// The name, as they agreed to it.
    pub name: String,
    /// When.
    pub given_at: Stamp,
}

type Row = (String, String, String, String, Option<String>, String, NaiveDateTime);

fn credit_from((id, cabal_id, help_request_id, offer_id, actor_url, name, given_at): Row) -> Result<Credit, DbError> {
    Ok(Credit {
        id: convert::id(&id)?,
        cabal_id: convert::id(&cabal_id)?,
        help_request_id: convert::id(&help_request_id)?,
        offer_id: convert::id(&offer_id)?,
        actor_url,
        name,
        given_at: given_at.and_utc(),
    })
}

/// Saves a credit beside its post, which must exist.
///
/// # Errors
/// The store's fault.
pub fn insert_credit(tx: &mut Tx<'_>, credit: &Credit) -> Result<(), DbError> {
    diesel::insert_into(credits::table)
        .values((
            credits::id.eq(credit.id.to_string()),
            credits::cabal_id.eq(credit.cabal_id.to_string()),
            credits::help_request_id.eq(credit.help_request_id.to_string()),
            credits::offer_id.eq(credit.offer_id.to_string()),
            credits::actor_url.eq(credit.actor_url.as_deref()),
            credits::name.eq(&credit.name),
            credits::given_at.eq(credit.given_at.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Takes a credit away; its post is withdrawn by the act.
///
/// # Errors
/// The store's fault.
pub fn delete_credit(tx: &mut Tx<'_>, id: PostId) -> Result<(), DbError> {
    diesel::delete(credits::table.find(id.to_string())).execute(tx.conn)?;
    Ok(())
}

/// Whether an offer was thanked for.
///
/// # Errors
/// The store's fault.
pub fn has_credit(conn: &mut AnyConnection, offer: OfferId) -> Result<bool, DbError> {
    let found: i64 = credits::table.filter(credits::offer_id.eq(offer.to_string())).count().get_result(conn)?;
    Ok(found > 0)
}

/// The credits that a cabal has given, the youngest first.
///
/// # Errors
/// The store's fault.
pub fn list_credits(conn: &mut AnyConnection, cabal: CabalId, limit: i64) -> Result<Vec<Credit>, DbError> {
    let found: Vec<Row> = credits::table
        .filter(credits::cabal_id.eq(cabal.to_string()))
        .order(credits::id.desc())
        .limit(limit)
        .load(conn)?;
    found.into_iter().map(credit_from).collect()
}

/// The credits for one help request, in order.
///
/// # Errors
/// The store's fault.
pub fn list_credits_for(conn: &mut AnyConnection, request: HelpRequestId) -> Result<Vec<Credit>, DbError> {
    let found: Vec<Row> =
        credits::table.filter(credits::help_request_id.eq(request.to_string())).order(credits::id).load(conn)?;
    found.into_iter().map(credit_from).collect()
}

/// The credits given to one actor, in order.
///
/// # Errors
/// The store's fault.
pub fn list_credits_to(conn: &mut AnyConnection, actor_url: &str) -> Result<Vec<Credit>, DbError> {
    let found: Vec<Row> = credits::table.filter(credits::actor_url.eq(actor_url)).order(credits::id).load(conn)?;
    found.into_iter().map(credit_from).collect()
}

/// Notes that an actor is being asked; false when they were asked before, however they answered.
///
/// # Errors
/// The store's fault.
pub fn ask_once(tx: &mut Tx<'_>, actor_url: &str, question: PostId) -> Result<bool, DbError> {
    let row = (
        credit_consents::actor_url.eq(actor_url),
        credit_consents::answer.eq(Consent::Asked.as_str()),
        credit_consents::post_id.eq(question.to_string()),
        credit_consents::asked_at.eq(tx.now.naive_utc()),
    );
    let inserted = on_each_backend!(tx.conn, |c| diesel::insert_into(credit_consents::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted > 0)
}

/// What an actor said, and the post that asked them; nothing when nobody ever asked.
///
/// # Errors
/// The store's fault.
pub fn find_consent(conn: &mut AnyConnection, actor_url: &str) -> Result<Option<(Consent, PostId)>, DbError> {
    let found: Option<(String, String)> = credit_consents::table
        .find(actor_url)
        .select((credit_consents::answer, credit_consents::post_id))
        .first(conn)
        .optional()?;
    found.map(|(answer, post)| Ok((convert::word(&answer, Consent::from_stored)?, convert::id(&post)?))).transpose()
}

/// Remembers what an actor answered.
///
/// # Errors
/// The store's fault.
pub fn remember_consent(tx: &mut Tx<'_>, actor_url: &str, answer: Consent) -> Result<(), DbError> {
    diesel::update(credit_consents::table.find(actor_url))
        .set((credit_consents::answer.eq(answer.as_str()), credit_consents::answered_at.eq(tx.now.naive_utc())))
        .execute(tx.conn)?;
    Ok(())
}

/// Forgets that an actor was asked, and what they said.
///
/// # Errors
/// The store's fault.
pub fn forget_consent(tx: &mut Tx<'_>, actor_url: &str) -> Result<(), DbError> {
    diesel::delete(credit_consents::table.find(actor_url)).execute(tx.conn)?;
    Ok(())
}
