//! What the inboxes take and what they refuse, over real HTTP, with hostile senders.

use crate::support::fault::raw;
use crate::support::keys::Scheme;
use crate::support::peer::{Person, actor_document};
use crate::support::{FaultPeer, Peer, Reaction, TestApp, TestKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use caucus::db::{inbox, remote_actors};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sha2::Digest as _;
use std::collections::BTreeSet;

/// A draft-cavage POST of which every part can be set.
#[derive(Clone)]
struct Letter {
    path: String,
    host: String,
    body: String,
    key_id: String,
    date: Option<String>,
    digest: Option<String>,
    names: String,
    /// More parameters of the signature, from `,` on.
    more: String,
    /// Lines for `(created)` and the like.
    pseudo: Vec<(String, String)>,
    extra_headers: Vec<(String, String)>,
    signed_target: Option<String>,
    authorization: bool,
}

impl Letter {
    /// What an honest server sends.
    fn honest(app: &TestApp, person: &Person, activity: &Value) -> Self {
        let body = activity.to_string();
        Self {
            path: "/inbox".to_owned(),
            host: app.app.urls.host().to_owned(),
            date: Some(date(app, TimeDelta::zero())),
            digest: Some(digest(&body)),
            body,
            key_id: person.key_id.clone(),
            names: "(request-target) host date digest".to_owned(),
            more: ",algorithm=\"rsa-sha256\"".to_owned(),
            pseudo: Vec::new(),
            extra_headers: Vec::new(),
            signed_target: None,
            authorization: false,
        }
    }

    fn headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![
            ("Host".to_owned(), self.host.clone()),
            ("Content-Type".to_owned(), "application/activity+json".to_owned()),
        ];
        headers.extend(self.date.iter().map(|date| ("Date".to_owned(), date.clone())));
        headers.extend(self.digest.iter().map(|digest| ("Digest".to_owned(), digest.clone())));
        headers.extend(self.extra_headers.iter().cloned());
        headers
    }

    fn signature(&self, key: &TestKey) -> String {
        let headers = self.headers();
        let value = |name: &str| {
            let known = self.pseudo.iter().chain(&headers).find(|(known, _)| known.eq_ignore_ascii_case(name));
            known.map_or(String::new(), |(_, value)| value.clone())
        };
        let target = self.signed_target.clone().unwrap_or_else(|| format!("post {}", self.path));
        let lines: Vec<String> = self
            .names
            .split(' ')
            .map(|name| match name {
                "(request-target)" => format!("(request-target): {target}"),
                name => format!("{}: {}", name.to_lowercase(), value(name)),
            })
            .collect();
        format!(
            "keyId=\"{}\"{},headers=\"{}\",signature=\"{}\"",
            self.key_id,
            self.more,
            self.names,
            key.sign(&lines.join("\n"))
        )
    }

    /// The bytes on the wire, with `more` header lines at the end.
    fn wire(&self, key: &TestKey, more: &[(&str, &str)]) -> Vec<u8> {
        let mut text = format!("POST {} HTTP/1.1\r\nConnection: close\r\n", self.path);
        for (name, value) in self.headers() {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let (name, prefix) = if self.authorization { ("Authorization", "Signature ") } else { ("Signature", "") };
        text.push_str(&format!("{name}: {prefix}{}\r\n", self.signature(key)));
        for (name, value) in more {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{}", self.body.len(), self.body));
        text.into_bytes()
    }

    async fn send(&self, app: &TestApp, key: &TestKey) -> u16 {
        raw(app.app.urls.host(), &self.wire(key, &[])).await.0
    }
}

fn date(app: &TestApp, offset: TimeDelta) -> String {
    (app.app.now() + offset).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn digest(body: &str) -> String {
    format!("SHA-256={}", STANDARD.encode(sha2::Sha256::digest(body.as_bytes())))
}

/// An activity with an id of its own.
fn like(peer: &Peer, person: &Person) -> Value {
    json!({ "@context": "https://www.w3.org/ns/activitystreams", "id": peer.fresh_url("likes"), "type": "Like",
        "actor": person.url, "object": "https://elsewhere.example/1" })
}

async fn waiting(app: &TestApp) -> i64 {
    app.app.read(inbox::count_waiting).await.unwrap()
}

async fn setting() -> (TestApp, Peer, Person) {
    let app = TestApp::start().await;
    let peer = Peer::start(&app).await;
    let bob = peer.person("bob");
    (app, peer, bob)
}

#[tokio::test]
async fn a_never_seen_actor_costs_one_fetch_and_then_none() {
    let (app, peer, bob) = setting().await;
    for scheme in [Scheme::Cavage, Scheme::Rfc9421] {
        let bob = Person { scheme, ..peer.person("bob") };
        let (status, text) = peer.send(&bob, &app.url("/inbox"), &like(&peer, &bob)).await;
        assert_eq!((status, text.as_str()), (202, ""));
    }
    assert_eq!(peer.asked().len(), 1);
    assert_eq!(waiting(&app).await, 2);
    let (url, handle) = (bob.url.clone(), bob.handle.clone());
    let stored = app.app.read(move |conn| remote_actors::find_remote_actor(conn, &url)).await.unwrap().unwrap();
    assert_eq!(stored.handle(), handle);
    assert_eq!(stored.keys[0].key_id, bob.key_id);
}

#[tokio::test]
async fn requests_that_arrive_together_share_one_fetch() {
    let (app, peer, bob) = setting().await;
    let (inbox, peer, bob) = (app.url("/inbox"), &peer, &bob);
    let letters: Vec<Value> = (0..20).map(|_| like(peer, bob)).collect();

    let answers = futures_util::future::join_all(letters.iter().map(|letter| peer.send(bob, &inbox, letter))).await;

    assert!(answers.iter().all(|(status, _)| *status == 202), "{answers:?}");
    assert_eq!(peer.asked().len(), 1);
    assert_eq!(waiting(&app).await, 20);
}

#[tokio::test]
async fn the_same_bytes_any_number_of_times_are_stored_once() {
    let (app, peer, bob) = setting().await;
    let wire = Letter::honest(&app, &bob, &like(&peer, &bob)).wire(&bob.key, &[]);
    for _ in 0..5 {
        let answers = futures_util::future::join_all((0..10).map(|_| raw(app.app.urls.host(), &wire))).await;
        assert!(answers.iter().all(|(status, _)| *status == 202), "{answers:?}");
    }
    assert_eq!(waiting(&app).await, 1);
}

#[tokio::test]
async fn what_must_be_signed_and_how_fresh_it_must_be() {
    let (app, peer, bob) = setting().await;
    let honest = || Letter::honest(&app, &bob, &like(&peer, &bob));
    let names = |names: &str| Letter { names: names.to_owned(), ..honest() };
    let dated = |seconds: i64| Letter { date: Some(date(&app, TimeDelta::seconds(seconds))), ..honest() };
    let date_text = |text: &str| Letter { date: Some(text.to_owned()), ..honest() };
    let more = |more: &str| Letter { more: more.to_owned(), ..honest() };
    let now = app.app.now().timestamp();
    let created = |at: i64| Letter {
        names: "(request-target) host (created) digest".to_owned(),
        more: format!(",algorithm=\"hs2019\",created={at}"),
        pseudo: vec![("(created)".to_owned(), at.to_string())],
        date: None,
        ..honest()
    };
    let many_names = format!("(request-target) host date digest{}", " x".repeat(10_000));
    for (what, letter, status) in [
        ("honest", honest(), 202),
        ("in another header", Letter { authorization: true, ..honest() }, 202),
        ("with capitals in the list", names("(request-target) Host Date Digest"), 202),
        ("without a label", more(""), 202),
        ("labelled hs2019", more(",algorithm=\"hs2019\""), 202),
        ("created, not dated", created(now), 202),
        ("almost too old", dated(-3599), 202),
        ("almost too early", dated(299), 202),
        ("too old", dated(-3601), 401),
        ("too early", dated(301), 401),
        ("of the year 2999", date_text("Tue, 01 Jan 2999 00:00:00 GMT"), 401),
        ("of the beginning", date_text("Thu, 01 Jan 1970 00:00:00 GMT"), 401),
        ("of no date", date_text("not a date"), 401),
        ("of an empty date", date_text(""), 401),
        ("undated", Letter { date: None, names: "(request-target) host digest".to_owned(), ..honest() }, 401),
        ("date not there", Letter { date: None, ..honest() }, 401),
        ("date not signed", names("(request-target) host digest"), 401),
        ("digest not signed", names("(request-target) host date"), 401),
        ("digest not there", Letter { digest: None, ..honest() }, 401),
        ("target not signed", names("host date digest"), 401),
        ("host not signed", names("(request-target) date digest"), 401),
        ("a name twice", names("(request-target) host date digest digest"), 401),
        ("an unknown name", names("(request-target) host date digest x-none"), 401),
        ("a tab in the list", names("(request-target) host\tdate digest"), 401),
        ("many names", names(&many_names), 400),
        ("created long ago", created(now - 3601), 401),
        ("created too early", created(now + 301), 401),
        (
            "fresh created, not signed, over an old date",
            Letter { more: format!(",created={now}"), ..dated(-3 * 86_400) },
            401,
        ),
        ("no algorithm", more(",algorithm=\"none\""), 401),
        ("hmac", more(",algorithm=\"hmac-sha256\""), 401),
        ("sha1", more(",algorithm=\"rsa-sha1\""), 401),
        ("sha512", more(",algorithm=\"rsa-sha512\""), 401),
        ("ed25519 with an RSA key", more(",algorithm=\"ed25519\""), 401),
        ("a parameter twice", more(",keyId=\"x\""), 400),
        ("signed for another inbox", Letter { signed_target: Some("post /actor/inbox".to_owned()), ..honest() }, 401),
        ("signed for another method", Letter { signed_target: Some("get /inbox".to_owned()), ..honest() }, 401),
        (
            "signed without the query",
            Letter { path: "/inbox?x=1".to_owned(), signed_target: Some("post /inbox".to_owned()), ..honest() },
            401,
        ),
        ("with a query, signed", Letter { path: "/inbox?x=1".to_owned(), ..honest() }, 202),
        ("for another host", Letter { host: "evil.example".to_owned(), ..honest() }, 401),
    ] {
        assert_eq!(letter.send(&app, &bob.key).await, status, "{what}");
    }
}

#[tokio::test]
async fn times_beyond_all_reason_are_refused_and_the_server_lives() {
    let (app, peer, bob) = setting().await;
    for value in
        ["18446744073709551615", "9223372036854775807", "-1", "1e9", "\"\"", "99999999999", "0x10", "\"1 \"", "+1"]
    {
        for parameter in ["created", "expires"] {
            let mut letter = Letter::honest(&app, &bob, &like(&peer, &bob));
            for names in ["(request-target) host date digest", "(request-target) host (created) (expires) digest date"]
            {
                letter.names = names.to_owned();
                letter.more = format!(",{parameter}={value}");
                let status = letter.send(&app, &bob.key).await;
                // A time that is not signed and can be read at least is nobody's business.
                let is_unsigned = value == "99999999999" && !names.contains("(created)");
                assert!(matches!(status, 400 | 401) || is_unsigned, "{parameter}={value}: {status}");
            }
        }
    }
    assert_eq!(raw(app.app.urls.host(), b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.0, 200);
}

#[tokio::test]
async fn a_header_that_says_who_speaks_must_not_come_twice() {
    let (app, peer, bob) = setting().await;
    let letter = Letter::honest(&app, &bob, &like(&peer, &bob));
    let (good, evil) = (letter.digest.clone().unwrap(), digest("{}"));
    let signature = letter.signature(&bob.key);
    let host = letter.host.clone();
    for (name, value) in [
        ("Digest", evil.as_str()),
        ("digest", good.as_str()),
        ("Signature", signature.as_str()),
        ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("Host", "evil.example"),
        ("Host", host.as_str()),
        ("Content-Type", "application/activity+json"),
        ("Content-Length", "3"),
    ] {
        let (status, _) = raw(&host, &letter.wire(&bob.key, &[(name, value)])).await;
        assert_eq!(status, 400, "{name}: {value}");
    }
    // The other order: what fits the body of the attacker comes first.
    let mut swapped = letter.clone();
    swapped.body = "{}".to_owned();
    swapped.extra_headers = vec![("Digest".to_owned(), good)];
    swapped.digest = Some(evil);
    assert_eq!(swapped.send(&app, &bob.key).await, 400);
    // Signed in two headers.
    let both = letter.wire(&bob.key, &[("Authorization", &format!("Signature {signature}"))]);
    assert_eq!(raw(&host, &both).await.0, 400);
    assert_eq!(waiting(&app).await, 0);
    assert_eq!(letter.send(&app, &bob.key).await, 202);
}

#[tokio::test]
async fn a_request_that_was_made_for_another_server_is_worth_nothing_here() {
    let (app, peer, bob) = setting().await;
    let letter = Letter { host: "evil.example".to_owned(), ..Letter::honest(&app, &bob, &like(&peer, &bob)) };
    assert_eq!(letter.send(&app, &bob.key).await, 401);
    // The signature for the other host, sent with our name.
    let wire = String::from_utf8(letter.wire(&bob.key, &[])).unwrap();
    let replayed = wire.replace("Host: evil.example", &format!("Host: {}", app.app.urls.host()));
    assert_eq!(raw(app.app.urls.host(), replayed.as_bytes()).await.0, 401);
    // The same for RFC 9421, where the target holds the host.
    let bob = Person { scheme: Scheme::Rfc9421, ..peer.person("bob") };
    let activity = like(&peer, &bob).to_string();
    let request = crate::support::keys::Request { url: "http://evil.example/inbox", body: &activity };
    let headers = bob.key.post_headers(bob.scheme, &bob.key_id, &request, app.app.now());
    assert_eq!(crate::support::peer::post(&app.url("/inbox"), &headers, activity).await.0, 401);
    assert_eq!(waiting(&app).await, 0);
}

#[tokio::test]
async fn nobody_can_speak_in_the_name_of_another() {
    let (app, peer, bob) = setting().await;
    let evil = Peer::start(&app).await;
    let (mallory, eve) = (evil.person("mallory"), peer.person("eve"));
    assert_ne!(eve.key.public_pem, bob.key.public_pem, "the two keep different keys");
    for kind in [
        "Create", "Update", "Delete", "Follow", "Undo", "Accept", "Reject", "Block", "Flag", "Like", "Announce", "Move",
    ] {
        let mut activity = like(&peer, &bob);
        activity["type"] = json!(kind);
        let mut from_evil = activity.clone();
        from_evil["id"] = json!(evil.fresh_url("a"));
        let key_ids = [mallory.key_id.clone(), bob.key_id.clone()];
        for (person, activity) in [(&mallory, &activity), (&eve, &activity), (&mallory, &from_evil)] {
            for key_id in key_ids.iter().chain([&person.key_id]) {
                let letter = Letter { key_id: key_id.clone(), ..Letter::honest(&app, person, activity) };
                let status = letter.send(&app, &person.key).await;
                assert!(matches!(status, 401 | 403), "{kind} of bob by {} with {key_id}: {status}", person.url);
            }
        }
    }
    assert_eq!(waiting(&app).await, 0);
}

#[tokio::test]
async fn a_key_elsewhere_than_its_actor_is_refused_before_anything_is_fetched() {
    let (app, peer, bob) = setting().await;
    let evil = Peer::start(&app).await;
    let mallory = evil.person("mallory");
    for key_id in [mallory.key_id.as_str(), "acct:bob@peer.example", "x", "http://10.0.0.1/k", "https://postgres/k"] {
        let letter = Letter { key_id: key_id.to_owned(), ..Letter::honest(&app, &bob, &like(&peer, &bob)) };
        assert_eq!(letter.send(&app, &mallory.key).await, 401, "{key_id}");
    }
    assert_eq!((peer.asked().len(), evil.asked().len()), (0, 0));
}

#[tokio::test]
async fn a_key_counts_only_if_its_owner_lists_it() {
    let app = TestApp::start().await;
    let peer = Peer::start(&app).await;
    let (bob, mallory) = (peer.person("bob"), peer.person("eve"));
    // A document of mallory's that says its key is bob's.
    let stolen = format!("{}/keys/1", peer.base);
    let claim = json!({ "id": stolen, "owner": bob.url, "publicKeyPem": mallory.key.public_pem });
    peer.serve("/keys/1", "application/activity+json", &claim);
    let letter = Letter { key_id: stolen, ..Letter::honest(&app, &mallory, &like(&peer, &bob)) };
    assert_eq!(letter.send(&app, &mallory.key).await, 401);
    // An actor that lists bob's key id for a key of its own does not become bob.
    let mut document = actor_document(&peer.base, "eve", &mallory.key.public_pem);
    document["publicKey"]["id"] = json!(bob.key_id);
    peer.serve("/users/eve", "application/activity+json", &document);
    let letter = Letter { key_id: bob.key_id.clone(), ..Letter::honest(&app, &mallory, &like(&peer, &bob)) };
    assert_eq!(letter.send(&app, &mallory.key).await, 401);
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
}

#[tokio::test]
async fn keys_at_addresses_of_their_own_are_found_through_the_actor() {
    let (app, peer, bob) = setting().await;
    // As GoToSocial: the key's address has no fragment and answers a stub without inbox.
    let key_id = format!("{}/main-key", bob.url);
    let mut document = actor_document(&peer.base, "bob", &bob.key.public_pem);
    document["publicKey"]["id"] = json!(key_id);
    peer.serve("/users/bob", "application/activity+json", &document);
    let letter = Letter { key_id: key_id.clone(), ..Letter::honest(&app, &bob, &like(&peer, &bob)) };
    assert_eq!(letter.send(&app, &bob.key).await, 202);
    assert_eq!(peer.asked().len(), 1);
    // A standalone key document that the actor only links to.
    let eve = peer.person("eve");
    let key_id = format!("{}/keys/eve", peer.base);
    let mut document = actor_document(&peer.base, "eve", "");
    document["publicKey"] = json!(key_id);
    peer.serve("/users/eve", "application/activity+json", &document);
    let key = json!({ "id": key_id, "owner": eve.url, "publicKeyPem": eve.key.public_pem });
    peer.serve("/keys/eve", "application/activity+json", &key);
    let letter = Letter { key_id, ..Letter::honest(&app, &eve, &like(&peer, &eve)) };
    assert_eq!(letter.send(&app, &eve.key).await, 202);
}

#[tokio::test]
async fn an_address_that_serves_now_one_actor_and_now_another_is_neither() {
    let app = TestApp::start().await;
    let peer = Peer::start(&app).await;
    let bob = peer.person("bob");
    let key = TestKey::kept(3);
    let pem = key.public_pem.clone();
    let target = bob.url.clone();
    let evil = FaultPeer::start(move |path, before| match (path, before % 2) {
        ("/users/mallory", 0) => Reaction::redirect("/users/other"),
        ("/users/mallory", _) => Reaction::redirect(&target),
        _ => Reaction::document(&actor_document("http://nowhere.example", "other", &pem)),
    })
    .await;
    let mallory = Person {
        url: format!("{}/users/mallory", evil.base),
        handle: String::new(),
        key_id: format!("{}/users/mallory#main-key", evil.base),
        key,
        scheme: Scheme::Cavage,
    };
    for actor in [&mallory.url, &bob.url] {
        let activity = json!({ "id": format!("{}/a", evil.base), "type": "Like", "actor": actor, "object": "x" });
        let status = Letter::honest(&app, &mallory, &activity).send(&app, &mallory.key).await;
        assert!(matches!(status, 401 | 403), "{status}");
    }
    assert_eq!(waiting(&app).await, 0);
}

#[tokio::test]
async fn a_changed_key_is_noticed_and_bad_signatures_do_not_make_us_ask_again_and_again() {
    let (app, peer, bob) = setting().await;
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
    let fresh = TestKey::generate();
    peer.serve("/users/bob", "application/activity+json", &actor_document(&peer.base, "bob", &fresh.public_pem));
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &fresh).await, 202);
    assert_eq!(peer.asked().len(), 2);

    for _ in 0..100 {
        assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 401);
    }
    assert_eq!(peer.asked().len(), 2, "the key was asked for a moment ago");
    app.advance(TimeDelta::minutes(5));
    for _ in 0..3 {
        assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 401);
    }
    assert_eq!(peer.asked().len(), 3);
}

