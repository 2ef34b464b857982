//! Polls, their options and frozen rolls.
