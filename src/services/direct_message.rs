//! A message from one of our actors to one person elsewhere. It is no post of ours: it is sent,
//! and once it has arrived nothing of it stays here (a code, or what somebody was told of a vote).

use super::ServiceError;
use super::ballot_words::direct;
use crate::clock::iso_seconds;
use crate::db::Tx;
use crate::db::local_actors::LocalActor;
use crate::db::remote_actors::RemoteActor;
use crate::domain::visibility::Visibility;
use crate::federation::outbound::documents::{Extra, Mention, NoteParts, note};
use crate::federation::outbound::publish::{Audience, send_about};
use crate::ids::PostId;
use serde_json::json;

/// What a message says.
pub(super) struct Message<'a> {
    /// A sentence or two, without the name of the person, which goes before it.
    pub sentence: &'a str,
    /// The page that it is about.
    pub about: &'a str,
    /// The object that it answers.
    pub in_reply_to: Option<&'a str>,
    /// The post with which it is forgotten, should it not have arrived by then.
    pub kept_with: Option<PostId>,
}

/// Sends a direct message to the personal inbox of one actor.
pub(super) fn send_direct(
    tx: &mut Tx<'_>,
    from: &LocalActor,
    to: &RemoteActor,
    message: &Message<'_>,
) -> Result<(), ServiceError> {
    let url = tx.urls.note(PostId::from_uuid(tx.next_id()));
    let mention = Mention { href: to.url.clone(), name: to.handle() };
    let content = direct(&mention, &to.profile_url, message.sentence, message.about);
    let parts = NoteParts {
        id: &url,
        author: &from.url(tx.urls),
        content_html: &content,
        language: "en",
        published: tx.now,
        updated: None,
        in_reply_to: message.in_reply_to,
        visibility: Visibility::Direct,
        mentions: vec![mention],
        hashtags: Vec::new(),
        extra: Extra::default(),
    };
    let mut object = note(&parts, tx.urls);
    let context = object.as_object_mut().and_then(|object| object.shift_remove("@context"));
    let create = json!({
        "@context": context,
        "type": "Create",
        "published": iso_seconds(tx.now),
        "to": [to.url],
        "object": object,
    });
    send_about(tx, from, create, (&Audience::only(vec![to.url.clone()]), message.kept_with))?;
    Ok(())
}
