//! Open and end sessions.
