//! Closes polls that are due and lets amendments lapse.
