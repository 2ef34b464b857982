//! What the community says of those who speak for it, as Notes. Pure.

use super::documents::{Extra, NoteParts, note};
use super::html;
use crate::clock::Stamp;
use crate::db::local_actors::LocalActor;
use crate::db::spokespeople::Spokesperson;
use crate::domain::Urls;
use crate::domain::text::escape_html;
use crate::domain::visibility::Visibility;
use crate::ids::PostId;
use serde_json::Value;

/// A day as people read it.
fn day(stamp: Stamp) -> String {
    stamp.format("%-d %B %Y").to_string()
}

/// Who speaks for the community, for what and until when; or who did. The post has an id, the moment
/// at which it was published, and the one at which it was changed.
pub fn spokesperson(
    one: &Spokesperson,
    community: &LocalActor,
    (id, published, updated): (PostId, Stamp, Option<Stamp>),
    urls: &Urls,
) -> Value {
    let (name, community_name, purpose) =
        (escape_html(&one.name), escape_html(&community.name), escape_html(&one.purpose));
    let from = one.times.begins_at.map(|at| format!(" from {}", day(at))).unwrap_or_default();
    let speaks = if one.times.ended_at.is_some() { "spoke" } else { "speaks" };
    let until = day(one.times.last_moment());
    let content = format!(
        "<p>{name} {speaks} for {community_name}{from} until {until}. Purpose: {purpose}. Another member has backed it.</p>\
         <p>Everybody who speaks for the community: {}</p>",
        html::link(&urls.spokespeople())
    );
    note(
        &NoteParts {
            id: &urls.note(id),
            author: &community.url(urls),
            content_html: &content,
            language: "en",
            published,
            updated,
            in_reply_to: None,
            visibility: Visibility::Public,
            mentions: Vec::new(),
            hashtags: Vec::new(),
            extra: Extra::default(),
        },
        urls,
    )
}
