//! RSA keys of our actors, made ahead of need and off the request path.

pub use crate::db::local_actors::KeyPair;
