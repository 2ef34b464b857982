//! Signing and posting one delivery, and what came of it.
