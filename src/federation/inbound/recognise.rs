//! From a verified activity to what it asks of us. Pure: no store, no network, no clock. The
//! sender's signature was checked before; here the objects inside are bound to that sender
//! (security.md ID-6 to ID-9), and the shapes of fediverse.md 4, 5.4 to 5.6, 6.2 and 8 are
//! told apart. What an activity means for our data is decided by `services`.

use super::clean::plain_text;
use super::note::{self, InboundNote, InboundVote};
use super::shape::{id_of, ids, members, names, one_id, same_origin, type_of};
use crate::domain::{OurUrl, Urls};
use serde_json::Value;

/// The most objects in one Create; some programs send the choices of one ballot together.
const MOST_OBJECTS: usize = 20;
/// The most things of ours that one report is about, and the longest words of one.
const MOST_REPORTED: usize = 20;
const LONGEST_REPORT: usize = 2_000;

/// What an activity asks of us.
#[derive(Debug, Clone, PartialEq)]
pub enum Recognised {
    /// Somebody wants to follow one of our actors.
    Follow {
        /// The id of the Follow, to be answered with.
        follow_id: String,
        /// The handle of our actor; `None` for the instance actor, which nobody can follow.
        target: Option<String>,
    },
    /// A follow ends: by its object, and by the id of the Follow as told now.
    UndoFollow {
        /// The handle of our actor.
        target: String,
        /// The id inside the Undo; some programs make it anew.
        follow_id: Option<String>,
    },
    /// Something ends that is named by id alone: a follow perhaps.
    UndoById {
        /// The id of the activity that is taken back.
        id: String,
    },
    /// The sender wants nothing to do with one of our actors.
    Block {
        /// The handle of our actor.
        target: String,
    },
    /// An answer to a Follow of ours, or the end of one. We follow nobody.
    AnswerToFollow,
    /// A ballot: the choices in one poll, one vote each.
    Votes(Vec<InboundVote>),
    /// A text: a reply, a mention or a direct message.
    Note(Box<InboundNote>),
    /// A text was edited.
    NoteUpdate(Box<InboundNote>),
    /// A text was deleted.
    NoteDelete {
        /// The id of the text.
        note_id: String,
    },
    /// The sender's account is gone.
    ActorDelete,
    /// The sender's profile, inbox or keys changed.
    ActorUpdate,
    /// The sender says that they moved.
    Move,
    /// A report about something of ours.
    Flag {
        /// Our URLs that it names.
        about: Vec<String>,
        /// What was said, as plain text.
        words: String,
    },
    /// A like, a boost or a reaction; counts for nothing (K1).
    Reaction,
    /// Understood, but nothing of ours; the word says why.
    Ignored(&'static str),
    /// The activity breaks a rule that every honest server keeps; nothing of it is believed.
    Refused(Objection),
}

/// Why an activity is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// It is not shaped as its type asks.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// It speaks for somebody else than its sender, or about what is not theirs.
    #[error("not the sender's: {0}")]
    Foreign(&'static str),
}

use Recognised::{Ignored, Refused};

fn foreign(what: &'static str) -> Recognised {
    Refused(Objection::Foreign(what))
}

fn malformed(what: &'static str) -> Recognised {
    Refused(Objection::Malformed(what))
}

/// Says what `body` asks of us. `actor_url` is the actor whose key signed it.
pub fn recognise(body: &Value, actor_url: &str, urls: &Urls) -> Recognised {
    if !body.get("actor").is_some_and(|actor| names(actor, actor_url)) {
        return foreign("its actor is not its signer");
    }
    let Some(kind) = type_of(body) else { return malformed("the activity has no single type") };
    let Some(object) = body.get("object") else { return Ignored("an activity without object") };
    let incoming = Incoming { body, object, actor_url, urls };
    match kind {
        "Follow" => incoming.follow(),
        "Undo" => incoming.undo(),
        "Block" => incoming.target().map_or(Ignored("blocks nobody here"), |target| Recognised::Block { target }),
        "Accept" | "Reject" => Recognised::AnswerToFollow,
        "Create" => incoming.create(),
        "Update" => incoming.update(),
        "Delete" => incoming.delete(),
        "Move" if names(object, actor_url) => Recognised::Move,
        "Move" => foreign("moves somebody else"),
        "Flag" => incoming.flag(),
        // What is wrapped in an Announce is a hint at most: never unpacked (ID-15, V-17).
        "Like" | "Dislike" | "EmojiReact" | "Announce" => Recognised::Reaction,
        _ => Ignored("an activity that asks nothing of us"),
    }
}

struct Incoming<'a> {
    body: &'a Value,
    object: &'a Value,
    actor_url: &'a str,
    urls: &'a Urls,
}

