//! Signed requests of which every part can be set, for trying the front door.

use super::fault::raw;
use super::peer::{Peer, Person};
use super::{TestApp, TestKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use caucus::db::inbox;
use chrono::TimeDelta;
use serde_json::{Value, json};
use sha2::Digest as _;

/// A draft-cavage POST of which every part can be set.
#[derive(Clone)]
pub struct Letter {
    pub path: String,
    pub host: String,
    pub body: String,
    pub key_id: String,
    pub date: Option<String>,
    pub digest: Option<String>,
    pub names: String,
    /// More parameters of the signature, from `,` on.
    pub more: String,
    /// Lines for `(created)` and the like.
    pub pseudo: Vec<(String, String)>,
    pub extra_headers: Vec<(String, String)>,
    pub signed_target: Option<String>,
    pub authorization: bool,
}

impl Letter {
    /// What an honest server sends.
    pub fn honest(app: &TestApp, person: &Person, activity: &Value) -> Self {
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

    pub fn headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![
            ("Host".to_owned(), self.host.clone()),
            ("Content-Type".to_owned(), "application/activity+json".to_owned()),
        ];
        headers.extend(self.date.iter().map(|date| ("Date".to_owned(), date.clone())));
        headers.extend(self.digest.iter().map(|digest| ("Digest".to_owned(), digest.clone())));
        headers.extend(self.extra_headers.iter().cloned());
        headers
    }

    pub fn signature(&self, key: &TestKey) -> String {
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
    pub fn wire(&self, key: &TestKey, more: &[(&str, &str)]) -> Vec<u8> {
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

    pub async fn send(&self, app: &TestApp, key: &TestKey) -> u16 {
        raw(app.app.urls.host(), &self.wire(key, &[])).await.0
    }
}

pub fn date(app: &TestApp, offset: TimeDelta) -> String {
    (app.app.now() + offset).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

pub fn digest(body: &str) -> String {
    format!("SHA-256={}", STANDARD.encode(sha2::Sha256::digest(body.as_bytes())))
}

/// An activity with an id of its own.
pub fn like(peer: &Peer, person: &Person) -> Value {
    json!({ "@context": "https://www.w3.org/ns/activitystreams", "id": peer.fresh_url("likes"), "type": "Like",
        "actor": person.url, "object": "https://elsewhere.example/1" })
}

pub async fn waiting(app: &TestApp) -> i64 {
    app.app.read(inbox::count_waiting).await.unwrap()
}

pub async fn setting() -> (TestApp, Peer, Person) {
    let app = TestApp::start().await;
    let peer = Peer::start(&app).await;
    let bob = peer.person("bob");
    (app, peer, bob)
}
