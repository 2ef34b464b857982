//! What goes out: documents, activities, audiences, sending.

pub mod activities;
pub mod documents;
pub mod publish;
pub mod send;