impl Incoming<'_> {
    /// The handle of our actor that the object names.
    fn target(&self) -> Option<String> {
        our_actor(self.object, self.urls)
    }

    fn follow(&self) -> Recognised {
        let Some(follow_id) = self.body.get("id").and_then(Value::as_str) else {
            return malformed("a Follow without id");
        };
        let follow_id = follow_id.to_owned();
        match one_id(self.object).and_then(|id| self.urls.recognise(id)) {
            Some(OurUrl::Actor(handle)) => Recognised::Follow { follow_id, target: Some(handle) },
            Some(OurUrl::Instance) => Recognised::Follow { follow_id, target: None },
            _ => Ignored("follows nobody here"),
        }
    }

    fn undo(&self) -> Recognised {
        let Value::Object(inner) = self.object else {
            return match id_of(self.object) {
                Some(id) if same_origin(id, self.actor_url) => Recognised::UndoById { id: id.to_owned() },
                Some(_) => foreign("undoes what another server did"),
                None => malformed("an Undo of nothing"),
            };
        };
        if inner.get("actor").is_some_and(|actor| !names(actor, self.actor_url)) {
            return foreign("undoes what somebody else did");
        }
        let inner_id = id_of(self.object);
        if inner_id.is_some_and(|id| !same_origin(id, self.actor_url)) {
            // The one thing of ours that may be undone from outside is an Accept we sent (4.3).
            return Ignored("undoes what another server did");
        }
        let target = inner.get("object").and_then(|object| our_actor(object, self.urls));
        match (type_of(self.object), target, inner_id) {
            (Some("Follow"), Some(target), id) => {
                Recognised::UndoFollow { target, follow_id: id.map(ToOwned::to_owned) }
            }
            (None, _, Some(id)) => Recognised::UndoById { id: id.to_owned() },
            _ => Ignored("undoes nothing that we keep"),
        }
    }

    fn create(&self) -> Recognised {
        match self.object {
            Value::Object(_) => self.create_one(self.object),
            Value::Array(list) => self.create_many(list),
            _ => Ignored("a Create that does not hold its object"),
        }
    }

    fn create_one(&self, object: &Value) -> Recognised {
        match note::read_vote(object, self.actor_url, self.urls) {
            Err(objection) => Refused(objection),
            Ok(note::Ballot::Vote(vote)) => Recognised::Votes(vec![vote]),
            Ok(note::Ballot::Empty) => Ignored("a vote without a choice"),
            Ok(note::Ballot::NoVote) => self.note(object, Recognised::Note),
        }
    }

    /// Several objects in one Create can only be the choices of one ballot (fediverse.md 6.2).
    fn create_many(&self, list: &[Value]) -> Recognised {
        if list.len() > MOST_OBJECTS {
            return malformed("a Create of too many objects");
        }
        if let [only] = list {
            return self.create_one(only);
        }
        let mut votes: Vec<InboundVote> = Vec::new();
        for object in list {
            match note::read_vote(object, self.actor_url, self.urls) {
                Err(objection) => return Refused(objection),
                Ok(note::Ballot::Vote(vote)) if votes.first().is_none_or(|first| first.poll == vote.poll) => {
                    votes.push(vote);
                }
                Ok(_) => return malformed("a Create of several objects that are not one ballot"),
            }
        }
        if votes.is_empty() { malformed("a Create of nothing") } else { Recognised::Votes(votes) }
    }

    fn note(&self, object: &Value, as_what: impl FnOnce(Box<InboundNote>) -> Recognised) -> Recognised {
        if !type_of(object).is_some_and(note::is_text_type) {
            return Ignored("an object of a kind that we do not read");
        }
        match note::read_note(object, self.body, self.actor_url, self.urls) {
            Ok(note) => as_what(Box::new(note)),
            Err(objection) => Refused(objection),
        }
    }

    fn update(&self) -> Recognised {
        let Some(id) = id_of(self.object) else { return malformed("an Update of nothing") };
        if names(self.object, self.actor_url) {
            return Recognised::ActorUpdate;
        }
        if !same_origin(id, self.actor_url) {
            return foreign("updates what is not theirs");
        }
        match self.object {
            Value::Object(_) if self.object.get("publicKey").is_some() || self.object.get("inbox").is_some() => {
                foreign("updates somebody else's profile")
            }
            // A ballot is cast by a Create and by nothing else (V-17).
            Value::Object(object) if object.get("name").is_some_and(Value::is_string) && is_reply_to_poll(self) => {
                Ignored("an Update that looks like a vote")
            }
            Value::Object(_) => self.note(self.object, Recognised::NoteUpdate),
            _ => Ignored("an Update that does not hold its object"),
        }
    }

    /// What a report says of others is none of our business; what it says of us is for stewards.
    fn flag(&self) -> Recognised {
        let is_ours = |url: &&str| !matches!(self.urls.recognise(url), None | Some(OurUrl::Other));
        let about: Vec<String> =
            ids(Some(self.object)).into_iter().filter(is_ours).take(MOST_REPORTED).map(str::to_owned).collect();
        if about.is_empty() {
            return Ignored("reports nothing of ours");
        }
        let said = ["content", "summary"].into_iter().find_map(|key| self.body.get(key).and_then(Value::as_str));
        let words = plain_text(said.unwrap_or_default()).chars().take(LONGEST_REPORT).collect();
        Recognised::Flag { about, words }
    }

    fn delete(&self) -> Recognised {
        let Some(id) = one_id(self.object) else { return malformed("a Delete of nothing") };
        if names(self.object, self.actor_url) {
            return Recognised::ActorDelete;
        }
        let author = self.object.get("attributedTo").or_else(|| self.object.get("actor"));
        if !same_origin(id, self.actor_url) || author.is_some_and(|author| !names(author, self.actor_url)) {
            return foreign("deletes what is not theirs");
        }
        Recognised::NoteDelete { note_id: id.to_owned() }
    }
}

