//! Progress updates of a cabal.
