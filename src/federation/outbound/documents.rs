//! The objects and actors that we publish. Pure.
