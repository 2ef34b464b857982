//! The published record of a vote: canonical JSON and its hash (rule A13), and in it everything that
//! froze at the opening (A4).

use super::ballot::Uncounted;
use super::incident::Incident;
use super::tally::{Rule, Tally};
use crate::clock::{Stamp, iso_seconds};
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
/// It is worked out one id after the other, so that a large roll needs no memory.
pub struct RollFingerprint {
    hasher: sha2::Sha256,
    size: u32,
    last: String,
}

impl Default for RollFingerprint {
    fn default() -> Self {
        Self { hasher: sha2::Sha256::new(), size: 0, last: String::new() }
    }
}

impl RollFingerprint {
    /// Adds the next member; false when it does not come after the one before, and nothing was added.
    pub fn add(&mut self, id: &str) -> bool {
        if self.size > 0 && self.last.as_str() >= id {
            return false;
        }
        id.clone_into(&mut self.last);
        self.hasher.update(id.as_bytes());
        self.hasher.update(b"\n");
        self.size = self.size.saturating_add(1);
        true
    }

    /// How many members it is of, and the fingerprint.
    pub fn finish(self) -> (u32, String) {
        (self.size, crate::ids::hex(&self.hasher.finalize()))
    }
}

/// Everything about a vote that froze at its opening (A4).
#[derive(Debug, Clone)]
pub struct FrozenVote {
    /// What it decides: of an amendment the words before and after and the reasons, of a lead the
    /// cabal and who is named.
    pub decides: Value,
    /// What is asked.
    pub question: String,
    /// The options in their order.
    pub options: Vec<String>,
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

impl FrozenVote {
    /// As it stands in the chain and in the record.
    pub fn json(&self) -> Value {
        json!({
            "decides": self.decides,
            "question": self.question,
            "options": self.options,
            "rule": {
                "majority": self.rule.majority.as_str(),
                "base": self.rule.base.as_str(),
                "quorum": self.rule.quorum,
            },
            "roll": self.roll(),
            "opens_at": iso_seconds(self.opens_at),
            "closes_at": iso_seconds(self.closes_at),
        })
    }

    /// As it was written down at first, when it held the text, the roll and the times of an amendment.
    pub fn json_of_the_first_kind(&self) -> Value {
        json!({
            "amendment": self.decides.get("amendment"),
            "base_fingerprint": self.decides.get("base_fingerprint"),
            "changes": self.decides.get("changes"),
            "rule": {"base": self.rule.base.as_str(), "quorum": self.rule.quorum},
            "roll": self.roll(),
            "opens_at": iso_seconds(self.opens_at),
            "closes_at": iso_seconds(self.closes_at),
        })
    }

    fn roll(&self) -> Value {
        json!({"size": self.roll_size, "fingerprint": self.roll_fingerprint})
    }
}

/// What does not hold about a vote at its close. One that has a fault decides nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An entry of its chain is missing or not what was written.
    Chain,
    /// Text, rule, question, times or state are not those of the opening.
    Frozen,
    /// Its roll is not the one of the opening.
    Roll,
    /// Somebody took part who is not on its roll.
    Voters,
    /// Its ballots are not those that were cast.
    Ballots,
    /// The data was put back from a backup when it was over already.
    Restored,
}

impl Fault {
    /// Every kind, in the order in which they are looked for.
    pub const ALL: [Self; 6] = [Self::Chain, Self::Frozen, Self::Roll, Self::Voters, Self::Ballots, Self::Restored];

    /// As it stands in the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Frozen => "frozen",
            Self::Roll => "roll",
            Self::Voters => "voters",
            Self::Ballots => "ballots",
            Self::Restored => "restored",
        }
    }

    /// Reads what stands in a record.
    pub fn stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.as_str() == text)
    }

    /// What it means, as people read it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Chain => "The chain of the vote was changed in the database.",
            Self::Frozen => {
                "The text, the rule, the times or the state of the vote were changed in the database after it had opened."
            }
            Self::Roll => "The roll of the vote was changed in the database after it had opened.",
            Self::Voters => "The list of who took part was changed in the database.",
            Self::Ballots => "The ballots cannot be shown to be those that were cast.",
            Self::Restored => {
                "The data of the server was put back from a backup after the vote had ended, so ballots may be missing, and \
                 another result may have been told before."
            }
        }
    }
}

