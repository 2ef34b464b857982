//! The JSON API under `/api/v1`: everything a member can do, for programs. Thin over `services`:
//! a handler reads the request, calls one act and says what came of it. `resources` are one file
//! each; the table below is at once the routes and the OpenAPI document, so that they cannot part.

mod amendment_acts;
mod amendment_request;
mod amendments;
mod answer;
mod blocks;
mod body;
mod cabals;
mod discussion;
mod document_versions;
mod documents;
mod help_requests;
mod instance;
mod lead_nominations;
mod linked_actors;
mod me;
mod member;
mod minutes;
mod objections;
mod offers;
mod polls;
mod problem;
mod progress;
mod query;
mod reports;
mod spokespeople;
mod statements;
mod steward_log;

pub use body::MAX_BODY_BYTES;
pub use problem::{FieldError, Problem};

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use std::sync::LazyLock;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

/// Lists every route once: registers the handlers and describes them.
macro_rules! routes {
    ($($resource:ident :: $handler:ident),* $(,)?) => {
        fn register(cfg: &mut web::ServiceConfig) {
            cfg$(.service($resource::$handler))*;
        }

        #[derive(OpenApi)]
        #[openapi(
            paths($($resource::$handler),*),
            components(schemas(Problem, FieldError)),
            info(description = "Everything that a member can do on the web. Times are UTC. Errors are problem details (RFC 9457)."),
            servers((url = "/api/v1")),
            modifiers(&BearerTokens),
        )]
        struct Description;
    };
}

routes! {
    instance::show_instance,
    me::show_me,
    me::list_my_drafts,
    me::leave_community,
    cabals::list_cabals,
    cabals::form_cabal,
    cabals::show_cabal,
    cabals::join_cabal,
    cabals::leave_cabal,
    lead_nominations::list_nominations,
    lead_nominations::name_lead,
    lead_nominations::accept_lead,
    lead_nominations::decline_lead,
    help_requests::list_help_requests,
    help_requests::publish_help_request,
    help_requests::show_help_request,
    help_requests::edit_help_request,
    help_requests::withdraw_help_request,
    help_requests::renew_help_request,
    offers::list_offers,
    offers::make_offer,
    offers::accept_offer,
    offers::decline_offer,
    offers::list_cabal_offers,
    offers::finish_offer,
    offers::free_offer,
    offers::note_word,
    progress::list_progress,
    progress::publish_progress,
    progress::show_progress,
    progress::edit_progress,
    progress::withdraw_progress,
    polls::list_polls,
    polls::publish_poll,
    polls::show_poll,
    polls::cast_ballot,
    polls::show_record,
    minutes::show_minutes,
    minutes::show_standing,
    documents::list_documents,
    documents::show_document,
    document_versions::list_versions,
    document_versions::show_version,
    document_versions::show_text,
    document_versions::export_document,
    document_versions::compare_versions,
    document_versions::show_clause_history,
    amendments::list_amendments,
    amendments::propose_amendment,
    amendments::show_amendment,
    amendments::edit_amendment,
    amendments::withdraw_amendment,
    amendment_acts::back_amendment,
    amendment_acts::take_backing_back,
    amendment_acts::open_ballot,
    amendment_acts::announce_opening,
    amendment_acts::take_announcement_back,
    amendment_acts::renew_amendment,
    amendment_acts::vote_on_amendment,
    objections::raise_objection,
    objections::back_objection,
    objections::answer_objection,
    objections::withdraw_objection,
    discussion::list_amendment_comments,
    discussion::write_amendment_comment,
    discussion::delete_amendment_comment,
    discussion::list_amendment_replies,
    me::list_my_notices,
    me::read_my_notices,
    spokespeople::list_spokespeople,
    spokespeople::volunteer,
    spokespeople::show_spokesperson,
    spokespeople::step_down,
    spokespeople::back_spokesperson,
    spokespeople::take_spokesperson_backing_back,
    statements::list_community_statements,
    statements::speak,
    statements::show_statement,
    statements::edit_statement,
    statements::withdraw_statement,
    linked_actors::list_linked_actors,
    linked_actors::request_code,
    linked_actors::confirm_code,
    linked_actors::unlink_actor,
    blocks::list_blocks,
    blocks::add_block,
    blocks::remove_block,
    reports::list_reports,
    reports::settle_report,
    steward_log::list_steward_acts,
}

struct BearerTokens;

impl utoipa::Modify for BearerTokens {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("Made on the account page, or by a steward with: caucus token create --member NAME (the member confirms it then)"))
            .build();
        openapi
            .components
            .get_or_insert_default()
            .security_schemes
            .insert("token".to_owned(), SecurityScheme::Http(scheme).into());
    }
}

/// The OpenAPI document, built once.
static OPENAPI: LazyLock<String> = LazyLock::new(|| Description::openapi().to_json().unwrap_or_default());

/// Registers the API.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/api/openapi.json", web::get().to(openapi));
    cfg.service(
        web::scope("/api/v1")
            .wrap(
                actix_web::middleware::DefaultHeaders::new()
                    .add(("Cache-Control", "private, no-store"))
                    .add(("X-Content-Type-Options", "nosniff")),
            )
            .configure(register)
            .default_service(web::to(unknown)),
    );
}

async fn openapi() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(OPENAPI.as_str())
}

/// No route: the address is unknown, or knows other methods only.
async fn unknown(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let problem = if request.resource_map().has_resource(request.path()) {
        let words = format!("This address does not know {}. See /api/openapi.json.", request.method());
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "no_such_method", words)
    } else {
        let words = "The API has no such address. See /api/openapi.json.";
        Problem::new(StatusCode::NOT_FOUND, "no_such_route", words)
    };
    Err(problem)
}