fn is_reply_to_poll(incoming: &Incoming<'_>) -> bool {
    incoming.object.get("inReplyTo").and_then(one_id).is_some_and(|id| note::poll_id(id, incoming.urls).is_some())
}

/// The handle of the one of our actors that a value names.
fn our_actor(value: &Value, urls: &Urls) -> Option<String> {
    match urls.recognise(one_id(value)?)? {
        OurUrl::Actor(handle) => Some(handle),
        _ => None,
    }
}

/// The handles of all our actors that an object is addressed to or mentions, each once.
pub(super) fn our_addressees(object: &Value, activity: &Value, urls: &Urls) -> Vec<String> {
    let mut handles: Vec<String> = Vec::new();
    let mentions = members(object.get("tag"))
        .iter()
        .filter(|tag| type_of(tag) == Some("Mention"))
        .filter_map(|tag| tag.get("href").and_then(Value::as_str));
    let addressed = ["to", "cc"].into_iter().flat_map(|key| ids(object.get(key).or_else(|| activity.get(key))));
    for url in addressed.chain(mentions) {
        if let Some(OurUrl::Actor(handle)) = urls.recognise(url)
            && !handles.contains(&handle)
        {
            handles.push(handle);
        }
    }
    handles
}

#[cfg(test)]
#[path = "recognise_tests.rs"]
mod tests;
