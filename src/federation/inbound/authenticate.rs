//! Is this request what it claims to be (security.md A1, A2)?
