//! The objects and actors that we publish, as JSON (fediverse.md 2.1, 5.1, 6.1). Pure: the same
//! parts give the same bytes. Plain compact keys, as the programs out there read them, and a
//! context that defines every term which ActivityStreams does not, written inline, because some
//! servers load no context but those they know.

use crate::clock::{Stamp, iso_seconds};
use crate::db::local_actors::{ActorKind, LocalActor};
use crate::domain::Urls;
use crate::domain::text::escape_html;
use crate::domain::visibility::{PUBLIC, Visibility};
use serde_json::{Map, Value, json};

/// The context that every document begins with.
pub const ACTIVITY_STREAMS: &str = "https://www.w3.org/ns/activitystreams";

/// Where the words of our machine-readable extras are defined.
pub const CAUCUS_TERMS: &str = "https://caucus.example/ns#";

/// Somebody who is named in a post and told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The actor's URL.
    pub href: String,
    /// `@name@host`.
    pub name: String,
}

/// The machine-readable part of a post, beside the ordinary Note (F1).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extra {
    /// The inline context: what each property means.
    pub terms: Map<String, Value>,
    /// The properties.
    pub properties: Map<String, Value>,
}

impl Extra {
    /// Adds a property of our own vocabulary.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.terms.insert("caucus".to_owned(), json!(CAUCUS_TERMS));
        self.terms.insert(name.to_owned(), json!(format!("caucus:{name}")));
        self.properties.insert(name.to_owned(), value);
        self
    }
}

/// What a Note is made of.
#[derive(Debug, Clone)]
pub struct NoteParts<'a> {
    /// The URL of the object: its id and its page.
    pub id: &'a str,
    /// The URL of the actor who speaks.
    pub author: &'a str,
    /// The HTML.
    pub content_html: &'a str,
    /// The language tag of the text.
    pub language: &'a str,
    /// When it was published.
    pub published: Stamp,
    /// When its text was edited; absent until then, and in every rendering afterwards.
    pub updated: Option<Stamp>,
    /// The id of what it answers.
    pub in_reply_to: Option<&'a str>,
    /// For whom.
    pub visibility: Visibility,
    /// Who is named in it.
    pub mentions: Vec<Mention>,
    /// Hashtags without `#`; they must also stand in the text.
    pub hashtags: Vec<String>,
    /// What machines may read beside.
    pub extra: Extra,
}

/// What a Question has beside the parts of a Note.
#[derive(Debug, Clone)]
pub struct QuestionParts<'a> {
    /// The text and the addresses.
    pub note: NoteParts<'a>,
    /// Names and totals as they are shown now, in the order of the poll.
    pub options: Vec<(String, u32)>,
    /// True when a voter may choose several.
    pub is_multiple: bool,
    /// When it ends; never altered.
    pub end_time: Stamp,
    /// Set once it is over, and then equal to `end_time`.
    pub closed: Option<Stamp>,
    /// How many took part.
    pub voters_count: u32,
}

/// `to` and `cc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// First hand.
    pub to: Vec<String>,
    /// For information.
    pub cc: Vec<String>,
}

/// How a post is addressed (fediverse.md 5.2): the full public URI, the followers, the people
/// named.
pub fn addresses(author: &str, visibility: Visibility, mentions: &[Mention]) -> Addresses {
    let followers = format!("{author}/followers");
    let public = PUBLIC.to_owned();
    let named = mentions.iter().map(|mention| mention.href.clone());
    match visibility {
        Visibility::Public => Addresses { to: vec![public], cc: std::iter::once(followers).chain(named).collect() },
        Visibility::Unlisted => Addresses { to: vec![followers], cc: std::iter::once(public).chain(named).collect() },
        Visibility::Followers => Addresses { to: vec![followers], cc: named.collect() },
        Visibility::Direct => Addresses { to: named.collect(), cc: Vec::new() },
    }
}

/// A Note with its context.
pub fn note(parts: &NoteParts<'_>, urls: &Urls) -> Value {
    let mut object = Map::new();
    object.insert("@context".to_owned(), context(post_terms(&parts.extra)));
    fill_post(&mut object, "Note", parts, urls);
    Value::Object(object)
}