/// The faults that the minutes of a vote tell of.
pub fn faults_in(minutes_json: &str) -> Vec<Fault> {
    let minutes: Value = serde_json::from_str(minutes_json).unwrap_or_default();
    let faults = minutes.get("faults").and_then(Value::as_array).into_iter().flatten();
    faults.filter_map(|fault| Fault::stored(fault.as_str()?)).collect()
}

/// What the minutes of a closed vote tell: its record without the ballots (A8, A13).
#[derive(Debug, Clone)]
pub struct Minutes<'a> {
    /// The Question's URL.
    pub poll: &'a str,
    /// What froze at the opening, as the chain holds it.
    pub frozen: &'a Value,
    /// The objections that stood beside the ballot, each with the proposer's answer (A14).
    pub objections: &'a [(String, Option<String>)],
    /// How many took part.
    pub took_part: u32,
    /// How the ballots fell.
    pub tally: Tally,
    /// Votes that did not count, by reason.
    pub uncounted: &'a [(Uncounted, u32)],
    /// Votes of supporters; only when there are three or more (A10).
    pub soundings: Option<Tally>,
    /// What does not hold; nothing in an honest vote.
    pub faults: &'a [Fault],
    /// Whether what was put to the vote is carried.
    pub is_carried: bool,
    /// The fingerprint of the version that it brought.
    pub new_fingerprint: Option<&'a str>,
    /// The head of the chain before the close was added to it.
    pub chain: Option<&'a str>,
    /// What happened to the server during the vote.
    pub incidents: &'a [Incident],
    /// When the result was worked out, at the end or later.
    pub closed_at: Stamp,
}

impl Minutes<'_> {
    /// As JSON.
    pub fn json(&self) -> Value {
        let uncounted: Map<String, Value> =
            self.uncounted.iter().map(|(reason, total)| (reason.as_str().to_owned(), json!(total))).collect();
        let objections: Vec<Value> =
            self.objections.iter().map(|(reason, answer)| json!({"reason": reason, "answer": answer})).collect();
        json!({
            "kind": "caucus ballot record",
            "version": 3,
            "poll": self.poll,
            "frozen": self.frozen,
            "frozen_hash": sha256_hex(&canonical_json(self.frozen)),
            "objections": objections,
            "took_part": self.took_part,
            "totals": totals(self.tally),
            "uncounted": uncounted,
            "soundings": self.soundings.map(totals),
            "faults": self.faults.iter().map(|fault| fault.as_str()).collect::<Vec<_>>(),
            "is_carried": self.is_carried,
            "new_fingerprint": self.new_fingerprint,
            "chain": self.chain,
            "incidents": self.incidents.iter().map(Incident::json).collect::<Vec<_>>(),
            "closed_at": iso_seconds(self.closed_at),
        })
    }
}

fn totals(tally: Tally) -> Value {
    json!({"For": tally.votes_for, "Against": tally.against, "Abstain": tally.abstain})
}

/// A record being written: the ballots first, in the order of their receipts, because their key is
/// the first of all; then the minutes. The text grows by each ballot and is never held twice.
pub struct RecordWriter(String);

impl Default for RecordWriter {
    fn default() -> Self {
        Self("{\"ballots\":[".to_owned())
    }
}

impl RecordWriter {
    /// Adds a ballot, whose receipt comes after the one before.
    pub fn add(&mut self, receipt: &str, choice: &str) {
        if !self.0.ends_with('[') {
            self.0.push(',');
        }
        self.0.push_str(&json!([receipt, choice]).to_string());
    }

