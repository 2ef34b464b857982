//! The activities that carry them. Pure.
