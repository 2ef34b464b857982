//! What becomes of offers that were accepted: words, done, free again (rules H3, H4).

use super::connection::AnyConnection;
use super::convert;
use super::error::DbError;
use super::schema::{help_requests, offers};
use super::tx::Tx;
use crate::clock::Stamp;
use crate::domain::offer::OfferState;
use crate::ids::{CabalId, HelpRequestId, OfferId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

macro_rules! accepted {
    ($id:expr) => {
        offers::table.filter(offers::id.eq($id.to_string())).filter(offers::state.eq(OfferState::Accepted.as_str()))
    };
}

/// Notes that somebody has heard of an accepted offer; false when it is not accepted.
///
/// # Errors
/// The store's fault.
pub fn note_word(tx: &mut Tx<'_>, id: OfferId) -> Result<bool, DbError> {
    let touched = diesel::update(accepted!(id))
        .set((offers::word_at.eq(tx.now.naive_utc()), offers::asked_at.eq(None::<NaiveDateTime>)))
        .execute(tx.conn)?;
    Ok(touched > 0)
}

/// Notes a word for every accepted offer of an actor to a cabal: they wrote.
///
/// # Errors
/// The store's fault.
pub fn note_word_of(tx: &mut Tx<'_>, actor_url: &str, cabal: CabalId) -> Result<usize, DbError> {
    let of_the_cabal =
        help_requests::table.filter(help_requests::cabal_id.eq(cabal.to_string())).select(help_requests::id);
    let theirs = offers::table
        .filter(offers::offerer_actor.eq(actor_url))
        .filter(offers::state.eq(OfferState::Accepted.as_str()))
        .filter(offers::help_request_id.eq_any(of_the_cabal));
    Ok(diesel::update(theirs)
        .set((offers::word_at.eq(tx.now.naive_utc()), offers::asked_at.eq(None::<NaiveDateTime>)))
        .execute(tx.conn)?)
}

/// Marks an accepted offer as done; false when it is not accepted.
///
/// # Errors
/// The store's fault.
pub fn finish_offer(tx: &mut Tx<'_>, id: OfferId) -> Result<bool, DbError> {
    let touched = diesel::update(accepted!(id))
        .set((offers::state.eq(OfferState::Done.as_str()), offers::done_at.eq(tx.now.naive_utc())))
        .execute(tx.conn)?;
    Ok(touched > 0)
}

/// Lets an accepted offer wait again, so that others may help; false when it is not accepted.
///
/// # Errors
/// The store's fault.
pub fn free_offer(tx: &mut Tx<'_>, id: OfferId) -> Result<bool, DbError> {
    let touched = diesel::update(accepted!(id))
        .set((
            offers::state.eq(OfferState::Waiting.as_str()),
            offers::freed_at.eq(tx.now.naive_utc()),
            offers::word_at.eq(None::<NaiveDateTime>),
            offers::asked_at.eq(None::<NaiveDateTime>),
        ))
        .execute(tx.conn)?;
    Ok(touched > 0)
}

/// Notes that a word was asked for; false when it was before, or is not due by `since`.
///
/// # Errors
/// The store's fault.
pub fn mark_asked(tx: &mut Tx<'_>, id: OfferId, since: Stamp) -> Result<bool, DbError> {
    let touched =
        diesel::update(accepted!(id).filter(offers::asked_at.is_null()).filter(offers::word_at.le(since.naive_utc())))
            .set(offers::asked_at.eq(tx.now.naive_utc()))
            .execute(tx.conn)?;
    Ok(touched > 0)
}

/// Accepted offers of which nothing was heard since a moment and that nobody has asked about.
///
/// # Errors
/// The store's fault.
pub fn list_to_ask(conn: &mut AnyConnection, since: Stamp, limit: i64) -> Result<Vec<OfferId>, DbError> {
    let found: Vec<String> = offers::table
        .filter(offers::state.eq(OfferState::Accepted.as_str()))
        .filter(offers::word_at.le(since.naive_utc()))
        .filter(offers::asked_at.is_null())
        .order(offers::id)
        .limit(limit)
        .select(offers::id)
        .load(conn)?;
    found.iter().map(|id| convert::id(id)).collect()
}

/// Accepted offers of which nothing was heard since a moment.
///
/// # Errors
/// The store's fault.
pub fn list_silent(conn: &mut AnyConnection, since: Stamp, limit: i64) -> Result<Vec<OfferId>, DbError> {
    let found: Vec<String> = offers::table
        .filter(offers::state.eq(OfferState::Accepted.as_str()))
        .filter(offers::word_at.le(since.naive_utc()))
        .order(offers::id)
        .limit(limit)
        .select(offers::id)
        .load(conn)?;
    found.iter().map(|id| convert::id(id)).collect()
}

/// Whether an actor is on it: an offer of theirs to this request is accepted.
///
/// # Errors
/// The store's fault.
pub fn is_on_it(conn: &mut AnyConnection, request: HelpRequestId, actor_url: &str) -> Result<bool, DbError> {
    let found: i64 = offers::table
        .filter(offers::offerer_actor.eq(actor_url))
        .filter(offers::help_request_id.eq(request.to_string()))
        .filter(offers::state.eq(OfferState::Accepted.as_str()))
        .count()
        .get_result(conn)?;
    Ok(found > 0)
}
