//! How help goes on once it was asked for: requests lapse and are renewed, offers that were
//! accepted wait for a word, and people are thanked by name if they wish (rules H3, H4, H5).

use super::help_request::HelpRequestState;
use super::offer::OfferState;
use crate::clock::Stamp;
use chrono::TimeDelta;

/// After how long an open request lapses unless it is renewed (H4).
pub const LAPSES_AFTER: TimeDelta = TimeDelta::days(30);
/// After how long without a word an accepted offer is asked about (H4).
pub const ASKED_AFTER: TimeDelta = TimeDelta::days(7);
/// After how long without a word an accepted offer is freed (H4).
pub const FREED_AFTER: TimeDelta = TimeDelta::days(10);

/// What a request is at a moment: an open one that nobody renewed has lapsed, whether anybody
/// noted it or not (H4).
pub fn state_at(recorded: HelpRequestState, renewed_at: Stamp, now: Stamp) -> HelpRequestState {
    match recorded {
        HelpRequestState::Open if now >= renewed_at + LAPSES_AFTER => HelpRequestState::Lapsed,
        other => other,
    }
}

/// What its offers make of a request that was not taken back (H3): taken while somebody is on it,
/// done when somebody did it and nobody is on it any more, open else.
pub fn state_by_offers(offers: &[OfferState]) -> HelpRequestState {
    if offers.contains(&OfferState::Accepted) {
        HelpRequestState::Taken
    } else if offers.contains(&OfferState::Done) {
        HelpRequestState::Done
    } else {
        HelpRequestState::Open
    }
}

/// True when a word is due from whoever is on it (H4).
pub fn word_is_due(word_at: Stamp, now: Stamp) -> bool {
    now >= word_at + ASKED_AFTER
}

/// What somebody said to being thanked by name in public (H5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// They were asked and have not answered.
    Asked,
    /// They like to be named.
    Yes,
    /// They would rather not.
    No,
}

impl Consent {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Yes => "yes",
            Self::No => "no",
        }
    }

    /// Reads the stored word.
    pub fn from_stored(word: &str) -> Option<Self> {
        [Self::Asked, Self::Yes, Self::No].into_iter().find(|consent| consent.as_str() == word)
    }

    /// Reads an answer: one word, in the languages that our labels know. Anything else is none.
    pub fn in_words(text: &str) -> Option<Self> {
        let word: String = text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
        match word.as_str() {
            "yes" | "ja" | "oui" | "sí" | "si" => Some(Self::Yes),
            "no" | "nein" | "non" => Some(Self::No),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Stamp {
        chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::days(day)
    }

    #[test]
    fn an_open_request_lapses_after_thirty_days_to_the_second() {
        let second = TimeDelta::seconds(1);
        assert_eq!(state_at(HelpRequestState::Open, at(0), at(30) - second), HelpRequestState::Open);
        assert_eq!(state_at(HelpRequestState::Open, at(0), at(30)), HelpRequestState::Lapsed);
        for other in [HelpRequestState::Taken, HelpRequestState::Done, HelpRequestState::Withdrawn] {
            assert_eq!(state_at(other, at(0), at(400)), other);
        }
    }

    #[test]
    fn offers_say_what_a_request_is() {
        use OfferState::{Accepted, Declined, Done, Waiting, Withdrawn};
        assert_eq!(state_by_offers(&[]), HelpRequestState::Open);
        assert_eq!(state_by_offers(&[Waiting, Declined, Withdrawn]), HelpRequestState::Open);
        assert_eq!(state_by_offers(&[Done, Accepted]), HelpRequestState::Taken);
        assert_eq!(state_by_offers(&[Done, Waiting]), HelpRequestState::Done);
    }

    #[test]
    fn a_word_is_due_after_seven_days() {
        assert!(!word_is_due(at(0), at(7) - TimeDelta::seconds(1)));
        assert!(word_is_due(at(0), at(7)));
    }

    #[test]
    fn only_one_plain_word_is_consent() {
        for (text, expected) in [
            ("yes", Some(Consent::Yes)),
            ("  Yes! ", Some(Consent::Yes)),
            ("Ja.", Some(Consent::Yes)),
            ("NO", Some(Consent::No)),
            ("yes, but not by name", None),
            ("no problem, yes", None),
            ("", None),
        ] {
            assert_eq!(Consent::in_words(text), expected, "{text:?}");
        }
        assert_eq!(Consent::from_stored("asked"), Some(Consent::Asked));
        assert_eq!(Consent::from_stored("perhaps"), None);
    }
}
