//! What goes out: documents, activities, audiences, sending.

pub mod activities;
pub mod cabal_notes;
pub mod community_notes;
pub mod documents;
pub mod html;
pub mod labels;
pub mod markdown;
pub mod patience;
pub mod publish;
pub mod send;
pub mod statement_note;
