//! One spelling for hosts and origins, and one strict way to read the URL of another server.
//! Every comparison of "the same host" or "the same origin" goes through here (ID-10).

use url::{Host, Url};

/// The longest URL that we take from others.
pub const LONGEST_URL: usize = 2048;

/// Why a URL is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// Not a URL, or one written in a way that invites two readings.
    #[error("not a plain absolute URL")]
    Malformed,
    /// Another scheme than https.
    #[error("not an https URL")]
    Scheme,
    /// A port where none may be.
    #[error("a port that is not allowed")]
    Port,
    /// An IP address, a name of this machine or of a private network.
    #[error("a host that is not public")]
    Host,
}

/// What URLs of others may look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// https, no port, a public domain name.
    Public,
    /// For local mode: also http, ports, `localhost` and loopback addresses; nothing else.
    Local,
}

/// Host in canonical spelling with the port where it is not the usual one of the scheme:
/// lower case, punycode, no final dot. Empty for a URL without a host.
pub fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    }
}

/// True when both have the same scheme, host and port, in whatever spelling.
pub fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && same_host(a, b)
}

/// True when both have the same host and port, in whatever spelling.
pub fn same_host(a: &Url, b: &Url) -> bool {
    let host = authority(a);
    !host.is_empty() && host == authority(b)
}

/// The value of a `Host` header in the spelling of [`authority`].
pub fn header_authority(host: &str, scheme: &str) -> Option<String> {
    let url = Url::parse(&format!("{scheme}://{host}/")).ok()?;
    let is_bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && !host.contains(['@', '/', '\\']);
    (is_bare && url.host().is_some()).then(|| authority(&url))
}

/// Reads a URL that another server gave us (SS-1, SS-5, SS-6, SS-7).
///
/// # Errors
/// Why it is not taken.
pub fn parse_remote(text: &str, strictness: Strictness) -> Result<Url, BadUrl> {
    let is_plain = text.len() <= LONGEST_URL && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let (scheme, rest) = text.split_once("://").ok_or(BadUrl::Malformed)?;
    let written_authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !is_plain || written_authority.is_empty() || written_authority.contains('@') {
        return Err(BadUrl::Malformed);
    }
    let is_scheme_good = match strictness {
        Strictness::Public => scheme == "https",
        Strictness::Local => matches!(scheme, "https" | "http"),
    };
    if !is_scheme_good {
        return Err(BadUrl::Scheme);
    }
    let url = Url::parse(text).map_err(|_| BadUrl::Malformed)?;
    if url.port() == Some(0) || (url.port().is_some() && strictness == Strictness::Public) {
        return Err(BadUrl::Port);
    }
    let is_host_good = match url.host() {
        Some(Host::Domain(name)) => is_good_name(name, strictness),
        Some(Host::Ipv4(address)) => strictness == Strictness::Local && address.is_loopback(),
        Some(Host::Ipv6(address)) => strictness == Strictness::Local && address.is_loopback(),
        None => false,
    };
    if is_host_good { Ok(url) } else { Err(BadUrl::Host) }
}

/// Top-level names that never name a public host (RFC 6761, RFC 9476 and habit).
const NEVER_PUBLIC: &[&str] =
    &["localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa", "test", "invalid", "onion", "alt"];

