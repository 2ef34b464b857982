//! Another server: it serves actor documents, signs what its people send and keeps what it gets.

use super::app::TestApp;
use super::keys::{CONTENT_TYPE, Request, Scheme, TestKey};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use caucus::clock::Clock;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, OnceLock};

/// A remote server on the loopback address.
pub struct Peer {
    pub base: String,
    pub host: String,
    state: Arc<State>,
    clock: Arc<dyn Clock>,
    server: actix_web::dev::ServerHandle,
}

#[derive(Default)]
struct State {
    documents: Mutex<HashMap<String, Document>>,
    received: Mutex<Vec<Received>>,
    asked: Mutex<Vec<Received>>,
    post_answer: Mutex<Option<u16>>,
}

struct Document {
    status: u16,
    content_type: String,
    body: String,
}

/// A request that the peer got.
#[derive(Debug, Clone)]
pub struct Received {
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Received {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// An actor of a peer.
pub struct Person {
    pub url: String,
    pub handle: String,
    pub key_id: String,
    pub key: TestKey,
    pub scheme: Scheme,
}

impl Peer {
    /// A server whose clock is that of `app`, on a port of its own.
    pub async fn start(app: &TestApp) -> Self {
        Self::start_at(app, "127.0.0.1").await
    }

    /// The same on another loopback address (`127.0.0.2`, …), for tests with many hosts.
    pub async fn start_at(app: &TestApp, address: &str) -> Self {
        Self::start_by(Arc::clone(&app.app.clock), address).await
    }

    /// A server on this address with a clock of its own.
    pub async fn start_by(clock: Arc<dyn Clock>, address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let state = Arc::new(State::default());
        let shared = web::Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(answer)))
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { base: format!("http://{host}"), host, state, clock, server: handle }
    }

    /// A person on this server who signs as most do: draft-cavage.
    pub fn person(&self, name: &str) -> Person {
        self.person_who_signs(name, Scheme::Cavage)
    }

    /// A person on this server: their document, WebFinger and key are served from now on.
    pub fn person_who_signs(&self, name: &str, scheme: Scheme) -> Person {
        let number = name.bytes().fold(0_u8, u8::wrapping_add) % 4;
        let key = TestKey::kept(number);
        let url = format!("{}/users/{name}", self.base);
        let key_id = format!("{url}#main-key");
        self.serve(&format!("/users/{name}"), CONTENT_TYPE, &actor_document(&self.base, name, &key.public_pem));
        let finger = json!({
            "subject": format!("acct:{name}@{}", self.host),
            "aliases": [url],
            "links": [{ "rel": "self", "type": CONTENT_TYPE, "href": url }],
        });
        self.serve(
            &format!("/.well-known/webfinger?resource=acct:{name}@{}", self.host),
            "application/jrd+json",
            &finger,
        );
        Person { handle: format!("@{name}@{}", self.host), url, key_id, key, scheme }
    }

    /// Serves `body` at `path` (with its query, unescaped).
    pub fn serve(&self, path: &str, content_type: &str, body: &Value) {
        self.serve_as(path, 200, content_type, &body.to_string());
    }

    /// Answers a GET of `path` with exactly this.
    pub fn serve_as(&self, path: &str, status: u16, content_type: &str, body: &str) {
        let document = Document { status, content_type: content_type.to_owned(), body: body.to_owned() };
        self.state.documents.lock().insert(path.to_owned(), document);
    }

    /// From now on every POST is answered with `status`.
    pub fn answer_posts_with(&self, status: u16) {
        *self.state.post_answer.lock() = Some(status);
    }

    /// Every POST that came, in order.
    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().clone()
    }

    /// The activities of one type that came, in order.
    pub fn activities(&self, kind: &str) -> Vec<Value> {
        self.received().iter().map(Received::json).filter(|activity| activity["type"] == kind).collect()
    }

    /// Every GET that came, in order.
    pub fn asked(&self) -> Vec<Received> {
        self.state.asked.lock().clone()
    }

    /// Stops to answer: connections are refused from now on.
    pub async fn go_away(&self) {
        self.server.stop(false).await;
    }

    /// A number that tells the requests of this peer apart.
    pub fn fresh_url(&self, what: &str) -> String {
        format!("{}/{what}/{}", self.base, caucus::ids::random_receipt())
    }

    /// `person` sends `activity` to `inbox`, signed; answers the status and the text of the answer.
    pub async fn send(&self, person: &Person, inbox: &str, activity: &Value) -> (u16, String) {
        self.try_send(person, inbox, activity).await.unwrap()
    }

    /// The same; fails when nobody answers.
    pub async fn try_send(
        &self,
        person: &Person,
        inbox: &str,
        activity: &Value,
    ) -> Result<(u16, String), reqwest::Error> {
        let body = activity.to_string();
        let headers = person.key.post_headers(
            person.scheme,
            &person.key_id,
            &Request { url: inbox, body: &body },
            self.clock.now(),
        );
        try_post(inbox, &headers, body).await
    }
}

/// A POST with exactly these headers.
pub async fn post(url: &str, headers: &[(String, String)], body: String) -> (u16, String) {
    try_post(url, headers, body).await.unwrap()
}

/// The same; fails when nobody answers.
#[expect(clippy::disallowed_types, reason = "the test plays another server")]
pub async fn try_post(url: &str, headers: &[(String, String)], body: String) -> Result<(u16, String), reqwest::Error> {
    // Built once, because it reads the certificates of the machine; without kept connections,
    // because each test has a runtime of its own.
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    let client = CLIENT.get_or_init(|| {
        let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        builder.pool_max_idle_per_host(0).build().unwrap()
    });
    let request =
        headers.iter().fold(client.post(url).body(body), |request, (name, value)| request.header(name, value));
    let answer = request.send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

/// What most servers say of a person.
pub fn actor_document(base: &str, name: &str, public_pem: &str) -> Value {
    let url = format!("{base}/users/{name}");
    json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "id": url,
        "type": "Person",
        "preferredUsername": name,
        "name": name,
        "url": format!("{base}/@{name}"),
        "inbox": format!("{url}/inbox"),
        "outbox": format!("{url}/outbox"),
        "followers": format!("{url}/followers"),
        "endpoints": { "sharedInbox": format!("{base}/inbox") },
        "publicKey": { "id": format!("{url}#main-key"), "owner": url, "publicKeyPem": public_pem },
    })
}

async fn answer(request: HttpRequest, body: web::Bytes, state: web::Data<State>) -> HttpResponse {
    let path = match request.query_string() {
        "" => request.path().to_owned(),
        query => format!("{}?{}", request.path(), percent_encoding::percent_decode_str(query).decode_utf8_lossy()),
    };
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    let received = Received { path: path.clone(), headers, body: String::from_utf8_lossy(&body).into_owned() };
    if request.method() == actix_web::http::Method::POST {
        state.received.lock().push(received);
        let status = state.post_answer.lock().unwrap_or(202);
        return HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap()).finish();
    }
    state.asked.lock().push(received);
    match state.documents.lock().get(&path) {
        Some(document) => HttpResponse::build(actix_web::http::StatusCode::from_u16(document.status).unwrap())
            .content_type(document.content_type.as_str())
            .body(document.body.clone()),
        None => HttpResponse::NotFound().finish(),
    }
}
