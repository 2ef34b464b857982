//! Offers of help. Whoever shows one asks `domain::offer::may_see` first (PV-1).

use super::connection::{AnyBackend, AnyConnection};
use super::convert;
use super::error::DbError;
use super::schema::{help_requests, offers, remote_actors};
use super::tx::Tx;
use crate::clock::Stamp;
use crate::domain::offer::{OfferChannel, OfferState};
use crate::domain::visibility::Visibility;
use crate::ids::{CabalId, HelpRequestId, MemberId, OfferId};
use crate::on_each_backend;
use chrono::NaiveDateTime;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

/// An offer of help. No `Debug`: it holds how to reach people.
#[derive(Clone, PartialEq, Eq)]
pub struct Offer {
    /// The offer.
    pub id: OfferId,
    /// To what.
    pub help_request_id: HelpRequestId,
    /// By what way it came.
    pub channel: OfferChannel,
    /// The URL of the offerer's actor, from the fediverse.
    pub offerer_actor: Option<String>,
    /// The id of the reply at its home server, from the fediverse.
    pub note_id: Option<String>,
    /// What to call the offerer: `@ada@masto.example`, or the name from the web form.
    pub offerer_name: String,
    /// How to reach them, from the web form. For the cabal only (J5).
    pub contact: Option<String>,
    /// The text, cleaned.
    pub content_html: String,
    /// Who may read it.
    pub visibility: Visibility,
    /// What became of it.
    pub state: OfferState,
    /// When it came.
    pub received_at: Stamp,
    /// When the offerer last edited it.
    pub edited_at: Option<Stamp>,
    /// The cabal member who answered.
    pub answered_by: Option<MemberId>,
    /// The few words of the answer.
    pub answer_text: Option<String>,
    /// When it was answered.
    pub answered_at: Option<Stamp>,
    /// When something was last heard of it, once it was accepted (H4).
    pub word_at: Option<Stamp>,
    /// When it was freed, if it was (H4).
    pub freed_at: Option<Stamp>,
    /// When it was marked as done.
    pub done_at: Option<Stamp>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = offers, check_for_backend(AnyBackend))]
struct Row {
    id: String,
    help_request_id: String,
    channel: String,
    offerer_actor: Option<String>,
    note_id: Option<String>,
    offerer_name: String,
    contact: Option<String>,
    content_html: String,
    visibility: String,
    state: String,
    received_at: NaiveDateTime,
    edited_at: Option<NaiveDateTime>,
    answered_by: Option<String>,
    answer_text: Option<String>,
    answered_at: Option<NaiveDateTime>,
    word_at: Option<NaiveDateTime>,
    freed_at: Option<NaiveDateTime>,
    done_at: Option<NaiveDateTime>,
}

fn offer_from(row: Row) -> Result<Offer, DbError> {
    Ok(Offer {
        id: convert::id(&row.id)?,
        help_request_id: convert::id(&row.help_request_id)?,
        channel: OfferChannel::from_stored(&row.channel),
        offerer_actor: row.offerer_actor,
        note_id: row.note_id,
        offerer_name: row.offerer_name,
        contact: row.contact,
        content_html: row.content_html,
        visibility: Visibility::from_stored(&row.visibility),
        state: convert::word(&row.state, OfferState::from_stored)?,
        received_at: row.received_at.and_utc(),
        edited_at: row.edited_at.map(|at| at.and_utc()),
        answered_by: row.answered_by.as_deref().map(convert::id).transpose()?,
        answer_text: row.answer_text,
        answered_at: row.answered_at.map(|at| at.and_utc()),
        word_at: row.word_at.map(|at| at.and_utc()),
        freed_at: row.freed_at.map(|at| at.and_utc()),
        done_at: row.done_at.map(|at| at.and_utc()),
    })
}

/// An offer that must exist.
///
/// # Errors
/// `NotFound` when there is none, or the store's fault.
pub fn offer(conn: &mut AnyConnection, id: OfferId) -> Result<Offer, DbError> {
    find_offer(conn, id)?.ok_or(DbError::NotFound)
}

/// Who made an offer, if stewards blocked them: their offers are kept and not shown (K2).
macro_rules! blocked_offerer {
    () => {
        remote_actors::table
            .filter(remote_actors::url.nullable().eq(offers::offerer_actor))
            .filter(remote_actors::is_blocked.eq(true))
    };
}

/// An offer by id, unless whoever made it is blocked.
///
/// # Errors
/// The store's fault.
pub fn find_offer(conn: &mut AnyConnection, id: OfferId) -> Result<Option<Offer>, DbError> {
    let found = offers::table
        .filter(offers::id.eq(id.to_string()))
        .filter(not(exists(blocked_offerer!())))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    found.map(offer_from).transpose()
}

/// An offer by the id of the reply that made it.
///
/// # Errors
/// The store's fault.
pub fn find_offer_by_note(conn: &mut AnyConnection, note_id: &str) -> Result<Option<Offer>, DbError> {
    let found = offers::table.filter(offers::note_id.eq(note_id)).select(Row::as_select()).first(conn).optional()?;
    found.map(offer_from).transpose()
}

/// The offers to a help request in the order in which they came.
///
/// # Errors
/// The store's fault.
pub fn list_offers(conn: &mut AnyConnection, request: HelpRequestId) -> Result<Vec<Offer>, DbError> {
    let found: Vec<Row> = offers::table
        .filter(offers::help_request_id.eq(request.to_string()))
        .filter(not(exists(blocked_offerer!())))
        .order(offers::id.asc())
        .select(Row::as_select())
        .load(conn)?;
    found.into_iter().map(offer_from).collect()
}

