//! The pages: one file per page or action. Each handler reads, shows a template, or sends a form
//! to a service and leads on with a notice. Nothing here decides a rule.

mod about;
mod account;
mod account_leave;
mod account_news;
mod account_password;
mod account_sessions;
mod amendment;
mod amendment_acts;
mod amendment_edit;
mod amendment_fields;
mod amendment_list;
mod amendment_rebase;
mod amendment_sheet;
mod amendment_talk;
mod amendments_feed;
mod ballot;
mod cabal;
mod cabal_form;
mod cabal_inbox;
mod cabal_join;
mod cabal_list;
mod can_i_vote;
mod clause;
mod community_feed;
mod document;
mod document_compare;
mod document_import;
mod document_version;
mod feed;
mod help_board;
mod help_request;
mod help_request_form;
mod home;
mod lead;
mod long_list;
mod minutes;
mod my_offer;
mod note;
mod offer;
mod offer_form;
mod poll;
mod poll_form;
mod recount;
mod reset;
mod set_up;
mod sign_in;
mod sign_up;
mod spokespeople;
mod statement;
mod statement_form;
mod steward;
mod steward_blocks;
mod steward_log;
mod steward_reports;
mod steward_time;
mod view;

use super::errors::{PageError, wrong_method};
use actix_web::guard::{Any, Get, Head};
use actix_web::web::{self, PathConfig, QueryConfig, ServiceConfig, post};
use actix_web::{Resource, Route};

/// The routes of all pages. Where a page shares its URL with an ActivityStreams object, the
/// routes of `web::fediverse` come first and take only those who ask for the object.
pub fn configure(cfg: &mut ServiceConfig) {
    cfg.app_data(PathConfig::default().error_handler(|_, _| PageError::not_found("page").into()))
        .app_data(QueryConfig::default().error_handler(|_, _| PageError::not_found("page").into()))
        .service(page("/static/{hash}/{name}").route(get().to(super::assets::serve)))
        .service(page("/").route(get().to(home::show)))
        .service(page("/about").route(get().to(about::show)))
        .service(page("/recount").route(get().to(recount::show)))
        .service(page("/log").route(get().to(steward_log::show)))
        .configure(stewards)
        .service(page("/steward/time").route(get().to(steward_time::show)).route(post().to(steward_time::confirm)))
        .configure(people)
        .configure(cabals)
        .configure(governance)
        .configure(speaking);
}

fn speaking(cfg: &mut ServiceConfig) {
    cfg.service(page("/spokespeople").route(get().to(spokespeople::show)))
        .service(page("/feeds/community.atom").route(get().to(community_feed::show)))
        .service(
            page("/spokespeople/volunteer")
                .route(get().to(spokespeople::form))
                .route(post().to(spokespeople::volunteer)),
        )
        .service(
            page("/spokespeople/speak")
                .route(get().to(statement_form::new_speech))
                .route(post().to(statement_form::publish_speech)),
        )
        .service(page("/notes/{id}/edit").route(get().to(statement_form::edit)).route(post().to(statement_form::save)))
        .service(
            page("/notes/{id}/withdraw").route(get().to(statement::ask_withdraw)).route(post().to(statement::withdraw)),
        )
        .service(page("/spokespeople/{id}/backing").route(post().to(spokespeople::back)))
        .service(page("/spokespeople/{id}/backing/withdraw").route(post().to(spokespeople::take_backing_back)))
        .service(page("/spokespeople/{id}/end").route(post().to(spokespeople::step_down)));
}

fn stewards(cfg: &mut ServiceConfig) {
    cfg.service(page("/steward").route(get().to(steward::show)))
        .service(page("/steward/blocks").route(get().to(steward_blocks::show)).route(post().to(steward_blocks::block)))
        .service(page("/steward/blocks/remove").route(post().to(steward_blocks::unblock)))
        .service(page("/steward/reports").route(get().to(steward_reports::show)))
        .service(page("/steward/reports/{id}/settle").route(post().to(steward_reports::settle)));
}

fn people(cfg: &mut ServiceConfig) {
    cfg.service(page("/setup/{token}").route(get().to(set_up::show)).route(post().to(set_up::set_up)))
        .service(page("/sign-up").route(get().to(sign_up::show)).route(post().to(sign_up::sign_up)))
        .service(page("/sign-in").route(get().to(sign_in::show)).route(post().to(sign_in::sign_in)))
        .service(page("/sign-out").route(post().to(sign_in::sign_out)))
        .service(page("/account").route(get().to(account::show)))
        .service(page("/account/news/read").route(post().to(account_news::read)))
        .service(page("/account/handles").route(post().to(account::request_code)))
        .service(page("/account/handles/code").route(post().to(account::confirm_code)))
        .service(page("/account/handles/remove").route(post().to(account::unlink)))
        .service(
            page("/account/password")
                .route(get().to(account_password::show))
                .route(post().to(account_password::change)),
        )
        .service(page("/account/sessions").route(get().to(account_sessions::show)))
        .service(page("/account/sessions/end").route(post().to(account_sessions::end)))
        .service(page("/account/leave").route(get().to(account_leave::show)).route(post().to(account_leave::leave)))
        .service(page("/reset/{secret}").route(get().to(reset::show)).route(post().to(reset::reset)))
        .service(page("/account/tokens").route(post().to(account::create_token)))
        .service(page("/account/tokens/{id}/confirm").route(post().to(account::confirm_token)))
        .service(page("/account/tokens/{id}/revoke").route(post().to(account::revoke_token)));
}

