//! Members and their passwords.
