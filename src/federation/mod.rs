//! Speaking with other servers: the only user of `activitypub_federation` and of outgoing HTTP.
//! `inbound` says what came in and whether to believe it; `outbound` builds and sends what goes
//! out. It knows the store and the rules, and nothing of pages or acts.
//!
//! From `activitypub_federation` come the shapes that everybody shares: the content type, public
//! keys. Its client, inbox and queue are not used: what comes in is stored before it is dealt with,
//! what goes out is stored before it is sent, and both survive the end of the process
//! (docs/adr/0004-delivery.md, docs/adr/0005-signatures.md).

pub mod actor_document;
pub mod actors;
pub mod address;
mod answer;
pub mod blocks;
pub mod bounded;
pub mod http;
pub mod inbound;
pub mod keys;
pub mod outbound;
pub mod signatures;
pub mod sources;
pub mod webfinger;

use crate::clock::Clock;
use crate::db::Database;
use crate::domain::Urls;
use crate::domain::canonical::Strictness;
use crate::settings::Settings;
use parking_lot::Mutex;
use std::sync::Arc;

/// What speaking with other servers needs to keep in memory. One per [`App`](crate::App).
pub struct Federation {
    /// New keys for new actors.
    pub keys: keys::KeyPool,
    /// The keys of our actors, ready to sign.
    pub signers: keys::Signers,
    /// The one client for all that goes out.
    pub http: http::HttpClient,
    /// Actors of other servers.
    pub actors: actors::Actors,
    /// Handles of ours that are known to have an inbox; actors are never deleted while we run.
    inboxes: Mutex<bounded::BoundedMap<String, ()>>,
    /// Whom we keep out.
    pub blocks: blocks::Blocks,
    /// How many Follows were answered lately, by follower and followed.
    pub follow_limit: Arc<inbound::follow_limit::FollowLimit>,
}

impl Federation {
    /// Puts it together; nothing goes out yet.
    pub fn new(settings: &Settings, urls: Arc<Urls>, clock: Arc<dyn Clock>, db: Database) -> Self {
        let strictness = if settings.is_local_mode { Strictness::Local } else { Strictness::Public };
        let (lookup, patience) = (Arc::new(address::SystemLookup), http::LONGEST_REQUEST);
        Self {
            keys: keys::KeyPool::default(),
            signers: keys::Signers::default(),
            http: http::HttpClient::new(http::ClientParts { strictness, urls, clock, db, lookup, patience }),
            actors: actors::Actors::default(),
            inboxes: Mutex::new(bounded::BoundedMap::new(1_000)),
            blocks: blocks::Blocks::default(),
            follow_limit: Arc::default(),
        }
    }
}
