//! JSON from others, read so that it can be read in one way only: UTF-8 without a mark, not too
//! deep, not too long, no key twice, no NUL, no JSON-LD keywords that would let another reader
//! see another document (JS-1, JS-2, JS-3, JS-6, ID-16). Contexts are never fetched (JS-7).

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// The largest body that an inbox takes.
pub const LARGEST_BODY: usize = 256 * 1024;
/// How deep arrays and objects may nest.
pub const DEEPEST: usize = 32;
/// The most items in one array, and the most keys in one object.
pub const MOST_ITEMS: usize = 1_000;
/// The longest string, in bytes.
pub const LONGEST_STRING: usize = 64 * 1024;

/// Reads an activity that came to an inbox.
///
/// # Errors
/// A short reason for the sender.
pub fn parse_activity(body: &[u8]) -> Result<Value, &'static str> {
    if body.len() > LARGEST_BODY {
        return Err("the body is too large");
    }
    parse_document(body)
}

/// Reads a document that we fetched; its size was limited while it came.
///
/// # Errors
/// A short reason.
pub fn parse_document(body: &[u8]) -> Result<Value, &'static str> {
    let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8")?;
    if text.starts_with('\u{feff}') {
        return Err("the body begins with a byte order mark");
    }
    check_depth(body)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Once.deserialize(&mut reader).map_err(|_| "the body is not plain JSON")?;
    reader.end().map_err(|_| "the body is not plain JSON")?;
    let Value::Object(top) = &value else { return Err("the body is not a JSON object") };
    let mut inner = match top.get("object") {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
    .iter()
    .filter_map(Value::as_object);
    if has_keyword(top) || inner.any(has_keyword) {
        return Err("JSON-LD keywords other than @context are not taken");
    }
    Ok(value)
}

fn has_keyword(object: &Map<String, Value>) -> bool {
    object.keys().any(|key| key.starts_with('@') && key != "@context")
}

/// Looks at brackets outside strings only, before anything is built from them.
fn check_depth(body: &[u8]) -> Result<(), &'static str> {
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for byte in body {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                if depth > DEEPEST {
                    return Err("the body is nested too deeply");
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Builds a [`Value`] in which every key stands once and everything keeps to its size.
struct Once;

impl<'de> DeserializeSeed<'de> for Once {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("plain JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        checked(value.to_owned()).map(Value::String)
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        checked(value).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            if all.len() == MOST_ITEMS {
                return Err(A::Error::custom("too many items"));
            }
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Self)?;
            if object.len() == MOST_ITEMS || object.insert(checked(key)?, value).is_some() {
                return Err(A::Error::custom("a key stands twice, or too many keys"));
            }
        }
        Ok(Value::Object(object))
    }
}

/// NUL has no place in text, and PostgreSQL would refuse it where SQLite takes it.
fn checked<E: serde::de::Error>(text: String) -> Result<String, E> {
    if text.len() > LONGEST_STRING || text.contains('\0') {
        Err(E::custom("a string that is not taken"))
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_ordinary_activity_is_read_as_it_stands() {
        let text = r#"{"@context":["https://www.w3.org/ns/activitystreams",{"@vocab":"x","a":{"@id":"b","@type":"@id"}}],"id":"https://a.example/1","n":-0,"f":1.5,"big":18446744073709551615,"o":{"a":[1,null,true,"\u00e9\"\\ ]"]}}"#;

        let value = parse_activity(text.as_bytes()).unwrap();

        assert_eq!(value, serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn hostile_json_is_refused() {
        let many = format!("{{\"to\":[{}1]}}", "1,".repeat(MOST_ITEMS));
        let long = format!("{{\"name\":\"{}\"}}", "a".repeat(LONGEST_STRING + 1));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(DEEPEST), "]".repeat(DEEPEST));
        let bomb = "[".repeat(100_000);
        let huge_number = format!("{{\"n\":{}}}", "9".repeat(10_000));
        let texts: &[&str] = &[
            "",
            " ",
            "[]",
            "\"a\"",
            "null",
            "{",
            "{}x",
            "{} {}",
            "\u{feff}{}",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\\u0000\"}",
            "{\"a\\u0000\":1}",
            "{\"a\":1e400}",
            "{\"a\":NaN}",
            "{'a':1}",
            "{\"a\":1,}",
            "{\"id\":1,\"id\":1}",
            "{\"type\":\"Note\",\"t\\u0079pe\":\"Create\"}",
            "{\"object\":{\"name\":1,\"name\":2}}",
            "{\"object\":[{\"name\":1,\"name\":2}]}",
            "{\"a\":{\"b\":{\"c\":1,\"c\":1}}}",
            "{\"@graph\":[]}",
            "{\"@included\":[]}",
            "{\"@reverse\":{}}",
            "{\"@type\":\"Create\"}",
            "{\"@id\":\"a\"}",
            "{\"object\":{\"@graph\":[]}}",
            "{\"object\":[1,{\"@type\":\"Note\"}]}",
            &many,
            &long,
            &deep,
            &bomb,
            &huge_number,
        ];
        for text in texts {
            assert!(parse_activity(text.as_bytes()).is_err(), "{}", &text[..text.len().min(80)]);
        }
        assert!(parse_activity(b"{\"a\":\"\xff\"}").is_err());
        assert!(parse_activity(format!("{{\"a\":{}1}}", " ".repeat(LARGEST_BODY)).as_bytes()).is_err());
    }

    #[test]
    fn what_just_keeps_to_the_limits_is_read() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(DEEPEST - 1), "]".repeat(DEEPEST - 1));
        let long = format!("{{\"name\":\"{}\"}}", "a".repeat(LONGEST_STRING));
        let brackets = format!("{{\"name\":\"{}\"}}", "[{\\\"".repeat(1_000));

        for text in [deep, long, brackets] {
            assert!(parse_activity(text.as_bytes()).is_ok(), "{}", &text[..80]);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_activity(&body);
        }

        #[test]
        fn what_is_read_is_what_any_other_reader_reads(text in "[\\[\\]{}\",:a0\\\\@ ]{0,60}") {
            if let Ok(value) = parse_activity(text.as_bytes()) {
                prop_assert_eq!(value, serde_json::from_str::<Value>(&text).unwrap());
            }
        }
    }
}