fn cabals(cfg: &mut ServiceConfig) {
    cfg.service(page("/cabals").route(get().to(cabal_list::show)))
        .service(page("/cabals/new").route(get().to(cabal_form::show)).route(post().to(cabal_form::form)))
        .service(page("/c/{handle}/join").route(get().to(cabal_join::show)).route(post().to(cabal_join::join)))
        .service(page("/c/{handle}/lead").route(get().to(lead::show)).route(post().to(lead::name)))
        .service(page("/lead-nominations/{id}/acceptance").route(post().to(lead::yes)))
        .service(page("/lead-nominations/{id}/refusal").route(post().to(lead::no)))
        .service(page("/c/{handle}/leave").route(get().to(cabal_join::ask_leave)).route(post().to(cabal_join::leave)))
        .service(page("/c/{handle}/messages").route(get().to(cabal_inbox::show)))
        .service(
            page("/c/{handle}/help-requests/new")
                .route(get().to(help_request_form::new))
                .route(post().to(help_request_form::publish)),
        )
        .service(
            page("/c/{handle}/progress/new")
                .route(get().to(statement_form::new_progress))
                .route(post().to(statement_form::publish_progress)),
        )
        .service(page("/c/{handle}/polls/new").route(get().to(poll_form::new)).route(post().to(poll_form::publish)))
        .service(page("/help-requests").route(get().to(help_board::show)))
        .service(page("/tags/{name}").route(get().to(help_board::tagged)))
        .service(
            page("/help-requests/{id}/edit")
                .route(get().to(help_request_form::edit))
                .route(post().to(help_request_form::save)),
        )
        .service(
            page("/help-requests/{id}/withdraw")
                .route(get().to(help_request::ask_withdraw))
                .route(post().to(help_request::withdraw)),
        )
        .service(page("/help-requests/{id}/offer").route(get().to(offer_form::show)).route(post().to(offer_form::send)))
        .service(page("/offers/{id}").route(get().to(offer::show)))
        .service(page("/offers/{id}/answer").route(post().to(offer::answer)))
        .service(page("/offers/{id}/course").route(post().to(offer::course)))
        .service(page("/my-offer/{secret}").route(get().to(my_offer::show)))
        .service(page("/my-offer/{secret}/withdraw").route(post().to(my_offer::withdraw)))
        .service(page("/help-requests/{id}/renew").route(post().to(help_request::renew)))
        .service(
            page("/progress/{id}/edit").route(get().to(statement_form::edit)).route(post().to(statement_form::save)),
        )
        .service(
            page("/progress/{id}/withdraw")
                .route(get().to(statement::ask_withdraw))
                .route(post().to(statement::withdraw)),
        )
        .service(page("/polls/{id}/ballot").route(post().to(ballot::cast)))
        .service(page("/polls/{id}/record.json").route(get().to(poll::record)))
        .service(page("/polls/{id}/minutes").route(get().to(minutes::show)))
        .service(page("/polls/{id}/secrecy").route(get().to(minutes::secrecy)))
        .service(page("/polls/{id}").route(get().to(poll::show)))
        .service(page("/c/{handle}").route(get().to(cabal::show)))
        .service(page("/help-requests/{id}").route(get().to(help_request::show)))
        .service(page("/progress/{id}").route(get().to(statement::show)))
        .service(page("/notes/{id}").route(get().to(note::show)));
}

fn governance(cfg: &mut ServiceConfig) {
    cfg.service(page("/documents").route(get().to(document::list)))
        .service(
            page("/documents/import").route(get().to(document_import::show)).route(post().to(document_import::import)),
        )
        .service(page("/documents/{slug}").route(get().to(document::show)))
        .service(page("/documents/{slug}/versions/{number}").route(get().to(document_version::show)))
        .service(page("/documents/{slug}/compare").route(get().to(document_compare::show)))
        .service(page("/documents/{slug}/clauses/{clause}").route(get().to(clause::show)))
        .service(page("/documents/{slug}/export.{format}").route(get().to(document_version::export)))
        .service(
            page("/documents/{slug}/amend")
                .route(get().to(amendment_edit::new))
                .route(post().to(amendment_edit::propose)),
        )
        .service(page("/amendments").route(get().to(amendment_list::show)))
        .service(page("/amendments/{id}/can-i-vote").route(get().to(can_i_vote::show)))
        .service(page("/feeds/amendments.atom").route(get().to(amendments_feed::show)))
        .service(page("/amendments/{id}").route(get().to(amendment::show)))
        .service(
            page("/amendments/{id}/edit").route(get().to(amendment_edit::edit)).route(post().to(amendment_edit::save)),
        )
        .service(page("/amendments/{id}/backing").route(post().to(amendment_acts::back)))
        .service(page("/amendments/{id}/backing/withdraw").route(post().to(amendment_acts::take_backing_back)))
        .service(page("/amendments/{id}/rebase").route(get().to(amendment_rebase::show)))
        .service(page("/amendments/{id}/renewal").route(post().to(amendment_acts::renew)))
        .service(page("/amendments/{id}/objections").route(post().to(amendment_acts::object)))
        .service(page("/amendments/{id}/comments").route(post().to(amendment_acts::comment)))
        .service(page("/amendments/{id}/announcement").route(post().to(amendment_acts::announce)))
        .service(page("/amendments/{id}/announcement/withdraw").route(post().to(amendment_acts::unannounce)))
        .service(page("/amendments/{id}/opening").route(post().to(amendment_acts::open)))
        .service(page("/amendments/{id}/withdraw").route(post().to(amendment_acts::withdraw)));
}

fn page(path: &str) -> Resource {
    web::resource(path).default_service(web::to(wrong_method))
}

/// Reading: `HEAD` is answered like `GET`, without the body.
fn get() -> Route {
    web::route().guard(Any(Get()).or(Head()))
}
