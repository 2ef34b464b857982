//! Requests recorded from real servers (tests/fixtures), replayed at the time of their recording.

use crate::support::app::quiet;
use crate::support::store::Store;
use bytes::Bytes;
use caucus::App;
use caucus::clock::{FixedClock, Stamp};
use caucus::db::{DbError, inbox, remote_actors};
use caucus::domain::canonical::Strictness;
use caucus::federation::actor_document;
use caucus::federation::inbound::receive::{Incoming, receive};
use caucus::federation::signatures::{self, Expected, RequestHead, VerifyingKey};
use chrono::DateTime;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

const PROGRAMS: &[&str] = &["fedify", "gotosocial", "lemmy", "misskey", "mitra"];

/// One recorded request.
struct Recorded {
    file: PathBuf,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
    sent_at: Stamp,
    signer: Value,
    pem: String,
}

impl Recorded {
    fn read(file: &Path) -> Option<Self> {
        let json: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let pem = json["key_document"]["publicKey"]["publicKeyPem"].as_str()?.to_owned();
        let mut line = json["request_line"].as_str().unwrap().split(' ');
        let headers = json["headers"].as_array().unwrap().iter();
        let mut recorded = Self {
            file: file.to_owned(),
            method: line.next().unwrap().to_owned(),
            target: line.next().unwrap().to_owned(),
            headers: headers.map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
            body: json["body"].as_str().unwrap_or_default().to_owned(),
            sent_at: Stamp::default(),
            signer: json["actor"].clone(),
            pem,
        };
        if !recorded.header("signature").is_empty() {
            recorded.sent_at = recorded.read_time();
        }
        Some(recorded)
    }

    fn header(&self, wanted: &str) -> &str {
        self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map_or("", |(_, value)| value)
    }

    /// The server that it was sent to.
    fn base(&self) -> String {
        format!("http://{}", self.header("host"))
    }

    fn read_time(&self) -> Stamp {
        if let Some((_, created)) = self.header("signature-input").split_once("created=") {
            let digits: String = created.chars().take_while(char::is_ascii_digit).collect();
            return DateTime::from_timestamp(digits.parse().unwrap(), 0).unwrap();
        }
        DateTime::parse_from_rfc2822(self.header("date")).unwrap().to_utc()
    }

    fn head(&self) -> RequestHead {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        RequestHead::new(&self.method, &self.target, headers).unwrap()
    }

    /// What the real verifier makes of it.
    fn is_genuine(&self) -> bool {
        let body = (self.method == "POST").then_some(self.body.as_bytes());
        let expected = Expected { base: &self.base(), now: self.sent_at, certain: self.sent_at };
        let key = VerifyingKey::from_rsa_pem(&self.pem).unwrap();
        signatures::read(&self.head(), body, &expected).is_ok_and(|claim| claim.is_made_by(&key))
    }

    fn with_header(mut self, wanted: &str, change: impl Fn(&str) -> String) -> Self {
        for (name, value) in &mut self.headers {
            if name.eq_ignore_ascii_case(wanted) {
                *value = change(value);
            }
        }
        self
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Every recorded request that is signed.
fn signed() -> Vec<Recorded> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files = PROGRAMS.iter().flat_map(|program| std::fs::read_dir(root.join(program)).unwrap());
    let mut all: Vec<Recorded> = files
        .map(|file| file.unwrap().path())
        .filter(|file| file.extension().is_some_and(|e| e == "json"))
        .filter_map(|file| Recorded::read(&file))
        .filter(|one| !one.header("signature").is_empty())
        .collect();
    all.sort_by(|a, b| a.file.cmp(&b.file));
    assert!(all.len() > 150, "only {} signed requests were found", all.len());
    all
}

#[test]
fn every_recorded_signature_is_genuine_at_its_time() {
    for request in signed() {
        assert!(request.is_genuine(), "{}", request.file.display());
    }
}

#[test]
fn one_altered_byte_makes_every_recorded_signature_worthless() {
    let swapped = |value: &str| {
        // A digit or letter in the middle becomes another one.
        let at = (value.len() / 2..value.len()).find(|at| value.as_bytes()[*at].is_ascii_alphanumeric()).unwrap();
        let other = if value.as_bytes()[at] == b'2' { "3" } else { "2" };
        format!("{}{other}{}", &value[..at], &value[at + 1..])
    };
    for request in signed() {
        let name = request.file.display().to_string();
        let again = || Recorded::read(&request.file).unwrap();
        for header in ["host", "date", "digest", "content-digest", "signature"] {
            let is_signed = header == "signature"
                || request.header("signature").contains(header)
                || request.header("signature-input").contains(&format!("\"{header}\""));
            if is_signed {
                assert!(!again().with_header(header, swapped).is_genuine(), "{name}: {header}");
            }
        }
        if request.method == "POST" {
            assert!(!Recorded { body: swapped(&request.body), ..again() }.is_genuine(), "{name}: body");
        }
        let target = format!("{}x", request.target);
        assert!(!Recorded { target, ..again() }.is_genuine(), "{name}: target");
        let method = if request.method == "POST" { "GET" } else { "POST" }.to_owned();
        assert!(!Recorded { method, ..again() }.is_genuine(), "{name}: method");
    }
}

#[test]
fn every_recorded_actor_is_read_with_the_key_that_it_signs_with() {
    for request in signed() {
        let url = Url::parse(request.signer["id"].as_str().unwrap()).unwrap();
        let read = actor_document::read(&request.signer, &url, Strictness::Local, request.sent_at);
        let actor = read.unwrap_or_else(|e| panic!("{}: {e}", request.file.display())).actor;

        assert!(actor.keys.iter().any(|key| key.public_key == request.pem), "{}", request.file.display());
    }
}

/// Sends a recorded request through the front door of a server that has the recorded address and
/// knows the recorded actor.
async fn replay(app: &App, request: &Recorded) -> Result<(), String> {
    let url = Url::parse(request.signer["id"].as_str().unwrap()).unwrap();
    let actor = actor_document::read(&request.signer, &url, Strictness::Local, app.now()).unwrap().actor;
    app.write(move |tx| remote_actors::save_remote_actor(tx, &actor)).await.map_err(|e: DbError| e.to_string())?;
    let body = Bytes::from(request.body.clone());
    let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let incoming = Incoming { head: request.head(), body, handle: None, source };
    receive(app, incoming).await.map_err(|rejection| format!("{} {}", rejection.status(), rejection.reason()))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_activity_comes_through_the_front_door_once() {
    let mut apps: Vec<(String, Arc<App>, Arc<FixedClock>, Store)> = Vec::new();
    for request in signed().into_iter().filter(|request| request.method == "POST") {
        // Each start of a recorded server had keys of its own.
        let group = format!("{} {}", request.base(), request.pem);
        if !apps.iter().any(|(known, ..)| *known == group) {
            let (app, clock, store) = quiet(&request.base(), request.sent_at);
            apps.push((group.clone(), app, clock, store));
        }
        let (_, app, clock, _) = apps.iter().find(|(known, ..)| *known == group).unwrap();
        clock.set(request.sent_at);
        let before = app.read(inbox::count_waiting).await.unwrap();

        let outcomes = [replay(app, &request).await, replay(app, &request).await];

        let name = request.file.display();
        assert_eq!(outcomes, [Ok(()), Ok(())], "{name}");
        let stored = app.read(inbox::count_waiting).await.unwrap() - before;
        assert!(stored == 1 || name.to_string().contains("knock_"), "{name}: stored {stored} times");
    }
}