/// A Question with its context, votable on every program (fediverse.md 6.1): exactly one of
/// `oneOf` and `anyOf`, an integer total for each option, `closed` only when it is over.
pub fn question(parts: &QuestionParts<'_>, urls: &Urls) -> Value {
    let mut terms = post_terms(&parts.note.extra);
    terms.insert("votersCount".to_owned(), json!("toot:votersCount"));
    let mut object = Map::new();
    object.insert("@context".to_owned(), context(terms));
    fill_post(&mut object, "Question", &parts.note, urls);
    let options: Vec<Value> = parts
        .options
        .iter()
        .map(|(name, total)| {
            json!({"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": total}})
        })
        .collect();
    object.insert("endTime".to_owned(), json!(iso_seconds(parts.end_time)));
    if let Some(closed) = parts.closed {
        object.insert("closed".to_owned(), json!(iso_seconds(closed)));
    }
    object.insert("votersCount".to_owned(), json!(parts.voters_count));
    object.insert(if parts.is_multiple { "anyOf" } else { "oneOf" }.to_owned(), Value::Array(options));
    Value::Object(object)
}

/// The same post, with the word for who speaks in it (V1): `community` or `cabal`. People see it by the
/// author; programs need not know which of our actors is which.
pub fn with_voice(mut post: Value, speaker: ActorKind) -> Value {
    let extra = Extra::default().with("voice", json!(speaker.as_str()));
    if let Some(terms) = post.pointer_mut("/@context/1").and_then(Value::as_object_mut) {
        terms.extend(extra.terms);
    }
    if let Some(object) = post.as_object_mut() {
        object.extend(extra.properties);
    }
    post
}

fn fill_post(object: &mut Map<String, Value>, kind: &str, parts: &NoteParts<'_>, urls: &Urls) {
    let Addresses { to, cc } = addresses(parts.author, parts.visibility, &parts.mentions);
    let mut put = |key: &str, value: Value| {
        object.insert(key.to_owned(), value);
    };
    put("id", json!(parts.id));
    put("type", json!(kind));
    put("attributedTo", json!(parts.author));
    put("to", json!(to));
    put("cc", json!(cc));
    put("url", json!(parts.id));
    put("published", json!(iso_seconds(parts.published)));
    if let Some(updated) = parts.updated {
        put("updated", json!(iso_seconds(updated)));
    }
    put("inReplyTo", json!(parts.in_reply_to));
    put("summary", Value::Null);
    put("sensitive", json!(false));
    put("content", json!(parts.content_html));
    put("contentMap", json!({parts.language: parts.content_html}));
    put("tag", tags(parts, urls));
    put("attachment", json!([]));
    if parts.visibility.is_for_everybody() {
        put("audience", json!(parts.author));
        put("replies", json!(format!("{}/replies", parts.id)));
        // Quotes ask for consent, which nobody here could give yet: so it says that none is given.
        put("interactionPolicy", json!({"canQuote": {"automaticApproval": [parts.author]}}));
    }
    for (key, value) in &parts.extra.properties {
        put(key, value.clone());
    }
}

fn tags(parts: &NoteParts<'_>, urls: &Urls) -> Value {
    let mentions =
        parts.mentions.iter().map(|mention| json!({"type": "Mention", "href": mention.href, "name": mention.name}));
    let hashtags =
        parts.hashtags.iter().map(|tag| json!({"type": "Hashtag", "href": urls.tag(tag), "name": format!("#{tag}")}));
    Value::Array(mentions.chain(hashtags).collect())
}

fn context(terms: Map<String, Value>) -> Value {
    json!([ACTIVITY_STREAMS, terms])
}

fn post_terms(extra: &Extra) -> Map<String, Value> {
    let mut terms = Map::new();
    for (term, meaning) in [
        ("toot", json!("http://joinmastodon.org/ns#")),
        ("sensitive", json!("as:sensitive")),
        ("Hashtag", json!("as:Hashtag")),
        ("gts", json!("https://gotosocial.org/ns#")),
        ("interactionPolicy", json!({"@id": "gts:interactionPolicy", "@type": "@id"})),
        ("canQuote", json!({"@id": "gts:canQuote", "@type": "@id"})),
        ("automaticApproval", json!({"@id": "gts:automaticApproval", "@type": "@id"})),
    ] {
        terms.insert(term.to_owned(), meaning);
    }
    terms.extend(extra.terms.clone());
    terms
}

/// What stands in the place of a deleted object (fediverse.md 5.5).
pub fn tombstone(id: &str, former_type: &str, published: Stamp, deleted: Stamp) -> Value {
    json!({
        "@context": ACTIVITY_STREAMS,
        "id": id,
        "type": "Tombstone",
        "formerType": former_type,
        "published": iso_seconds(published),
        "deleted": iso_seconds(deleted),
    })
}

