//! What becomes of a help request: taken, done or open again as its offers say, lapsed by the
//! clock, renewed by its cabal (rules H3, H4). Everybody who waits is told.

use super::ServiceError;
use super::join_cabal::check_is_in_cabal;
use super::publish_help_request::tell_of_change;
use super::record_offer::write_to_offerer;
use crate::db::cabals::{log_act, note_published};
use crate::db::help_requests::{
    HelpRequest, find_help_request, help_request, move_help_request, note_lapse, open_help_request,
};
use crate::db::offers::{self, list_offers};
use crate::db::{DbError, Tx};
use crate::domain::help_course::state_by_offers;
use crate::domain::help_request::HelpRequestState;
use crate::domain::offer::OfferState;
use crate::domain::text::escape_html;
use crate::federation::outbound::html::{self, first_words};
use crate::ids::{HelpRequestId, MemberId};

/// Brings a request in line with its offers (H3). Opened again, it has its full time before it.
/// Answers whether anything changed.
///
/// # Errors
/// The store's fault.
pub(super) fn follow_offers(tx: &mut Tx<'_>, id: HelpRequestId) -> Result<bool, DbError> {
    let recorded = help_request(tx.conn, id)?.recorded;
    let states: Vec<OfferState> = list_offers(tx.conn, id)?.iter().map(|offer| offer.state).collect();
    match (recorded, state_by_offers(&states)) {
        (HelpRequestState::Withdrawn, _)
        | (HelpRequestState::Open | HelpRequestState::Lapsed, HelpRequestState::Open) => Ok(false),
        (known, next) if known == next => Ok(false),
        (known, HelpRequestState::Open) => open_help_request(tx, id, &[known]),
        (known, next) => move_help_request(tx, id, &[known], next),
    }
}

/// Opens a request for another 30 days (H4).
///
/// # Errors
/// When the member is not in the cabal, or the request is taken or over.
pub fn renew_help_request(tx: &mut Tx<'_>, by: MemberId, id: HelpRequestId) -> Result<(), ServiceError> {
    let request = find_help_request(tx.conn, id)?.ok_or(ServiceError::NotFound("help request"))?;
    check_is_in_cabal(tx, by, request.cabal_id)?;
    request.recorded.check_renewable().map_err(ServiceError::Conflict)?;
    open_help_request(tx, id, &[HelpRequestState::Open, HelpRequestState::Lapsed])?;
    tell_of_change(tx, id)?;
    note_published(tx, request.cabal_id)?;
    log_act(tx, request.cabal_id, by, "renewed a help request", &first_words(&request.what))?;
    Ok(())
}

/// Tells the world that a request has lapsed, and those who offered (H4). Whoever comes second
/// finds it told.
///
/// # Errors
/// The store's fault.
pub fn lapse_help_request(tx: &mut Tx<'_>, id: HelpRequestId) -> Result<bool, DbError> {
    if !note_lapse(tx, id)? {
        return Ok(false);
    }
    tell_of_change(tx, id)?;
    let request = help_request(tx.conn, id)?;
    let about = about(&request);
    tell_waiting(
        tx,
        &request,
        &format!(
            "<p>The help request {about} has lapsed: for thirty days nobody renewed it. Thank you for your offer. {} \
             may still answer you or ask again.</p>",
            escape_html(&request.cabal_name)
        ),
    )?;
    Ok(true)
}

/// A request as letters name it.
pub(super) fn about(request: &HelpRequest) -> String {
    format!("“{}”", escape_html(&first_words(&request.what)))
}

/// Writes to everybody on the fediverse whose offer to a request waits for an answer.
///
/// # Errors
/// The store's fault.
pub(super) fn tell_waiting(tx: &mut Tx<'_>, request: &HelpRequest, body_html: &str) -> Result<(), DbError> {
    for offer in list_offers(tx.conn, request.id)? {
        if offer.state == OfferState::Waiting {
            write_to_offerer(tx, request, &offer, body_html)?;
        }
    }
    Ok(())
}

/// Answers everybody on the fediverse whose offer waits, because the request is over. Offers by
/// the web form go on waiting: a member of the cabal has to write to those people.
///
/// # Errors
/// The store's fault.
pub(super) fn decline_waiting(
    tx: &mut Tx<'_>,
    by: MemberId,
    request: &HelpRequest,
    words: &str,
) -> Result<(), DbError> {
    for offer in list_offers(tx.conn, request.id)? {
        if offer.state == OfferState::Waiting && offer.offerer_actor.is_some() {
            offers::answer_offer(tx, offer.id, offers::Answer { by, state: OfferState::Declined, words })?;
            write_to_offerer(tx, request, &offer, &html::paragraphs(words))?;
        }
    }
    Ok(())
}
