//! Thank those who helped: privately at once, in public only with their consent, which is asked
//! for once and remembered (rule H5).

use super::help_course::about;
use super::record_offer::{Answer, mention_of, send_answer, write_to_offerer};
use crate::db::credits::{
    Credit, ask_once, delete_credit, find_consent, has_credit, insert_credit, list_credits_to, remember_consent,
};
use crate::db::help_requests::{HelpRequest, help_request};
use crate::db::offers::{Offer, list_offers_of_actor};
use crate::db::posts::{Post, PostKind};
use crate::db::{DbError, Tx};
use crate::domain::help_course::Consent;
use crate::domain::help_request::HelpRequestState;
use crate::domain::offer::OfferState;
use crate::domain::visibility::Visibility;
use crate::federation::inbound::clean::plain_text;
use crate::federation::inbound::note::InboundNote;
use crate::federation::outbound::cabal_notes;
use crate::federation::outbound::documents::Mention;
use crate::federation::outbound::publish::{self, Audience, NewPost};
use crate::ids::PostId;

/// Thanks whoever made an offer that is done. `agreed_name` is what somebody from the web agreed
/// to be named as.
///
/// # Errors
/// The store's fault.
pub(super) fn thank(
    tx: &mut Tx<'_>,
    offer: &Offer,
    request: &HelpRequest,
    agreed_name: Option<&str>,
) -> Result<(), DbError> {
    let Some(actor_url) = offer.offerer_actor.as_deref() else {
        return agreed_name.map_or(Ok(()), |name| publish_credit(tx, offer, request, name));
    };
    let consent = find_consent(tx.conn, actor_url)?.map(|(consent, _)| consent);
    if consent.is_none() {
        return ask(tx, offer, request, actor_url);
    }
    write_to_offerer(tx, request, offer, &format!("<p>{} is done. Thank you!</p>", about(request)))?;
    if consent == Some(Consent::Yes) {
        publish_credit(tx, offer, request, &offer.offerer_name)?;
    }
    Ok(())
}

fn ask(tx: &mut Tx<'_>, offer: &Offer, request: &HelpRequest, actor_url: &str) -> Result<(), DbError> {
    let Some(reply) = offer.note_id.as_deref() else { return Ok(()) };
    let to = mention_of(tx, actor_url)?;
    let body_html = format!(
        "<p>{} is done. Thank you!</p><p>May we thank you in public, by your handle? Please reply with the one word \
         yes or no. We ask only once and remember your answer.</p>",
        about(request)
    );
    let answer =
        Answer { to: &to, reply, visibility: Visibility::Direct, body_html: &body_html, kind: PostKind::Notice };
    let question = send_answer(tx, request, &answer)?;
    ask_once(tx, actor_url, question)?;
    Ok(())
}

/// Takes the answer to our question, if a note is that; true when it was. What is done already
/// is thanked for at once.
///
/// # Errors
/// The store's fault.
pub(super) fn take_answer(tx: &mut Tx<'_>, note: &InboundNote, parent: &Post) -> Result<bool, DbError> {
    let Some((known, question)) = find_consent(tx.conn, &note.author)? else { return Ok(false) };
    let Some(answer) = Consent::in_words(&plain_text(&note.raw_html)) else { return Ok(false) };
    if question != parent.id {
        return Ok(false);
    }
    remember_consent(tx, &note.author, answer)?;
    match (known, answer) {
        (Consent::Yes, Consent::No) => withdraw_credits(tx, &note.author)?,
        (Consent::Asked | Consent::No, Consent::Yes) => credit_what_is_done(tx, &note.author)?,
        _ => {}
    }
    Ok(true)
}

fn credit_what_is_done(tx: &mut Tx<'_>, actor_url: &str) -> Result<(), DbError> {
    for offer in list_offers_of_actor(tx.conn, actor_url)? {
        if offer.state == OfferState::Done {
            let request = help_request(tx.conn, offer.help_request_id)?;
            publish_credit(tx, &offer, &request, &offer.offerer_name)?;
        }
    }
    Ok(())
}

/// Takes back every public thank-you to an actor who no longer wishes to be named.
///
/// # Errors
/// The store's fault.
pub(super) fn withdraw_credits(tx: &mut Tx<'_>, actor_url: &str) -> Result<(), DbError> {
    for credit in list_credits_to(tx.conn, actor_url)? {
        withdraw_credit(tx, &credit)?;
    }
    Ok(())
}

/// Takes one public thank-you back; it is deleted wherever it went.
///
/// # Errors
/// The store's fault.
pub(super) fn withdraw_credit(tx: &mut Tx<'_>, credit: &Credit) -> Result<(), DbError> {
    delete_credit(tx, credit.id)?;
    publish::withdraw(tx, credit.id, &Audience::followers(credit.cabal_id.into()).and(credit.actor_url.clone()))?;
    Ok(())
}

fn publish_credit(tx: &mut Tx<'_>, offer: &Offer, request: &HelpRequest, name: &str) -> Result<(), DbError> {
    if has_credit(tx.conn, offer.id)? {
        return Ok(());
    }
    let id = PostId::from_uuid(tx.next_id());
    let helper = offer.offerer_actor.clone().map(|href| Mention { href, name: name.to_owned() });
    let thanks = cabal_notes::Thanks { id: &tx.urls.note(id), request, name, helper, at: tx.now };
    let post = NewPost {
        id,
        actor_id: request.cabal_id.into(),
        kind: PostKind::Notice,
        visibility: Visibility::Public,
        in_reply_to: (request.recorded != HelpRequestState::Withdrawn).then(|| tx.urls.help_request(request.id)),
        object: cabal_notes::credit(&thanks, tx.urls),
        is_pinned: false,
    };
    publish::publish(tx, post, &Audience::followers(request.cabal_id.into()).and(offer.offerer_actor.clone()))?;
    insert_credit(
        tx,
        &Credit {
            id,
            cabal_id: request.cabal_id,
            help_request_id: request.id,
            offer_id: offer.id,
            actor_url: offer.offerer_actor.clone(),
            name: name.to_owned(),
            given_at: tx.now,
        },
    )
}
