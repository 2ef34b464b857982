//! Which addresses may be connected to (security.md A3).
