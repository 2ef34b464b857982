//! Digests of bodies: `Digest` (RFC 3230) beside draft-cavage, `Content-Digest` (RFC 9530)
//! beside RFC 9421. SHA-256 is what counts; it must be there once and fit the raw bytes (SG-1, SG-4).

use super::Problem;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

fn sha256(body: &[u8]) -> impl AsRef<[u8]> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body)
}

/// The value of a `Digest` header.
pub fn digest_header(body: &[u8]) -> String {
    format!("SHA-256={}", STANDARD.encode(sha256(body)))
}

/// The value of a `Content-Digest` header.
pub fn content_digest_header(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(sha256(body)))
}

/// Compares a `Digest` header with the body.
pub(super) fn check_digest(header: Option<&str>, body: &[u8]) -> Result<(), Problem> {
    compare(header.ok_or(Problem::Unverifiable("the Digest header is missing"))?, body, |value| Some(value))
}

/// Compares a `Content-Digest` header with the body.
pub(super) fn check_content_digest(header: Option<&str>, body: &[u8]) -> Result<(), Problem> {
    let header = header.ok_or(Problem::Unverifiable("the Content-Digest header is missing"))?;
    compare(header, body, |value| value.strip_prefix(':')?.strip_suffix(':'))
}

fn compare(header: &str, body: &[u8], unwrap: impl Fn(&str) -> Option<&str>) -> Result<(), Problem> {
    let mut values = header
        .split(',')
        .filter_map(|part| part.trim().split_once('='))
        .filter(|(label, _)| label.eq_ignore_ascii_case("sha-256"))
        .map(|(_, value)| value);
    let (Some(only), None) = (values.next(), values.next()) else {
        return Err(Problem::Unverifiable("the digest must hold one SHA-256 value"));
    };
    let claimed = unwrap(only).and_then(|text| STANDARD.decode(text).ok());
    match claimed {
        Some(claimed) if claimed == sha256(body).as_ref() => Ok(()),
        _ => Err(Problem::Unverifiable("the digest does not fit the body")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    #[test]
    fn one_right_sha_256_value_is_taken_in_any_spelling() {
        for header in [
            format!("SHA-256={EMPTY}"),
            format!("sha-256={EMPTY}"),
            format!("SHA-512=YWJj,SHA-256={EMPTY}"),
            format!("md5=YWJj, SHA-256={EMPTY}"),
        ] {
            assert_eq!(check_digest(Some(&header), b""), Ok(()), "{header}");
        }
        assert_eq!(check_content_digest(Some(&content_digest_header(b"a")), b"a"), Ok(()));
        assert_eq!(check_content_digest(Some(&format!("sha-512=:YWJj:, sha-256=:{EMPTY}:")), b""), Ok(()));
    }

    #[test]
    fn anything_else_is_no_digest() {
        for header in [
            String::new(),
            format!("SHA-256={EMPTY},SHA-256={EMPTY}"),
            format!("SHA-256={EMPTY},SHA-256=YWJj"),
            format!("SHA-256={EMPTY};"),
            format!("SHA-256={EMPTY}; q=1"),
            "SHA-512=z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
                .to_owned(),
            format!("SHA-256={}", STANDARD.encode([0; 31])),
            format!("SHA-256={}", EMPTY.trim_end_matches('=')),
            EMPTY.to_owned(),
            format!("SHA-256=:{EMPTY}:"),
        ] {
            assert!(check_digest(Some(&header), b"").is_err(), "{header}");
        }
        assert!(check_digest(None, b"").is_err());
        assert!(check_digest(Some(&digest_header(b"a")), b"b").is_err());
        assert!(check_content_digest(Some(&digest_header(b"")), b"").is_err());
    }
}
