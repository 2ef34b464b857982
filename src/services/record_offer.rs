//! Record an offer, from a reply or from the web form (rule H2), and follow its edits (H6).

use super::ServiceError;
use super::help_course::follow_offers;
use super::publish_help_request::tell_of_change;
use crate::clock::Stamp;
use crate::db::help_requests::{HelpRequest, find_help_request};
use crate::db::offers::{self, Offer, count_offers_by, find_offer_by_secret, insert_offer_once, set_offer_secret};
use crate::db::posts::PostKind;
use crate::db::remote_actors::find_remote_actor;
use crate::db::{DbError, Tx};
use crate::domain::help_request::HelpRequestState;
use crate::domain::offer::{OfferChannel, OfferState, WebOffer};
use crate::domain::text::escape_html;
use crate::domain::visibility::Visibility;
use crate::federation::inbound::clean::clean;
use crate::federation::inbound::note::InboundNote;
use crate::federation::outbound::cabal_notes::{Letter, letter};
use crate::federation::outbound::documents::Mention;
use crate::federation::outbound::html;
use crate::federation::outbound::publish::{self, Audience, NewPost};
use crate::ids::{HelpRequestId, OfferId, PostId, random_token, secret_hash};

/// How many replies of one actor to one request are taken; nobody who means to help needs more.
const MOST_BY_ONE_ACTOR: i64 = 10;

/// An offer by the web form, in the only moment in which its private link can be read.
pub struct WebOfferMade {
    /// The offer.
    pub id: OfferId,
    /// The secret in the link.
    pub secret: String,
}

/// Records an offer from the web form. It is for the cabal's eyes only; who made it can follow it
/// by a private link.
///
/// # Errors
/// When the request takes no offers any more.
pub fn record_web_offer(tx: &mut Tx<'_>, request: HelpRequestId, new: WebOffer) -> Result<WebOfferMade, ServiceError> {
    let request = find_help_request(tx.conn, request)?.ok_or(ServiceError::NotFound("help request"))?;
    request.state(tx.now).check_takes_offers().map_err(ServiceError::Conflict)?;
    let offer = Offer {
        channel: OfferChannel::Web,
        offerer_name: new.name,
        contact: Some(new.contact),
        content_html: html::paragraphs(&new.text),
        ..blank(tx, request.id)
    };
    insert_offer_once(tx, &offer)?;
    let secret = random_token();
    set_offer_secret(tx, offer.id, &secret_hash(&secret))?;
    Ok(WebOfferMade { id: offer.id, secret })
}

/// Takes an offer by the web form back: its text and the way to reach the person are erased.
///
/// # Errors
/// When there is no such private link, or nothing to take back.
pub fn withdraw_web_offer(tx: &mut Tx<'_>, secret: &str) -> Result<(), ServiceError> {
    let offer = find_offer_by_secret(tx.conn, &secret_hash(secret))?.ok_or(ServiceError::NotFound("offer"))?;
    offer.state.check_withdrawable().map_err(ServiceError::Conflict)?;
    Ok(withdraw_offer(tx, &offer)?)
}

/// Records a reply to a help request as an offer and tells the offerer so at once, the first
/// time that they reply to this request. A reply that is known already changes nothing (F5).
///
/// # Errors
/// The store's fault.
pub fn record_fediverse_offer(
    tx: &mut Tx<'_>,
    request: &HelpRequest,
    note: &InboundNote,
    received_at: Stamp,
) -> Result<(), DbError> {
    let before = count_offers_by(tx.conn, request.id, &note.author)?;
    if before >= MOST_BY_ONE_ACTOR {
        return Ok(());
    }
    let offerer = mention_of(tx, &note.author)?;
    let offer = Offer {
        offerer_actor: Some(note.author.clone()),
        note_id: Some(note.id.clone()),
        offerer_name: offerer.name.clone(),
        content_html: clean(&note.raw_html),
        visibility: note.visibility,
        received_at,
        edited_at: note.edited_before(received_at),
        ..blank(tx, request.id)
    };
    let is_new = insert_offer_once(tx, &offer)?;
    if is_new && before == 0 { tell_offerer(tx, request, &offerer, &note.id) } else { Ok(()) }
}

fn blank(tx: &Tx<'_>, request: HelpRequestId) -> Offer {
    Offer {
        id: OfferId::from_uuid(tx.next_id()),
        help_request_id: request,
        channel: OfferChannel::Fediverse,
        offerer_actor: None,
        note_id: None,
        offerer_name: String::new(),
        contact: None,
        content_html: String::new(),
        visibility: Visibility::Direct,
        state: OfferState::Waiting,
        received_at: tx.now,
        edited_at: None,
        answered_by: None,
        answer_text: None,
        answered_at: None,
        word_at: None,
        freed_at: None,
        done_at: None,
    }
}

