//! Facts about this installation, by name.
