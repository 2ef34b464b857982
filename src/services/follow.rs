//! Accept, renew and end follows.
