//! The counting itself, with an arithmetic of its own: nothing of the server is used here, so that
//! a fault of the server cannot hide in it (A13).

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

const OPTIONS: [&str; 3] = ["For", "Against", "Abstain"];
const WEEK_SECONDS: i64 = 604_800;

/// Checks everything that can be known from the file alone; gives sentences that say what.
///
/// # Errors
/// The first thing that does not hold, in a sentence.
pub(super) fn check(bytes: &[u8], published: Option<&str>) -> Result<Vec<String>, String> {
    let hash = sha256(bytes);
    if let Some(published) = published
        && published.trim().to_lowercase() != hash
    {
        return Err(format!("its SHA-256 is {hash}, and not the one that you gave. It is another file."));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not text.".to_owned())?;
    let record: Value = serde_json::from_str(text).map_err(|e| format!("it is not JSON ({e})."))?;
    let record = Record { fields: record.as_object().ok_or("it is not the record of a vote.")? };
    if record.text("kind")? != "caucus ballot record" {
        return Err("it is not the record of a vote.".to_owned());
    }
    if canonical(&Value::Object(record.fields.clone()))? != text {
        return Err("it is not written in the one way in which records are written: a byte was changed.".to_owned());
    }
    record.checksum(published.is_some())?;
    let counted = record.ballots()?;
    let sentences = record.sums(&counted)?;
    Ok(std::iter::once(format!("SHA-256 of the file: {hash}"))
        .chain(sentences)
        .chain([match published {
            Some(_) => "It is the file of the minutes: the hash that you gave is its hash.".to_owned(),
            None => "Compare the SHA-256 with the one in the minutes to be sure that it is the same file.".to_owned(),
        }])
        .collect())
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

    /// The checksum covers everything else in the record; the first records had none.
    fn checksum(&self, has_hash: bool) -> Result<(), String> {
        let frozen = sha256(canonical(self.field("frozen")?)?.as_bytes());
        match self.number("version")? {
            1 if has_hash => {}
            1 => {
                return Err("it is of the first kind, without a checksum: please give the hash of the minutes \
                            with --sha256."
                    .to_owned());
            }
            2 => {
                let mut rest = self.fields.clone();
                rest.remove("checksum");
                if self.text("checksum")? != sha256(canonical(&Value::Object(rest))?.as_bytes()) {
                    return Err("its checksum does not fit: something in it was changed.".to_owned());
                }
            }
            other => return Err(format!("it is of kind {other}, which this version of the program does not know.")),
        }
        if self.text("frozen_hash")? == frozen {
            Ok(())
        } else {
            Err("text, rule, roll or times are not those that were published at the opening.".to_owned())
        }
    }

    /// Counts the ballots, one by one; each receipt once and in order.
    fn ballots(&self) -> Result<BTreeMap<&str, u128>, String> {
        let ballots = self.field("ballots")?.as_array().ok_or("its ballots are not a list.")?;
        let mut counted: BTreeMap<&str, u128> = OPTIONS.into_iter().map(|option| (option, 0)).collect();
        let mut before = "";
        for ballot in ballots {
            let pair: Option<(&str, &str)> = match ballot.as_array().map(Vec::as_slice) {
                Some([receipt, choice]) => receipt.as_str().zip(choice.as_str()),
                _ => None,
            };
            let (receipt, choice) = pair.ok_or("one of its ballots is not a receipt and a choice.")?;
            if receipt <= before {
                return Err(format!("the receipt {receipt} is there twice or out of order."));
            }
            before = receipt;
            let total = counted.get_mut(choice);
            *total.ok_or_else(|| format!("the ballot {receipt} says {choice}, which is no option."))? += 1;
        }
        Ok(counted)
    }

    fn sums(&self, counted: &BTreeMap<&str, u128>) -> Result<Vec<String>, String> {
        let total = |option: &str| counted.get(option).copied().unwrap_or(0);
        let [votes_for, against, abstain] = OPTIONS.map(total);
        let all = votes_for + against + abstain;
        let roll = self.number("frozen.roll.size")?;
        let took_part = if self.fields.contains_key("took_part") { self.number("took_part")? } else { all };
        if all > took_part || took_part > roll {
            return Err(format!("{all} ballots, {took_part} who took part and a roll of {roll} do not go together."));
        }
        for option in OPTIONS {
            if self.number(&format!("totals.{option}"))? != total(option) {
                return Err(format!("its total for {option} is not what its ballots add up to, {}.", total(option)));
            }
        }
        self.times()?;
        if self.fields.get("is_as_sealed") == Some(&Value::Bool(false)) {
            return Err("the server itself says in it that the ballots were changed in its database.".to_owned());
        }
        let is_carried = self.is_carried([votes_for, against, abstain], roll)?;
        if self.field("is_carried")?.as_bool() != Some(is_carried) {
            return Err("its result does not follow from its ballots and its rule.".to_owned());
        }
        Ok(vec![
            format!("Vote: {}", self.text("poll")?),
            "The file is complete and unchanged: its own checksum fits.".to_owned(),
            format!(
                "Counted {all} ballots, each with a receipt of its own: For {votes_for}, Against {against}, Abstain {abstain}."
            ),
            format!(
                "They are not more than the {took_part} who took part, and those not more than the roll of {roll}."
            ),
            format!(
                "The totals and the result follow from the ballots: {}.",
                if is_carried { "carried" } else { "not carried" }
            ),
        ])
    }

    /// Two thirds of the base, at least two votes for, and the quorum.
    fn is_carried(&self, [votes_for, against, abstain]: [u128; 3], roll: u128) -> Result<bool, String> {
        let base = match self.text("frozen.rule.base")? {
            "cast" => votes_for + against,
            "roll" => roll,
            other => return Err(format!("its rule takes a share of {other}, which is not known.")),
        };
        let is_enough = votes_for + votes_for + votes_for >= base + base;
        Ok(is_enough && votes_for > 1 && votes_for + against + abstain >= self.number("frozen.rule.quorum")?)
    }

    fn times(&self) -> Result<(), String> {
        let at = |path| {
            let moment = chrono::DateTime::parse_from_rfc3339(self.text(path)?);
            moment.map(|moment| moment.timestamp()).map_err(|_| format!("{path} in it is not a moment."))
        };
        if at("frozen.closes_at")? - at("frozen.opens_at")? == WEEK_SECONDS {
            return Ok(());
        }
        Err("the vote was not open for exactly one week.".to_owned())
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
