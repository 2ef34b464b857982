//! Polls: options, duration, what is shown while open (rules A5, A8).
