//! Reading the document of an actor of another server: what it must say, and what is left out
//! because it points elsewhere (ID-2, ID-12, ID-17, IN-14). Pure.

use super::signatures::VerifyingKey;
use crate::clock::Stamp;
use crate::db::remote_actors::{KeyAlgorithm, RemoteActor, RemoteKey};
use crate::domain::canonical::{self, Strictness};
use activitypub_federation::protocol::public_key::PublicKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize as _;
use serde_json::Value;
use url::Url;

/// The types that can act.
pub const ACTOR_TYPES: &[&str] = &["Person", "Service", "Group", "Organization", "Application"];
/// The most keys of one actor that are looked at.
const MOST_KEYS: usize = 10;
/// The longest display name kept, in characters.
const LONGEST_NAME: usize = 500;
/// The longest user name.
const LONGEST_USERNAME: usize = 128;

/// The longest spelling of a moment that is kept.
const LONGEST_MOMENT: usize = 64;

/// What a document says, and what has to be fetched beside it.
#[derive(Debug)]
pub struct ReadActor {
    /// The actor with the keys that stand in the document itself.
    pub actor: RemoteActor,
    /// Keys that stand in documents of their own, by URL on the actor's host.
    pub key_links: Vec<Url>,
}

/// Reads the document that was fetched from `url`.
///
/// # Errors
/// What is wrong with it.
pub fn read(json: &Value, url: &Url, strictness: Strictness, now: Stamp) -> Result<ReadActor, &'static str> {
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    let id = text("id").filter(|id| *id == url.as_str()).ok_or("its id is not its address")?;
    let kind = text("type").filter(|kind| ACTOR_TYPES.contains(kind)).ok_or("it is no actor")?;
    let here = |field: Option<&str>| {
        let parsed = canonical::parse_remote(field?, strictness).ok()?;
        canonical::same_origin(&parsed, url).then(|| parsed.to_string())
    };
    let inbox = here(text("inbox")).ok_or("it has no inbox on its own host")?;
    let shared = json.get("endpoints").and_then(|endpoints| endpoints.get("sharedInbox")).and_then(Value::as_str);
    let username =
        text("preferredUsername").filter(|name| is_username(name)).map_or_else(|| last_segment(url), str::to_owned);
    let actor = RemoteActor {
        url: id.to_owned(),
        kind: kind.to_owned(),
        host: canonical::authority(url),
        name: text("name").map(plain).filter(|name| !name.is_empty()).unwrap_or_else(|| username.clone()),
        username,
        profile_url: here(text("url")).unwrap_or_else(|| id.to_owned()),
        inbox,
        shared_inbox: here(shared),
        followers_url: here(text("followers")),
        fetched_at: now,
        refresh_tried_at: None,
        unreachable_since: None,
        gone_at: None,
        heard_at: Some(now),
        published: text("published").map(|moment| moment.chars().take(LONGEST_MOMENT).collect()),
        keys: keys(json, url, strictness),
    };
    let key_links = one_or_many(json.get("publicKey"))
        .iter()
        .take(MOST_KEYS)
        .filter_map(|key| canonical::parse_remote(key.as_str()?, strictness).ok())
        .filter(|link| canonical::same_origin(link, url))
        .collect();
    Ok(ReadActor { actor, key_links })
}

/// Reads a key that has a document of its own. It must name the actor as its owner, and the
/// actor's document must have named the key (ID-2); the caller knows the latter.
pub fn read_key_document(json: &Value, link: &Url, actor: &Url) -> Option<RemoteKey> {
    let key = json.get("publicKey").unwrap_or(json);
    rsa_key(key, actor).filter(|key| key.key_id == link.as_str())
}

fn keys(json: &Value, actor: &Url, strictness: Strictness) -> Vec<RemoteKey> {
    let on_host = |key: &RemoteKey| {
        canonical::parse_remote(&key.key_id, strictness).is_ok_and(|id| canonical::same_origin(&id, actor))
    };
    let rsa = one_or_many(json.get("publicKey")).iter().take(MOST_KEYS).filter_map(|key| rsa_key(key, actor));
    let ed25519 =
        one_or_many(json.get("assertionMethod")).iter().take(MOST_KEYS).filter_map(|key| ed25519_key(key, actor));
    rsa.chain(ed25519).filter(on_host).collect()
}

/// A `publicKey` of this actor that counts (SG-14).
fn rsa_key(key: &Value, actor: &Url) -> Option<RemoteKey> {
    let key = PublicKey::deserialize(key).ok()?;
    let is_good = key.owner == *actor && VerifyingKey::from_rsa_pem(&key.public_key_pem).is_ok();
    is_good.then_some(RemoteKey { key_id: key.id, algorithm: KeyAlgorithm::Rsa, public_key: key.public_key_pem })
}

/// An Ed25519 `Multikey` of this actor (FEP-521a).
fn ed25519_key(key: &Value, actor: &Url) -> Option<RemoteKey> {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let is_owned = text("controller").is_some_and(|owner| owner == actor.as_str());
    let bytes = base58(text("publicKeyMultibase")?.strip_prefix('z')?)?;
    let [0xed, 0x01, key @ ..] = bytes.as_slice() else { return None };
    (is_owned && key.len() == 32).then(|| RemoteKey {
        key_id: text("id").unwrap_or_default().to_owned(),
        algorithm: KeyAlgorithm::Ed25519,
        public_key: STANDARD.encode(key),
    })
}