/// How an actor of another server is named. Their document was fetched when their signature was
/// checked; should it be missing, their address must do.
pub(super) fn mention_of(tx: &mut Tx<'_>, actor_url: &str) -> Result<Mention, DbError> {
    let known = find_remote_actor(tx.conn, actor_url)?;
    let name = known.map_or_else(|| actor_url.to_owned(), |actor| actor.handle());
    Ok(Mention { href: actor_url.to_owned(), name })
}

fn tell_offerer(tx: &mut Tx<'_>, request: &HelpRequest, to: &Mention, reply: &str) -> Result<(), DbError> {
    let body_html = format!(
        "<p>Thank you! Your offer has reached {}. Somebody of the cabal will answer you here.</p>\
         <p>If you edit or delete your reply, your offer changes or is withdrawn with it.</p>",
        escape_html(&request.cabal_name)
    );
    let answer = Answer { to, reply, visibility: Visibility::Direct, body_html: &body_html, kind: PostKind::Notice };
    send_answer(tx, request, &answer)?;
    Ok(())
}

/// Writes to whoever made an offer from the fediverse, in private; to nobody else.
pub(super) fn write_to_offerer(
    tx: &mut Tx<'_>,
    request: &HelpRequest,
    offer: &Offer,
    body_html: &str,
) -> Result<(), DbError> {
    let (Some(actor_url), Some(reply)) = (&offer.offerer_actor, &offer.note_id) else { return Ok(()) };
    let to = mention_of(tx, actor_url)?;
    let answer = Answer { to: &to, reply, visibility: Visibility::Direct, body_html, kind: PostKind::Notice };
    send_answer(tx, request, &answer)?;
    Ok(())
}

/// What the cabal answers to a reply.
pub(super) struct Answer<'a> {
    /// To whom.
    pub to: &'a Mention,
    /// The id of their reply.
    pub reply: &'a str,
    /// For whom besides.
    pub visibility: Visibility,
    /// What it says.
    pub body_html: &'a str,
    /// What it is.
    pub kind: PostKind,
}

/// Sends an answer of the cabal to the one who replied, and to nobody else.
pub(super) fn send_answer(tx: &mut Tx<'_>, request: &HelpRequest, answer: &Answer<'_>) -> Result<PostId, DbError> {
    let id = PostId::from_uuid(tx.next_id());
    let object = letter(
        &Letter {
            id: &tx.urls.note(id),
            from: &request.cabal_handle,
            to: answer.to,
            in_reply_to: answer.reply,
            visibility: answer.visibility,
            body_html: answer.body_html,
            at: tx.now,
        },
        tx.urls,
    );
    let post = NewPost {
        id,
        actor_id: request.cabal_id.into(),
        kind: answer.kind,
        visibility: answer.visibility,
        in_reply_to: Some(answer.reply.to_owned()),
        object,
        is_pinned: false,
    };
    publish::publish(tx, post, &Audience::only(vec![answer.to.href.clone()]))?;
    Ok(id)
}

/// Follows an edit of the reply that made an offer (H6). An older edit than the one we have
/// changes nothing, and a private offer never becomes public by an edit.
///
/// # Errors
/// The store's fault.
pub fn edit_offer(tx: &mut Tx<'_>, offer: &Offer, note: &InboundNote, edited_at: Stamp) -> Result<(), DbError> {
    let is_stale = offer.edited_at.is_some_and(|known| known > edited_at);
    if offer.state == OfferState::Withdrawn || is_stale {
        return Ok(());
    }
    let visibility = offer.visibility.max(note.visibility);
    offers::edit_offer(tx, offer.id, &clean(&note.raw_html), visibility, edited_at)
}

/// Takes an offer back, because its reply was deleted or its maker says so (H6): a request that
/// only this offer had taken is open again.
///
/// # Errors
/// The store's fault.
pub fn withdraw_offer(tx: &mut Tx<'_>, offer: &Offer) -> Result<(), DbError> {
    offers::withdraw_offer(tx, offer.id)?;
    if offer.state != OfferState::Accepted {
        return Ok(());
    }
    let is_other_now = follow_offers(tx, offer.help_request_id)?;
    if is_other_now || offer.visibility.is_for_everybody() { tell_if_alive(tx, offer.help_request_id) } else { Ok(()) }
}

/// The Note names helpers, so it changes with them, unless it was deleted meanwhile.
fn tell_if_alive(tx: &mut Tx<'_>, id: HelpRequestId) -> Result<(), DbError> {
    match find_help_request(tx.conn, id)? {
        Some(request) if request.recorded != HelpRequestState::Withdrawn => tell_of_change(tx, id),
        _ => Ok(()),
    }
}
