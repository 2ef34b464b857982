//! Digests of bodies: `Digest` (RFC 3230) beside draft-cavage, `Content-Digest` (RFC 9530)
//! beside RFC 9421.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The SHA-256 of a body in base64.
fn sha256_base64(body: &[u8]) -> String {
    STANDARD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body))
}

/// The value of a `Digest` header.
pub fn digest_header(body: &[u8]) -> String {
    format!("SHA-256={}", sha256_base64(body))
}

/// The value of a `Content-Digest` header.
pub fn content_digest_header(body: &[u8]) -> String {
    format!("sha-256=:{}:", sha256_base64(body))
}
