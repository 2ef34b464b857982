//! Every URL that we mint and the way back from a URL to what it names. An object's page and its
//! ActivityStreams id are the same URL; content negotiation tells them apart.

use super::canonical;
use crate::ids::{AmendmentId, ClauseId, HelpRequestId, MessageId, OfferId, OutboxId, PollId, PostId};
use url::Url;

/// Mints URLs below the public address of this instance.
#[derive(Debug, Clone)]
pub struct Urls {
    base: String,
    host: String,
}

/// What one of our own URLs names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OurUrl {
    /// The instance actor.
    Instance,
    /// The community or a cabal, by handle.
    Actor(String),
    /// A published object of any kind.
    Post(PostId),
    /// The page of an amendment; its ballot is a post of its own.
    Amendment(AmendmentId),
    /// Anything else on our host.
    Other,
}

impl Urls {
    /// From the checked public URL: scheme, host and, in local mode, port; no path.
    pub fn new(public_url: &Url) -> Self {
        let base = public_url.as_str().trim_end_matches('/').to_owned();
        let host = match (public_url.host_str(), public_url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => String::new(),
        };
        Self { base, host }
    }

    /// The address of this instance without a final slash: `https://caucus.example`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The host as it stands in handles, with the port where there is one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The instance actor, `/actor`.
    pub fn instance_actor(&self) -> String {
        format!("{}/actor", self.base)
    }

    /// The community or a cabal, `/c/{handle}`.
    pub fn actor(&self, handle: &str) -> String {
        format!("{}/c/{handle}", self.base)
    }

    /// The id of the key of an actor: its URL and `#main-key`.
    pub fn key_id(actor_url: &str) -> String {
        format!("{actor_url}#main-key")
    }

    /// The followers collection of an actor.
    pub fn followers(&self, handle: &str) -> String {
        format!("{}/c/{handle}/followers", self.base)
    }

    /// The shared inbox of all our actors.
    pub fn shared_inbox(&self) -> String {
        format!("{}/inbox", self.base)
    }

    /// A help request.
    pub fn help_request(&self, id: HelpRequestId) -> String {
        format!("{}/help-requests/{id}", self.base)
    }

    /// A progress update.
    pub fn progress(&self, id: PostId) -> String {
        format!("{}/progress/{id}", self.base)
    }

    /// A poll, be it advisory or the ballot of an amendment.
    pub fn poll(&self, id: PollId) -> String {
        format!("{}/polls/{id}", self.base)
    }

    /// Who could see what of a vote, and when.
    pub fn secrecy(&self, id: PollId) -> String {
        format!("{}/polls/{id}/secrecy", self.base)
    }

    /// The minutes of the vote on an amendment.
    pub fn minutes(&self, id: PollId) -> String {
        format!("{}/polls/{id}/minutes", self.base)
    }

    /// A post without a table of its own: an answer, a result, a notice.
    pub fn note(&self, id: PostId) -> String {
        format!("{}/notes/{id}", self.base)
    }

    /// The register of those who speak for the community.
    pub fn spokespeople(&self) -> String {
        format!("{}/spokespeople", self.base)
    }

    /// The page of an amendment.
    pub fn amendment(&self, id: AmendmentId) -> String {
        format!("{}/amendments/{id}", self.base)
    }

    /// The page of a document.
    pub fn document(&self, slug: &str) -> String {
        format!("{}/documents/{slug}", self.base)
    }

    /// The page of a version of a document.
    pub fn version(&self, slug: &str, number: i32) -> String {
        format!("{}/documents/{slug}/versions/{number}", self.base)
    }

    /// The page of a clause, the same through all versions.
    pub fn clause(&self, slug: &str, id: ClauseId) -> String {
        format!("{}/documents/{slug}/clauses/{id}", self.base)
    }

    /// The page of an offer, for the members of its cabal.
    pub fn offer(&self, id: OfferId) -> String {
        format!("{}/offers/{id}", self.base)
    }

    /// The page of a message, for the members of its cabal.
    pub fn message(&self, id: MessageId) -> String {
        format!("{}/messages/{id}", self.base)
    }

    /// The page of a hashtag.
    pub fn tag(&self, name: &str) -> String {
        format!("{}/tags/{name}", self.base)
    }

    /// An activity that we sent.
    pub fn activity(&self, id: OutboxId) -> String {
        format!("{}/activities/{id}", self.base)
    }

    /// True when `url` is on our host, in whatever spelling of it that parses.
    pub fn is_ours(&self, url: &str) -> bool {
        self.path_of(url).is_some() || Url::parse(url).is_ok_and(|url| canonical::authority(&url) == self.host)
    }

    /// What follows our base in one of our URLs as we write them.
    fn path_of<'u>(&self, url: &'u str) -> Option<&'u str> {
        url.strip_prefix(&self.base).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    }

    /// What one of our URLs names; `None` for the URLs of others.
    pub fn recognise(&self, url: &str) -> Option<OurUrl> {
        let Some(path) = self.path_of(url) else { return self.is_ours(url).then_some(OurUrl::Other) };
        let path = path.split(['?', '#']).next().unwrap_or("");
        let mut parts = path.trim_start_matches('/').split('/');
        let found = match (parts.next(), parts.next(), parts.next()) {
            (Some("actor"), None, None) => OurUrl::Instance,
            (Some("c"), Some(handle), None) => OurUrl::Actor(handle.to_owned()),
            (Some("help-requests" | "progress" | "polls" | "notes"), Some(id), None) => {
                id.parse().map_or(OurUrl::Other, OurUrl::Post)
            }
            (Some("amendments"), Some(id), None) => id.parse().map_or(OurUrl::Other, OurUrl::Amendment),
            _ => OurUrl::Other,
        };
        Some(found)
    }
}
