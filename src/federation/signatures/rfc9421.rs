//! HTTP Message Signatures (RFC 9421), as Fedify and Mastodon 4.5 speak it.

use super::digest::content_digest_header;
use super::{Header, Outgoing, SignError, SigningKey};

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
