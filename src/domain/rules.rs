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
    /// By volunteering, with one other who backs it, without a vote.
    Backing {
        /// How long it lasts at most.
        longest: TimeDelta,
    },
    /// By nothing: whoever likes is asked, and nobody is bound by the answer.
    Asking {
        /// How long the question is open at least.
        shortest: TimeDelta,
        /// How long it is open at most.
        longest: TimeDelta,
    },
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

/// The rule of a vote on an amendment of a document that asks for nothing else (A9).
pub const AMENDMENT_VOTE: Rule = Rule { majority: Majority::TwoThirds, base: VoteBase::Cast, quorum: 0 };

/// How long a vote on the lead of a cabal is open, exactly (C3).
pub const LEAD_VOTE_LENGTH: TimeDelta = TimeDelta::hours(72);
/// The rule of a vote on the lead of a cabal (C3).
pub const LEAD_VOTE: Rule = Rule { majority: Majority::Simple, base: VoteBase::Cast, quorum: 0 };

/// How long somebody speaks for the community at most before they volunteer again (V2).
pub const SPOKESPERSON_LONGEST: TimeDelta = TimeDelta::days(90);

/// How long the advisory poll of a cabal is open at least.
pub const ADVISORY_SHORTEST: TimeDelta = TimeDelta::minutes(5);
/// How long the advisory poll of a cabal is open at most.
pub const ADVISORY_LONGEST: TimeDelta = TimeDelta::days(31);

/// Every kind of decision.
pub const DECISIONS: [Decision; 5] = [
    Decision {
        what: "an amendment",
        who: "all members when the vote opens",
        means: Means::Vote { majority: AMENDMENT_VOTE.majority, length: BALLOT_WEEK },
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
    Decision {
        what: "who speaks for the community",
        who: "a member who volunteers and another one who backs them",
        means: Means::Backing { longest: SPOKESPERSON_LONGEST },
        cites: "V2",
    },
    Decision {
        what: "nothing: the advisory poll of a cabal",
        who: "anybody on the fediverse; the first ballot of each stands",
        means: Means::Asking { shortest: ADVISORY_SHORTEST, longest: ADVISORY_LONGEST },
        cites: "A6",
    },
];

/// A length of time in the largest unit that it fills, as a person says it: `5 minutes`, `31 days`.
pub fn length_words(length: TimeDelta) -> String {
    let (days, hours, minutes) = (length.num_days(), length.num_hours(), length.num_minutes());
    let (many, unit) = match length {
        whole if whole == TimeDelta::days(days) => (days, "day"),
        whole if whole == TimeDelta::hours(hours) => (hours, "hour"),
        _ => (minutes, "minute"),
    };
    format!("{many} {unit}{}", if many == 1 { "" } else { "s" })
}

impl Decision {
    /// Its row in the documents, as Markdown.
    pub fn row(&self) -> String {
        let Self { what, who, means, cites } = self;
        let (majority, fewest, length) = match *means {
            Means::Vote { majority, length } => {
                let fewest = match majority.fewest_votes_for() {
                    1 => "1 vote for".to_owned(),
                    many => format!("{many} votes for"),
                };
                let majority = match majority {
                    Majority::TwoThirds => "two thirds",
                    Majority::Simple => "more for than against",
                };
                (majority, fewest, format!("{} hours", length.num_hours()))
            }
            Means::Agreement => ("both agree", "–".to_owned(), "at once".to_owned()),
            Means::Backing { longest } => {
                ("no vote", "1 backer".to_owned(), format!("{} at most", length_words(longest)))
            }
            Means::Asking { shortest, longest } => {
                let length = format!("{} to {}", length_words(shortest), length_words(longest));
                ("decides nothing", "–".to_owned(), length)
            }
        };
        format!("| {what} | {who} | {majority} | {fewest} | {length} | {cites} |")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::poll::Closing;
    use crate::domain::spokesperson::{NewSpokesperson, SpokespersonFields};
    use chrono::{TimeZone as _, Utc};

    #[test]
    fn the_documents_print_this_very_table() {
        let printed = include_str!("../../docs/rules.md");

        let rows: Vec<&str> = printed.lines().filter(|line| line.starts_with("| ")).skip(2).collect();

        assert_eq!(rows, DECISIONS.map(|decision| decision.row()));
    }

    #[test]
    fn what_the_forms_take_is_what_the_table_says() {
        let now = Utc.with_ymd_and_hms(2026, 3, 1, 0, 0, 0).unwrap();
        let tick = TimeDelta::seconds(1);
        let asked = |length: TimeDelta| Closing::After(length).resolve(now).is_ok();
        let volunteers = |ahead: TimeDelta| {
            let last_day = (now + ahead).date_naive().pred_opt().unwrap();
            let fields = SpokespersonFields {
                purpose: "the press".to_owned(),
                ends_on: last_day.to_string(),
                publish_name: true,
            };
            NewSpokesperson::parse(&fields, now).is_ok()
        };
        for decision in DECISIONS {
            match decision.means {
                Means::Asking { shortest, longest } => {
                    assert!(asked(shortest) && asked(longest) && !asked(shortest - tick) && !asked(longest + tick));
                }
                Means::Backing { longest } => {
                    assert!(volunteers(longest) && !volunteers(longest + TimeDelta::days(1)));
                }
                Means::Vote { .. } | Means::Agreement => {}
            }
        }
    }

    #[test]
    fn lengths_are_said_in_their_largest_unit() {
        let said = [TimeDelta::minutes(5), TimeDelta::hours(1), TimeDelta::hours(72), TimeDelta::minutes(90)];

        assert_eq!(said.map(length_words), ["5 minutes", "1 hour", "3 days", "90 minutes"]);
    }
}
