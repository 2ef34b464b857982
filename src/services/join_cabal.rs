//! Join a cabal (rule C2).
