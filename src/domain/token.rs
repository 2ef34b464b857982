//! What a bearer token of the API may do (security.md AC-19).

/// The reach of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenScope {
    /// It reads what its member may read.
    Read,
    /// It also acts as its member.
    Write,
}

impl TokenScope {
    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// From the stored word; anything unknown reaches least.
    pub fn stored(word: &str) -> Self {
        if word == "write" { Self::Write } else { Self::Read }
    }
}
