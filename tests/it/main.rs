//! The integration program: one module per topic, all on the harness in `support`. Each test has
//! a fresh store, on PostgreSQL when `CAUCUS_TEST_POSTGRES` names a server and on SQLite else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must fail at once"
)]

mod amendment_pages;
mod amendment_sheet;
mod amendments;
mod announced;
mod answers;
mod api;
mod api_access;
mod api_tokens;
mod architecture;
mod blocks;
mod citations;
mod clause_history;
mod cli;
mod closing;
mod closing_races;
mod continuity;
mod crash;
mod crash_points;
mod crypto;
mod delivery;
mod discovery;
mod document_guards;
mod documents;
mod doubted_time;
mod drift;
mod follows;
mod front_door;
mod front_door_actors;
mod full_disk;
mod given_passwords;
mod hard_times;
mod harness;
mod help_course;
mod help_requests;
mod histories;
mod hostile_html;
mod hostile_text;
mod hosts;
mod killed_vote;
mod leading;
mod leaving;
mod linking;
mod lookups;
mod messages;
mod minutes;
mod newest_vote;
mod news;
mod nodes;
mod objections;
mod offers;
mod outgoing;
mod page_errors;
mod page_flows;
mod page_privacy;
mod pages;
mod proof;
mod proposal_edits;
mod proposal_limits;
mod proposal_notes;
mod proposal_races;
mod proposal_replies;
mod proposals;
mod question_elsewhere;
mod races;
mod receipts;
mod recognised;
mod recorded;
mod reports;
mod restored_votes;
mod restoring;
mod secrecy;
mod secret_ballot;
mod sessions;
mod soundings;
mod speaking;
mod spokespeople;
mod steward_log;
mod support;
mod tally;
mod tampering;
mod tell_nothing;
mod upgrade;
mod vote_shapes;
mod vote_threats;
mod voting;
mod watch;
mod work_at_the_server;
