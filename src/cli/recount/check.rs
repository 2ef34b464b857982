//! The counting itself, with an arithmetic of its own: nothing of the server is used here, so that
//! a fault of the server cannot hide in it (A13). The page `/recount` does the same a second time, in
//! a script; a table of forgeries is put to both.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

const OPTIONS: [&str; 3] = ["For", "Against", "Abstain"];
const HOUR: i64 = 3_600;

/// What the asker knows beside the file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known<'a> {
    /// The SHA-256 that the minutes print.
    pub sha256: Option<&'a str>,
    /// The receipt of their own ballot.
    pub receipt: Option<&'a str>,
}

/// Checks everything that can be known from the file; gives sentences that say what was checked.
///
/// # Errors
/// The first thing that does not hold, in a sentence.
pub(super) fn check(bytes: &[u8], known: Known<'_>) -> Result<Vec<String>, String> {
    let hash = sha256(bytes);
    if let Some(published) = known.sha256
        && published.trim().to_lowercase() != hash
    {
        return Err(format!("its SHA-256 is {hash}, and not the one that you gave. It is another file."));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not text.".to_owned())?;
    let record: Value = serde_json::from_str(text).map_err(|e| format!("it is not JSON ({e})."))?;
    let record = Record { fields: record.as_object().ok_or("it is not the record of a vote.")? };
    record.is_one(text)?;
    let mut sentences = vec![format!("SHA-256 of the file: {hash}"), format!("Vote: {}", record.text("poll")?)];
    record.frozen(&mut sentences)?;
    record.count(&mut sentences)?;
    record.own_ballot(known.receipt, &mut sentences)?;
    sentences.push(match known.sha256 {
        Some(_) => "It is the file of the minutes: the hash that you gave is its hash.".to_owned(),
        None => {
            "Compare the SHA-256 with the one in the minutes, and with the one that other servers were told: whoever \
                 changes a record can make its checksum fit again, and not this one."
                .to_owned()
        }
    });
    sentences.push(
        "What no file can tell is whether these are the ballots that were cast: for that, everybody can look for their own receipt."
            .to_owned(),
    );
    Ok(sentences)
}

struct Record<'a> {
    fields: &'a Map<String, Value>,
}

