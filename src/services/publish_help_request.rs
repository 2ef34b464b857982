//! Publish, edit and withdraw a help request (rules H1, H3), and tell its followers whenever its
//! state changes.

use super::ServiceError;
use super::help_course::{decline_waiting, tell_waiting};
use super::join_cabal::check_is_in_cabal;
use crate::db::cabals::{find_cabal, log_act, note_published};
use crate::db::citations::Library;
use crate::db::help_requests::{
    HelpRequest, find_help_request, help_request, insert_help_request, move_help_request, rewrite_help_request,
};
use crate::db::offer_course::free_offer;
use crate::db::offers::{Offer, list_offers};
use crate::db::posts::{PostKind, set_pinned};
use crate::db::{DbError, Tx};
use crate::domain::help_request::{HelpRequestState, NewHelpRequest};
use crate::domain::offer::OfferState;
use crate::domain::visibility::Visibility;
use crate::federation::outbound::cabal_notes;
use crate::federation::outbound::documents::Mention;
use crate::federation::outbound::html::{self, first_words};
use crate::federation::outbound::publish::{self, Audience, NewPost};
use crate::ids::{CabalId, HelpRequestId, MemberId};

/// Publishes a help request of a cabal.
///
/// # Errors
/// When the member is not in the cabal.
pub fn publish_help_request(
    tx: &mut Tx<'_>,
    by: MemberId,
    cabal: CabalId,
    new: &NewHelpRequest,
) -> Result<HelpRequestId, ServiceError> {
    let cabal = find_cabal(tx.conn, cabal)?.ok_or(ServiceError::NotFound("cabal"))?;
    check_is_in_cabal(tx, by, cabal.id)?;
    let request = HelpRequest {
        id: HelpRequestId::from_uuid(tx.next_id()),
        cabal_id: cabal.id,
        cabal_handle: cabal.handle,
        cabal_name: cabal.name,
        published_by: by,
        what: new.what.clone(),
        skills: new.skills.clone(),
        quarter_hours: new.quarter_hours,
        deadline: new.deadline,
        place: new.place.clone(),
        is_remote: new.is_remote,
        language: new.language.clone(),
        recorded: HelpRequestState::Open,
        published_at: tx.now,
        updated_at: tx.now,
        renewed_at: tx.now,
        edited_at: None,
    };
    let shelf = Library::new(tx.urls).shelf(tx.conn, &request.what, (request.written_at(), None))?;
    let post = NewPost {
        id: request.id.into(),
        actor_id: cabal.id.into(),
        kind: PostKind::HelpRequest,
        visibility: Visibility::Public,
        in_reply_to: None,
        object: cabal_notes::help_request(&request, &shelf, (HelpRequestState::Open, Vec::new()), tx.urls),
        is_pinned: true,
    };
    publish::publish(tx, post, &Audience::followers(cabal.id.into()))?;
    insert_help_request(tx, request.id, cabal.id, by, new)?;
    note_published(tx, cabal.id)?;
    log_act(tx, cabal.id, by, "published a help request", &first_words(&new.what))?;
    Ok(request.id)
}

/// Replaces what a help request says; followers and helpers get an `Update`, and those whose
/// offers wait are told.
///
/// # Errors
/// When the member is not in the cabal or the request is over.
pub fn edit_help_request(
    tx: &mut Tx<'_>,
    by: MemberId,
    id: HelpRequestId,
    new: &NewHelpRequest,
) -> Result<(), ServiceError> {
    let request = changeable(tx, by, id)?;
    rewrite_help_request(tx, id, new)?;
    tell_of_change(tx, id)?;
    let link = html::link(&tx.urls.help_request(id));
    let body = format!(
        "<p>The help request to which you replied was changed. Your offer stands. If it does not fit any more, please \
         edit or delete your reply.</p><p>{link}</p>"
    );
    tell_waiting(tx, &request, &body)?;
    log_act(tx, request.cabal_id, by, "edited a help request", &first_words(&new.what))?;
    Ok(())
}

/// Takes a help request back; it is deleted wherever it went. Everybody on the fediverse who
/// offered is answered before; offers by the web form go on waiting for the cabal's own words.
///
/// # Errors
/// When the member is not in the cabal or the request is over.
pub fn withdraw_help_request(tx: &mut Tx<'_>, by: MemberId, id: HelpRequestId) -> Result<(), ServiceError> {
    let request = changeable(tx, by, id)?;
    let words = format!(
        "Thank you for your offer. {} does not need “{}” any more.",
        request.cabal_name,
        first_words(&request.what)
    );
    for offer in list_offers(tx.conn, id)?.iter().filter(|offer| offer.state == OfferState::Accepted) {
        free_offer(tx, offer.id)?;
    }
    decline_waiting(tx, by, &request, &words)?;
    move_help_request(tx, id, &[request.recorded], HelpRequestState::Withdrawn)?;
    let offerers = list_offers(tx.conn, id)?.into_iter().filter_map(|offer| offer.offerer_actor);
    publish::withdraw(tx, id.into(), &Audience::followers(request.cabal_id.into()).and(offerers))?;
    log_act(tx, request.cabal_id, by, "withdrew a help request", &first_words(&request.what))?;
    Ok(())
}

fn changeable(tx: &mut Tx<'_>, by: MemberId, id: HelpRequestId) -> Result<HelpRequest, ServiceError> {
    let request = find_help_request(tx.conn, id)?.ok_or(ServiceError::NotFound("help request"))?;
    check_is_in_cabal(tx, by, request.cabal_id)?;
    request.recorded.check_changeable().map_err(ServiceError::Conflict)?;
    Ok(request)
}

/// Brings the published Note up to what the request says now and sends it to the followers and
/// to those named in it; pins it as long as it is open (H4).
///
/// # Errors
/// The store's fault.
pub(super) fn tell_of_change(tx: &mut Tx<'_>, id: HelpRequestId) -> Result<(), DbError> {
    let request = help_request(tx.conn, id)?;
    let helpers: Vec<Mention> = list_offers(tx.conn, id)?.iter().filter_map(public_helper).collect();
    let audience = Audience::followers(request.cabal_id.into()).and(helpers.iter().map(|helper| helper.href.clone()));
    let state = request.state(tx.now);
    let shelf = Library::new(tx.urls).shelf(tx.conn, &request.what, (request.written_at(), None))?;
    let object = cabal_notes::help_request(&request, &shelf, (state, helpers), tx.urls);
    publish::update(tx, id.into(), &object, &audience)?;
    set_pinned(tx, id.into(), state == HelpRequestState::Open)
}

/// Who is thanked by name: only those who offered in public themselves (J5).
fn public_helper(offer: &Offer) -> Option<Mention> {
    let is_named =
        matches!(offer.state, OfferState::Accepted | OfferState::Done) && offer.visibility.is_for_everybody();
    let href = offer.offerer_actor.clone().filter(|_| is_named)?;
    Some(Mention { href, name: offer.offerer_name.clone() })
}
