//! The table of rules: for each kind of decision who decides, by what majority, how long it takes
//! and how many it takes at least. Acts read their numbers here, and docs/rules.md prints them.

use super::poll::BALLOT_WEEK;
use super::tally::{Majority, Rule, VoteBase};
use chrono::TimeDelta;

/// How something is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// By a vote of so long, exactly.
    Vote {
        /// The smallest majority; a document may ask for more (A9).
        majority: Majority,
        /// How long the vote is open.
        length: TimeDelta,
    },
    /// By the word of all whom it concerns, at once.
    Agreement,
}

/// One kind of decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// What is decided.
    pub what: &'static str,
    /// Who decides.
    pub who: &'static str,
    /// How.
    pub means: Means,
    /// The rules of the product that say so.
    pub cites: &'static str,
}

/// How long a vote on the lead of a cabal is open, exactly (C3).
pub const LEAD_VOTE_LENGTH: TimeDelta = TimeDelta::hours(72);
/// The rule of a vote on the lead of a cabal (C3).
pub const LEAD_VOTE: Rule = Rule { majority: Majority::Simple, base: VoteBase::Cast, quorum: 0 };

/// Every kind of decision.
pub const DECISIONS: [Decision; 3] = [
    Decision {
        what: "an amendment",
        who: "all members when the vote opens",
        means: Means::Vote { majority: Majority::TwoThirds, length: BALLOT_WEEK },
        cites: "A4, A6, A9",
    },
    Decision {
        what: "who leads a cabal, by vote",
        who: "the members of the cabal when the vote opens",
        means: Means::Vote { majority: LEAD_VOTE.majority, length: LEAD_VOTE_LENGTH },
        cites: "C3",
    },
    Decision {
        what: "who leads a cabal, by agreement",
        who: "a lead and the cabal member whom they name",
        means: Means::Agreement,
        cites: "C3",
    },
];

impl Decision {
    /// Its row in the documents, as Markdown.
    pub fn row(&self) -> String {
        let Self { what, who, means, cites } = self;
        let (majority, fewest, length) = match means {
            Means::Vote { majority, length } => {
                let fewest = majority.fewest_votes_for();
                let noun = if fewest == 1 { "vote" } else { "votes" };
                let majority = match majority {
                    Majority::TwoThirds => "two thirds",
                    Majority::Simple => "more for than against",
                };
                (majority, format!("{fewest} {noun} for"), format!("{} hours", length.num_hours()))
            }
            Means::Agreement => ("both agree", "–".to_owned(), "at once".to_owned()),
        };
        format!("| {what} | {who} | {majority} | {fewest} | {length} | {cites} |")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_print_this_very_table() {
        let printed = include_str!("../../docs/rules.md");

        let rows: Vec<&str> = printed.lines().filter(|line| line.starts_with("| ")).skip(2).collect();

        assert_eq!(rows, DECISIONS.map(|decision| decision.row()));
    }
}
