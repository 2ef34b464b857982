//! What comes in: from a request to a recognised activity.

pub mod authenticate;
pub mod json_guard;
pub mod recognise;
