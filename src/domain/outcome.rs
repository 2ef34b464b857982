//! What came of a vote with a roll, as people read it (A9, C3).

/// What came of a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Something about the vote did not hold at its close, so it decided nothing.
    NotDecided,
    /// The amendment is carried, and the document says so.
    Carried,
    /// The amendment is carried, but another one changed the text before it.
    Overtaken,
    /// The amendment is lost.
    NotCarried,
    /// The nominee leads the cabal.
    Elected,
    /// The vote said yes, but its nominee had left the cabal.
    NomineeLeft,
    /// The lead stays as it was.
    NotElected,
}

impl Outcome {
    /// Of a vote on an amendment; `has_version` when it brought a new version of the document.
    pub fn of_amendment(is_void: bool, is_carried: bool, has_version: bool) -> Self {
        match (is_carried, has_version) {
            _ if is_void => Self::NotDecided,
            (true, true) => Self::Carried,
            (true, false) => Self::Overtaken,
            (false, _) => Self::NotCarried,
        }
    }

    /// Of a vote on who leads a cabal.
    pub fn of_lead(is_void: bool, is_carried: bool, leads: bool) -> Self {
        match (is_carried, leads) {
            _ if is_void => Self::NotDecided,
            (true, true) => Self::Elected,
            (true, false) => Self::NomineeLeft,
            (false, _) => Self::NotElected,
        }
    }

    /// As it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotDecided => "not_decided",
            Self::Carried => "carried",
            Self::Overtaken => "overtaken",
            Self::NotCarried => "not_carried",
            Self::Elected => "elected",
            Self::NomineeLeft => "nominee_left",
            Self::NotElected => "not_elected",
        }
    }

    /// In a few words, without a full stop.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotDecided => "Not decided",
            Self::Carried => "Carried",
            Self::Overtaken => "Carried, but the text was changed meanwhile, so it has to be proposed anew",
            Self::NotCarried => "Not carried",
            Self::Elected => "Chosen to lead, from now on",
            Self::NomineeLeft => "The vote said yes, but the nominee has left the cabal, so the lead stays as it was",
            Self::NotElected => "Not chosen, so the lead stays as it was",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vote_that_does_not_hold_decides_nothing_whatever_its_numbers() {
        for (is_carried, came_about) in [(true, true), (true, false), (false, false)] {
            assert_eq!(Outcome::of_amendment(true, is_carried, came_about), Outcome::NotDecided);
            assert_eq!(Outcome::of_lead(true, is_carried, came_about), Outcome::NotDecided);
        }
        assert_eq!(Outcome::of_amendment(false, true, false), Outcome::Overtaken);
        assert_eq!(Outcome::of_lead(false, true, false), Outcome::NomineeLeft);
        assert_eq!(Outcome::of_lead(false, false, false), Outcome::NotElected);
    }
}
