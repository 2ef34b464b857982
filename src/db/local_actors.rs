//! Actors that live here, with their keys.
