//! The outside of an activity: who says it, under which id, about what. Whatever is wrong with
//! it is found here, before any request goes out (ID-4, ID-6 to ID-10, ID-17). Pure.

use super::receive::Rejection;
use crate::domain::Urls;
use crate::domain::canonical::{self, Strictness};
use crate::federation::actor_document::ACTOR_TYPES;
use serde_json::Value;
use url::Url;

/// The outside of an activity that is worth asking for its signature.
#[derive(Debug)]
pub struct Envelope {
    /// Its own id, on its actor's origin.
    pub id: String,
    /// Its one type.
    pub kind: String,
    /// Who says it.
    pub actor: Url,
    /// True for the deletion of the very actor who says it.
    pub is_farewell: bool,
}

/// What an envelope is held against.
#[derive(Debug, Clone, Copy)]
pub struct House<'a> {
    /// Our own URLs.
    pub urls: &'a Urls,
    /// How strict we are about those of others.
    pub strictness: Strictness,
}

impl Envelope {
    /// Reads the outside of `activity`.
    ///
    /// # Errors
    /// 400 for what cannot be read, 403 for what its actor may not say.
    pub fn read(activity: &Value, house: House<'_>) -> Result<Self, Rejection> {
        let kind = activity.get("type").and_then(Value::as_str).filter(|kind| !kind.is_empty());
        let kind = kind.ok_or(Rejection::Malformed("the activity needs one type"))?;
        let actor =
            activity.get("actor").and_then(one_id).ok_or(Rejection::Malformed("the activity needs one actor"))?;
        let actor = house.foreign(actor)?;
        let id = activity.get("id").and_then(Value::as_str).ok_or(Rejection::Malformed("the activity needs an id"))?;
        if !canonical::same_origin(&house.foreign(id)?, &actor) {
            return Err(Rejection::Forbidden("the activity's id is not on its actor's server"));
        }
        let object = activity.get("object");
        if matches!(kind, "Create" | "Update") {
            for object in one_or_many(object) {
                check_embedded(object, &actor, house)?;
            }
        }
        let is_farewell = kind == "Delete" && object.and_then(one_id) == Some(actor.as_str());
        Ok(Self { id: id.to_owned(), kind: kind.to_owned(), actor, is_farewell })
    }
}

impl House<'_> {
    /// A URL of another server; ours are never taken from the network (ID-9).
    fn foreign(self, text: &str) -> Result<Url, Rejection> {
        if self.urls.is_ours(text) {
            return Err(Rejection::Forbidden("an address of this server cannot come from another"));
        }
        canonical::parse_remote(text, self.strictness).map_err(|_| Rejection::Malformed("an id is no plain https URL"))
    }
}

/// An object that came whole with its Create or Update: it must be its actor's own.
fn check_embedded(object: &Value, actor: &Url, house: House<'_>) -> Result<(), Rejection> {
    let Some(fields) = object.as_object() else { return Ok(()) };
    if fields.get("type").is_some_and(|kind| !kind.is_string()) {
        return Err(Rejection::Malformed("the object needs one type"));
    }
    let id = match fields.get("id") {
        Some(id) => Some(house.foreign(id.as_str().ok_or(Rejection::Malformed("the object's id is no text"))?)?),
        None => None,
    };
    if id.as_ref().is_some_and(|id| !canonical::same_origin(id, actor)) {
        return Err(Rejection::Forbidden("the object is not on its actor's server"));
    }
    if let Some(author) = fields.get("attributedTo") {
        let author = one_id(author).ok_or(Rejection::Malformed("the object needs one author"))?;
        if author != actor.as_str() {
            return Err(Rejection::Forbidden("the object is by somebody else"));
        }
    }
    let is_actor = fields.get("type").and_then(Value::as_str).is_some_and(|kind| ACTOR_TYPES.contains(&kind));
    if is_actor && id.is_some_and(|id| id != *actor) {
        return Err(Rejection::Forbidden("an actor can change only itself"));
    }
    Ok(())
}

/// An id given as text, as an object with an id, or as the only item of an array (JS-10).
fn one_id(value: &Value) -> Option<&str> {
    let value = match value {
        Value::Array(items) => match items.as_slice() {
            [only] if !only.is_array() => only,
            _ => return None,
        },
        one => one,
    };
    let text = match value {
        Value::Object(fields) => fields.get("id")?.as_str()?,
        one => one.as_str()?,
    };
    (!text.is_empty()).then_some(text)
}

