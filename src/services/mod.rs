//! One file per act: load, ask the domain, save and enqueue, all in one write transaction.
//! Acts are plain functions over [`Tx`](crate::db::Tx); whatever needs the network (looking up a
//! remote actor, say) happens before the transaction opens. Pages, API, command line and workers
//! call the same functions.

mod amend_document;
pub mod announce_opening;
mod announce_proposal;
mod announce_spokesperson;
pub mod answer_offer;
mod answer_voter;
pub mod back_amendment;
mod back_by_reply;
pub mod back_spokesperson;
mod ballot_words;
pub mod block_actor;
pub mod can_i_vote;
pub mod cast_ballot;
pub mod change_password;
pub mod close_ballot;
pub mod confirm_time;
pub mod create_token;
mod credit_helper;
mod decide_amendment;
mod decide_vote;
mod direct_message;
pub mod discuss_amendment;
mod elect_lead;
pub mod error;
pub mod finish_offer;
pub mod follow;
pub mod form_cabal;
mod frozen_vote;
pub mod given_password;
pub mod hand_over_lead;
pub mod help_course;
mod hold_amendment;
pub mod import_document;
pub mod join_cabal;
pub mod lapse_amendment;
pub mod leave_community;
pub mod link_actor;
mod mark_conflicts;
pub mod minutes;
pub mod open_ballot;
mod open_vote;
mod proposal_words;
pub mod propose_amendment;
pub mod publish_help_request;
pub mod publish_poll;
pub mod publish_statement;
pub mod raise_objection;
pub mod read_notices;
pub mod receive_note;
pub mod receive_report;
pub mod record_message;
pub mod record_offer;
pub mod remove_actor;
pub mod result_words;
pub mod set_up;
pub mod settle_report;
pub mod sign_in;
pub mod sign_up;
pub mod standing;
mod tell_member;
mod verify_closed;
pub mod verify_votes;
pub mod volunteer_to_speak;
mod vote_proof;
pub mod vote_queue;
pub mod watch_over;
pub mod work_at_the_server;

pub use error::ServiceError;

use crate::db::DbError;

/// Names what is missing when a thing that must exist does not.
fn found<T>(looked_up: Result<T, DbError>, what: &'static str) -> Result<T, ServiceError> {
    looked_up.map_err(|error| match error {
        DbError::NotFound => ServiceError::NotFound(what),
        other => other.into(),
    })
}
