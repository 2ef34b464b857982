//! Publish, edit and withdraw a help request (rules H1, H3).
