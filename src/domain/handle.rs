//! Handles: the names by which actors and members are addressed.

use super::refusal::Refusal;
use std::fmt;

/// Names that would collide with our own URLs or mislead people (security.md AC-21).
const RESERVED: &[&str] = &[
    "about",
    "account",
    "acct",
    "actor",
    "admin",
    "administrator",
    "all",
    "amendment",
    "amendments",
    "api",
    "assets",
    "ballot",
    "board",
    "c",
    "cabal",
    "cabals",
    "caucus",
    "community",
    "document",
    "documents",
    "everyone",
    "followers",
    "following",
    "healthz",
    "help",
    "here",
    "host",
    "inbox",
    "instance",
    "join",
    "m",
    "me",
    "member",
    "members",
    "mod",
    "moderator",
    "nodeinfo",
    "null",
    "offers",
    "outbox",
    "poll",
    "polls",
    "progress",
    "readyz",
    "root",
    "security",
    "settings",
    "setup",
    "sign_in",
    "sign_up",
    "signin",
    "signup",
    "static",
    "steward",
    "stewards",
    "support",
    "system",
    "undefined",
    "users",
    "well_known",
    "www",
];

/// A local handle: `[a-z0-9_]{2,30}`, what every fediverse program accepts, and not reserved.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(String);

impl Handle {
    /// Reads a handle that a person chose. Capital letters and a leading `@` are forgiven.
    ///
    /// # Errors
    /// Names `field` when the handle has another form or is reserved.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        let text = text.trim().trim_start_matches('@').to_ascii_lowercase();
        let fits = (2..=30).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            && text.bytes().any(|b| b != b'_');
        if !fits {
            return Err(Refusal::field(
                field,
                "Please use 2 to 30 of the letters a to z, digits and _, without blanks or accents.",
            ));
        }
        if RESERVED.contains(&text.as_str()) {
            return Err(Refusal::field(
                field,
                format!("The handle {text} is kept for the program itself. Please choose another."),
            ));
        }
        Ok(Self(text))
    }

    /// Wraps a handle that was parsed before it was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The bare name, without `@`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_that_other_servers_accept_are_taken() {
        for text in ["search", "@Search", "a_1", " bees "] {
            assert!(Handle::parse("handle", text).is_ok(), "{text}");
        }
    }

    #[test]
    fn look_alikes_reserved_and_odd_handles_are_refused() {
        for text in
            ["", "a", "__", "b\u{430}d", "a-b", "a.b", "admin", "API", "inbox", "x y", "a/b", "%2e", &"a".repeat(31)]
        {
            assert!(Handle::parse("handle", text).is_err(), "{text}");
        }
    }
}
