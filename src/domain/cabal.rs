//! Forming and joining a cabal (rules C1, C2, C6).
