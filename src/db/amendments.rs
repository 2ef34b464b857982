//! Amendments, their changes and backings.
