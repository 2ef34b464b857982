//! The door for other servers: discovery, actors, objects and collections. An object's page has
//! the same URL as its document; the routes here take only those who ask for the document and
//! leave the others to `pages`.

mod activities;
mod actors;
mod answers;
mod collections;
mod host_meta;
mod inbox;
pub mod negotiation;
mod nodeinfo;
mod objects;
mod webfinger;

use actix_web::{Resource, guard, web};
use negotiation::{asks_for_document, reads};

/// Every route of the fediverse. To be registered before the pages.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(open("/.well-known/webfinger").to(webfinger::find))
        .service(open("/.well-known/host-meta").to(host_meta::xml))
        .service(open("/.well-known/host-meta.json").to(host_meta::json))
        .service(open("/.well-known/nodeinfo").to(nodeinfo::links))
        .service(open("/nodeinfo/2.0").to(nodeinfo::version_2_0))
        .service(open("/nodeinfo/2.1").to(nodeinfo::version_2_1))
        .service(shared("/").to(actors::root))
        // The instance actor has no page: everybody gets the document.
        .service(open("/actor").to(actors::instance))
        .service(open("/actor/outbox").to(collections::empty))
        .service(open("/actor/followers").to(collections::empty))
        .service(open("/actor/following").to(collections::empty))
        .service(shared("/c/{handle}").to(actors::group))
        .service(open("/c/{handle}/outbox").to(collections::outbox))
        .service(open("/c/{handle}/outbox/page/{number}").to(collections::outbox_page))
        .service(open("/c/{handle}/followers").to(collections::followers))
        .service(open("/c/{handle}/following").to(collections::following))
        .service(open("/c/{handle}/featured").to(collections::featured))
        .service(open("/activities/{id}").to(activities::show))
        .configure(inbox::configure);
    for kind in objects::PATHS {
        cfg.service(shared(&format!("/{kind}/{{id}}")).to(objects::show))
            .service(open(&format!("/{kind}/{{id}}/replies")).to(collections::replies));
    }
}

/// A URL that only has a document.
fn open(path: &str) -> Resource {
    web::resource(path).guard(guard::fn_guard(reads))
}

/// A URL that has a page as well.
fn shared(path: &str) -> Resource {
    web::resource(path).guard(guard::fn_guard(asks_for_document))
}
