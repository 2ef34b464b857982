//! What cabals say, as Notes: help requests, thanks, and letters to one person. Pure. Each
//! reads well on any server and ends with a link to its page; what machines may read stands
//! beside it (rules H1, F1).

use super::documents::{Extra, Mention, NoteParts, note};
use super::html;
use super::labels::{Labels, labels};
use super::markdown;
use crate::clock::{Stamp, iso_seconds};
use crate::db::help_requests::HelpRequest;
use crate::domain::Urls;
use crate::domain::document::Shelf;
use crate::domain::help_request::{HelpRequestState, hashtag, hours_text};
use crate::domain::text::escape_html;
use crate::domain::visibility::Visibility;
use serde_json::{Value, json};

/// A help request in its present state. `helpers` are those whose public offers were accepted, the
/// `shelf` holds what its words may cite.
pub fn help_request(
    request: &HelpRequest,
    shelf: &Shelf,
    (state, helpers): (HelpRequestState, Vec<Mention>),
    urls: &Urls,
) -> Value {
    let id = urls.help_request(request.id);
    let hashtags = hashtags(&request.skills);
    let mut content = markdown::to_html(&request.what, shelf);
    content.push_str(&facts(request));
    content.push_str(&state_sentence(labels(&request.language), state, &helpers));
    if !hashtags.is_empty() {
        let links: Vec<String> = hashtags.iter().map(|tag| html::hashtag(tag, urls)).collect();
        content.push_str(&format!("<p>{}</p>", links.join(" ")));
    }
    content.push_str(&format!("<p>{}</p>", html::link(&id)));
    note(
        &NoteParts {
            id: &id,
            author: &urls.actor(&request.cabal_handle),
            content_html: &content,
            language: &request.language,
            published: request.published_at,
            updated: later(request.published_at, request.updated_at),
            in_reply_to: None,
            visibility: Visibility::Public,
            mentions: helpers,
            hashtags,
            extra: machine_readable(request, state),
        },
        urls,
    )
}

fn facts(request: &HelpRequest) -> String {
    let words = labels(&request.language);
    let ((about, unit), hours) = (words.effort, hours_text(request.quarter_hours).replace('.', words.decimal));
    let mut facts = vec![
        format!("{}: {}", words.skills, escape_html(&request.skills.join(", "))),
        format!("{about} {hours} {unit}"),
    ];
    if let Some(deadline) = request.deadline {
        facts.push(format!("{}: {}", words.until, deadline.format(words.day)));
    }
    let place = request.place.as_deref().map(escape_html);
    match (place, request.is_remote) {
        (Some(place), true) => facts.push(format!("{}: {place}, {}", words.place, words.or_anywhere)),
        (Some(place), false) => facts.push(format!("{}: {place}", words.place)),
        (None, true) => facts.push(format!("{}: {}", words.place, words.anywhere)),
        (None, false) => {}
    }
    format!("<p>{}</p>", facts.join("<br>"))
}

fn state_sentence(words: &Labels, state: HelpRequestState, helpers: &[Mention]) -> String {
    let thanks = match helpers {
        [] => String::new(),
        helpers => {
            format!(" {} {}!", words.thanks, helpers.iter().map(html::mention).collect::<Vec<_>>().join(" "))
        }
    };
    format!("<p>{}{thanks}</p>", words.state(state))
}

/// The hashtags of the skills, each once.
fn hashtags(skills: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in skills.iter().filter_map(|skill| hashtag(skill)) {
        if !tags.iter().any(|known| known.to_lowercase() == tag.to_lowercase()) {
            tags.push(tag);
        }
    }
    tags
}

fn machine_readable(request: &HelpRequest, state: HelpRequestState) -> Extra {
    let mut extra = Extra::default()
        .with("skills", json!(request.skills))
        .with("effortHours", json!(f64::from(request.quarter_hours) / 4.0))
        .with("isRemote", json!(request.is_remote))
        .with("requestState", json!(state.as_str()));
    if let Some(deadline) = request.deadline {
        extra = extra.with("deadline", json!(iso_seconds(deadline)));
    }
    if let Some(place) = &request.place {
        extra = extra.with("place", json!(place));
    }
    extra
}

/// What a public thank-you is made of.
#[derive(Debug, Clone)]
pub struct Thanks<'a> {
    /// The URL of the note.
    pub id: &'a str,
    /// For what.
    pub request: &'a HelpRequest,
    /// The name to which the person agreed.
    pub name: &'a str,
    /// The same as a mention, for somebody from the fediverse.
    pub helper: Option<Mention>,
    /// When.
    pub at: Stamp,
}

/// A public thank-you (H5).
pub fn credit(thanks: &Thanks<'_>, urls: &Urls) -> Value {
    let request = thanks.request;
    let name = thanks.helper.as_ref().map_or_else(|| escape_html(thanks.name), html::mention);
    let is_gone = request.recorded == HelpRequestState::Withdrawn;
    let parent = urls.help_request(request.id);
    let content = format!(
        "<p>Thank you, {name}, for your help with “{}”!</p><p>{}</p>",
        escape_html(&html::first_words(&request.what)),
        html::link(if is_gone { thanks.id } else { &parent }),
    );
    note(
        &NoteParts {
            id: thanks.id,
            author: &urls.actor(&request.cabal_handle),
            content_html: &content,
            language: "en",
            published: thanks.at,
            updated: None,
            in_reply_to: (!is_gone).then_some(parent.as_str()),
            visibility: Visibility::Public,
            mentions: thanks.helper.iter().cloned().collect(),
            hashtags: Vec::new(),
            extra: Extra::default(),
        },
        urls,
    )
}

/// `updated` stands in a post only once it was changed (fediverse.md 6.4).
fn later(published: Stamp, updated: Stamp) -> Option<Stamp> {
    (updated > published).then_some(updated)
}

/// What a letter to one person is made of.
#[derive(Debug, Clone)]
pub struct Letter<'a> {
    /// The URL of the note.
    pub id: &'a str,
    /// The handle of the actor who writes.
    pub from: &'a str,
    /// To whom; their server tells them.
    pub to: &'a Mention,
    /// The id of what it answers.
    pub in_reply_to: &'a str,
    /// For whom besides.
    pub visibility: Visibility,
    /// HTML after the name.
    pub body_html: &'a str,
    /// When.
    pub at: Stamp,
}

/// A note to one person that answers theirs.
pub fn letter(letter: &Letter<'_>, urls: &Urls) -> Value {
    let content = format!("<p>{}</p>{}", html::mention(letter.to), letter.body_html);
    note(
        &NoteParts {
            id: letter.id,
            author: &urls.actor(letter.from),
            content_html: &content,
            language: "en",
            published: letter.at,
            updated: None,
            in_reply_to: Some(letter.in_reply_to),
            visibility: letter.visibility,
            mentions: vec![letter.to.clone()],
            hashtags: Vec::new(),
            extra: Extra::default(),
        },
        urls,
    )
}
