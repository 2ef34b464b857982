//! Whom stewards keep out: a whole server with everything below its name, or one account elsewhere
//! (rule K2, security.md ID-10).

use super::canonical::{self, Strictness};
use super::{Refusal, Urls};
use std::collections::HashSet;

/// What a block is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockSubject {
    /// A host in canonical spelling, with the port where there is one.
    Server(String),
    /// The URL of an actor.
    Account(String),
}

impl BlockSubject {
    /// Reads what a steward typed: a domain in any spelling, or the address of an account.
    ///
    /// # Errors
    /// When it is neither, or is ours.
    pub fn parse(typed: &str, urls: &Urls, strictness: Strictness) -> Result<Self, Refusal> {
        let typed = typed.trim();
        let text = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}/") };
        let url = canonical::parse_remote(&text, strictness).map_err(|_| unreadable())?;
        if urls.is_ours(url.as_str()) || canonical::authority(&url) == urls.host() {
            return Err(Refusal::field("subject", "This is our own server, which cannot be blocked."));
        }
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        match (is_bare, typed.contains("://")) {
            (true, _) => Ok(Self::Server(canonical::authority(&url))),
            (false, true) => Ok(Self::Account(text)),
            (false, false) => Err(unreadable()),
        }
    }

    /// `server` or `account`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Server(_) => "server",
            Self::Account(_) => "account",
        }
    }

    /// The host or the URL.
    pub fn name(&self) -> &str {
        match self {
            Self::Server(name) | Self::Account(name) => name,
        }
    }

    /// Reads what was stored.
    pub fn stored(kind: &str, name: String) -> Option<Self> {
        match kind {
            "server" => Some(Self::Server(name)),
            "account" => Some(Self::Account(name)),
            _ => None,
        }
    }
}

fn unreadable() -> Refusal {
    Refusal::field(
        "subject",
        "Please give a domain such as server.example, a handle such as @name@server.example, or the address of an account.",
    )
}

/// Everything that is blocked, for asking often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlockList {
    servers: HashSet<String>,
    accounts: HashSet<String>,
}

impl FromIterator<BlockSubject> for BlockList {
    fn from_iter<I: IntoIterator<Item = BlockSubject>>(subjects: I) -> Self {
        let mut list = Self::default();
        for subject in subjects {
            match subject {
                BlockSubject::Server(host) => list.servers.insert(host),
                BlockSubject::Account(url) => list.accounts.insert(url),
            };
        }
        list
    }
}

impl BlockList {
    /// Whether a server is blocked: itself or a domain above it, on whatever port. `authority` is
    /// spelt as [`canonical::authority`] does.
    pub fn has_server(&self, authority: &str) -> bool {
        if self.servers.contains(authority) {
            return true;
        }
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => authority,
        };
        let mut rest = Some(host);
        while let Some(name) = rest {
            if self.servers.contains(name) {
                return true;
            }
            rest = name.split_once('.').map(|(_, above)| above);
        }
        false
    }

    /// Whether an account is blocked by itself.
    pub fn has_account(&self, actor_url: &str) -> bool {
        self.accounts.contains(actor_url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn parse(typed: &str) -> Result<BlockSubject, Refusal> {
        let urls = Urls::new(&Url::parse("https://cab.example").unwrap());
        BlockSubject::parse(typed, &urls, Strictness::Public)
    }

    #[test]
    fn one_server_has_one_name_however_it_is_typed() {
        for typed in [
            "evil.example",
            "EVIL.example",
            "evil.example.",
            " evil.example ",
            "https://evil.example",
            "https://evil.example./",
        ] {
            assert_eq!(parse(typed), Ok(BlockSubject::Server("evil.example".to_owned())), "{typed}");
        }
        let account = "https://evil.example/users/mallory";
        assert_eq!(parse(account), Ok(BlockSubject::Account(account.to_owned())));
    }

    #[test]
    fn what_is_no_server_elsewhere_is_refused() {
        for typed in [
            "",
            " ",
            "evil",
            "evil.example/users/mallory",
            "http://evil.example",
            "ftp://evil.example",
            "10.0.0.1",
            "a b.example",
            "x@evil.example",
            "*.example",
            "%",
            "cab.example",
            "CAB.example.",
            "https://cab.example/c/bees",
            "evil.example:8443",
        ] {
            assert!(parse(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn a_server_is_blocked_with_everything_below_it_and_nothing_beside_it() {
        let list: BlockList = [parse("evil.example").unwrap(), BlockSubject::Account("https://a.example/u".to_owned())]
            .into_iter()
            .collect();

        for blocked in ["evil.example", "a.evil.example", "b.a.evil.example", "evil.example:8443"] {
            assert!(list.has_server(blocked), "{blocked}");
        }
        for free in ["example", "notevil.example", "evil.example.org", "a.example", "", ":", "[::1]:80"] {
            assert!(!list.has_server(free), "{free}");
        }
        assert!(list.has_account("https://a.example/u") && !list.has_account("https://a.example/u2"));
    }
}
