//! HTTP Message Signatures (RFC 9421), as Fedify and Mastodon 4.5 speak it.

use super::digest::{check_content_digest, content_digest_header};
use super::request::{base64, seconds};
use super::{Allowed, Claim, Expected, Header, Outgoing, Problem, RequestHead, SignError, SigningKey};
use crate::clock::Stamp;

/// The most covered components, and the most parameters (SG-19).
const MOST_NAMES: usize = 20;

/// The headers that sign `request`: `date`, for a body `content-digest` and `content-type`,
/// `signature-input`, `signature`.
///
/// # Errors
/// When the key cannot sign.
pub fn sign_rfc9421(key: &SigningKey, request: &Outgoing<'_>) -> Result<Vec<Header>, SignError> {
    let mut covered: Vec<Header> =
        vec![("@method", request.method.to_ascii_uppercase()), ("@target-uri", request.url.to_string())];
    let mut headers: Vec<Header> = vec![("date", request.http_date())];
    if let Some((body, content_type)) = request.body {
        covered.push(("content-digest", content_digest_header(body)));
        covered.push(("content-type", content_type.to_owned()));
        headers.extend(covered.iter().skip(2).cloned());
    }
    let names = covered.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(" ");
    let parameters =
        format!("({names});created={};keyid=\"{}\";alg=\"rsa-v1_5-sha256\"", request.date.timestamp(), key.key_id());
    let mut base = String::new();
    for (name, value) in &covered {
        base.push_str(&format!("\"{name}\": {value}\n"));
    }
    base.push_str(&format!("\"@signature-params\": {parameters}"));
    headers.push(("signature-input", format!("sig1={parameters}")));
    headers.push(("signature", format!("sig1=:{}:", key.sign(&base)?)));
    Ok(headers)
}

const MALFORMED: Problem = Problem::Unverifiable("the Signature-Input header cannot be read");

/// One signature's input: `label=("a" "b");name=value`.
#[derive(Debug)]
struct Input<'a> {
    label: &'a str,
    components: Vec<&'a str>,
    parameters: Vec<(&'a str, &'a str)>,
    /// Everything after `label=`, exactly as it came: this text is signed, not one put together anew.
    text: &'a str,
}

impl<'a> Input<'a> {
    fn parse(header: &'a str) -> Result<Self, Problem> {
        let (label, text) = header.split_once('=').ok_or(MALFORMED)?;
        let is_label = label
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.' | b'*'));
        if label.is_empty() || !is_label {
            return Err(MALFORMED);
        }
        let (list, after) = text.strip_prefix('(').and_then(|text| text.split_once(')')).ok_or(MALFORMED)?;
        let components = components(list)?;
        let parameters = parameters(after)?;
        Ok(Self { label, components, parameters, text })
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn covers(&self, name: &str) -> bool {
        self.components.contains(&name)
    }
}

/// Names in quotes, blanks between. Components with parameters of their own (`;req`, `;sf`) are
/// not needed by anybody and not taken.
fn components(list: &str) -> Result<Vec<&str>, Problem> {
    let mut all: Vec<&str> = Vec::new();
    for item in list.split(' ').filter(|item| !item.is_empty()) {
        let name = item.strip_prefix('"').and_then(|item| item.strip_suffix('"')).ok_or(MALFORMED)?;
        let is_plain =
            name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'@'));
        if name.is_empty() || !is_plain || all.contains(&name) || all.len() == MOST_NAMES {
            return Err(MALFORMED);
        }
        all.push(name);
    }
    Ok(all)
}

/// `;name=value`, the value a string in quotes without escapes, or a bare number or word.
fn parameters(text: &str) -> Result<Vec<(&str, &str)>, Problem> {
    let mut all: Vec<(&str, &str)> = Vec::new();
    let mut rest = text;
    while let Some(next) = rest.strip_prefix(';') {
        let (name, after) = next.trim_start().split_once('=').ok_or(MALFORMED)?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or(MALFORMED)?,
            None => after.split_at(after.find([';', ',']).unwrap_or(after.len())),
        };
        if name.is_empty() || value.contains('\\') || all.len() == MOST_NAMES {
            return Err(MALFORMED);
        }
        if all.iter().any(|(known, _)| *known == name) {
            return Err(Problem::Ambiguous("a parameter of the signature came twice"));
        }
        all.push((name, value));
        rest = after;
    }
    // A comma would begin a second signature: one per message.
    if rest.trim().is_empty() { Ok(all) } else { Err(MALFORMED) }
}

