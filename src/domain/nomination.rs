//! Naming somebody to lead a cabal: by agreement or by a vote of the cabal (rule C3).

use super::refusal::Refusal;

/// How the lead is to change hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A lead hands it over; it changes hands at once when the one named accepts.
    Agreement,
    /// The cabal votes, once the one named has accepted.
    Vote,
}

impl Way {
    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::Vote => "vote",
        }
    }

    /// Reads what was stored.
    pub fn stored(text: &str) -> Option<Self> {
        [Self::Agreement, Self::Vote].into_iter().find(|way| way.as_str() == text)
    }

    /// Reads what was sent.
    ///
    /// # Errors
    /// Names the field `way` for any other word.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        Self::stored(text).ok_or_else(|| Refusal::field("way", "Please choose agreement or vote."))
    }
}

/// Where a nomination stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NominationState {
    /// The one named has not answered yet.
    Waiting,
    /// Handed over by agreement.
    Accepted,
    /// The one named said no or left, or it was taken back.
    Declined,
    /// The vote is open.
    Open,
    /// The vote was carried.
    Elected,
    /// It was not, or the nominee had left the cabal.
    NotElected,
}

impl NominationState {
    const ALL: [Self; 6] = [Self::Waiting, Self::Accepted, Self::Declined, Self::Open, Self::Elected, Self::NotElected];

    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Open => "open",
            Self::Elected => "elected",
            Self::NotElected => "not_elected",
        }
    }

    /// Reads what was stored.
    pub fn stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Checks that somebody has agreed to have their name published (J5).
///
/// # Errors
/// Names the field `publish_name` when they have not.
pub fn check_may_publish(publish_name: bool) -> Result<(), Refusal> {
    if publish_name {
        return Ok(());
    }
    Err(Refusal::field("publish_name", "Your name becomes public with this. Please tick that you agree."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for state in NominationState::ALL {
            assert_eq!(NominationState::stored(state.as_str()), Some(state));
        }
        assert_eq!(Way::parse("vote"), Ok(Way::Vote));
        assert_eq!(Way::parse("agreement"), Ok(Way::Agreement));
        assert_eq!(Way::parse("force").unwrap_err().fields[0].field, "way");
    }
}
