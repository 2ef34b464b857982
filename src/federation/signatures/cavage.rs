//! draft-cavage-http-signatures-12, as Mastodon, GoToSocial, Misskey and Lemmy speak it.

use super::digest::{check_digest, digest_header};
use super::request::{base64, http_date, seconds};
use super::{Allowed, Claim, Expected, Header, Outgoing, Problem, RequestHead, SignError, SigningKey};
use crate::clock::Stamp;

/// The most names in the list of signed headers, and the most parameters (SG-19).
const MOST_NAMES: usize = 20;

/// The headers that sign `request`: `date`, for a body `digest` and `content-type`, `signature`.
/// The client itself sends `host`, which is signed too.
///
/// # Errors
/// When the key cannot sign.
pub fn sign_cavage(key: &SigningKey, request: &Outgoing<'_>) -> Result<Vec<Header>, SignError> {
    let mut signed: Vec<Header> = vec![
        ("(request-target)", format!("{} {}", request.method.to_ascii_lowercase(), request.target())),
        ("host", request.host()),
        ("date", request.http_date()),
    ];
    if let Some((body, content_type)) = request.body {
        signed.push(("digest", digest_header(body)));
        signed.push(("content-type", content_type.to_owned()));
    }
    let base = signed.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n");
    let names = signed.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ");
    let signature = format!(
        "keyId=\"{}\",algorithm=\"rsa-sha256\",headers=\"{names}\",signature=\"{}\"",
        key.key_id(),
        key.sign(&base)?
    );
    let mut headers: Vec<Header> =
        signed.into_iter().filter(|(name, _)| *name != "(request-target)" && *name != "host").collect();
    headers.push(("signature", signature));
    Ok(headers)
}

/// The parameters of a `Signature` header.
#[derive(Debug, Default)]
struct Parameters<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Parameters<'a> {
    /// `name="value"` or `name=value`, comma between; no escapes; no name twice (SG-17).
    fn parse(text: &'a str) -> Result<Self, Problem> {
        const MALFORMED: Problem = Problem::Unverifiable("the Signature header cannot be read");
        let mut all = Self::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (name, after) = rest.split_once('=').ok_or(MALFORMED)?;
            let name = name.trim();
            let (value, after) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or(MALFORMED)?,
                None => bare(after),
            };
            if name.is_empty() || value.contains('\\') || all.0.len() == MOST_NAMES {
                return Err(MALFORMED);
            }
            if all.get(name).is_some() {
                return Err(Problem::Ambiguous("a parameter of the signature came twice"));
            }
            all.0.push((name, value));
            rest = match after.trim_start() {
                "" => "",
                more => more.strip_prefix(',').ok_or(MALFORMED)?.trim_start(),
            };
        }
        Ok(all)
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

/// A value without quotes, up to the next comma.
fn bare(text: &str) -> (&str, &str) {
    let (value, after) = text.split_at(text.find(',').unwrap_or(text.len()));
    (value.trim(), after)
}

/// Reads a draft-cavage signature: `(request-target)`, `host`, a moment and, with a body, its
/// digest must be signed, whatever else is (SG-2, SG-5, SG-6, SG-7).
pub(super) fn read(request: &RequestHead, body: Option<&[u8]>, expected: &Expected<'_>) -> Result<Claim, Problem> {
    let parameters = Parameters::parse(signature_text(request)?)?;
    let missing = Problem::Unverifiable("the Signature header has no keyId or no signature");
    let key_id = parameters.get("keyId").ok_or(missing)?;
    let signature = base64(parameters.get("signature").ok_or(missing)?)?;
    // The key decides how to verify; the label may only say what is so anyway (SG-13).
    if !matches!(parameters.get("algorithm"), None | Some("rsa-sha256" | "hs2019")) {
        return Err(Problem::Unverifiable("the algorithm is not taken; please use rsa-sha256"));
    }
    let names = signed_names(parameters.get("headers").unwrap_or("(created)"))?;
    for needed in ["(request-target)", "host"].into_iter().chain(body.map(|_| "digest")) {
        if !names.iter().any(|name| name == needed) {
            return Err(Problem::Unverifiable("(request-target), host and, with a body, digest must be signed"));
        }
    }
    expected.check_host(request)?;
    let signed_at = check_times(&names, &parameters, request, expected)?;
    if let Some(body) = body {
        check_digest(request.header("digest"), body)?;
    }
    let texts = targets(request)
        .into_iter()
        .map(|target| signed_text(&names, &parameters, request, target))
        .collect::<Result<_, _>>()?;
    Ok(Claim { key_id: key_id.to_owned(), signed_at, texts, signature, allowed: Allowed::Rsa })
}

