//! Looking up and caching remote actors.
