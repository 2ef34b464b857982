//! Bounds on JSON before anything parses it (security.md A5).