fn is_good_name(name: &str, strictness: Strictness) -> bool {
    let name = name.trim_end_matches('.');
    let is_written_well = !name.is_empty()
        && name.len() <= 253
        && name.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        });
    let top = name.rsplit('.').next().unwrap_or_default();
    let is_public = name.contains('.') && !NEVER_PUBLIC.contains(&top);
    is_written_well && (is_public || strictness == Strictness::Local)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> String {
        authority(&Url::parse(text).unwrap())
    }

    #[test]
    fn one_host_has_one_spelling() {
        for text in [
            "https://cab.example/",
            "https://CAB.Example/x",
            "https://cab.example./",
            "https://cab.example:443/",
            "https://u:p@cab.example/",
            "https://\u{ff43}ab.example/",
        ] {
            assert_eq!(host(text), "cab.example", "{text}");
        }
        assert_eq!(host("http://127.1:8080/"), "127.0.0.1:8080");
        assert_eq!(host("https://b\u{fc}cher.example/"), "xn--bcher-kva.example");
        assert_eq!(host("https://cab.example:8443/"), "cab.example:8443");
        assert_eq!(host("urn:x"), "");
    }

    #[test]
    fn origins_are_scheme_host_and_port() {
        let same = |a: &str, b: &str| same_origin(&Url::parse(a).unwrap(), &Url::parse(b).unwrap());
        assert!(same("https://a.example/1", "https://A.example.:443/2"));
        for other in ["http://a.example/", "https://b.example/", "https://a.example:8443/", "https://x.a.example/"] {
            assert!(!same("https://a.example/", other), "{other}");
        }
        assert!(!same("urn:a", "urn:a"), "what has no host has no origin");
        assert!(!same("data:a", "data:a"));
    }

    #[test]
    fn host_headers_are_compared_in_the_same_spelling() {
        assert_eq!(header_authority("CAB.example:443", "https").as_deref(), Some("cab.example"));
        assert_eq!(header_authority("127.0.0.1:8080", "http").as_deref(), Some("127.0.0.1:8080"));
        for odd in ["", "a@cab.example", "cab.example/x", "cab.example?", "cab.example#", "a b", "cab.example\\x"] {
            assert_eq!(header_authority(odd, "https"), None, "{odd}");
        }
    }

    #[test]
    fn public_urls_are_https_without_port_on_a_public_name() {
        let parse = |text: &str| parse_remote(text, Strictness::Public);
        for text in ["https://peer.example/u/1", "https://peer.example/u/1#main-key", "https://xn--bcher-kva.example/"]
        {
            assert!(parse(text).is_ok(), "{text}");
        }
        let long = format!("https://peer.example/{}", "a".repeat(LONGEST_URL));
        for (text, problem) in [
            ("", BadUrl::Malformed),
            ("peer.example", BadUrl::Malformed),
            ("//peer.example", BadUrl::Malformed),
            ("acct:bob@peer.example", BadUrl::Malformed),
            ("javascript:alert(1)", BadUrl::Malformed),
            ("https:///x", BadUrl::Malformed),
            ("https://good.example@127.0.0.1/", BadUrl::Malformed),
            ("https://u:p@peer.example/", BadUrl::Malformed),
            ("https://good.example\\@evil.example", BadUrl::Malformed),
            ("https://peer.example/a b", BadUrl::Malformed),
            ("https://peer.example/\n", BadUrl::Malformed),
            (" https://peer.example/", BadUrl::Malformed),
            ("https://b\u{fc}cher.example/", BadUrl::Malformed),
            (&long, BadUrl::Malformed),
            ("https://peer.example:65536/", BadUrl::Malformed),
            ("http://peer.example/", BadUrl::Scheme),
            ("ftp://peer.example/", BadUrl::Scheme),
            ("file:///etc/passwd", BadUrl::Malformed),
            ("https://peer.example:22/", BadUrl::Port),
            ("https://peer.example:0/", BadUrl::Port),
            ("https://peer.example:8443/", BadUrl::Port),
            ("https://127.0.0.1/", BadUrl::Host),
            ("https://2130706433/", BadUrl::Host),
            ("https://0x7f.1/", BadUrl::Host),
            ("https://[::1]/", BadUrl::Host),
            ("https://8.8.8.8/", BadUrl::Host),
            ("https://localhost/", BadUrl::Host),
            ("https://x.localhost/", BadUrl::Host),
            ("https://localhost./", BadUrl::Host),
            ("https://postgres/", BadUrl::Host),
            ("https://metadata.google.internal/", BadUrl::Host),
            ("https://printer.local/", BadUrl::Host),
            ("https://peer.test/", BadUrl::Host),
            ("https://a..example/", BadUrl::Host),
            ("https://-a.example/", BadUrl::Host),
            ("https://a_b.example/", BadUrl::Host),
        ] {
            assert_eq!(parse(text), Err(problem), "{text}");
        }
    }

    #[test]
    fn local_mode_opens_this_machine_and_nothing_else() {
        let parse = |text: &str| parse_remote(text, Strictness::Local);
        for text in [
            "http://127.0.0.1:8080/",
            "http://127.0.0.2/",
            "http://[::1]:1/",
            "http://localhost:8080/",
            "http://a.test/",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in [
            "http://10.0.0.1/",
            "http://0.0.0.0/",
            "http://169.254.169.254/",
            "http://[fd00::1]/",
            "http://8.8.8.8/",
            "http://[::ffff:127.0.0.1]/",
            "http://u@127.0.0.1/",
            "http://127.0.0.1:0/",
            "ftp://127.0.0.1/",
            "http://127.0.0.1\\@x/",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