#[tokio::test]
async fn a_document_without_a_key_takes_no_known_key_away() {
    let (app, peer, bob) = setting().await;
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
    let mut document = actor_document(&peer.base, "bob", "");
    document.as_object_mut().unwrap().remove("publicKey");
    peer.serve("/users/bob", "application/activity+json", &document);
    app.advance(TimeDelta::hours(25));

    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
    assert_eq!(peer.asked().len(), 2);
}

#[tokio::test]
async fn an_actor_whose_origin_says_gone_cannot_act_but_can_take_leave() {
    let (app, peer, bob) = setting().await;
    let farewell =
        json!({ "id": format!("{}#delete", bob.url), "type": "Delete", "actor": bob.url, "object": bob.url });
    // Nobody here knew him: nothing to do, nothing to ask.
    assert_eq!(Letter::honest(&app, &bob, &farewell).send(&app, &bob.key).await, 202);
    assert_eq!((peer.asked().len(), waiting(&app).await), (0, 0));

    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
    peer.serve_as("/users/bob", 410, "text/plain", "");
    app.advance(TimeDelta::hours(25));
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 401);
    assert_eq!(waiting(&app).await, 1);
    // The farewell counts, even if its key can no longer be checked.
    assert_eq!(Letter::honest(&app, &bob, &farewell).send(&app, &TestKey::kept(3)).await, 202);
    assert_eq!(waiting(&app).await, 2);
    // Back again.
    peer.serve("/users/bob", "application/activity+json", &actor_document(&peer.base, "bob", &bob.key.public_pem));
    app.advance(TimeDelta::minutes(6));
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
}

