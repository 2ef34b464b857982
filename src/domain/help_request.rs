//! What a help request asks for and its states (rules H1, H3).
