//! The door for other servers: discovery, actors, objects and collections. The inbox is its own.

use actix_web::web;

/// Every route of the fediverse.
pub fn configure(_cfg: &mut web::ServiceConfig) {}