#[tokio::test]
async fn a_farewell_that_its_actor_did_not_say_is_refused() {
    let (app, peer, bob) = setting().await;
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
    let farewell =
        json!({ "id": format!("{}#delete", bob.url), "type": "Delete", "actor": bob.url, "object": bob.url });
    assert_eq!(Letter::honest(&app, &bob, &farewell).send(&app, &TestKey::generate()).await, 401);
}

#[tokio::test]
async fn an_actor_who_cannot_be_reached_may_act_for_a_week() {
    let (app, peer, bob) = setting().await;
    assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, 202);
    peer.serve_as("/users/bob", 500, "text/plain", "");
    for (hours, status) in [(25, 202), (6 * 24, 202), (25, 401)] {
        app.advance(TimeDelta::hours(hours));
        assert_eq!(Letter::honest(&app, &bob, &like(&peer, &bob)).send(&app, &bob.key).await, status, "{hours}");
    }
}

#[tokio::test]
async fn made_up_actors_cost_sixty_fetches_a_minute_and_honest_ones_pass() {
    let (app, peer, bob) = setting().await;
    let key = TestKey::kept(1);
    let mut statuses = BTreeSet::new();
    for number in 0..100 {
        let url = format!("{}/nobody/{number}", peer.base);
        let activity = json!({ "id": format!("{url}#1"), "type": "Like", "actor": url, "object": "x" });
        let letter = Letter { key_id: format!("{url}#k"), ..Letter::honest(&app, &bob, &activity) };
        statuses.insert((number >= 60, letter.send(&app, &key).await));
    }
    assert_eq!(statuses, BTreeSet::from([(false, 401), (true, 429)]));
    assert_eq!(peer.asked().len(), 60);
    // The failures are remembered; the next minute brings none of them back.
    app.advance(TimeDelta::minutes(1));
    let url = format!("{}/nobody/0", peer.base);
    let activity = json!({ "id": format!("{url}#1"), "type": "Like", "actor": url, "object": "x" });
    let letter = Letter { key_id: format!("{url}#k"), ..Letter::honest(&app, &bob, &activity) };
    assert_eq!(letter.send(&app, &key).await, 401);
    assert_eq!(peer.asked().len(), 60);

    let people: Vec<Person> = (0..200).map(|number| peer.person(&format!("voter{number}"))).collect();
    let (inbox, peer) = (app.url("/inbox"), &peer);
    let letters: Vec<Value> = people.iter().map(|person| like(peer, person)).collect();
    let sending = people.iter().zip(&letters).map(|(person, letter)| peer.send(person, &inbox, letter));
    let answers = futures_util::future::join_all(sending).await;
    assert!(answers.iter().all(|(status, _)| *status == 202), "{answers:?}");
    assert_eq!(peer.asked().len(), 260);
}

