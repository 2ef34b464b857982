//! The activities that wrap what we publish. Pure.

use super::documents::ACTIVITY_STREAMS;
use crate::clock::{Stamp, iso_seconds};
use serde_json::{Map, Value, json};

/// What every activity begins with.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// `Create`, `Update`, `Delete` …
    pub kind: &'a str,
    /// Its URL; never used for another activity.
    pub id: &'a str,
    /// The URL of the actor who does it.
    pub actor: &'a str,
    /// When.
    pub at: Stamp,
}

/// Wraps an object: its context moves to the activity, and its addresses are repeated there,
/// because some programs read the one and some the other (fediverse.md 5.2).
pub fn wrap(head: Head<'_>, object: &Value) -> Value {
    let mut object = object.clone();
    let context = take_context(&mut object);
    let mut activity = begin(head, context);
    for key in ["to", "cc"] {
        if let Some(value) = object.get(key) {
            activity.insert(key.to_owned(), value.clone());
        }
    }
    activity.insert("object".to_owned(), object);
    Value::Object(activity)
}

/// The Delete of an object, addressed as the object was.
pub fn delete(head: Head<'_>, tombstone: &Value, addressed: &Value) -> Value {
    let mut tombstone = tombstone.clone();
    let context = take_context(&mut tombstone);
    let mut activity = begin(head, context);
    for key in ["to", "cc"] {
        if let Some(value) = addressed.get(key) {
            activity.insert(key.to_owned(), value.clone());
        }
    }
    activity.insert("object".to_owned(), tombstone);
    Value::Object(activity)
}

/// Gives an activity that somebody else composed its id and, where missing, actor and context.
pub fn complete(mut activity: Value, id: &str, actor: &str) -> Value {
    let context = take_context(&mut activity);
    let mut whole = Map::new();
    whole.insert("@context".to_owned(), context);
    whole.insert("id".to_owned(), json!(id));
    if let Value::Object(rest) = activity {
        for (key, value) in rest {
            whole.entry(key).or_insert(value);
        }
    }
    whole.insert("actor".to_owned(), json!(actor));
    Value::Object(whole)
}

fn begin(head: Head<'_>, context: Value) -> Map<String, Value> {
    let mut activity = Map::new();
    activity.insert("@context".to_owned(), context);
    activity.insert("id".to_owned(), json!(head.id));
    activity.insert("type".to_owned(), json!(head.kind));
    activity.insert("actor".to_owned(), json!(head.actor));
    activity.insert("published".to_owned(), json!(iso_seconds(head.at)));
    activity
}

fn take_context(value: &mut Value) -> Value {
    value.as_object_mut().and_then(|object| object.shift_remove("@context")).unwrap_or_else(|| json!(ACTIVITY_STREAMS))
}
