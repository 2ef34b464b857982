//! The exact arithmetic of a result (rule A9): integers only, no rounding before the comparison.

use super::refusal::Refusal;

/// What a share is taken of when a result is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoteBase {
    /// The votes for and against.
    Cast,
    /// Everybody on the frozen roll.
    Roll,
}

impl VoteBase {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cast => "cast",
            Self::Roll => "roll",
        }
    }

    /// Reads what was stored or sent.
    ///
    /// # Errors
    /// Names the field `vote_base` for any other word.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "cast" => Ok(Self::Cast),
            "roll" => Ok(Self::Roll),
            _ => Err(Refusal::field("vote_base", "Please choose cast or roll.")),
        }
    }
}

/// How large a part of the base must be for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Majority {
    /// Two thirds: what it takes to amend a document (A9).
    TwoThirds,
    /// More than half: what it takes to choose a lead (C3).
    Simple,
}

impl Majority {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TwoThirds => "two_thirds",
            Self::Simple => "simple",
        }
    }

    /// Reads what was stored.
    pub fn stored(text: &str) -> Option<Self> {
        [Self::TwoThirds, Self::Simple].into_iter().find(|majority| majority.as_str() == text)
    }

    /// How many votes for it takes at least, however few take part.
    pub fn fewest_votes_for(self) -> u32 {
        match self {
            Self::TwoThirds => 2,
            Self::Simple => 1,
        }
    }
}

/// The rule by which a vote is decided, frozen for each (A4, A9, C3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// How large a part of the base must be for it.
    pub majority: Majority,
    /// What that part is taken of.
    pub base: VoteBase,
    /// How many ballots, abstentions included, there must be at least.
    pub quorum: u32,
}

impl Rule {
    /// What it takes, as the end of a sentence.
    pub fn words(self) -> String {
        let share = match (self.majority, self.base) {
            (Majority::TwoThirds, VoteBase::Cast) => {
                "two thirds of the votes for and against, and at least two votes for"
            }
            (Majority::TwoThirds, VoteBase::Roll) => "two thirds of all members, and at least two votes for",
            (Majority::Simple, VoteBase::Cast) => "more votes for than against",
            (Majority::Simple, VoteBase::Roll) => "the votes of more than half of all members",
        };
        match self.quorum {
            0 => share.to_owned(),
            quorum => format!("{share}, if {quorum} or more members vote"),
        }
    }
}

impl Default for Rule {
    /// Two thirds of the votes for and against, however many took part (A9).
    fn default() -> Self {
        super::rules::AMENDMENT_VOTE
    }
}

/// How the ballots of a vote fell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Votes for.
    pub votes_for: u64,
    /// Votes against.
    pub against: u64,
    /// Abstentions: they count for turnout only.
    pub abstain: u64,
}

impl Tally {
    /// From the totals of the three options in their order.
    pub fn of(totals: &[u32]) -> Self {
        let total = |position: usize| totals.get(position).copied().map_or(0, u64::from);
        Self { votes_for: total(0), against: total(1), abstain: total(2) }
    }
}

/// A share in tenths of a per cent, rounded to the nearest; 1000 is all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(u32);

impl Tally {
    /// All ballots, abstentions included.
    pub fn ballots(&self) -> u64 {
        self.votes_for.saturating_add(self.against).saturating_add(self.abstain)
    }

    /// Whether what was put to the vote is carried: the majority of the base, enough votes for, and
    /// the quorum (A9, C3).
    pub fn is_carried(&self, rule: Rule, roll_size: u64) -> bool {
        let votes_for = u128::from(self.votes_for);
        let base = match rule.base {
            VoteBase::Cast => votes_for + u128::from(self.against),
            VoteBase::Roll => u128::from(roll_size),
        };
        let all = votes_for + u128::from(self.against) + u128::from(self.abstain);
        let is_enough = match rule.majority {
            Majority::TwoThirds => 3 * votes_for >= 2 * base,
            Majority::Simple => 2 * votes_for > base,
        };
        is_enough && votes_for >= u128::from(rule.majority.fewest_votes_for()) && all >= u128::from(rule.quorum)
    }

    /// The share of votes for and against that are for; nothing when there are none.
    pub fn share_of_cast(&self) -> Option<Share> {
        Share::of(self.votes_for, u128::from(self.votes_for) + u128::from(self.against))
    }

    /// The share of all ballots, abstentions included, that are for.
    pub fn share_with_abstentions(&self) -> Option<Share> {
        Share::of(self.votes_for, u128::from(self.votes_for) + u128::from(self.against) + u128::from(self.abstain))
    }

    /// The share of the roll that voted for.
    pub fn share_of_roll(&self, roll_size: u64) -> Option<Share> {
        Share::of(self.votes_for, u128::from(roll_size))
    }
}

impl Share {
    fn of(part: u64, whole: u128) -> Option<Self> {
        if whole == 0 {
            return None;
        }
        let tenths = (u128::from(part) * 2000 + whole) / (whole * 2);
        u32::try_from(tenths).ok().map(Self)
    }