fn one_or_many(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(many)) => many,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const MALLORY: &str = "https://evil.example/u/mallory";
    const BOB: &str = "https://victim.example/u/bob";

    fn read(activity: &Value) -> Result<Envelope, Rejection> {
        let urls = Urls::new(&Url::parse("https://cab.example").unwrap());
        Envelope::read(activity, House { urls: &urls, strictness: Strictness::Public })
    }

    fn create(object: Value) -> Value {
        json!({ "id": "https://evil.example/a/1", "type": "Create", "actor": MALLORY, "object": object })
    }

    fn status(activity: &Value) -> u16 {
        read(activity).err().map_or(202, |rejection| rejection.status())
    }

    #[test]
    fn an_activity_of_ones_own_is_read_in_every_shape() {
        for object in [
            json!({ "id": "https://evil.example/n/1", "type": "Note", "attributedTo": MALLORY }),
            json!({ "type": "Note", "attributedTo": [MALLORY] }),
            json!({ "type": "Note", "attributedTo": { "id": MALLORY, "type": "Person" } }),
            json!([{ "id": "https://evil.example/n/1", "attributedTo": MALLORY }, "https://evil.example/n/2"]),
            json!("https://elsewhere.example/n/1"),
            json!({ "id": MALLORY, "type": "Person" }),
        ] {
            assert_eq!(status(&create(object.clone())), 202, "{object}");
        }
        for actor in [json!(MALLORY), json!([MALLORY]), json!({ "id": MALLORY }), json!([{ "id": MALLORY }])] {
            let activity = json!({ "id": "https://EVIL.example./a/1", "type": "Like", "actor": actor });
            assert_eq!(read(&activity).unwrap().actor.as_str(), MALLORY);
        }
    }

    #[test]
    fn what_belongs_to_others_is_forbidden() {
        let note = |id: &str, author: &str| json!({ "id": id, "type": "Note", "attributedTo": author });
        for object in [
            note("https://victim.example/n/1", BOB),
            note("https://victim.example/n/1", MALLORY),
            note("https://evil.example/n/1", BOB),
            note("https://evil.example:8443/n/1", MALLORY).as_object().map(|o| json!(o)).unwrap(),
            note("https://cab.example/proposals/1", MALLORY),
            note("https://CAB.example./proposals/1", MALLORY),
            json!([note("https://evil.example/n/1", MALLORY), note("https://victim.example/n/2", BOB)]),
            json!({ "id": "https://evil.example/u/other", "type": "Person" }),
            json!({ "id": "https://cab.example/c/bees", "type": "Group" }),
        ] {
            for kind in ["Create", "Update"] {
                let mut activity = create(object.clone());
                activity["type"] = json!(kind);
                let answer = status(&activity);
                assert!(matches!(answer, 400 | 403), "{kind} {object}: {answer}");
                assert!(answer == 403 || object.to_string().contains(":8443"), "{kind} {object}");
            }
        }
    }

    #[test]
    fn authors_in_odd_shapes_are_malformed() {
        for author in [json!([MALLORY, BOB]), json!([[BOB]]), json!(null), json!(""), json!(7), json!([]), json!({})] {
            assert_eq!(status(&create(json!({ "type": "Note", "attributedTo": author }))), 400, "{author}");
        }
    }

    #[test]
    fn ids_on_other_servers_and_on_ours_are_refused() {
        let spellings = [
            "https://cab.example/a/1",
            "https://CAB.example/a/1",
            "https://cab.example./a/1",
            "https://cab.example:443/a/1",
            "https://\u{ff43}ab.example/a/1",
            "https://u:p@cab.example/a/1",
            "http://cab.example/a/1",
            "https://cab.example:8443/a/1",
            "HTTPS://cab.example/a/1",
            "https://cab.example\\@evil.example/a/1",
            "https://evil.example@cab.example/",
            "//cab.example/a/1",
        ];
        for spelling in spellings {
            for field in ["id", "actor"] {
                let mut activity = create(json!("https://evil.example/n/1"));
                activity[field] = json!(spelling);
                assert!(matches!(status(&activity), 400 | 403), "{field} {spelling}");
            }
            let object = json!({ "id": spelling, "type": "Note", "attributedTo": MALLORY });
            assert!(matches!(status(&create(object)), 400 | 403), "object {spelling}");
        }
        let mut activity = create(json!("https://evil.example/n/1"));
        activity["id"] = json!("https://victim.example/a/1");
        assert_eq!(status(&activity), 403);
    }

    #[test]
    fn activities_without_one_type_one_actor_and_an_id_are_malformed() {
        for (field, value) in [
            ("type", json!(["Note", "Create"])),
            ("type", json!(null)),
            ("type", json!("")),
            ("type", json!(7)),
            ("actor", json!([MALLORY, BOB])),
            ("actor", json!([])),
            ("actor", json!({})),
            ("actor", json!(7)),
            ("actor", json!("mallory")),
            ("actor", json!("acct:mallory@evil.example")),
            ("id", json!(null)),
            ("id", json!({})),
            ("id", json!("urn:uuid:1")),
            ("id", json!("javascript:alert(1)")),
        ] {
            let mut activity = create(json!("https://evil.example/n/1"));
            activity[field] = value.clone();
            assert_eq!(status(&activity), 400, "{field} {value}");
        }
    }

    #[test]
    fn a_farewell_is_told_from_other_deletions() {
        let delete = |object: Value| json!({ "id": format!("{MALLORY}#delete"), "type": "Delete", "actor": MALLORY, "object": object });

        assert!(read(&delete(json!(MALLORY))).unwrap().is_farewell);
        assert!(read(&delete(json!({ "id": MALLORY, "type": "Person" }))).unwrap().is_farewell);
        assert!(!read(&delete(json!(BOB))).unwrap().is_farewell);
        assert!(!read(&delete(json!("https://evil.example/n/1"))).unwrap().is_farewell);
    }
}
