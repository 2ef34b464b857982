//! Where an amendment stands and what may be done to it (rules A2, A3, A4, A15).

use crate::domain::refusal::Refusal;
use chrono::TimeDelta;

/// How long a proposal waits for a backer (A3).
pub const LAPSES_AFTER: TimeDelta = TimeDelta::days(30);

/// From when its proposer is warned that it will lapse (A3).
pub const WARNED_AFTER: TimeDelta = TimeDelta::days(27);

/// The longest notice of an opening, in days.
pub const NOTICE_MAX: u32 = 30;

/// Whether a reply to the Note of a proposal backs it: `#back`, or the word alone, with nothing but
/// mentions beside it.
pub fn is_backing_word(reply: &str) -> bool {
    let mut words = reply.split_whitespace().filter(|word| !word.starts_with('@'));
    let word = words.next().unwrap_or_default().trim_end_matches(['.', '!']).to_lowercase();
    matches!(word.as_str(), "#back" | "back") && words.next().is_none()
}

/// Where an amendment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AmendmentState {
    /// Being written; for its author's eyes only.
    Draft,
    /// Proposed; another member has to back it.
    SeekingBacking,
    /// Backed; the proposer may open the vote.
    Backed,
    /// Backed, and its vote opens by itself at an announced moment.
    Announced,
    /// The vote is open.
    Open,
    /// Decided: accepted.
    Carried,
    /// Decided: not accepted.
    Lost,
    /// Nobody backed it within 30 days.
    Lapsed,
    /// Taken back by its proposer.
    Withdrawn,
    /// The text it wants to change was changed meanwhile.
    InConflict,
}

/// What can be done to an amendment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// Its author proposes it.
    Propose,
    /// Another member backs it.
    Back,
    /// The last backer takes the backing back.
    LoseBacking,
    /// The proposer changes its text.
    Edit,
    /// The proposer takes it back.
    Withdraw,
    /// The proposer opens the vote at once.
    Open,
    /// The proposer announces when the vote will open.
    Announce,
    /// The proposer moves the announced opening to a later moment.
    Postpone,
    /// The proposer takes the announcement back.
    TakeAnnouncementBack,
    /// The announced moment has come, and the vote opens by itself.
    OpenAsAnnounced,
    /// The proposer asks for another thirty days to find a backer.
    Renew,
    /// Thirty days passed without a backer.
    Lapse,
    /// A clause that it changes was changed by another amendment.
    FallIntoConflict,
    /// The vote carried it.
    Carry,
    /// The vote did not carry it.
    Lose,
}

