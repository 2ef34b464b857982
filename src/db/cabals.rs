//! Cabals, their members and their log.
