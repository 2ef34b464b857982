//! What becomes of an accepted offer (rules H3, H4): done, free again, or a word that it goes on.

use super::ServiceError;
use super::answer_offer::visible_to_cabal;
use super::credit_helper::thank;
use super::help_course::{about, decline_waiting, follow_offers};
use super::publish_help_request::tell_of_change;
use super::record_offer::write_to_offerer;
use crate::db::cabals::log_act;
use crate::db::help_requests::{HelpRequest, help_request};
use crate::db::offer_course;
use crate::db::offers::{Offer, offer};
use crate::db::{DbError, Tx};
use crate::domain::Refusal;
use crate::domain::help_course::{ASKED_AFTER, FREED_AFTER};
use crate::domain::help_request::HelpRequestState;
use crate::domain::offer::{OfferChannel, OfferState, parse_credit_name};
use crate::federation::outbound::html::first_words;
use crate::ids::{MemberId, OfferId};

/// Marks an accepted offer as done. Who offered on the web is thanked in public as `credit_name`
/// if they agreed to that; who came from the fediverse is asked themselves (H5).
///
/// # Errors
/// When the member is not in the cabal, or the offer is not accepted.
pub fn finish_offer(tx: &mut Tx<'_>, by: MemberId, id: OfferId, credit_name: &str) -> Result<(), ServiceError> {
    let (offer, request) = accepted(tx, by, id)?;
    let name = parse_credit_name(credit_name)?;
    if name.is_some() && offer.channel == OfferChannel::Fediverse {
        let sentence = "This person is asked on their own server whether they wish to be named.";
        return Err(Refusal::field("credit_name", sentence).into());
    }
    if !offer_course::finish_offer(tx, id)? {
        return Err(changed(tx, id));
    }
    if follow_offers(tx, request.id)? && help_request(tx.conn, request.id)?.recorded == HelpRequestState::Done {
        let words = format!(
            "Thank you for your offer. “{}” is done now, so your help is not needed here any more.",
            first_words(&request.what)
        );
        decline_waiting(tx, by, &request, &words)?;
    }
    tell_of_change(tx, request.id)?;
    thank(tx, &offer, &request, name.as_deref())?;
    log_act(tx, request.cabal_id, by, "marked an offer as done", &first_words(&request.what))?;
    Ok(())
}

/// Frees an accepted offer again, so that others may help (H3).
///
/// # Errors
/// When the member is not in the cabal, or the offer is not accepted.
pub fn free_offer(tx: &mut Tx<'_>, by: MemberId, id: OfferId) -> Result<(), ServiceError> {
    let (offer, request) = accepted(tx, by, id)?;
    if !free(tx, &offer, &request, "The cabal is looking for somebody else now, in case you are busy.")? {
        return Err(changed(tx, id));
    }
    log_act(tx, request.cabal_id, by, "freed an offer", &first_words(&request.what))?;
    Ok(())
}

/// Notes that the work goes on, so that nobody is asked for another week (H4).
///
/// # Errors
/// When the member is not in the cabal, or the offer is not accepted.
pub fn note_word(tx: &mut Tx<'_>, by: MemberId, id: OfferId) -> Result<(), ServiceError> {
    let (_, request) = accepted(tx, by, id)?;
    if !offer_course::note_word(tx, id)? {
        return Err(changed(tx, id));
    }
    log_act(tx, request.cabal_id, by, "said that the work goes on", &first_words(&request.what))?;
    Ok(())
}

/// Asks for a word, seven days after the last one (H4): the offerer by a letter; the cabal sees
/// it on its pages. False when it is not due.
///
/// # Errors
/// The store's fault.
pub fn ask_for_word(tx: &mut Tx<'_>, id: OfferId) -> Result<bool, DbError> {
    let since = tx.now - ASKED_AFTER;
    if !offer_course::mark_asked(tx, id, since)? {
        return Ok(false);
    }
    let offer = offer(tx.conn, id)?;
    let request = help_request(tx.conn, offer.help_request_id)?;
    let body = format!(
        "<p>How is it going with {}? A short reply is enough. If nobody hears anything within three days, others may \
         take it on.</p>",
        about(&request)
    );
    write_to_offerer(tx, &request, &offer, &body)?;
    Ok(true)
}

/// Frees an accepted offer of which nothing was heard for ten days (H4). False when it is not due.
///
/// # Errors
/// The store's fault.
pub fn free_silent_offer(tx: &mut Tx<'_>, id: OfferId) -> Result<bool, DbError> {
    let offer = offer(tx.conn, id)?;
    let is_due = offer.word_at.is_some_and(|at| tx.now >= at + FREED_AFTER);
    if offer.state != OfferState::Accepted || !is_due {
        return Ok(false);
    }
    let request = help_request(tx.conn, offer.help_request_id)?;
    free(tx, &offer, &request, "Nobody has heard anything for ten days, so others may take it on now.")
}

fn free(tx: &mut Tx<'_>, offer: &Offer, request: &HelpRequest, why: &str) -> Result<bool, DbError> {
    if !offer_course::free_offer(tx, offer.id)? {
        return Ok(false);
    }
    follow_offers(tx, request.id)?;
    tell_of_change(tx, request.id)?;
    let body =
        format!("<p>About {}: {why} Thank you all the same; if you can still help, please reply.</p>", about(request));
    write_to_offerer(tx, request, offer, &body)?;
    Ok(true)
}

fn accepted(tx: &mut Tx<'_>, by: MemberId, id: OfferId) -> Result<(Offer, HelpRequest), ServiceError> {
    let (offer, request) = visible_to_cabal(tx, by, id)?;
    offer.state.check_accepted().map_err(ServiceError::Conflict)?;
    Ok((offer, request))
}

/// Somebody else was quicker; says what they did.
fn changed(tx: &mut Tx<'_>, id: OfferId) -> ServiceError {
    match offer(tx.conn, id).map(|now| now.state.check_accepted()) {
        Ok(Err(refusal)) => ServiceError::Conflict(refusal),
        Ok(Ok(())) => ServiceError::Broken(DbError::Broken("an accepted offer could not be moved".to_owned())),
        Err(fault) => fault.into(),
    }
}