/// An actor document (fediverse.md 2.1). `fields` are shown on the profile: a name and HTML each.
pub fn actor_document(actor: &LocalActor, fields: &[(String, String)], urls: &Urls) -> Value {
    let id = actor.url(urls);
    actor_document_at(&id, actor, fields, urls)
}

/// What the profile of an actor shows: of a cabal to which community it belongs, of the community who
/// speaks for it.
pub fn profile_fields(actor: &LocalActor, community: Option<&LocalActor>, urls: &Urls) -> Vec<(String, String)> {
    let field = |name: &str, url: &str, words: &str| {
        let (url, words) = (escape_html(url), escape_html(words));
        (name.to_owned(), format!("<a href=\"{url}\" rel=\"me nofollow noopener\">{words}</a>"))
    };
    match actor.kind {
        ActorKind::Community => vec![field("Spokespeople", &urls.spokespeople(), &urls.spokespeople())],
        ActorKind::Cabal => community.map(|one| field("Community", &one.url(urls), &one.name)).into_iter().collect(),
        ActorKind::Instance => Vec::new(),
    }
}

/// The instance actor under the root of the site, where some programs look for an Application
/// before they tell a server of deleted accounts.
pub fn root_document(instance: &LocalActor, urls: &Urls) -> Value {
    actor_document_at(&format!("{}/", urls.base()), instance, &[], urls)
}

fn actor_document_at(id: &str, actor: &LocalActor, fields: &[(String, String)], urls: &Urls) -> Value {
    let is_group = actor.kind != ActorKind::Instance;
    // Collections and inboxes belong to the actor itself, under whichever id it is shown.
    let own = actor.url(urls);
    let mut document = Map::new();
    let mut put = |key: &str, value: Value| {
        document.insert(key.to_owned(), value);
    };
    put("@context", actor_context());
    put("id", json!(id));
    put("type", json!(if is_group { "Group" } else { "Application" }));
    put("preferredUsername", json!(actor.handle));
    put("webfinger", json!(format!("{}@{}", actor.handle, urls.host())));
    put("name", json!(actor.name));
    put("summary", json!(actor.summary));
    put("url", json!(if is_group { own.clone() } else { format!("{}/", urls.base()) }));
    put("inbox", json!(format!("{own}/inbox")));
    put("outbox", json!(format!("{own}/outbox")));
    put("followers", json!(format!("{own}/followers")));
    put("following", json!(format!("{own}/following")));
    if is_group {
        put("featured", json!(format!("{own}/featured")));
        put("postingRestrictedToMods", json!(true));
    }
    put("endpoints", json!({"sharedInbox": urls.shared_inbox()}));
    let key = json!({"id": Urls::key_id(id), "owner": id, "publicKeyPem": actor.public_key_pem});
    put("publicKey", key);
    put("manuallyApprovesFollowers", json!(!is_group));
    put("discoverable", json!(is_group));
    put("indexable", json!(is_group));
    put("published", json!(iso_seconds(actor.created_at)));
    put("updated", json!(iso_seconds(actor.updated_at)));
    put("attachment", Value::Array(fields.iter().map(property).collect()));
    put("tag", json!([]));
    if is_group {
        put("generator", generator(urls));
    } else {
        put("implements", abilities());
    }
    Value::Object(document)
}

fn property((name, html): &(String, String)) -> Value {
    json!({"type": "PropertyValue", "name": name, "value": html})
}

/// The program behind an actor, for those who look for its abilities there (FEP-844e).
fn generator(urls: &Urls) -> Value {
    json!({
        "type": "Application",
        "id": urls.instance_actor(),
        "name": "Caucus",
        "implements": abilities(),
    })
}

/// What this server can do, so that peers need not try.
fn abilities() -> Value {
    json!([{
        "type": "Link",
        "href": "https://datatracker.ietf.org/doc/html/rfc9421",
        "name": "RFC-9421: HTTP Message Signatures",
    }])
}

fn actor_context() -> Value {
    json!([
        ACTIVITY_STREAMS,
        "https://w3id.org/security/v1",
        {
            "toot": "http://joinmastodon.org/ns#",
            "schema": "http://schema.org#",
            "lemmy": "https://join-lemmy.org/ns#",
            "PropertyValue": "schema:PropertyValue",
            "value": "schema:value",
            "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
            "discoverable": "toot:discoverable",
            "indexable": "toot:indexable",
            "featured": {"@id": "toot:featured", "@type": "@id"},
            "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
            "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
            "implements": {"@id": "https://w3id.org/fep/844e#implements", "@type": "@id", "@container": "@set"},
        }
    ])
}

#[cfg(test)]
mod tests;
