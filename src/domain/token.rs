//! What a bearer token of the API may do (security.md AC-19).

use super::Refusal;

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

/// Whether a token speaks for its member where everybody has one voice: a ballot in a vote with a roll, a
/// backing, the word of who shall lead, a linked account that could vote. One that a steward made does so
/// only once its member has confirmed it (V-54).
///
/// # Errors
/// `token_not_confirmed`.
pub fn check_voice(is_confirmed: bool) -> Result<(), Refusal> {
    if is_confirmed {
        return Ok(());
    }
    Err(Refusal::new(
        "token_not_confirmed",
        "A steward made this token, so it has no voice in votes yet. Please confirm it on your account page, or make one there yourself.",
    ))
}
