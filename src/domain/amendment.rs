//! An amendment from draft to decision: its states and moves, what a person types, and what it
//! does to a document (rules A2, A3, A4, A9, A15).

mod against;
mod apply;
mod change;
mod form;
mod since;
mod state;

pub use against::changes_of;
pub use apply::Standing;
pub use change::{Act, Change, Place, Subject, new_name, new_rule, rule_of_text, touched};
pub use form::{AmendmentForm, Edit, NewAmendment, SUMMARY_WORDS, count_words};
pub use since::Since;
pub use state::{AmendmentState, LAPSES_AFTER, Move, NOTICE_MAX, WARNED_AFTER, is_backing_word};
