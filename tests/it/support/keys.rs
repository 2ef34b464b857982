//! Keys and signatures of other servers, written for the tests alone so that they prove ours.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use caucus::clock::Stamp;
use sha2::Digest as _;
use std::path::Path;

/// An RSA key of a remote actor.
pub struct TestKey {
    pair: KeyPair,
    pub public_pem: String,
}

/// How a request shall be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// draft-cavage, `rsa-sha256`.
    Cavage,
    /// RFC 9421, `rsa-v1_5-sha256`.
    Rfc9421,
}

impl TestKey {
    /// A key made just now.
    pub fn generate() -> Self {
        Self::from_pair(KeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    /// One of a few keys that are kept between runs, because making one takes long. The same
    /// number is the same key.
    pub fn kept(number: u8) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let file = folder.join(format!("peer-{number}.pkcs8"));
        if let Ok(der) = std::fs::read(&file) {
            return Self::from_pair(KeyPair::from_pkcs8(&der).unwrap());
        }
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der = pair.as_der().unwrap();
        let draft = folder.join(format!("peer-{number}.{}", caucus::ids::random_receipt()));
        std::fs::write(&draft, der.as_ref()).unwrap();
        // Another test may have been quicker; its key and ours must not both be in use.
        match std::fs::hard_link(&draft, &file) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => panic!("cannot keep the key: {e}"),
        }
        std::fs::remove_file(&draft).unwrap();
        Self::from_pair(KeyPair::from_pkcs8(&std::fs::read(&file).unwrap()).unwrap())
    }

    fn from_pair(pair: KeyPair) -> Self {
        let der: PublicKeyX509Der = pair.public_key().as_der().unwrap();
        let public_pem = pem("PUBLIC KEY", der.as_ref());
        Self { pair, public_pem }
    }

    /// The signature of `text`, in Base64.
    pub fn sign(&self, text: &str) -> String {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        STANDARD.encode(signature)
    }

    /// The headers of a signed POST of `body` to `url` at `now`.
    pub fn post_headers(
        &self,
        scheme: Scheme,
        key_id: &str,
        request: &Request<'_>,
        now: Stamp,
    ) -> Vec<(String, String)> {
        match scheme {
            Scheme::Cavage => self.cavage(key_id, request, now),
            Scheme::Rfc9421 => self.rfc9421(key_id, request, now),
        }
    }

    fn cavage(&self, key_id: &str, request: &Request<'_>, now: Stamp) -> Vec<(String, String)> {
        let (date, host) = (http_date(now), request.host());
        let digest = format!("SHA-256={}", request.digest());
        let text = format!(
            "(request-target): post {}\nhost: {host}\ndate: {date}\ndigest: {digest}\ncontent-type: {CONTENT_TYPE}",
            request.path()
        );
        let signature = format!(
            "keyId=\"{key_id}\",algorithm=\"rsa-sha256\",headers=\"(request-target) host date digest content-type\",signature=\"{}\"",
            self.sign(&text)
        );
        named(&[("date", &date), ("digest", &digest), ("signature", &signature), ("content-type", CONTENT_TYPE)])
    }

    fn rfc9421(&self, key_id: &str, request: &Request<'_>, now: Stamp) -> Vec<(String, String)> {
        let digest = format!("sha-256=:{}:", request.digest());
        let parameters = format!(
            "(\"@method\" \"@target-uri\" \"content-digest\");alg=\"rsa-v1_5-sha256\";keyid=\"{key_id}\";created={}",
            now.timestamp()
        );
        let text = format!(
            "\"@method\": POST\n\"@target-uri\": {}\n\"content-digest\": {digest}\n\"@signature-params\": {parameters}",
            request.url
        );
        let signature = format!("sig1=:{}:", self.sign(&text));
        named(&[
            ("content-digest", &digest),
            ("signature-input", &format!("sig1={parameters}")),
            ("signature", &signature),
            ("content-type", CONTENT_TYPE),
        ])
    }
}

/// What other servers call an activity.
pub const CONTENT_TYPE: &str = "application/activity+json";

/// A POST that is to be signed.
pub struct Request<'a> {
    pub url: &'a str,
    pub body: &'a str,
}

impl Request<'_> {
    fn parsed(&self) -> url::Url {
        url::Url::parse(self.url).unwrap()
    }

    fn host(&self) -> String {
        let url = self.parsed();
        match url.port() {
            Some(port) => format!("{}:{port}", url.host_str().unwrap()),
            None => url.host_str().unwrap().to_owned(),
        }
    }

    fn path(&self) -> String {
        self.parsed().path().to_owned()
    }

    fn digest(&self) -> String {
        STANDARD.encode(sha2::Sha256::digest(self.body.as_bytes()))
    }
}

/// True when `signature` (Base64) over `text` was made with the key of `public_pem`.
pub fn is_signed_by(public_pem: &str, text: &str, signature: &str) -> bool {
    let body: String = public_pem.lines().filter(|line| !line.starts_with('-')).collect();
    let (Ok(der), Ok(signature)) = (STANDARD.decode(body), STANDARD.decode(signature)) else { return false };
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).verify(text.as_bytes(), &signature).is_ok()
}

fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn http_date(now: Stamp) -> String {
    now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
