//! Speaking with other servers: the only user of `activitypub_federation` and of outgoing HTTP.
//! `inbound` says what came in and whether to believe it; `outbound` builds and sends what goes
//! out. It knows the store and the rules, and nothing of pages or acts.

pub mod actors;
pub mod address;
pub mod http;
pub mod inbound;
pub mod keys;
pub mod outbound;
pub mod signatures;
pub mod webfinger;

/// What speaking with other servers needs to keep in memory. One per [`App`](crate::App).
#[derive(Default)]
pub struct Federation {
    /// New keys for new actors.
    pub keys: keys::KeyPool,
    /// The keys of our actors, ready to sign.
    pub signers: keys::Signers,
}
