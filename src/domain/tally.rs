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

/// The rule by which a document is amended, frozen for each vote (A4, A9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What two thirds are taken of.
    pub base: VoteBase,
    /// How many ballots, abstentions included, there must be at least.
    pub quorum: u32,
}

/// How the ballots of an amendment fell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Votes for.
    pub votes_for: u64,
    /// Votes against.
    pub against: u64,
    /// Abstentions: they count for turnout only.
    pub abstain: u64,
}

/// A share in tenths of a per cent, rounded to the nearest; 1000 is all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(u32);

impl Tally {
    /// All ballots, abstentions included.
    pub fn ballots(&self) -> u64 {
        self.votes_for.saturating_add(self.against).saturating_add(self.abstain)
    }

    /// Whether the amendment is carried: two thirds of the base, two votes for, and the quorum (A9).
    pub fn is_carried(&self, rule: Rule, roll_size: u64) -> bool {
        let votes_for = u128::from(self.votes_for);
        let base = match rule.base {
            VoteBase::Cast => votes_for + u128::from(self.against),
            VoteBase::Roll => u128::from(roll_size),
        };
        let all = votes_for + u128::from(self.against) + u128::from(self.abstain);
        3 * votes_for >= 2 * base && self.votes_for >= 2 && all >= u128::from(rule.quorum)
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
