//! Make and revoke API tokens.
