//! The published record of a ballot: canonical JSON and its hash (rule A13).

use serde_json::Value;
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
