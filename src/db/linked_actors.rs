//! Proven fediverse actors of members, and the codes that prove them.
