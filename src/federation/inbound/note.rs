//! The two things that a Note can be: a vote, or a text (fediverse.md 5.4, 6.2).

use super::recognise::{Objection, our_addressees};
use super::shape::{id_of, ids, names, one_id, same_origin, stamp, type_of};
use crate::clock::Stamp;
use crate::domain::visibility::Visibility;
use crate::domain::{OurUrl, Urls, text};
use crate::ids::PollId;
use serde_json::Value;

/// The longest text that is taken, in bytes of its HTML.
pub const LONGEST_TEXT: usize = 50_000;

/// One choice in one of our polls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundVote {
    /// The poll.
    pub poll: PollId,
    /// The option's name as it was sent.
    pub choice: String,
    /// The id of the vote at its home server.
    pub vote_id: String,
}

/// A text somebody wrote elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundNote {
    /// Its id, on the author's own origin.
    pub id: String,
    /// Who wrote it: the sender.
    pub author: String,
    /// What it answers.
    pub in_reply_to: Option<String>,
    /// The HTML as it was sent; not to be shown before it is cleaned.
    pub raw_html: String,
    /// Who may read it.
    pub visibility: Visibility,
    /// The handles of our actors that it is addressed to or mentions.
    pub addressed: Vec<String>,
    /// When its author last edited it, by their own clock.
    pub updated: Option<Stamp>,
}

impl InboundNote {
    /// When it was last edited. Its author's clock tells their edits apart, but it cannot bind
    /// the future: no edit is later than when we got it.
    pub fn edited_before(&self, received_at: Stamp) -> Option<Stamp> {
        self.updated.map(|updated| updated.min(received_at))
    }
}

/// What a vote would be.
#[derive(Debug, PartialEq, Eq)]
pub enum Ballot {
    /// It is one.
    Vote(InboundVote),
    /// It is shaped as one but chooses nothing (V-21).
    Empty,
    /// It is something else.
    NoVote,
}

/// The kinds of objects that hold a text for us.
pub fn is_text_type(kind: &str) -> bool {
    matches!(kind, "Note" | "Question" | "Page" | "Article" | "ChatMessage" | "Event")
}

/// The poll that a URL is the id of.
pub fn poll_id(url: &str, urls: &Urls) -> Option<PollId> {
    let Some(OurUrl::Post(post)) = urls.recognise(url) else { return None };
    let id = PollId::from_uuid(post.uuid());
    // Only the one spelling under which we published it.
    (urls.poll(id) == url).then_some(id)
}

/// Reads an object as a vote (V-24): a reply to a poll of ours that has a `name` and no text.
///
/// # Errors
/// When it is one, but not the sender's own.
pub fn read_vote(object: &Value, actor_url: &str, urls: &Urls) -> Result<Ballot, Objection> {
    let poll = object.get("inReplyTo").and_then(one_id).and_then(|id| poll_id(id, urls));
    let (Some(poll), Some("Note" | "Answer")) = (poll, type_of(object)) else { return Ok(Ballot::NoVote) };
    let has_text = object.get("content").and_then(Value::as_str).is_some_and(|html| !is_blank(html));
    if has_text {
        return Ok(Ballot::NoVote);
    }
    let vote_id = owned_id(object, actor_url)?;
    match object.get("name").and_then(Value::as_str).map(str::trim) {
        Some(choice) if !choice.is_empty() && choice.len() <= 1_000 => {
            Ok(Ballot::Vote(InboundVote { poll, choice: choice.to_owned(), vote_id }))
        }
        _ => Ok(Ballot::Empty),
    }
}

/// Reads an object as a text.
///
/// # Errors
/// When it is not the sender's own, or too long.
pub fn read_note(object: &Value, activity: &Value, actor_url: &str, urls: &Urls) -> Result<InboundNote, Objection> {
    let id = owned_id(object, actor_url)?;
    let addresses = |key: &str| ids(object.get(key).or_else(|| activity.get(key)));
    let raw_html = raw_html(object);
    if raw_html.len() > LONGEST_TEXT {
        return Err(Objection::Malformed("a text that is too long"));
    }
    Ok(InboundNote {
        id,
        author: actor_url.to_owned(),
        in_reply_to: object.get("inReplyTo").and_then(one_id).map(ToOwned::to_owned),
        raw_html,
        visibility: Visibility::of(actor_url, addresses("to"), addresses("cc")),
        addressed: our_addressees(object, activity, urls),
        updated: stamp(object.get("updated")),
    })
}

/// The text, headed by the title where there is one and by the warning where there is one. The
/// `name` of a Note is no title, whatever it is (fediverse.md 5.2).
fn raw_html(object: &Value) -> String {
    let part = |key: &str| object.get(key).and_then(Value::as_str).map(text::clean_line).filter(|t| !t.is_empty());
    let title = part("name").filter(|_| type_of(object) != Some("Note"));
    let mut html = String::new();
    for heading in [title, part("summary")].into_iter().flatten() {
        html.push_str("<p><strong>");
        html.push_str(&text::escape_html(&heading));
        html.push_str("</strong></p>");
    }
    html.push_str(object.get("content").and_then(Value::as_str).unwrap_or_default());
    html
}

/// The id of an object inside an activity: on the sender's origin, and theirs alone (ID-6, ID-7).
fn owned_id(object: &Value, actor_url: &str) -> Result<String, Objection> {
    let id = id_of(object).ok_or(Objection::Malformed("an object without id"))?;
    if !same_origin(id, actor_url) {
        return Err(Objection::Foreign("an object of another server"));
    }
    let author = object.get("attributedTo").ok_or(Objection::Malformed("an object without author"))?;
    match one_id(author) {
        Some(_) if names(author, actor_url) => Ok(id.to_owned()),
        Some(_) => Err(Objection::Foreign("an object by somebody else")),
        None => Err(Objection::Malformed("an object without one author")),
    }
}

/// True when nothing is left of the HTML once its tags are gone.
fn is_blank(html: &str) -> bool {
    let mut is_in_tag = false;
    html.replace("&nbsp;", " ").chars().all(|c| {
        match c {
            '<' => is_in_tag = true,
            '>' if is_in_tag => {
                is_in_tag = false;
                return true;
            }
            _ => {}
        }
        is_in_tag || c.is_whitespace() || text::is_invisible(c)
    })
}