    /// In tenths of a per cent.
    pub fn tenths(self) -> u32 {
        self.0
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{} %", self.0 / 10, self.0 % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two thirds by cross-multiplication on decimal digits: slow, and nothing of the above in it.
    fn reference(votes_for: u64, base: u64) -> bool {
        let times = |n: u64, by: u32| -> Vec<u32> {
            let mut carry = 0;
            let mut digits: Vec<u32> = n.to_string().bytes().rev().map(|b| u32::from(b - b'0')).collect();
            for digit in &mut digits {
                let product = *digit * by + carry;
                *digit = product % 10;
                carry = product / 10;
            }
            digits.push(carry);
            digits.push(0);
            digits
        };
        let (mut left, mut right) = (times(votes_for, 3), times(base, 2));
        let length = left.len().max(right.len());
        left.resize(length, 0);
        right.resize(length, 0);
        left.into_iter().rev().collect::<Vec<_>>() >= right.into_iter().rev().collect::<Vec<_>>()
    }

    const CAST: Rule = Rule { majority: Majority::TwoThirds, base: VoteBase::Cast, quorum: 0 };
    const ROLL: Rule = Rule { base: VoteBase::Roll, ..CAST };
    const SIMPLE: Rule = Rule { majority: Majority::Simple, ..CAST };

    #[test]
    fn two_thirds_are_exact_for_all_pairs_up_to_sixty() {
        for votes_for in 0..=60 {
            for other in 0..=60 {
                for abstain in [0, 7, 60] {
                    let tally = Tally { votes_for, against: other, abstain };
                    assert_eq!(
                        tally.is_carried(CAST, 1_000),
                        votes_for >= 2 && reference(votes_for, votes_for + other),
                        "{tally:?}"
                    );
                }
                let tally = Tally { votes_for, against: 0, abstain: 0 };
                assert_eq!(
                    tally.is_carried(ROLL, other),
                    votes_for >= 2 && reference(votes_for, other),
                    "{votes_for} of a roll of {other}"
                );
            }
        }
    }

    #[test]
    fn the_edges_of_the_rule() {
        let carried = |votes_for, against, abstain| Tally { votes_for, against, abstain }.is_carried(CAST, 9);
        assert!(carried(2, 1, 0));
        assert!(carried(2, 0, 100));
        assert!(!carried(1, 0, 0));
        assert!(!carried(3, 2, 0));
        assert!(!carried(0, 0, 5));
        let with_quorum = Rule { quorum: 5, ..CAST };
        assert!(!Tally { votes_for: 4, against: 0, abstain: 0 }.is_carried(with_quorum, 9));
        assert!(Tally { votes_for: 4, against: 0, abstain: 1 }.is_carried(with_quorum, 9));
    }

    #[test]
    fn a_simple_majority_is_more_for_than_against_whoever_abstains() {
        for votes_for in 0..=20 {
            for against in 0..=20 {
                for abstain in [0, 1, 30] {
                    let tally = Tally { votes_for, against, abstain };
                    assert_eq!(tally.is_carried(SIMPLE, 50), votes_for > against, "{tally:?}");
                }
            }
        }
        let extreme = Tally { votes_for: u64::MAX, against: u64::MAX - 1, abstain: u64::MAX };
        assert!(extreme.is_carried(SIMPLE, 0));
    }

    #[test]
    fn a_majority_is_stored_as_it_is_read() {
        for majority in [Majority::TwoThirds, Majority::Simple] {
            assert_eq!(Majority::stored(majority.as_str()), Some(majority));
        }
        assert_eq!(Majority::stored("most"), None);
    }

    proptest! {
        #[test]
        fn two_thirds_are_exact_for_large_numbers(votes_for in any::<u64>(), against in any::<u64>(), near in -3_i64..=3) {
            // Half of the cases are close to the border.
            for against in [against, (votes_for / 2).saturating_add_signed(near)] {
                let (half_for, half_against) = (votes_for / 2, against / 2);
                let tally = Tally { votes_for: half_for, against: half_against, abstain: 0 };
                prop_assert_eq!(tally.is_carried(CAST, 0), half_for >= 2 && reference(half_for, half_for + half_against));
            }
            let extreme = Tally { votes_for: u64::MAX, against: u64::MAX, abstain: u64::MAX };
            prop_assert!(!extreme.is_carried(CAST, u64::MAX));
            prop_assert!(extreme.is_carried(ROLL, u64::MAX));
        }

        #[test]
        fn one_vote_more_for_never_loses_a_vote(votes_for in 0_u64..10_000, against in 0_u64..10_000, abstain in 0_u64..100) {
            let with = |votes_for| Tally { votes_for, against, abstain }.is_carried(CAST, 0);
            prop_assert!(!with(votes_for) || with(votes_for + 1));
        }
    }

    #[test]
    fn the_three_shares_are_told_in_tenths_of_a_per_cent() {
        let tally = Tally { votes_for: 2, against: 1, abstain: 3 };

        assert_eq!(tally.share_of_cast().unwrap().to_string(), "66.7 %");
        assert_eq!(tally.share_with_abstentions().unwrap().to_string(), "33.3 %");
        assert_eq!(tally.share_of_roll(9).unwrap().to_string(), "22.2 %");
        assert_eq!(Tally { votes_for: 3, against: 0, abstain: 0 }.share_of_cast().unwrap().to_string(), "100.0 %");
        assert_eq!(Tally::default().share_of_cast(), None);
    }
}