/// The signature stands in one of two headers, never in both (SG-17).
fn signature_text(request: &RequestHead) -> Result<&str, Problem> {
    let authorization = request.header("authorization").and_then(|value| {
        let (scheme, rest) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("signature").then_some(rest)
    });
    match (request.header("signature"), authorization) {
        (Some(_), Some(_)) => Err(Problem::Ambiguous("the request is signed in two headers")),
        (Some(text), None) | (None, Some(text)) => Ok(text),
        (None, None) => Err(Problem::Unverifiable("the request is not signed")),
    }
}

fn signed_names(list: &str) -> Result<Vec<String>, Problem> {
    let mut names: Vec<String> = Vec::new();
    for name in list.split(' ') {
        let name = name.to_ascii_lowercase();
        if name.is_empty() || names.len() == MOST_NAMES || names.contains(&name) {
            return Err(Problem::Unverifiable("the list of signed headers cannot be read"));
        }
        names.push(name);
    }
    Ok(names)
}

/// One moment at least must be signed, and every signed one must be fresh (SG-7, SG-8, SG-10).
/// Answers the latest.
fn check_times(
    names: &[String],
    parameters: &Parameters<'_>,
    request: &RequestHead,
    expected: &Expected<'_>,
) -> Result<Stamp, Problem> {
    let is_signed = |name: &str| names.iter().any(|signed| signed == name);
    // Read even where they are not signed, so that nonsense in them never gets further (SG-9).
    let created = parameters.get("created").map(seconds).transpose()?;
    let expires = parameters.get("expires").map(seconds).transpose()?;
    let mut signed = Vec::new();
    if is_signed("date") {
        let date = request.header("date").ok_or(Problem::Unverifiable("the Date header is missing"))?;
        signed.push(expected.check_fresh(http_date(date)?)?);
    }
    if is_signed("(created)") {
        signed.push(expected.check_fresh(created.ok_or(Problem::Unverifiable("the signature has no created"))?)?);
    }
    if is_signed("(expires)") && expires.is_none_or(|end| expected.has_expired(end)) {
        return Err(Problem::Unverifiable("the signature has expired"));
    }
    signed.into_iter().max().ok_or(Problem::Unverifiable("the date must be signed"))
}

/// Some servers leave the query out of what they sign when they fetch; on an inbox that is not
/// taken (SG-18).
fn targets(request: &RequestHead) -> Vec<&str> {
    if request.method() == "GET" && request.query().is_some() {
        vec![request.target(), request.path()]
    } else {
        vec![request.target()]
    }
}

fn signed_text(
    names: &[String],
    parameters: &Parameters<'_>,
    request: &RequestHead,
    target: &str,
) -> Result<String, Problem> {
    let mut lines = Vec::with_capacity(names.len());
    for name in names {
        let value = match name.as_str() {
            "(request-target)" => Some(format!("{} {target}", request.method().to_ascii_lowercase())),
            "(created)" => parameters.get("created").map(str::to_owned),
            "(expires)" => parameters.get("expires").map(str::to_owned),
            header => request.joined(header),
        };
        let value = value.ok_or(Problem::Unverifiable("a signed header is missing"))?;
        lines.push(format!("{name}: {value}"));
    }
    Ok(lines.join("\n"))
}
