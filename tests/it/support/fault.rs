//! A server that misbehaves: a bare socket that answers whatever a test tells it to.

use parking_lot::Mutex;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What to do with a request.
pub enum Reaction {
    /// Send these bytes and close.
    Answer(String),
    /// Send these bytes and then more and more.
    Endless(String),
    /// Send these bytes and then nothing, without closing.
    Hang(String),
}

impl Reaction {
    /// An answer with a status, a content type and a body.
    pub fn of(status: u16, content_type: &str, body: &str) -> Self {
        Self::Answer(format!(
            "HTTP/1.1 {status} x\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ))
    }

    /// An ActivityStreams document.
    pub fn document(body: &serde_json::Value) -> Self {
        Self::of(200, "application/activity+json", &body.to_string())
    }

    /// A redirect.
    pub fn redirect(location: &str) -> Self {
        Self::Answer(format!(
            "HTTP/1.1 302 x\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ))
    }
}

/// A listening server that misbehaves.
pub struct FaultPeer {
    pub base: String,
    pub host: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl FaultPeer {
    /// Starts it; `react` gets the path and how many requests came before.
    pub async fn start(react: impl Fn(&str, usize) -> Reaction + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, react) = (Arc::clone(&requests), Arc::new(react));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, react) = (Arc::clone(&seen), Arc::clone(&react));
                tokio::spawn(async move { serve(stream, &seen, &*react).await });
            }
        });
        Self { base: format!("http://{host}"), host, requests }
    }

    /// The requests that came, head and all.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().clone()
    }
}

async fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, react: &(dyn Fn(&str, usize) -> Reaction + Sync)) {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => head.extend_from_slice(&buffer[..read]),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let before = {
        let mut seen = seen.lock();
        seen.push(head);
        seen.len() - 1
    };
    match react(&path, before) {
        Reaction::Answer(text) => drop(stream.write_all(text.as_bytes()).await),
        Reaction::Endless(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            while stream.write_all(&[b' '; 16 * 1024]).await.is_ok() {}
        }
        Reaction::Hang(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            std::future::pending().await
        }
    }
}

/// Sends exactly these bytes to a server and answers the status and the rest of what came back.
pub async fn raw(host: &str, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // A server may close while we still send; what it said before counts.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, answer)
}