#[tokio::test]
async fn forms_of_requests_that_are_not_taken() {
    let (app, peer, bob) = setting().await;
    let honest = || Letter::honest(&app, &bob, &like(&peer, &bob));
    let host = app.app.urls.host().to_owned();
    for (name, value, status) in
        [("Content-Encoding", "gzip", 415), ("Content-Encoding", "br", 415), ("Content-Encoding", "identity", 202)]
    {
        assert_eq!(raw(&host, &honest().wire(&bob.key, &[(name, value)])).await.0, status, "{name}: {value}");
    }
    for (content_type, status) in [
        ("application/activity+json; charset=utf-8", 202),
        ("application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"", 202),
        ("application/ld+json", 202),
        ("application/json", 415),
        ("text/plain", 415),
        ("multipart/form-data", 415),
        ("", 415),
    ] {
        let wire = String::from_utf8(honest().wire(&bob.key, &[])).unwrap();
        let wire = wire.replace("Content-Type: application/activity+json", &format!("Content-Type: {content_type}"));
        assert_eq!(raw(&host, wire.as_bytes()).await.0, status, "{content_type}");
    }
    let large = Letter { body: format!("{{\"a\":\"{}\"}}", "x".repeat(256 * 1024)), ..honest() };
    assert_eq!(large.send(&app, &bob.key).await, 413);
    let unsigned = json!({}).to_string();
    for body in ["", "[]", "{", &unsigned, "{\"@graph\":[]}", "{\"id\":1,\"id\":1}"] {
        let letter = Letter { body: body.to_owned(), digest: Some(digest(body)), ..honest() };
        assert_eq!(letter.send(&app, &bob.key).await, 400, "{body}");
    }
    let nobody = Letter { path: "/c/nobody/inbox".to_owned(), ..honest() };
    assert_eq!(nobody.send(&app, &bob.key).await, 404);
    let instance = Letter { path: "/actor/inbox".to_owned(), ..honest() };
    assert_eq!(instance.send(&app, &bob.key).await, 202);
}

#[tokio::test]
async fn unsigned_requests_are_refused_in_words() {
    let (app, peer, bob) = setting().await;
    let body = like(&peer, &bob).to_string();
    let headers = [("content-type".to_owned(), "application/activity+json".to_owned())];

    let (status, text) = crate::support::peer::post(&app.url("/inbox"), &headers, body).await;

    assert_eq!((status, text.as_str()), (401, "the request is not signed\n"));
    assert_eq!(peer.asked().len(), 0);
}

#[tokio::test]
async fn a_personal_inbox_takes_what_the_shared_one_takes() {
    let (app, ada) = TestApp::with_community().await;
    app.cabal(ada, "bees").await;
    let peer = Peer::start(&app).await;
    let bob = peer.person("bob");
    let letter = |path: &str| Letter { path: path.to_owned(), ..Letter::honest(&app, &bob, &like(&peer, &bob)) };

    for (path, status) in [("/c/bees/inbox", 202), ("/c/commons/inbox", 202), ("/c/ants/inbox", 404)] {
        assert_eq!(letter(path).send(&app, &bob.key).await, status, "{path}");
    }
    let elsewhere = Letter { signed_target: Some("post /c/commons/inbox".to_owned()), ..letter("/c/bees/inbox") };
    assert_eq!(elsewhere.send(&app, &bob.key).await, 401);
}

#[tokio::test]
async fn of_two_signatures_only_the_newer_kind_counts() {
    let (app, peer, bob) = setting().await;
    let letter = Letter::honest(&app, &bob, &like(&peer, &bob));
    let input = format!(
        "sig1=(\"@method\" \"@target-uri\");created={};keyid=\"{}\"",
        app.app.clock.now().timestamp(),
        bob.key_id
    );
    // The draft-cavage signature is good; the RFC 9421 one does not cover the body.
    assert_eq!(raw(app.app.urls.host(), &letter.wire(&bob.key, &[("Signature-Input", &input)])).await.0, 401);
}
