//! Reading the loose shapes of ActivityStreams: what may be a text, an object or an array of
//! either. Everything here is total: a shape that nobody sends gives nothing.

use crate::clock::Stamp;
use crate::domain::canonical;
use serde_json::Value;
use url::Url;

/// The most members of a list that are read.
const LONGEST_LIST: usize = 200;

/// The longest id of an object that is kept; both databases can index it.
const LONGEST_ID: usize = 1_000;

/// The type of an object when it is exactly one word (ID-17).
pub fn type_of(value: &Value) -> Option<&str> {
    value.get("type")?.as_str()
}

/// The id that a value names: a bare text, or the `id` of an object.
pub fn id_of(value: &Value) -> Option<&str> {
    let named = match value {
        Value::String(id) => Some(id.as_str()),
        Value::Object(object) => object.get("id")?.as_str(),
        _ => None,
    };
    named.filter(|id| !id.is_empty())
}

/// As [`id_of`], or that of the one member of an array.
pub fn one_id(value: &Value) -> Option<&str> {
    match value {
        Value::Array(list) => match list.as_slice() {
            [only] => id_of(only),
            _ => None,
        },
        other => id_of(other),
    }
}

/// True when a value names exactly this actor, whose URL is in canonical spelling.
pub fn names(value: &Value, actor_url: &str) -> bool {
    one_id(value).is_some_and(|id| id == actor_url || plain_url(id).is_some_and(|url| url.as_str() == actor_url))
}

/// Every id that an addressing property names.
pub fn ids(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::Array(list)) => list.iter().take(LONGEST_LIST).filter_map(id_of).collect(),
        Some(one) => id_of(one).into_iter().collect(),
        None => Vec::new(),
    }
}

/// The members of a property that may be one value or a list.
pub fn members(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(list)) => list,
        Some(Value::Null) | None => &[],
        Some(one) => std::slice::from_ref(one),
    }
}

/// A time as it is written on the wire; `None` when it is missing or unreadable.
pub fn stamp(value: Option<&Value>) -> Option<Stamp> {
    use chrono::SubsecRound as _;
    let text = value?.as_str()?;
    chrono::DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc().trunc_subsecs(6))
}

/// True when both are URLs of the same origin (ID-4, ID-6).
pub fn same_origin(a: &str, b: &str) -> bool {
    match (plain_url(a), plain_url(b)) {
        (Some(a), Some(b)) => canonical::same_origin(&a, &b),
        _ => false,
    }
}

/// A URL of ordinary length in ordinary characters, without a user name, which would make two
/// readings of its host possible (ID-10).
fn plain_url(text: &str) -> Option<Url> {
    let is_plain = text.len() <= LONGEST_ID && text.bytes().all(|b| b.is_ascii_graphic());
    if !is_plain {
        return None;
    }
    Url::parse(text).ok().filter(|url| url.username().is_empty() && url.password().is_none() && url.has_host())
}
