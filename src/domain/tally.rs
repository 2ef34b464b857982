//! The exact arithmetic of a result (rule A9).
