//! The chain of a vote: every entry holds the hash of the one before, so that nobody can change,
//! remove, add or reorder one without changing the head, which other servers were told at the
//! opening and at the close. And the commitment to the ballots in it: a sum that says neither who
//! voted nor what, and that nothing leads back from once the nonces are destroyed (A12).

use super::record::{canonical_json, sha256_hex};
use super::tally::Tally;
use serde_json::{Value, json};
use sha2::Digest as _;

/// What stands in the place of a hash before the first entry.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What an entry tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// The vote was opened: text, rule, roll and times.
    Opening,
    /// Ballots were cast or changed.
    Ballots,
    /// The data was put back from a backup while the vote was open.
    Restored,
    /// The vote was closed: the hash of its record and its result.
    Closing,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Opening, Self::Ballots, Self::Restored, Self::Closing];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Ballots => "ballots",
            Self::Restored => "restored",
            Self::Closing => "closing",
        }
    }

    /// Reads what was stored.
    pub fn stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The hash of an entry that follows on `before`.
pub fn link(before: &str, entry: &str) -> String {
    sha256_hex(&format!("{before}\n{entry}"))
}

/// The entry of an opening: everything that froze.
pub fn opening(poll: &str, frozen: &Value) -> String {
    canonical_json(&json!({
        "kind": EntryKind::Opening.as_str(),
        "poll": poll,
        "frozen": frozen,
        "frozen_hash": sha256_hex(&canonical_json(frozen)),
    }))
}

/// The entry of a change to the ballots: how many there are, and the commitment to them.
pub fn ballots(count: u32, sum: &str) -> String {
    canonical_json(&json!({"kind": EntryKind::Ballots.as_str(), "count": count, "commitment": sum}))
}

/// The entry of a return from a backup.
pub fn restored(at: &str) -> String {
    canonical_json(&json!({"kind": EntryKind::Restored.as_str(), "at": at}))
}

/// The entry of a close.
pub fn closing(record_sha256: &str, tally: Tally, is_carried: bool) -> String {
    canonical_json(&json!({
        "kind": EntryKind::Closing.as_str(),
        "record_sha256": record_sha256,
        "for": tally.votes_for,
        "against": tally.against,
        "abstain": tally.abstain,
        "is_carried": is_carried,
    }))
}

/// The commitment to the ballots of an open vote: the sum, modulo 2^256, of one number for each
/// ballot, worked out with a secret nonce of its own, which is drawn anew when the ballot changes.
/// Ballots may come and change in any order, each for the price of one hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallotSum([u8; 32]);

impl BallotSum {
    /// The sum of no ballots.
    pub fn nothing() -> Self {
        Self([0; 32])
    }

    /// Reads the stored sum: 64 hexadecimal digits.
    pub fn stored(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// As it is stored and as it stands in the chain.
    pub fn hex(&self) -> String {
        crate::ids::hex(&self.0)
    }

    /// The sum with one ballot more.
    pub fn with(self, nonce: &str, receipt: &str, choices: i32) -> Self {
        self.plus(&Self(number(nonce, receipt, choices)))
    }

    /// The sum with one ballot fewer.
    pub fn without(mut self, nonce: &str, receipt: &str, choices: i32) -> Self {
        let mut borrow = false;
        for (byte, take) in self.0.iter_mut().zip(number(nonce, receipt, choices)).rev() {
            let (less, under) = byte.overflowing_sub(take);
            let (less, under_again) = less.overflowing_sub(u8::from(borrow));
            (*byte, borrow) = (less, under || under_again);
        }
        self
    }

    /// Both together, for a sum and the changes to it.
    pub fn plus(mut self, other: &Self) -> Self {
        let mut carry = 0;
        for (byte, add) in self.0.iter_mut().zip(other.0).rev() {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            let [high, low] = sum.to_be_bytes();
            (*byte, carry) = (low, u16::from(high));
        }
        self
    }
}

/// The number of one ballot. Without the nonce nobody can tell which ballot it belongs to.
fn number(nonce: &str, receipt: &str, choices: i32) -> [u8; 32] {
    sha2::Sha256::digest(format!("{nonce}\n{receipt}\n{choices}").as_bytes()).into()
}

/// What a `ballots` entry says the ballots are committed to.
pub fn commitment_in(entry: &str) -> Option<BallotSum> {
    let entry: Value = serde_json::from_str(entry).ok()?;
    BallotSum::stored(entry.get("commitment")?.as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_sum_does_not_depend_on_the_order_and_taking_a_ballot_out_undoes_putting_it_in() {
        let one = BallotSum::nothing().with("k", "a", 1).with("k", "b", 2);
        let other = BallotSum::nothing().with("k", "b", 2).with("k", "a", 1);

        assert_eq!(one, other);
        assert_eq!(one.clone().without("k", "a", 1), BallotSum::nothing().with("k", "b", 2));
        assert_eq!(one.without("k", "a", 1).without("k", "b", 2), BallotSum::nothing());
    }

    #[test]
    fn another_receipt_choice_or_nonce_is_another_sum() {
        let sum = BallotSum::nothing().with("k", "a", 1);

        for other in [("k", "a", 2), ("k", "b", 1), ("l", "a", 1)] {
            assert_ne!(sum, BallotSum::nothing().with(other.0, other.1, other.2));
        }
    }

    #[test]
    fn a_hash_depends_on_everything_before() {
        let first = link(BEGINNING, "a");

        assert_ne!(link(&first, "b"), link(BEGINNING, "b"));
        assert_ne!(link(&first, "b"), link(&first, "c"));
    }

    proptest! {
        #[test]
        fn sums_survive_storing_and_any_sequence_of_changes(ballots in proptest::collection::vec(("[a-z]{4}", 1..8), 0..20)) {
            let all = ballots.iter().fold(BallotSum::nothing(), |sum, (receipt, choices)| sum.with("key", receipt, *choices));
            prop_assert_eq!(BallotSum::stored(&all.hex()), Some(all.clone()));
            let (some, others) = ballots.split_at(ballots.len() / 2);
            let sum = |of: &[(String, i32)]| of.iter().fold(BallotSum::nothing(), |sum, (receipt, choices)| sum.with("key", receipt, *choices));
            prop_assert_eq!(sum(some).plus(&sum(others)), all.clone());
            prop_assert_eq!(commitment_in(&super::ballots(7, &all.hex())), Some(all.clone()));
            let none = ballots.iter().rev().fold(all, |sum, (receipt, choices)| sum.without("key", receipt, *choices));
            prop_assert_eq!(none, BallotSum::nothing());
        }
    }

    #[test]
    fn what_is_no_sum_is_not_read() {
        for text in ["", "00", &"g".repeat(64), &"é".repeat(32), &"0".repeat(66)] {
            assert_eq!(BallotSum::stored(text), None, "{text}");
        }
    }
}
