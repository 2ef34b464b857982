//! Signatures under documents.
