//! What an actor of ours says in its own words, as a Note: the text, who says it when the community
//! speaks, and a link to its page. Pure.

use super::documents::{Extra, NoteParts, note};
use super::html;
use super::markdown;
use crate::db::local_actors::ActorKind;
use crate::db::statements::Statement;
use crate::domain::Urls;
use crate::domain::document::Shelf;
use crate::domain::text::escape_html;
use crate::domain::visibility::Visibility;
use serde_json::Value;

/// The page of a statement, which is also its id.
pub fn url(statement: &Statement, urls: &Urls) -> String {
    match statement.speaker {
        ActorKind::Cabal => urls.progress(statement.id),
        ActorKind::Community | ActorKind::Instance => urls.note(statement.id),
    }
}

/// A statement. The signature is the line that says who speaks for the community; the `shelf` holds
/// what the words may cite.
pub fn statement(statement: &Statement, signature: Option<&str>, shelf: &Shelf, urls: &Urls) -> Value {
    let id = url(statement, urls);
    let signature = signature.map(|line| format!("<p>{}</p>", escape_html(line))).unwrap_or_default();
    let content = format!("{}{signature}<p>{}</p>", markdown::to_html(&statement.text, shelf), html::link(&id));
    note(
        &NoteParts {
            id: &id,
            author: &urls.actor(&statement.handle),
            content_html: &content,
            language: &statement.language,
            published: statement.published_at,
            // It stands in a post only once it was changed (fediverse.md 6.4).
            updated: (statement.updated_at > statement.published_at).then_some(statement.updated_at),
            in_reply_to: None,
            visibility: Visibility::Public,
            mentions: Vec::new(),
            hashtags: Vec::new(),
            extra: Extra::default(),
        },
        urls,
    )
}
