//! Finding an actor by its handle (RFC 7033). We ask only hosts that are written plainly, and
//! believe an answer only when the actor's own host confirms it (SS-12, ID-14).

use super::actor_document::is_username;
use super::actors::LookupError;
use super::http::{Budget, FetchError};
use crate::app::App;
use crate::db::remote_actors::RemoteActor;
use crate::domain::canonical::{self, Strictness};
use serde_json::Value;
use url::{Host, Url};

/// The longest host in a handle.
const LONGEST_HOST: usize = 255;

/// A handle taken apart: `user` and the address of the host's WebFinger service.
#[derive(Debug, PartialEq, Eq)]
struct Handle {
    user: String,
    host: String,
    origin: Url,
}

impl Handle {
    /// Reads `@user@host` or `user@host` (SS-12).
    fn parse(text: &str, strictness: Strictness) -> Option<Self> {
        let text = text.trim();
        let (user, host) = text.strip_prefix('@').unwrap_or(text).split_once('@')?;
        let is_host_plain = (1..=LONGEST_HOST).contains(&host.len())
            && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
        if !is_username(user) || !is_host_plain {
            return None;
        }
        // Letters beyond ASCII become punycode here; what comes out is read as strictly as any URL.
        let ascii = Url::parse(&format!("https://{host}/")).ok()?;
        let scheme = if strictness == Strictness::Local && is_this_machine(&ascii) { "http" } else { "https" };
        let port = ascii.port().map(|port| format!(":{port}")).unwrap_or_default();
        let origin = canonical::parse_remote(&format!("{scheme}://{}{port}/", ascii.host_str()?), strictness).ok()?;
        Some(Self { user: user.to_owned(), host: canonical::authority(&origin), origin })
    }

    /// The address to ask; the resource is percent-encoded.
    fn question(&self) -> Option<Url> {
        let mut url = self.origin.join("/.well-known/webfinger").ok()?;
        url.query_pairs_mut().append_pair("resource", &format!("acct:{}@{}", self.user, self.host));
        Some(url)
    }
}

/// In local mode a host of this machine is asked over plain http.
fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost") || name.ends_with(".test"),
        None => false,
    }
}

/// The id of the actor with this handle, as its host says.
///
/// # Errors
/// When the text is no handle, names this instance, or leads nowhere.
pub async fn resolve(app: &App, text: &str, budget: &mut Budget) -> Result<Url, LookupError> {
    let handle = Handle::parse(text, app.federation.http.strictness()).ok_or(LookupError::NotAHandle)?;
    if handle.host == app.urls.host() {
        return Err(LookupError::OurOwn);
    }
    ask(app, &handle, budget).await
}

/// Makes sure that the actor's own host stands behind its handle. Nothing is left to do when the
/// handle that was typed is the actor's; where a domain lends its name to a server on another
/// host, that host is asked too.
///
/// # Errors
/// When it does not.
pub async fn confirm(app: &App, text: &str, actor: &RemoteActor, budget: &mut Budget) -> Result<(), LookupError> {
    let strictness = app.federation.http.strictness();
    let typed = Handle::parse(text, strictness).ok_or(LookupError::NotAHandle)?;
    let own = Handle::parse(&actor.handle(), strictness).ok_or(LookupError::NotFound)?;
    if own.host == typed.host && own.user.eq_ignore_ascii_case(&typed.user) {
        return Ok(());
    }
    let confirmed = ask(app, &own, budget).await?;
    if confirmed.as_str() == actor.url { Ok(()) } else { Err(LookupError::NotFound) }
}

async fn ask(app: &App, handle: &Handle, budget: &mut Budget) -> Result<Url, LookupError> {
    let http = &app.federation.http;
    let question = handle.question().ok_or(LookupError::NotAHandle)?;
    let answer = http.get_jrd(&question, budget).await.map_err(|error| match error {
        FetchError::OurOwn => LookupError::OurOwn,
        error if error.is_passing() => LookupError::Passing,
        _ => LookupError::NotFound,
    })?;
    self_link(&answer)
        .and_then(|link| canonical::parse_remote(link, http.strictness()).ok())
        .ok_or(LookupError::NotFound)
}

/// The first link that is the account itself as ActivityStreams.
fn self_link(jrd: &Value) -> Option<&str> {
    let is_self = |link: &&Value| {
        let text = |name: &str| link.get(name).and_then(Value::as_str);
        text("rel") == Some("self") && text("type").is_some_and(super::answer::is_activity_type)
    };
    jrd.get("links")?.as_array()?.iter().find(is_self)?.get("href")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn handles_are_read_strictly() {
        let parse = |text: &str| Handle::parse(text, Strictness::Public);
        let question = |text: &str| parse(text).unwrap().question().unwrap().to_string();

        assert_eq!(
            question("@Bob@Victim.example"),
            "https://victim.example/.well-known/webfinger?resource=acct%3ABob%40victim.example"
        );
        assert_eq!(parse(" bob.b-c@b\u{fc}cher.example ").unwrap().host, "xn--bcher-kva.example");
        for text in [
            "",
            "@",
            "bob",
            "@bob",
            "@@victim.example",
            "bob@",
            "@bob@victim.example@evil.example",
            "bob@localhost:1234/secret.txt?",
            "bob@localhost",
            "bob@127.0.0.1",
            "bob@[::1]",
            "bob@victim.example:8080",
            "a&resource=acct:x@y.example",
            "a b@victim.example",
            "bob@victim.example/x",
            "bob@victim.example?x",
            "bob@victim.example#x",
            "bob@vic\ntim.example",
            "bob\n@victim.example",
            "bob@10.0.0.1",
            "bob@2130706433",
            "bob@postgres",
            "b\u{f6}b@victim.example",
            ".bob@victim.example",
            "bob@victim..example",
            "bob@-victim.example",
            "bob@u:p@victim.example",
            "bob@metadata.google.internal",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn in_local_mode_this_machine_is_asked_over_http() {
        let origin = |text: &str| Handle::parse(text, Strictness::Local).map(|handle| handle.origin.to_string());

        assert_eq!(origin("bob@127.0.0.1:8081").as_deref(), Some("http://127.0.0.1:8081/"));
        assert_eq!(origin("bob@peer.test").as_deref(), Some("http://peer.test/"));
        assert_eq!(origin("bob@victim.example").as_deref(), Some("https://victim.example/"));
        assert_eq!(origin("bob@10.0.0.1"), None);
    }

    #[test]
    fn only_a_self_link_to_activitystreams_counts() {
        let link =
            |rel: &str, kind: &str| json!({ "links": [{ "rel": rel, "type": kind, "href": "https://a.example/1" }] });

        assert_eq!(self_link(&link("self", "application/activity+json")), Some("https://a.example/1"));
        assert_eq!(self_link(&link("self", "text/html")), None);
        assert_eq!(self_link(&link("me", "application/activity+json")), None);
        assert_eq!(self_link(&json!({ "links": "x" })), None);
        assert_eq!(self_link(&json!([])), None);
    }
}