impl AmendmentState {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Draft,
        Self::SeekingBacking,
        Self::Backed,
        Self::Announced,
        Self::Open,
        Self::Carried,
        Self::Lost,
        Self::Lapsed,
        Self::Withdrawn,
        Self::InConflict,
    ];

    /// Those of a proposal on which no vote was opened and which is not gone.
    pub const UNDECIDED: [Self; 4] = [Self::SeekingBacking, Self::Backed, Self::Announced, Self::InConflict];

    /// As it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::SeekingBacking => "seeking_backing",
            Self::Backed => "backed",
            Self::Announced => "announced",
            Self::Open => "open",
            Self::Carried => "carried",
            Self::Lost => "lost",
            Self::Lapsed => "lapsed",
            Self::Withdrawn => "withdrawn",
            Self::InConflict => "in_conflict",
        }
    }

    /// Reads what was stored.
    pub fn stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// The state after a move.
    ///
    /// # Errors
    /// A sentence that says why this cannot be done now.
    pub fn after(self, step: Move) -> Result<Self, Refusal> {
        match (self, step) {
            (Self::Draft, Move::Propose) => Ok(Self::SeekingBacking),
            (Self::Draft, Move::Edit) => Ok(Self::Draft),
            (Self::SeekingBacking | Self::Backed, Move::Back) => Ok(Self::Backed),
            (Self::Announced, Move::Back) => Ok(Self::Announced),
            (Self::Backed | Self::Announced, Move::LoseBacking) => Ok(Self::SeekingBacking),
            (Self::SeekingBacking | Self::Backed | Self::Announced | Self::InConflict, Move::Edit) => {
                Ok(Self::SeekingBacking)
            }
            (
                Self::Draft | Self::SeekingBacking | Self::Backed | Self::Announced | Self::InConflict,
                Move::Withdraw,
            ) => Ok(Self::Withdrawn),
            (Self::Backed, Move::Announce) => Ok(Self::Announced),
            (Self::SeekingBacking | Self::InConflict, Move::Renew) => Ok(self),
            (Self::Backed, Move::Open) | (Self::Announced, Move::OpenAsAnnounced) => Ok(Self::Open),
            (Self::Announced, Move::Postpone) => Ok(Self::Announced),
            (Self::Announced, Move::TakeAnnouncementBack) => Ok(Self::Backed),
            (Self::SeekingBacking | Self::InConflict, Move::Lapse) => Ok(Self::Lapsed),
            (Self::SeekingBacking | Self::Backed | Self::Announced, Move::FallIntoConflict) => Ok(Self::InConflict),
            (Self::Open, Move::Carry) => Ok(Self::Carried),
            (Self::Open, Move::Lose) => Ok(Self::Lost),
            (state, step) => Err(state.refusal(step)),
        }
    }

    /// Why a move cannot be made from here.
    pub fn refusal(self, step: Move) -> Refusal {
        Refusal::new(self.refusal_code(), self.why_not(step))
    }

    /// True while its proposer may still change or withdraw it.
    pub fn may_be_edited(self) -> bool {
        self.after(Move::Edit).is_ok()
    }

    /// Backed, so that its vote opens once its proposer opens it or the announced moment has come.
    pub fn is_backed(self) -> bool {
        matches!(self, Self::Backed | Self::Announced)
    }

    fn refusal_code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::SeekingBacking => "not_backed",
            Self::Backed | Self::Announced => "not_open",
            Self::Open => "vote_is_open",
            Self::Carried | Self::Lost => "already_decided",
            Self::Lapsed => "lapsed",
            Self::Withdrawn => "withdrawn",
            Self::InConflict => "in_conflict",
        }
    }

    fn why_not(self, step: Move) -> &'static str {
        match (self, step) {
            (Self::Draft, _) => "This is a draft still. Please propose it first, so that others can read and back it.",
            (Self::SeekingBacking, Move::Open | Move::Announce) => {
                "Another member has to back this amendment before its vote can open."
            }
            (Self::SeekingBacking, Move::Propose) => {
                "This amendment is proposed already. Now another member has to back it."
            }
            (Self::Backed | Self::Announced, Move::Renew | Move::Lapse) => {
                "This amendment is backed, so it does not lapse."
            }
            (Self::Announced, Move::Announce) => "The opening of this vote is announced already.",
            (Self::Announced, Move::Open) => {
                "The opening of this vote is announced, so that people can prepare, and it opens by itself at that moment. \
                 To open it at another one, please take the announcement back first; everybody is told."
            }
            (Self::Announced, _) => "This amendment is backed, and its vote opens by itself on the day announced.",
            (_, Move::Postpone | Move::TakeAnnouncementBack) if Self::UNDECIDED.contains(&self) => {
                "The opening of this vote is not announced."
            }
            (Self::SeekingBacking, _) => "Nobody backs this amendment at present.",
            (Self::Backed, _) => "This amendment is backed, and its vote is not open yet.",
            (Self::Open, _) => {
                "The vote on this amendment is open. Until it closes nothing about it can be changed, and it closes by itself."
            }
            (Self::Carried | Self::Lost, _) => {
                "This amendment is decided already. To change the text again, please propose a new amendment."
            }
            (Self::Lapsed, _) => {
                "This amendment lapsed, because nothing moved it on for 30 days. Please propose it anew."
            }
            (Self::Withdrawn, _) => "This amendment was withdrawn. Please propose it anew.",
            (Self::InConflict, _) => {
                "The text that this amendment changes was changed meanwhile. Its proposer has to edit it, and then it needs backing again."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOVES: [Move; 15] = [
        Move::Propose,
        Move::Back,
        Move::LoseBacking,
        Move::Edit,
        Move::Withdraw,
        Move::Announce,
        Move::Postpone,
        Move::TakeAnnouncementBack,
        Move::OpenAsAnnounced,
        Move::Renew,
        Move::Open,
        Move::Lapse,
        Move::FallIntoConflict,
        Move::Carry,
        Move::Lose,
    ];

    #[test]
    fn only_the_moves_of_the_rules_are_possible() {
        use AmendmentState::{
            Announced, Backed, Carried, Draft, InConflict, Lapsed, Lost, Open, SeekingBacking, Withdrawn,
        };
        let allowed = [
            (Draft, Move::Propose, SeekingBacking),
            (Draft, Move::Edit, Draft),
            (Draft, Move::Withdraw, Withdrawn),
            (SeekingBacking, Move::Back, Backed),
            (SeekingBacking, Move::Edit, SeekingBacking),
            (SeekingBacking, Move::Withdraw, Withdrawn),
            (SeekingBacking, Move::Renew, SeekingBacking),
            (SeekingBacking, Move::Lapse, Lapsed),
            (SeekingBacking, Move::FallIntoConflict, InConflict),
            (Backed, Move::Back, Backed),
            (Backed, Move::LoseBacking, SeekingBacking),
            (Backed, Move::Edit, SeekingBacking),
            (Backed, Move::Withdraw, Withdrawn),
            (Backed, Move::Announce, Announced),
            (Backed, Move::Open, Open),
            (Backed, Move::FallIntoConflict, InConflict),
            (Announced, Move::Back, Announced),
            (Announced, Move::LoseBacking, SeekingBacking),
            (Announced, Move::Edit, SeekingBacking),
            (Announced, Move::Withdraw, Withdrawn),
            (Announced, Move::OpenAsAnnounced, Open),
            (Announced, Move::Postpone, Announced),
            (Announced, Move::TakeAnnouncementBack, Backed),
            (Announced, Move::FallIntoConflict, InConflict),
            (InConflict, Move::Edit, SeekingBacking),
            (InConflict, Move::Withdraw, Withdrawn),
            (InConflict, Move::Renew, InConflict),
            (InConflict, Move::Lapse, Lapsed),
            (Open, Move::Carry, Carried),
            (Open, Move::Lose, Lost),
        ];
        for state in AmendmentState::ALL {
            for step in MOVES {
                let expected = allowed.iter().find(|(from, by, _)| (*from, *by) == (state, step)).map(|(_, _, to)| *to);
                let found = state.after(step);
                assert_eq!(found.as_ref().ok().copied(), expected, "{state:?} {step:?}");
                assert!(found.is_ok() || found.unwrap_err().sentence.ends_with('.'));
            }
        }
    }

    #[test]
    fn one_word_backs_and_more_words_do_not() {
        for reply in ["#back", "back", "Back!", " @commons@x.example #Back ", "@commons back."] {
            assert!(is_backing_word(reply), "{reply}");
        }
        for reply in ["", "@commons", "I back this", "back it", "#backing", "backs", "## back", "no back"] {
            assert!(!is_backing_word(reply), "{reply}");
        }
    }

    proptest! {
        #[test]
        fn no_sequence_of_moves_opens_a_vote_that_nobody_backs_or_leaves_a_decision(steps in prop::collection::vec(0..MOVES.len(), 0..60)) {
            let mut state = AmendmentState::Draft;
            let (mut backers, mut was_proposed) = (0, false);
            for step in steps.into_iter().map(|index| MOVES[index]) {
                let before = state;
                let Ok(after) = state.after(step) else {
                    prop_assert_eq!(AmendmentState::stored(state.as_str()), Some(state));
                    continue;
                };
                match step {
                    Move::Propose => was_proposed = true,
                    Move::Back => backers += 1,
                    Move::LoseBacking | Move::Edit | Move::FallIntoConflict => backers = 0,
                    _ => {}
                }
                let needs_backers = matches!(after, AmendmentState::Backed | AmendmentState::Announced | AmendmentState::Open);
                prop_assert!(!needs_backers || (backers > 0 && was_proposed));
                prop_assert!(after != AmendmentState::Open || before != AmendmentState::Announced || step == Move::OpenAsAnnounced);
                prop_assert!(!matches!(before, AmendmentState::Carried | AmendmentState::Lost | AmendmentState::Lapsed | AmendmentState::Withdrawn));
                prop_assert!(before != AmendmentState::Open || matches!(after, AmendmentState::Carried | AmendmentState::Lost));
                state = after;
            }
        }
    }
}