/// How many offers an actor has made to a help request, withdrawn ones too.
///
/// # Errors
/// The store's fault.
pub fn count_offers_by(conn: &mut AnyConnection, request: HelpRequestId, actor_url: &str) -> Result<i64, DbError> {
    Ok(offers::table
        .filter(offers::offerer_actor.eq(actor_url))
        .filter(offers::help_request_id.eq(request.to_string()))
        .count()
        .get_result(conn)?)
}

/// The offers to a cabal in one state, whatever became of what they answer, the oldest first.
///
/// # Errors
/// The store's fault.
pub fn list_offers_of_cabal(
    conn: &mut AnyConnection,
    cabal: CabalId,
    state: OfferState,
) -> Result<Vec<Offer>, DbError> {
    let found: Vec<Row> = offers::table
        .inner_join(help_requests::table)
        .filter(help_requests::cabal_id.eq(cabal.to_string()))
        .filter(offers::state.eq(state.as_str()))
        .filter(not(exists(blocked_offerer!())))
        .order(offers::id.asc())
        .select(Row::as_select())
        .load(conn)?;
    found.into_iter().map(offer_from).collect()
}

/// Gives an offer by the web form its private link, by the hash of the secret in it.
///
/// # Errors
/// The store's fault.
pub fn set_offer_secret(tx: &mut Tx<'_>, id: OfferId, secret_hash: &str) -> Result<(), DbError> {
    diesel::update(offers::table.find(id.to_string())).set(offers::secret_hash.eq(secret_hash)).execute(tx.conn)?;
    Ok(())
}

/// The offer behind a private link.
///
/// # Errors
/// The store's fault.
pub fn find_offer_by_secret(conn: &mut AnyConnection, secret_hash: &str) -> Result<Option<Offer>, DbError> {
    let found =
        offers::table.filter(offers::secret_hash.eq(secret_hash)).select(Row::as_select()).first(conn).optional()?;
    found.map(offer_from).transpose()
}

/// Saves an offer unless its note is known already; true when it was new (F5).
///
/// # Errors
/// The store's fault.
pub fn insert_offer_once(tx: &mut Tx<'_>, new: &Offer) -> Result<bool, DbError> {
    let row = (
        offers::id.eq(new.id.to_string()),
        offers::help_request_id.eq(new.help_request_id.to_string()),
        offers::channel.eq(new.channel.as_str()),
        offers::offerer_actor.eq(new.offerer_actor.as_deref()),
        offers::note_id.eq(new.note_id.as_deref()),
        offers::offerer_name.eq(&new.offerer_name),
        offers::contact.eq(new.contact.as_deref()),
        offers::content_html.eq(&new.content_html),
        offers::visibility.eq(new.visibility.as_str()),
        offers::state.eq(new.state.as_str()),
        offers::received_at.eq(new.received_at.naive_utc()),
        offers::edited_at.eq(new.edited_at.map(|at| at.naive_utc())),
    );
    let inserted = on_each_backend!(tx.conn, |c| diesel::insert_into(offers::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted > 0)
}

/// Replaces the text of an offer (H6).
///
/// # Errors
/// The store's fault.
pub fn edit_offer(
    tx: &mut Tx<'_>,
    id: OfferId,
    content_html: &str,
    visibility: Visibility,
    edited_at: Stamp,
) -> Result<(), DbError> {
    diesel::update(offers::table.filter(offers::id.eq(id.to_string())))
        .set((
            offers::content_html.eq(content_html),
            offers::visibility.eq(visibility.as_str()),
            offers::edited_at.eq(edited_at.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// The answer of a cabal member to an offer.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Who answers.
    pub by: MemberId,
    /// Accepted or declined.
    pub state: OfferState,
    /// The few words.
    pub words: &'a str,
}

/// Answers an offer that still waits; false when it waits no longer (H3).
///
/// # Errors
/// The store's fault.
pub fn answer_offer(tx: &mut Tx<'_>, id: OfferId, answer: Answer<'_>) -> Result<bool, DbError> {
    let waiting =
        offers::table.filter(offers::id.eq(id.to_string())).filter(offers::state.eq(OfferState::Waiting.as_str()));
    let touched = diesel::update(waiting)
        .set((
            offers::state.eq(answer.state.as_str()),
            offers::answered_by.eq(answer.by.to_string()),
            offers::answer_text.eq(answer.words),
            offers::answered_at.eq(tx.now.naive_utc()),
            offers::word_at.eq(tx.now.naive_utc()),
            offers::asked_at.eq(None::<NaiveDateTime>),
            offers::freed_at.eq(None::<NaiveDateTime>),
        ))
        .execute(tx.conn)?;
    Ok(touched > 0)
}

/// Withdraws an offer: its text and contact go, the fact stays (H6).
///
/// # Errors
/// The store's fault.
pub fn withdraw_offer(tx: &mut Tx<'_>, id: OfferId) -> Result<(), DbError> {
    diesel::update(offers::table.filter(offers::id.eq(id.to_string())))
        .set((
            offers::state.eq(OfferState::Withdrawn.as_str()),
            offers::content_html.eq(""),
            offers::contact.eq(None::<String>),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// The offers of one actor that are not withdrawn.
///
/// # Errors
/// The store's fault.
pub fn list_offers_of_actor(conn: &mut AnyConnection, actor_url: &str) -> Result<Vec<Offer>, DbError> {
    let found: Vec<Row> = offers::table
        .filter(offers::offerer_actor.eq(actor_url))
        .filter(offers::state.ne(OfferState::Withdrawn.as_str()))
        .order(offers::id.asc())
        .select(Row::as_select())
        .load(conn)?;
    found.into_iter().map(offer_from).collect()
}
