//! What comes in: from a request to a recognised activity.

pub mod authenticate;
pub mod clean;
pub mod envelope;
pub mod follow_limit;
pub mod json_guard;
pub mod note;
pub mod receive;
pub mod recognise;
pub mod shape;
