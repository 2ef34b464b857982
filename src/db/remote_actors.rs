//! Actors of other servers and their keys.