impl Record<'_> {
    fn field(&self, path: &str) -> Result<&Value, String> {
        let mut steps = path.split('.');
        let first = steps.next().and_then(|name| self.fields.get(name));
        steps
            .try_fold(first, |value, name| value.map(|value| value.get(name)).ok_or(()))
            .ok()
            .flatten()
            .ok_or_else(|| format!("{path} is missing in it."))
    }

    fn text(&self, path: &str) -> Result<&str, String> {
        self.field(path)?.as_str().ok_or_else(|| format!("{path} in it is not text."))
    }

    fn number(&self, path: &str) -> Result<u128, String> {
        self.field(path)?.as_u64().map(u128::from).ok_or_else(|| format!("{path} in it is not a whole number."))
    }

    fn list(&self, path: &str) -> Result<&Vec<Value>, String> {
        self.field(path)?.as_array().ok_or_else(|| format!("{path} in it is not a list."))
    }

    fn moment(&self, path: &str) -> Result<i64, String> {
        let moment = chrono::DateTime::parse_from_rfc3339(self.text(path)?);
        moment.map(|moment| moment.timestamp()).map_err(|_| format!("{path} in it is not a moment."))
    }

    /// It is a whole record, in the one way in which records are written.
    fn is_one(&self, text: &str) -> Result<(), String> {
        if self.text("kind")? != "caucus ballot record" {
            return Err("it is not the record of a vote.".to_owned());
        }
        match self.number("version")? {
            3 => {}
            other => return Err(format!("it is of kind {other}, which this version of the program does not know.")),
        }
        if canonical(&Value::Object(self.fields.clone()))? != text {
            return Err("it is not written in the one way in which records are written: a byte was changed.".to_owned());
        }
        let mut rest = self.fields.clone();
        rest.remove("checksum");
        if self.text("checksum")? != sha256(canonical(&Value::Object(rest))?.as_bytes()) {
            return Err("its checksum does not fit: something in it was changed.".to_owned());
        }
        let faults: Vec<&str> = self.list("faults")?.iter().filter_map(Value::as_str).collect();
        if faults.is_empty() {
            return Ok(());
        }
        Err(format!(
            "the server itself says in it that the vote does not hold ({}). So the vote decided nothing.",
            faults.join(", ")
        ))
    }

    /// What froze at the opening, the time that the vote was open, and the rule.
    fn frozen(&self, sentences: &mut Vec<String>) -> Result<(), String> {
        if self.text("frozen_hash")? != sha256(canonical(self.field("frozen")?)?.as_bytes()) {
            return Err("text, rule, roll or times are not those that were published at the opening.".to_owned());
        }
        if !self.list("frozen.options")?.iter().map(Value::as_str).eq(OPTIONS.map(Some)) {
            return Err("its options are not For, Against and Abstain.".to_owned());
        }
        let (opens_at, closes_at) = (self.moment("frozen.opens_at")?, self.moment("frozen.closes_at")?);
        let (hours, words) = match self.text("frozen.decides.kind")? {
            "amendment" => (168, "one week"),
            "lead" => (72, "72 hours"),
            other => return Err(format!("it decides {other}, which this version of the program does not know.")),
        };
        if closes_at - opens_at != hours * HOUR {
            return Err(format!("the vote was not open for exactly {words}."));
        }
        if self.moment("closed_at")? < closes_at {
            return Err("it was closed before its end.".to_owned());
        }
        sentences.push(format!(
            "What was put to the vote is what its own hash says ({}); it was open for exactly {words}, from {} to {}.",
            self.text("frozen_hash")?,
            self.text("frozen.opens_at")?,
            self.text("frozen.closes_at")?
        ));
        Ok(())
    }

    /// Counts the ballots and works out what follows.
    fn count(&self, sentences: &mut Vec<String>) -> Result<(), String> {
        let counted = self.ballots()?;
        let all: u128 = counted.iter().sum();
        let [votes_for, against, abstain] = counted;
        let (roll, took_part) = (self.number("frozen.roll.size")?, self.number("took_part")?);
        if all > took_part || took_part > roll {
            return Err(format!("{all} ballots, {took_part} who took part and a roll of {roll} do not go together."));
        }
        for (option, total) in OPTIONS.into_iter().zip(counted) {
            if self.number(&format!("totals.{option}"))? != total {
                return Err(format!("its total for {option} is not what its ballots add up to, {total}."));
            }
        }
        let (is_carried, rule) = self.is_carried(counted, roll)?;
        if self.field("is_carried")?.as_bool() != Some(is_carried) {
            return Err("its result does not follow from its ballots and its rule.".to_owned());
        }
        let brings_nothing = self.field("new_fingerprint")?.is_null();
        if !is_carried && !brings_nothing {
            return Err("it names a new text, although it is not carried.".to_owned());
        }
        sentences.push(format!(
            "Counted {all} ballots, each with a receipt of its own: For {votes_for}, Against {against}, Abstain {abstain}."
        ));
        sentences.push(match took_part - all {
            0 => format!("They are as many as took part, and those not more than the roll of {roll}."),
            missing => {
                format!("{missing} of the {took_part} who took part have no ballot in it; the roll was of {roll}.")
            }
        });
        sentences.push(format!(
            "For: {} of the votes for and against, {} of all ballots, {} of the roll.",
            share(votes_for, votes_for + against),
            share(votes_for, all),
            share(votes_for, roll)
        ));
        sentences.push(format!(
            "The result follows from the ballots and the rule ({rule}): {}.",
            if is_carried { "carried" } else { "not carried" }
        ));
        Ok(())
    }

    /// Counts the ballots, one by one; each receipt once and in order.
    fn ballots(&self) -> Result<[u128; 3], String> {
        let mut counted = [0; 3];
        let mut before = "";
        for ballot in self.list("ballots")? {
            let pair: Option<(&str, &str)> = match ballot.as_array().map(Vec::as_slice) {
                Some([receipt, choice]) => receipt.as_str().zip(choice.as_str()),
                _ => None,
            };
            let (receipt, choice) = pair.ok_or("one of its ballots is not a receipt and a choice.")?;
            if receipt <= before {
                return Err(format!("the receipt {receipt} is there twice or out of order."));
            }
            before = receipt;
            let total = OPTIONS.iter().position(|option| *option == choice).and_then(|place| counted.get_mut(place));
            *total.ok_or_else(|| format!("the ballot {receipt} says {choice}, which is no option."))? += 1;
        }
        Ok(counted)
    }

    /// Whether it is carried, and the rule in words: an amendment by two thirds of its base and at least
    /// two votes, a lead by more votes for than against.
    fn is_carried(&self, [votes_for, against, abstain]: [u128; 3], roll: u128) -> Result<(bool, String), String> {
        let (majority, base) = (self.text("frozen.rule.majority")?, self.text("frozen.rule.base")?);
        let quorum = self.number("frozen.rule.quorum")?;
        let (is_enough, words) = match (self.text("frozen.decides.kind")?, majority, base) {
            ("amendment", "two_thirds", "cast") => (
                votes_for + votes_for + votes_for >= 2 * (votes_for + against),
                "two thirds of the votes for and against",
            ),
            ("amendment", "two_thirds", "roll") => (3 * votes_for >= roll + roll, "two thirds of the roll"),
            ("lead", "simple", "cast") if quorum == 0 => {
                return Ok((votes_for > against, "more votes for than against".to_owned()));
            }
            _ => return Err("its rule is none by which such a vote is decided.".to_owned()),
        };
        let is_carried = is_enough && votes_for > 1 && votes_for + against + abstain >= quorum;
        Ok((is_carried, format!("{words}, at least two votes for, at least {quorum} ballots")))
    }

    fn own_ballot(&self, receipt: Option<&str>, sentences: &mut Vec<String>) -> Result<(), String> {
        let Some(receipt) = receipt.map(str::trim) else { return Ok(()) };
        let mut pairs = self.list("ballots")?.iter().filter_map(Value::as_array).map(Vec::as_slice);
        let mine = pairs.find_map(|pair| match pair {
            [code, choice] if code.as_str() == Some(receipt) => choice.as_str(),
            _ => None,
        });
        sentences.push(match mine {
            Some(choice) => format!("Your receipt is in it, and beside it stands: {choice}."),
            None => {
                "Your receipt is not in it. Whoever voted again on the web has a newer receipt: only the last one is \
                     in the record."
                    .to_owned()
            }
        });
        Ok(())
    }
}

/// A share in per cent with one decimal, rounded to the nearest.
fn share(part: u128, whole: u128) -> String {
    match whole {
        0 => "no share".to_owned(),
        whole => {
            let tenths = (part * 2_000 + whole) / (whole + whole);
            format!("{}.{} %", tenths / 10, tenths % 10)
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON with its keys in order, without blanks, with whole numbers only.
fn canonical(value: &Value) -> Result<String, String> {
    Ok(match value {
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            let fields: Result<Vec<String>, String> =
                sorted.into_iter().map(|(key, value)| Ok(format!("{}:{}", quoted(key), canonical(value)?))).collect();
            format!("{{{}}}", fields?.join(","))
        }
        Value::Array(items) => {
            let items: Result<Vec<String>, String> = items.iter().map(canonical).collect();
            format!("[{}]", items?.join(","))
        }
        Value::String(text) => quoted(text),
        Value::Number(number) if number.is_u64() || number.is_i64() => number.to_string(),
        Value::Number(number) => return Err(format!("{number} in it is not a whole number.")),
        Value::Bool(_) | Value::Null => value.to_string(),
    })
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
