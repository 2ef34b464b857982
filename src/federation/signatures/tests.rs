//! What we sign is what we verify, in both schemes, and nothing else.

use super::*;
use crate::clock::{Clock as _, SystemClock};
use crate::federation::keys::new_key_pair;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use proptest::prelude::*;

const KEY_ID: &str = "https://peer.example/u/bob#main-key";
const BODY: &[u8] = b"{\"type\":\"Like\"}";

type Sign = fn(&SigningKey, &Outgoing<'_>) -> Result<Vec<Header>, SignError>;

struct Sent {
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<&'static [u8]>,
    now: Stamp,
}

impl Sent {
    fn read(&self, base: &str) -> Result<Claim, Problem> {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let head = RequestHead::new(self.method, &self.target, headers)?;
        read(&head, self.body, &Expected { base, now: self.now, certain: self.now })
    }

    fn set(&mut self, name: &str, change: impl Fn(&str) -> String) {
        for (known, value) in &mut self.headers {
            if known == name {
                *value = change(value);
            }
        }
    }
}

fn keys() -> (SigningKey, VerifyingKey) {
    let pair = new_key_pair().unwrap();
    let signing = SigningKey::from_pem(KEY_ID.to_owned(), &pair.private_pem).unwrap();
    (signing, VerifyingKey::from_rsa_pem(&pair.public_pem).unwrap())
}

fn sent(key: &SigningKey, sign: Sign, url: &str, body: Option<&'static [u8]>) -> Sent {
    let (url, now) = (Url::parse(url).unwrap(), SystemClock.now());
    let method = if body.is_some() { "POST" } else { "GET" };
    let outgoing =
        Outgoing { method, url: &url, date: now, body: body.map(|body| (body, "application/activity+json")) };
    let mut headers: Vec<(String, String)> =
        sign(key, &outgoing).unwrap().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    headers.push(("host".to_owned(), outgoing.host()));
    Sent { method, target: outgoing.target(), headers, body, now }
}

#[test]
fn our_own_signatures_are_good_in_both_schemes_and_for_one_host_only() {
    let (signing, verifying) = keys();
    let (_, other) = keys();
    for sign in [sign_cavage as Sign, sign_rfc9421] {
        for (url, base) in [
            ("https://cab.example/inbox", "https://cab.example"),
            ("http://127.0.0.1:8080/c/bees/inbox", "http://127.0.0.1:8080"),
            ("https://cab.example/x?a=1&b=%20", "https://cab.example"),
        ] {
            for body in [Some(BODY), None] {
                let request = sent(&signing, sign, url, body);
                let claim = request.read(base).unwrap();
                assert_eq!(claim.key_id, KEY_ID);
                assert!(claim.is_made_by(&verifying), "{url}");
                assert!(!claim.is_made_by(&other));
                assert!(request.read("https://other.example").is_err());
            }
        }
    }
}

#[test]
fn a_fetch_may_be_signed_without_its_query_and_a_delivery_may_not() {
    let (signing, verifying) = keys();
    for (body, is_taken) in [(None, true), (Some(BODY), false)] {
        let mut request = sent(&signing, sign_cavage, "https://cab.example/x", body);
        request.target = "/x?page=true".to_owned();
        assert_eq!(request.read("https://cab.example").unwrap().is_made_by(&verifying), is_taken);
    }
}

#[test]
fn rfc_9421_must_cover_method_target_body_and_time() {
    let (signing, verifying) = keys();
    let with_input = |change: &dyn Fn(&str) -> String| {
        let mut request = sent(&signing, sign_rfc9421, "https://cab.example/inbox", Some(BODY));
        request.set("signature-input", change);
        request.read("https://cab.example").is_ok_and(|claim| claim.is_made_by(&verifying))
    };
    assert!(with_input(&|input| input.to_owned()));
    let swaps = [
        ("\"@method\" ", ""),
        ("\"@target-uri\" ", ""),
        ("\"content-digest\" ", ""),
        ("\"@method\"", "\"@method\" \"@method\""),
        ("\"@method\"", "\"@method\";req"),
        ("\"@method\"", "@method"),
        (";keyid", ";nokeyid"),
        (";created", ";nocreated"),
        ("rsa-v1_5-sha256", "rsa-pss-sha512"),
        ("rsa-v1_5-sha256", "hmac-sha256"),
        ("rsa-v1_5-sha256", "ed25519"),
        ("sig1", "SIG"),
        ("sig1", "sig2"),
        (";alg", ";created=1;alg"),
        (";alg", ";expires=1;alg"),
        (";alg", ",sig2=();alg"),
    ];
    for (from, to) in swaps {
        assert!(!with_input(&|input| input.replace(from, to)), "{from} -> {to}");
    }
    let created_at = |input: &str, created: &str| {
        let (before, after) = input.split_once("created=").unwrap();
        let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        format!("{before}created={created}{rest}")
    };
    for created in ["18446744073709551615", "9223372036854775807", "-1", "1e9", "", "\"\"", "0", "99999999999"] {
        assert!(!with_input(&|input| created_at(input, created)), "{created}");
    }
}

/// A request signed with Ed25519, over other components than ours.
fn ed25519_request(parameters: &str) -> (Sent, VerifyingKey) {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap();
    let now = SystemClock.now();
    let digest = digest::content_digest_header(BODY);
    let input = format!(
        "(\"@method\" \"@authority\" \"@path\" \"content-digest\");created={};keyid=\"{KEY_ID}\"{parameters}",
        now.timestamp()
    );
    let base = format!(
        "\"@method\": POST\n\"@authority\": cab.example\n\"@path\": /inbox\n\"content-digest\": {digest}\n\"@signature-params\": {input}"
    );
    let signature = STANDARD.encode(pair.sign(base.as_bytes()));
    let headers = [
        ("host", "cab.example".to_owned()),
        ("content-digest", digest),
        ("signature-input", format!("sig1={input}")),
        ("signature", format!("sig1=:{signature}:")),
    ];
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let key = VerifyingKey::from_ed25519_base64(&STANDARD.encode(pair.public_key())).unwrap();
    (Sent { method: "POST", target: "/inbox".to_owned(), headers, body: Some(BODY), now }, key)
}

#[test]
fn rfc_9421_is_verified_with_ed25519_keys() {
    let (_, rsa) = keys();
    for (parameters, fits) in [("", true), (";alg=\"ed25519\"", true), (";alg=\"rsa-v1_5-sha256\"", false)] {
        let (request, key) = ed25519_request(parameters);
        let claim = request.read("https://cab.example").unwrap();
        assert_eq!(claim.is_made_by(&key), fits, "{parameters}");
        assert!(!claim.is_made_by(&rsa));
    }
    let (mut request, key) = ed25519_request("");
    request.target = "/inbox?x".to_owned();
    assert!(!request.read("https://cab.example").is_ok_and(|claim| claim.is_made_by(&key)));
}

#[test]
fn signatures_stay_in_their_window() {
    let (signing, _) = keys();
    for sign in [sign_cavage as Sign, sign_rfc9421] {
        let mut request = sent(&signing, sign, "https://cab.example/inbox", Some(BODY));
        // Whole seconds: that is what signatures hold.
        let sent_at = chrono::DateTime::from_timestamp(request.now.timestamp(), 0).unwrap();
        for (after, is_fresh) in [(3_600, true), (3_601, false), (-300, true), (-301, false)] {
            request.now = sent_at + TimeDelta::seconds(after);
            assert_eq!(request.read("https://cab.example").is_ok(), is_fresh, "{after}");
        }
    }
}

proptest! {
    #[test]
    fn any_signature_headers_get_an_answer(
        signature in "[a-zA-Z0-9=\",:;() /#+*@\\\\-]{0,120}",
        input in proptest::option::of("(sig1=)?[a-z0-9=\",:;()@ -]{0,120}"),
        date in "[A-Za-z0-9,: ]{0,40}",
    ) {
        let mut headers = vec![("host", "cab.example"), ("date", &date), ("signature", &signature)];
        headers.extend(input.as_deref().map(|input| ("signature-input", input)));
        let head = RequestHead::new("POST", "/inbox", headers.into_iter().map(|(n, v)| (n, v.as_bytes()))).unwrap();
        let now = SystemClock.now();
        let expected = Expected { base: "https://cab.example", now, certain: now };
        prop_assert!(read(&head, Some(BODY), &expected).is_err());
    }
}