    /// Adds the minutes and the checksum over everything else, so that a single changed byte shows
    /// without anything to compare with. Gives canonical JSON.
    pub fn finish(mut self, minutes: &Value) -> String {
        self.0.push_str("],");
        let mut checksum = sha2::Sha256::new();
        let rest = canonical_json(minutes);
        checksum.update(self.0.as_bytes());
        checksum.update(rest.trim_start_matches('{').as_bytes());
        let mut minutes = minutes.clone();
        if let Some(fields) = minutes.as_object_mut() {
            fields.insert("checksum".to_owned(), json!(crate::ids::hex(&checksum.finalize())));
        }
        self.0.push_str(canonical_json(&minutes).trim_start_matches('{'));
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone as _, Utc};

    #[test]
    fn canonical_json_does_not_depend_on_the_order_of_keys() {
        let one = json!({"b": [1, {"z": "é", "a": null}], "a": true});
        let other = json!({"a": true, "b": [1, {"a": null, "z": "é"}]});

        assert_eq!(canonical_json(&one), r#"{"a":true,"b":[1,{"a":null,"z":"é"}]}"#);
        assert_eq!(canonical_json(&one), canonical_json(&other));
    }

    #[test]
    fn the_fingerprint_of_a_roll_takes_each_member_once_and_in_order() {
        let of = |ids: &[&str]| {
            let mut fingerprint = RollFingerprint::default();
            let taken: Vec<bool> = ids.iter().map(|id| fingerprint.add(id)).collect();
            (taken, fingerprint.finish())
        };

        let (_, (size, print)) = of(&["a", "b"]);
        assert_eq!((size, print.as_str()), (2, sha256_hex("a\nb\n").as_str()));
        assert_eq!(of(&["b", "a"]).0, [true, false]);
        assert_eq!(of(&["a", "a", "b"]), (vec![true, false, true], (2, print.clone())));
        assert_ne!(of(&["ab"]).1, of(&["a", "b"]).1);
        assert_eq!(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    fn minutes() -> Value {
        let frozen = json!({"roll": {"size": 3}});
        Minutes {
            poll: "https://caucus.example/polls/1",
            frozen: &frozen,
            objections: &[("Too \"soon\".".to_owned(), None)],
            took_part: 2,
            tally: Tally { votes_for: 2, against: 0, abstain: 0 },
            uncounted: &[(Uncounted::Late, 1)],
            soundings: None,
            faults: &[Fault::Ballots],
            is_carried: false,
            new_fingerprint: None,
            chain: Some("c"),
            incidents: &[],
            closed_at: Utc.with_ymd_and_hms(2026, 3, 8, 12, 0, 0).unwrap(),
        }
        .json()
    }

    #[test]
    fn a_record_is_canonical_and_its_checksum_covers_the_rest() {
        for ballots in [&[][..], &[("A", "For"), ("B", "For")][..]] {
            let mut writer = RecordWriter::default();
            ballots.iter().for_each(|(receipt, choice)| writer.add(receipt, choice));

            let text = writer.finish(&minutes());

            let mut record: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(canonical_json(&record), text);
            assert_eq!(record["ballots"], json!(ballots));
            let checksum = record.as_object_mut().unwrap().remove("checksum").unwrap();
            assert_eq!(checksum, sha256_hex(&canonical_json(&record)));
            record.as_object_mut().unwrap().remove("ballots");
            assert_eq!(canonical_json(&record), canonical_json(&minutes()), "the rest is the minutes");
        }
    }

    #[test]
    fn faults_are_read_as_they_are_written() {
        for fault in Fault::ALL {
            assert_eq!(Fault::stored(fault.as_str()), Some(fault));
        }
        assert_eq!(Fault::stored("all is well"), None);
        assert_eq!(faults_in(&canonical_json(&minutes())), [Fault::Ballots]);
        assert_eq!(faults_in(""), []);
    }
}
