//! Publish a cabal's advisory poll.
