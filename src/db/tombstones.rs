//! Ids that are deleted or undone.