/// Reads an RFC 9421 signature: method, the whole target on our host, `created` and, with a body,
/// its digest must be covered.
pub(super) fn read(request: &RequestHead, body: Option<&[u8]>, expected: &Expected<'_>) -> Result<Claim, Problem> {
    let input = Input::parse(request.header("signature-input").ok_or(MALFORMED)?)?;
    let signature = signature(request, input.label)?;
    let key_id = input.parameter("keyid").ok_or(Problem::Unverifiable("the signature has no keyid"))?;
    let allowed = match input.parameter("alg") {
        None => Allowed::Either,
        Some("rsa-v1_5-sha256") => Allowed::Rsa,
        Some("ed25519") => Allowed::Ed25519,
        Some(_) => return Err(Problem::Unverifiable("the algorithm is not taken; please use rsa-v1_5-sha256")),
    };
    check_coverage(&input, request, body.is_some())?;
    expected.check_host(request)?;
    let signed_at = check_times(&input, expected)?;
    if let Some(body) = body {
        check_content_digest(request.header("content-digest"), body)?;
    }
    let text = signed_text(&input, request, expected)?;
    Ok(Claim { key_id: key_id.to_owned(), signed_at, texts: vec![text], signature, allowed })
}

fn signature(request: &RequestHead, label: &str) -> Result<Vec<u8>, Problem> {
    let header = request.header("signature").ok_or(Problem::Unverifiable("the request is not signed"))?;
    let value = header
        .strip_prefix(label)
        .and_then(|rest| rest.strip_prefix("=:"))
        .and_then(|rest| rest.strip_suffix(':'))
        .ok_or(Problem::Unverifiable("the Signature header does not fit Signature-Input"))?;
    base64(value)
}

fn check_coverage(input: &Input<'_>, request: &RequestHead, has_body: bool) -> Result<(), Problem> {
    let has_target = input.covers("@target-uri")
        || (input.covers("@authority")
            && (input.covers("@request-target")
                || (input.covers("@path") && (input.covers("@query") || request.query().is_none()))));
    let is_enough = input.covers("@method") && has_target && (!has_body || input.covers("content-digest"));
    if is_enough {
        Ok(())
    } else {
        Err(Problem::Unverifiable("@method, @target-uri and, with a body, content-digest must be signed"))
    }
}

fn check_times(input: &Input<'_>, expected: &Expected<'_>) -> Result<Stamp, Problem> {
    let created = input.parameter("created").ok_or(Problem::Unverifiable("the signature has no created"))?;
    let signed_at = expected.check_fresh(seconds(created)?)?;
    match input.parameter("expires").map(seconds).transpose()? {
        Some(end) if expected.has_expired(end) => Err(Problem::Unverifiable("the signature has expired")),
        _ => Ok(signed_at),
    }
}

/// The signature base. `@target-uri` is rebuilt from our public address, because behind a proxy
/// the address that we were called with is another.
fn signed_text(input: &Input<'_>, request: &RequestHead, expected: &Expected<'_>) -> Result<String, Problem> {
    let mut text = String::new();
    for name in &input.components {
        let value = match *name {
            "@method" => Some(request.method().to_owned()),
            "@target-uri" => Some(format!("{}{}", expected.base, request.target())),
            "@authority" => Some(expected.authority().to_owned()),
            "@scheme" => Some(expected.scheme().to_owned()),
            "@request-target" => Some(request.target().to_owned()),
            "@path" => Some(request.path().to_owned()),
            "@query" => Some(request.query().unwrap_or("?").to_owned()),
            header => request.joined(header),
        };
        let value = value.ok_or(Problem::Unverifiable("a signed header is missing"))?;
        text.push_str(&format!("\"{name}\": {value}\n"));
    }
    text.push_str(&format!("\"@signature-params\": {}", input.text));
    Ok(text)
}
