//! The rest of the fediverse, played on loopback: every address of 127.0.0.0/8 is a host of its
//! own. Serves actors and takes deliveries; verifies nothing, for it is the server under test
//! whose work is measured.

use crate::wire::{Message, read_message};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

/// Hosts whose second number is this answer deliveries after 100 ms.
pub const SLOW: u8 = 2;
/// Hosts whose second number is this never answer deliveries.
pub const HANGING: u8 = 3;

/// How many keys the actors share; making one for each would take longer than the benchmark.
const KEYS: usize = 8;

struct Key {
    pair: RsaKeyPair,
    public_pem: String,
}

/// The hosts and their actors.
pub struct Peer {
    port: u16,
    keys: Vec<Key>,
    /// Documents fetched so far.
    pub fetches: AtomicUsize,
    /// Deliveries answered so far.
    pub deliveries: AtomicUsize,
}

/// An actor: the host's address below 127 and a number.
#[derive(Clone, Copy)]
pub struct Actor {
    pub host: [u8; 3],
    pub number: usize,
}

impl Peer {
    /// Listens on every loopback address.
    pub async fn start() -> anyhow::Result<Arc<Self>> {
        let listener = TcpListener::bind("0.0.0.0:0").await?;
        let keys = (0..KEYS).map(|_| make_key()).collect::<Result<Vec<_>, _>>()?;
        let port = listener.local_addr()?.port();
        let peer = Arc::new(Self { port, keys, fetches: AtomicUsize::new(0), deliveries: AtomicUsize::new(0) });
        let serving = Arc::clone(&peer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                tokio::spawn(Arc::clone(&serving).serve(stream));
            }
        });
        Ok(peer)
    }

    async fn serve(self: Arc<Self>, mut stream: tokio::net::TcpStream) {
        let own = match stream.local_addr() {
            Ok(std::net::SocketAddr::V4(address)) => address.ip().octets(),
            _ => return,
        };
        let mut buffer = Vec::with_capacity(8 * 1024);
        while let Ok(Some(message)) = read_message(&mut stream, &mut buffer).await {
            let answer = if message.head.starts_with("GET ") {
                self.fetches.fetch_add(1, Ordering::Relaxed);
                self.document(&message)
            } else {
                match own[1] {
                    SLOW => tokio::time::sleep(Duration::from_millis(100)).await,
                    HANGING => std::future::pending().await,
                    _ => {}
                }
                self.deliveries.fetch_add(1, Ordering::Relaxed);
                "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_owned()
            };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn document(&self, request: &Message) -> String {
        let path = request.head.split(' ').nth(1).unwrap_or("/");
        let host = request.header("host").unwrap_or("");
        let number: usize = path.trim_start_matches("/u/").parse().unwrap_or(0);
        let id = format!("http://{host}/u/{number}");
        let pem = self.key(number).public_pem.replace('\n', "\\n");
        let body = format!(
            r#"{{"@context":["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1"],"id":"{id}","type":"Person","preferredUsername":"u{number}","name":"U {number}","inbox":"{id}/inbox","outbox":"{id}/outbox","followers":"{id}/followers","endpoints":{{"sharedInbox":"http://{host}/inbox"}},"publicKey":{{"id":"{id}#main-key","owner":"{id}","publicKeyPem":"{pem}"}}}}"#
        );
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn key(&self, number: usize) -> &Key {
        &self.keys[number % KEYS]
    }

    /// The URL of an actor.
    pub fn url(&self, actor: Actor) -> String {
        let [a, b, c] = actor.host;
        format!("http://127.{a}.{b}.{c}:{}/u/{}", self.port, actor.number)
    }

    /// A signed POST, ready to be sent (draft-cavage, as Mastodon signs).
    pub fn signed_post(&self, actor: Actor, target_host: &str, path: &str, body: &str) -> anyhow::Result<Vec<u8>> {
        let date = httpdate::fmt_http_date(std::time::SystemTime::now());
        let digest = format!("SHA-256={}", STANDARD.encode(sha2::Sha256::digest(body.as_bytes())));
        let signed = format!(
            "(request-target): post {path}\nhost: {target_host}\ndate: {date}\ndigest: {digest}\ncontent-type: application/activity+json"
        );
        let pair = &self.key(actor.number).pair;
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)?;
        let signature = STANDARD.encode(signature);
        let key_id = format!("{}#main-key", self.url(actor));
        Ok(format!(
            "POST {path} HTTP/1.1\r\nHost: {target_host}\r\nDate: {date}\r\nDigest: {digest}\r\nContent-Type: application/activity+json\r\n\
             Signature: keyId=\"{key_id}\",algorithm=\"rsa-sha256\",headers=\"(request-target) host date digest content-type\",signature=\"{signature}\"\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes())
    }
}

fn make_key() -> anyhow::Result<Key> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let der: aws_lc_rs::encoding::PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    let base64 = STANDARD.encode(der.as_ref());
    let lines: Vec<String> = base64.as_bytes().chunks(64).map(|l| String::from_utf8_lossy(l).into_owned()).collect();
    let public_pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
    Ok(Key { pair, public_pem })
}
