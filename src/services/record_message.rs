//! Keep a message to a cabal.