/// Base58 with the Bitcoin alphabet, for the 34 bytes of an Ed25519 multikey; nothing longer.
fn base58(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    if text.len() > 64 {
        return None;
    }
    // Little-endian while it grows.
    let mut bytes: Vec<u8> = Vec::new();
    for character in text.chars() {
        let mut carry = u32::try_from(ALPHABET.find(character)?).ok()?;
        for byte in &mut bytes {
            carry += u32::from(*byte) * 58;
            *byte = u8::try_from(carry & 0xff).ok()?;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push(u8::try_from(carry & 0xff).ok()?);
            carry >>= 8;
        }
    }
    bytes.extend(text.chars().take_while(|c| *c == '1').map(|_| 0));
    bytes.reverse();
    Some(bytes)
}

/// A property that may be one value or an array of them (JS-10).
fn one_or_many(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(many)) => many,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

/// What other programs use for user names: letters, digits, `_`, with `.` and `-` inside.
pub fn is_username(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (1..=LONGEST_USERNAME).contains(&name.len())
        && name.chars().all(|c| is_word(c) || matches!(c, '.' | '-'))
        && name.starts_with(is_word)
        && name.ends_with(is_word)
}

/// A stand-in for an actor without a usable user name.
fn last_segment(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    if is_username(last) { last.to_owned() } else { "actor".to_owned() }
}

/// One line of plain text.
fn plain(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_NAME).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock as _, SystemClock};
    use serde_json::json;

    const BOB: &str = "https://victim.example/u/bob";

    fn pem() -> String {
        crate::federation::keys::new_key_pair().unwrap().public_pem
    }

    fn document(pem: &str) -> Value {
        json!({
            "id": BOB, "type": "Person", "preferredUsername": "bob", "name": "Bob\n<b>",
            "inbox": "https://victim.example/u/bob/inbox",
            "endpoints": { "sharedInbox": "https://victim.example/inbox" },
            "publicKey": { "id": format!("{BOB}#main-key"), "owner": BOB, "publicKeyPem": pem },
        })
    }

    fn read_it(json: &Value) -> Result<ReadActor, &'static str> {
        read(json, &Url::parse(BOB).unwrap(), Strictness::Public, SystemClock.now())
    }

    fn with(mut json: Value, field: &str, value: Value) -> Value {
        json[field] = value;
        json
    }

    #[test]
    fn an_ordinary_actor_is_read() {
        let actor = read_it(&document(&pem())).unwrap().actor;

        assert_eq!(actor.handle(), "@bob@victim.example");
        assert_eq!(actor.name, "Bob <b>");
        assert_eq!(actor.shared_inbox.as_deref(), Some("https://victim.example/inbox"));
        assert_eq!(actor.profile_url, BOB);
        assert_eq!(actor.keys.len(), 1);
    }

    #[test]
    fn documents_that_are_no_actor_of_this_address_are_refused() {
        let pem = pem();
        for (field, value) in [
            ("id", json!("https://victim.example/u/bob/")),
            ("id", json!("https://victim.example/u/eve")),
            ("id", json!("https://VICTIM.example/u/bob")),
            ("id", json!(["https://victim.example/u/bob"])),
            ("type", json!("Note")),
            ("type", json!(["Person", "Create"])),
            ("type", json!("Create")),
            ("inbox", json!("https://other.example/inbox")),
            ("inbox", json!("http://victim.example/u/bob/inbox")),
            ("inbox", json!("https://victim.example:444/inbox")),
            ("inbox", json!(null)),
            ("inbox", json!({})),
        ] {
            assert!(read_it(&with(document(&pem), field, value.clone())).is_err(), "{field} {value}");
        }
    }

    #[test]
    fn what_points_to_another_host_is_left_out() {
        let elsewhere = json!("https://bank.example/x");
        let json = with(document(&pem()), "url", elsewhere.clone());
        let json = with(json, "endpoints", json!({ "sharedInbox": elsewhere }));
        let json = with(json, "followers", elsewhere);

        let actor = read_it(&json).unwrap().actor;

        assert_eq!((actor.profile_url.as_str(), actor.shared_inbox, actor.followers_url), (BOB, None, None));
    }

    #[test]
    fn keys_of_others_and_weak_keys_are_left_out() {
        let pem = pem();
        let key = |id: &str, owner: &str| json!({ "id": id, "owner": owner, "publicKeyPem": pem });
        for bad in [
            key(&format!("{BOB}#main-key"), "https://victim.example/u/eve"),
            key("https://evil.example/k", BOB),
            key("acct:bob@victim.example", BOB),
            json!({ "id": format!("{BOB}#main-key"), "publicKeyPem": pem }),
            json!({ "id": format!("{BOB}#main-key"), "owner": BOB, "publicKeyPem": "no key" }),
            json!(null),
            json!(7),
        ] {
            assert!(read_it(&with(document(&pem), "publicKey", bad.clone())).unwrap().actor.keys.is_empty(), "{bad}");
        }
    }

    #[test]
    fn an_ed25519_multikey_is_read() {
        // The example of the did:key method for Ed25519.
        let key = json!([{
            "id": format!("{BOB}#ed25519-key"), "type": "Multikey", "controller": BOB,
            "publicKeyMultibase": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        }]);

        let keys = read_it(&with(document(&pem()), "assertionMethod", key)).unwrap().actor.keys;

        assert_eq!(keys[1].algorithm, KeyAlgorithm::Ed25519);
        assert!(VerifyingKey::from_stored(&keys[1]).is_ok());
    }

    #[test]
    fn odd_names_are_made_harmless() {
        let json = with(document(&pem()), "preferredUsername", json!("admin@bank.example"));
        let json = with(json, "name", json!({ "html": "<b>" }));

        let actor = read_it(&json).unwrap().actor;

        assert_eq!((actor.username.as_str(), actor.name.as_str()), ("bob", "bob"));
    }
}
