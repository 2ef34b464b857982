//! A server that answers POSTs as badly as a test wants, and remembers what it got.

use parking_lot::Mutex;
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// How the peer answers.
#[derive(Debug, Clone)]
pub enum Rule {
    /// With this status and these headers.
    Status(u16, Vec<(&'static str, String)>),
    /// 401 to every signature but one of RFC 9421.
    OnlyRfc9421,
    /// Not at all, until it is let go; then the connection is closed.
    Hang,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

/// The server; it ends with the test's runtime.
pub struct FaultyPeer {
    pub host: String,
    state: Arc<State>,
    release: watch::Sender<bool>,
}

struct State {
    rule: Mutex<Rule>,
    once: Mutex<VecDeque<Rule>>,
    requests: Mutex<Vec<Request>>,
    came: Notify,
}

impl FaultyPeer {
    /// A server on a port of its own that takes everything.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (release, released) = watch::channel(false);
        let state = Arc::new(State {
            rule: Mutex::new(Rule::Status(202, Vec::new())),
            once: Mutex::default(),
            requests: Mutex::default(),
            came: Notify::new(),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared), released.clone()));
            }
        });
        Self { host, state, release }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// How every further request is answered.
    pub fn answer(&self, rule: Rule) {
        *self.state.rule.lock() = rule;
    }

    /// How one further request is answered, before the rule holds again.
    pub fn answer_once(&self, rule: Rule) {
        self.state.once.lock().push_back(rule);
    }

    /// Closes the connections that hang.
    pub fn let_go(&self) {
        self.release.send_replace(true);
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().clone()
    }

    pub fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }

    pub fn bodies(&self) -> Vec<Value> {
        self.requests().iter().map(|request| serde_json::from_str(&request.body).unwrap()).collect()
    }

    /// Waits until `count` requests have come.
    pub async fn wait_for(&self, count: usize) {
        loop {
            let came = self.state.came.notified();
            if self.state.requests.lock().len() >= count {
                return;
            }
            came.await;
        }
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>, mut released: watch::Receiver<bool>) {
    let mut buffer = Vec::new();
    while let Some(request) = read(&mut stream, &mut buffer).await {
        let rule = state.once.lock().pop_front().unwrap_or_else(|| state.rule.lock().clone());
        let is_rfc = request.headers.contains_key("signature-input");
        state.requests.lock().push(request);
        state.came.notify_waiters();
        let (status, headers) = match rule {
            Rule::Status(status, headers) => (status, headers),
            Rule::OnlyRfc9421 => (if is_rfc { 202 } else { 401 }, Vec::new()),
            Rule::Hang => {
                let _ = released.wait_for(|is_released| *is_released).await;
                return;
            }
        };
        let mut answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n");
        for (name, value) in headers {
            answer.push_str(&format!("{name}: {value}\r\n"));
        }
        answer.push_str("\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    let head_end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(buffer[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    while buffer.len() < head_end + length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(buffer[head_end..head_end + length].to_vec()).unwrap();
    buffer.drain(..head_end + length);
    Some(Request { path, headers, body })
}
