//! The rules, pure: no async, no I/O, no clock reads, no diesel, no actix, no JSON-LD. Whatever
//! decides what is allowed, counted or said lives here and is tested here. Where to look next:
//! `services/` load what these rules ask for and save what they decide.

pub mod amendment;
pub mod ballot;
pub mod block;
pub mod cabal;
pub mod canonical;
pub mod chain;
pub mod diff;
pub mod document;
pub mod handle;
pub mod help_course;
pub mod help_request;
pub mod incident;
pub mod membership;
pub mod nomination;
pub mod offer;
pub mod outcome;
pub mod poll;
pub mod record;
pub mod refusal;
pub mod rules;
pub mod spokesperson;
pub mod statement;
pub mod tally;
pub mod text;
pub mod token;
pub mod urls;
pub mod visibility;

pub use handle::Handle;
pub use refusal::{FieldProblem, Problems, Refusal};
pub use urls::{OurUrl, Urls};
