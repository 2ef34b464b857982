//! Progress updates.
