//! Accept or decline an offer (rule H3): the answer goes to the offerer's own server.

use super::ServiceError;
use super::help_course::{about, follow_offers};
use super::join_cabal::check_is_in_cabal;
use super::publish_help_request::tell_of_change;
use super::record_offer::{Answer, mention_of, send_answer};
use crate::db::cabals::log_act;
use crate::db::help_requests::{HelpRequest, help_request};
use crate::db::offers::{self, Offer, find_offer};
use crate::db::posts::PostKind;
use crate::db::{DbError, Tx};
use crate::domain::help_request::HelpRequestState;
use crate::domain::offer::{OfferState, parse_words};
use crate::federation::outbound::html;
use crate::ids::{MemberId, OfferId};

/// Accepts an offer; the request is taken then.
///
/// # Errors
/// When the member is not in the cabal, the words are missing, or the offer waits no longer.
pub fn accept_offer(tx: &mut Tx<'_>, by: MemberId, id: OfferId, words: &str) -> Result<(), ServiceError> {
    let (offer, request) = visible_to_cabal(tx, by, id)?;
    offer.state.check_answerable().map_err(ServiceError::Conflict)?;
    let words = parse_words(words)?;
    request.recorded.check_accepts_offers().map_err(ServiceError::Conflict)?;
    answer(tx, by, &offer, (OfferState::Accepted, &words))?;
    follow_offers(tx, request.id)?;
    tell_of_change(tx, request.id)?;
    tell_offerer(tx, &offer, &request, ("accepted", &words))?;
    log_act(tx, request.cabal_id, by, "accepted an offer", &html::first_words(&request.what))?;
    Ok(())
}

/// Declines an offer.
///
/// # Errors
/// When the member is not in the cabal, the words are missing, or the offer waits no longer.
pub fn decline_offer(tx: &mut Tx<'_>, by: MemberId, id: OfferId, words: &str) -> Result<(), ServiceError> {
    let (offer, request) = visible_to_cabal(tx, by, id)?;
    offer.state.check_answerable().map_err(ServiceError::Conflict)?;
    let words = parse_words(words)?;
    answer(tx, by, &offer, (OfferState::Declined, &words))?;
    tell_offerer(tx, &offer, &request, ("declined, with thanks", &words))?;
    log_act(tx, request.cabal_id, by, "declined an offer", &html::first_words(&request.what))?;
    Ok(())
}

/// An offer for a member of the cabal that it was made to. Whoever may not see an offer does not
/// learn that it exists (PV-2).
pub(super) fn visible_to_cabal(
    tx: &mut Tx<'_>,
    by: MemberId,
    id: OfferId,
) -> Result<(Offer, HelpRequest), ServiceError> {
    let offer = find_offer(tx.conn, id)?.ok_or(ServiceError::NotFound("offer"))?;
    let request = help_request(tx.conn, offer.help_request_id)?;
    match check_is_in_cabal(tx, by, request.cabal_id) {
        Err(ServiceError::Forbidden(_)) if !offer.visibility.is_for_everybody() => {
            return Err(ServiceError::NotFound("offer"));
        }
        other => other?,
    }
    Ok((offer, request))
}

fn answer(
    tx: &mut Tx<'_>,
    by: MemberId,
    offer: &Offer,
    (state, words): (OfferState, &str),
) -> Result<(), ServiceError> {
    if offers::answer_offer(tx, offer.id, offers::Answer { by, state, words })? {
        return Ok(());
    }
    // Somebody else was quicker; say what they did.
    let now = offers::offer(tx.conn, offer.id)?;
    now.state.check_answerable().map_err(ServiceError::Conflict)?;
    Err(ServiceError::Broken(DbError::Broken("a waiting offer could not be answered".to_owned())))
}

/// Replies to the offer where it was made; who offered on the web left a way to be reached,
/// which only the cabal sees.
fn tell_offerer(
    tx: &mut Tx<'_>,
    offer: &Offer,
    request: &HelpRequest,
    (outcome, words): (&str, &str),
) -> Result<(), DbError> {
    let (Some(actor_url), Some(reply)) = (&offer.offerer_actor, &offer.note_id) else { return Ok(()) };
    let to = mention_of(tx, actor_url)?;
    let is_gone = request.recorded == HelpRequestState::Withdrawn;
    let page = if is_gone { tx.urls.actor(&request.cabal_handle) } else { tx.urls.help_request(request.id) };
    let body_html = format!(
        "<p>Your offer for {} is {outcome}.</p>{}<p>{}</p>",
        about(request),
        html::paragraphs(words),
        html::link(&page),
    );
    let visibility = offer.visibility.of_answer();
    send_answer(tx, request, &Answer { to: &to, reply, visibility, body_html: &body_html, kind: PostKind::Answer })?;
    Ok(())
}
