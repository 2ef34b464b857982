//! The published record of a ballot: canonical JSON and its hash (rule A13).

use super::amendment::Change;
use super::ballot::Uncounted;
use super::incident::Incident;
use super::tally::{Rule, Tally};
use crate::clock::{Stamp, iso_seconds};
use crate::ids::AmendmentId;
use serde_json::{Map, Value, json};
use sha2::Digest as _;

/// SHA-256 of a text, in lower-case hexadecimal.
pub fn sha256_hex(text: &str) -> String {
    crate::ids::hex(&sha2::Sha256::digest(text.as_bytes()))
}

/// JSON in one form only: keys in the order of their code points, no blanks. Whoever holds the
/// same values gets the same bytes and so the same hash.
pub fn canonical_json(value: &Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// The fingerprint of a roll: SHA-256 over the ids of its members in ascending order, one a line.
pub fn roll_fingerprint<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    let mut ids: Vec<&str> = ids.collect();
    ids.sort_unstable();
    let mut hasher = sha2::Sha256::new();
    for id in ids {
        hasher.update(id.as_bytes());
        hasher.update(b"\n");
    }
    crate::ids::hex(&hasher.finalize())
}

/// Everything about a vote that froze at its opening (A4).
#[derive(Debug, Clone)]
pub struct FrozenVote<'a> {
    /// The amendment.
    pub amendment: AmendmentId,
    /// The fingerprint of the version that it changes.
    pub base_fingerprint: String,
    /// The words before and after.
    pub changes: &'a [Change],
    /// The rule that decides.
    pub rule: Rule,
    /// How many members are on the roll.
    pub roll_size: u32,
    /// The fingerprint of the roll.
    pub roll_fingerprint: String,
    /// From when ballots count.
    pub opens_at: Stamp,
    /// From when they count no longer.
    pub closes_at: Stamp,
}

impl FrozenVote<'_> {
    /// As it stands in the record.
    pub fn json(&self) -> Value {
        let changes: Vec<Value> = self.changes.iter().map(Change::json).collect();
        json!({
            "amendment": self.amendment,
            "base_fingerprint": self.base_fingerprint,
            "changes": changes,
            "rule": {"base": self.rule.base.as_str(), "quorum": self.rule.quorum},
            "roll": {"size": self.roll_size, "fingerprint": self.roll_fingerprint},
            "opens_at": iso_seconds(self.opens_at),
            "closes_at": iso_seconds(self.closes_at),
        })
    }

    /// SHA-256 over all of it: published at the opening, checked at the close.
    pub fn hash(&self) -> String {
        sha256_hex(&canonical_json(&self.json()))
    }
}

/// What the record of a closed ballot is made of (A13).
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// The Question's URL.
    pub poll: &'a str,
    /// What froze at the opening.
    pub frozen: &'a FrozenVote<'a>,
    /// Receipts and choices, in the order of the receipts.
    pub ballots: Vec<(String, &'a str)>,
    /// How many took part.
    pub took_part: u32,
    /// How they fell.
    pub tally: Tally,
    /// Votes that did not count, by reason.
    pub uncounted: &'a [(Uncounted, u32)],
    /// Votes of supporters; only when there are three or more (A10).
    pub soundings: Option<Tally>,
    /// Whether the amendment was carried.
    pub is_carried: bool,
    /// The fingerprint of the version that it brought.
    pub new_fingerprint: Option<&'a str>,
    /// The head of the chain before the close was added to it.
    pub chain: Option<&'a str>,
    /// Whether the ballots were those to which the chain is committed.
    pub is_as_sealed: bool,
    /// What happened to the server during the vote.
    pub incidents: &'a [Incident],
}

impl Record<'_> {
    /// The record as canonical JSON. Its checksum covers everything else in it, so that a single
    /// changed byte shows without anything to compare with.
    pub fn canonical(&self) -> String {
        let uncounted: Map<String, Value> =
            self.uncounted.iter().map(|(reason, total)| (reason.as_str().to_owned(), json!(total))).collect();
        let mut record = json!({
            "kind": "caucus ballot record",
            "version": 2,
            "poll": self.poll,
            "frozen": self.frozen.json(),
            "frozen_hash": self.frozen.hash(),
            "ballots": self.ballots,
            "took_part": self.took_part,
            "totals": totals(self.tally),
            "uncounted": uncounted,
            "soundings": self.soundings.map(totals),
            "is_carried": self.is_carried,
            "new_fingerprint": self.new_fingerprint,
            "chain": self.chain,
            "is_as_sealed": self.is_as_sealed,
            "incidents": self.incidents.iter().map(Incident::json).collect::<Vec<_>>(),
        });
        let checksum = sha256_hex(&canonical_json(&record));
        if let Some(fields) = record.as_object_mut() {
            fields.insert("checksum".to_owned(), json!(checksum));
        }
        canonical_json(&record)
    }
}

fn totals(tally: Tally) -> Value {
    json!({"For": tally.votes_for, "Against": tally.against, "Abstain": tally.abstain})
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn canonical_json_does_not_depend_on_the_order_of_keys() {
        let one = json!({"b": [1, {"z": "é", "a": null}], "a": true});
        let other = json!({"a": true, "b": [1, {"a": null, "z": "é"}]});

        assert_eq!(canonical_json(&one), r#"{"a":true,"b":[1,{"a":null,"z":"é"}]}"#);
        assert_eq!(canonical_json(&one), canonical_json(&other));
    }

    #[test]
    fn the_fingerprint_of_a_roll_does_not_depend_on_its_order() {
        let of = |ids: &[&str]| roll_fingerprint(ids.iter().copied());

        assert_eq!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a", "b"]), of(&["a", "b", "c"]));
        assert_ne!(of(&["ab"]), of(&["a", "b"]));
        assert_eq!(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
