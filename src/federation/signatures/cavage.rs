//! draft-cavage-http-signatures-12, as Mastodon, GoToSocial, Misskey and Lemmy speak it.

use super::digest::digest_header;
use super::{Header, Outgoing, SignError, SigningKey};

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
