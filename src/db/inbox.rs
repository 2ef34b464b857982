//! Activities received, stored once.
