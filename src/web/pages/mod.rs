//! The pages: one file per page or action. Each handler reads, shows a template, or sends a form
//! to a service and leads on with a notice. Nothing here decides a rule.

mod about;
mod cabal_form;
mod cabal_list;
mod home;
mod view;

use actix_web::web::{self, ServiceConfig, get, post};

/// The routes of all pages. Pages that share their URL with an ActivityStreams object are
/// reached through `web::fediverse::negotiation`.
pub fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/static/{hash}/{name}", get().to(super::assets::serve))
        .route("/", get().to(home::show))
        .route("/about", get().to(about::show))
        .configure(people)
        .configure(cabals)
        .configure(governance);
}

fn people(cfg: &mut ServiceConfig) {
    let _ = cfg;
}

fn cabals(cfg: &mut ServiceConfig) {
    cfg.route("/cabals", get().to(cabal_list::show))
        .service(page("/cabals/new").route(get().to(cabal_form::show)).route(post().to(cabal_form::form)));
}

fn governance(cfg: &mut ServiceConfig) {
    let _ = cfg;
}

fn page(path: &str) -> actix_web::Resource {
    web::resource(path)
}
