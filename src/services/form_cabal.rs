//! Form a cabal (rule C1).
